import Hummingbird
import HummingbirdCore
import KoinonLedger
import KoinonProtocol

/// Parameters of a request's path and query, each named in what is wrong with it.
public struct Query: Sendable {
    private let uri: URI
    private let parameters: Hummingbird.Parameters

    public init(_ request: Request, _ context: KoinonRequestContext) {
        uri = request.uri
        parameters = context.parameters
    }

    /// Of a path with its query and without parameters of its own.
    package init(path: String) { self.init(URI(path)) }

    /// Of a path without parameters of its own.
    init(_ uri: URI) {
        self.uri = uri
        parameters = Hummingbird.Parameters()
    }

    /// Nil when the query has no such parameter, or an empty one.
    public func text(_ name: String) -> String? {
        guard let value = uri.queryParameters[Substring(name)], !value.isEmpty else {
            return nil
        }
        return String(value)
    }

    /// A parameter of the path.
    public func path(_ name: String) -> String { parameters.get(name) ?? "" }

    public func number(
        _ name: String, _ range: ClosedRange<Int>, default standard: Int
    ) throws -> Int {
        guard let text = text(name) else { return standard }
        guard let number = Int(text), range.contains(number) else {
            throw Problem.badField(
                name,
                "\"\(text.prefix(40))\" is no number from \(range.lowerBound) to \(range.upperBound)",
                remedy: "leave it out for \(standard)")
        }
        return number
    }

    /// - Parameter path: of the path instead of the query.
    public func height(_ name: String, inPath: Bool = false) throws -> Height? {
        let text = inPath ? path(name) : text(name)
        guard let text else { return nil }
        guard let number = UInt64(text), number <= UInt64(Int64.max) else {
            throw Problem.badField(
                name, "\"\(text.prefix(40))\" is no height",
                remedy: "give a block's number, for instance 1")
        }
        return Height(number)
    }

    /// A hash in the path: 64 hexadecimal digits.
    public func hash(_ name: String) throws -> Hash256 {
        guard let hash = Hash256(hex: path(name)) else {
            throw Problem.badField(
                name, "is no hash", remedy: "give 64 hexadecimal digits")
        }
        return hash
    }

    public func choice<Choice: RawRepresentable & CaseIterable>(
        _ name: String, default standard: Choice
    ) throws -> Choice where Choice.RawValue == String {
        guard let text = text(name) else { return standard }
        guard let choice = Choice(rawValue: text) else {
            throw Problem.badField(
                name, "\"\(text.prefix(40))\" is none of its values",
                remedy: "use one of "
                    + Choice.allCases.map(\.rawValue).joined(separator: ", "))
        }
        return choice
    }
}
