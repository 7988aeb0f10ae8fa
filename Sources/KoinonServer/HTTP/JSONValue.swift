import Hummingbird
import KoinonProtocol
import NIOCore

/// JSON that is written by hand: in the order given, and around text that is JSON already.
///
/// Numbers beyond 2^53 lose digits in JavaScript: amounts and the like are strings.
public enum JSONValue: Sendable {
    case null
    case bool(Bool)
    case number(UInt64)
    case decimal(Double)
    case string(String)
    case array([JSONValue])
    case object([(String, JSONValue)])
    /// JSON as it stands, for instance the JSON form of a message.
    case raw(String)

    public static func number(_ number: Int) -> JSONValue {
        number < 0 ? .raw(String(number)) : .number(UInt64(number))
    }

    public var text: String {
        var text = ""
        write(to: &text)
        return text
    }

    func write(to text: inout String) {
        switch self {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let value): text += String(value)
        case .decimal(let value): text += value.isFinite ? String(value) : "null"
        case .string(let value): text += JSONText.quoted(value)
        case .raw(let value): text += value
        case .array(let values):
            text += "["
            for (index, value) in values.enumerated() {
                if index > 0 { text += "," }
                value.write(to: &text)
            }
            text += "]"
        case .object(let members):
            text += "{"
            for (index, member) in members.enumerated() {
                if index > 0 { text += "," }
                text += JSONText.quoted(member.0) + ":"
                member.1.write(to: &text)
            }
            text += "}"
        }
    }
}

extension JSONValue {
    /// An answer: the block after which it is so, the highest that a quorum has signed, and more.
    static func answer(
        at height: Height, final finalHeight: Height, _ members: [(String, JSONValue)]
    ) -> JSONValue {
        .object(
            [
                ("height", .number(height.rawValue)),
                ("final_height", .number(finalHeight.rawValue)),
            ] + members)
    }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByArrayLiteral,
    ExpressibleByDictionaryLiteral, ExpressibleByBooleanLiteral, ExpressibleByIntegerLiteral
{
    public init(stringLiteral value: String) { self = .string(value) }
    public init(arrayLiteral elements: JSONValue...) { self = .array(elements) }
    public init(dictionaryLiteral elements: (String, JSONValue)...) { self = .object(elements) }
    public init(booleanLiteral value: Bool) { self = .bool(value) }
    public init(integerLiteral value: UInt64) { self = .number(value) }
}

extension JSONValue: ResponseGenerator {
    public func response(from request: Request, context: some RequestContext) -> Response {
        Answer.json(self)
    }
}
