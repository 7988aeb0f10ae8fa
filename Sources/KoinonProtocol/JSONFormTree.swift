/// A parsed JSON text (RFC 8259). Numbers stay text, so that no digit is lost;
/// members keep their order.
package enum JSONTree: Equatable {
    case null
    case bool(Bool)
    case number(String)
    case string(String)
    case array([JSONTree])
    case object([Member])

    package struct Member: Equatable {
        package var name: String
        package var value: JSONTree

        package init(name: String, value: JSONTree) {
            self.name = name
            self.value = value
        }
    }

    /// For messages to people: "a number", "a list", …
    package var kindName: String {
        switch self {
        case .null: "null"
        case .bool: "true or false"
        case .number: "a number"
        case .string: "a text"
        case .array: "a list"
        case .object: "an object"
        }
    }
}

/// Writing of JSON text, safe to show in a terminal.
package enum JSONText {
    /// - Parameter indented: one member a line, two spaces a level; otherwise one line.
    package static func write(_ tree: JSONTree, indented: Bool) -> String {
        var text = ""
        write(tree, into: &text, indented: indented, level: 0)
        return text
    }

    private static func write(
        _ tree: JSONTree, into text: inout String, indented: Bool, level: Int
    ) {
        switch tree {
        case .null: text += "null"
        case .bool(let value): text += value ? "true" : "false"
        case .number(let digits): text += digits
        case .string(let value): text += quoted(value)
        case .array(let elements):
            list(elements, "[", "]", into: &text, indented: indented, level: level) {
                write($0, into: &$1, indented: indented, level: level + 1)
            }
        case .object(let members):
            list(members, "{", "}", into: &text, indented: indented, level: level) {
                $1 += quoted($0.name) + (indented ? ": " : ":")
                write($0.value, into: &$1, indented: indented, level: level + 1)
            }
        }
    }

    private static func list<Element>(
        _ elements: [Element], _ open: String, _ close: String, into text: inout String,
        indented: Bool, level: Int, _ writeElement: (Element, inout String) -> Void
    ) {
        text += open
        for (index, element) in elements.enumerated() {
            if index > 0 { text += "," }
            if indented { text += "\n" + String(repeating: "  ", count: level + 1) }
            writeElement(element, &text)
        }
        if indented && !elements.isEmpty {
            text += "\n" + String(repeating: "  ", count: level)
        }
        text += close
    }

    package static func quoted(_ value: String) -> String {
        if value.utf8.allSatisfy(isPlain) { return "\"" + value + "\"" }
        var text = "\""
        for scalar in value.unicodeScalars {
            switch scalar {
            case "\"": text += "\\\""
            case "\\": text += "\\\\"
            case "\n": text += "\\n"
            case "\t": text += "\\t"
            default:
                if steersTerminals(scalar) {
                    let digits = String(scalar.value, radix: 16)
                    text += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
                } else {
                    text.unicodeScalars.append(scalar)
                }
            }
        }
        return text + "\""
    }

    /// ASCII that stands for itself, as nearly all text is.
    private static func isPlain(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "\""), UInt8(ascii: "\\"): false
        case 0x20...0x7e: true
        default: false
        }
    }

    /// Controls, and the marks that reverse the direction of text: titles come from
    /// strangers and are shown in terminals. All lie below U+10000.
    private static func steersTerminals(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0...0x1f, 0x7f...0x9f, 0x200e, 0x200f, 0x2028...0x202e, 0x2066...0x2069: true
        default: false
        }
    }

    /// The text without what steers a terminal: for what strangers say to people.
    ///
    /// - Parameter most: scalars that are kept; what was longer ends with "…".
    package static func harmless(_ text: String, atMost most: Int = .max) -> String {
        let kept = text.unicodeScalars.prefix(most)
        let isCut = kept.endIndex < text.unicodeScalars.endIndex
        guard isCut || kept.contains(where: steersTerminals) else { return text }
        var view = String.UnicodeScalarView()
        for scalar in kept { view.append(steersTerminals(scalar) ? "\u{fffd}" : scalar) }
        if isCut { view.append("…") }
        return String(view)
    }

    /// At most 66 characters, without controls: for parts of messages that come from outside.
    package static func short(_ text: String) -> String {
        let start = String(text.unicodeScalars.prefix(66))
        let escaped = String(quoted(start).dropFirst().dropLast())
        return text.unicodeScalars.count > 66 ? escaped + "…" : escaped
    }
}
