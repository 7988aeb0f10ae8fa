/// Reads JSON text (RFC 8259), strictly: UTF-8, no name twice in one object, nothing after
/// the value, bounded size and depth.
package struct JSONParser {
    package static let maximumBytes = 1 << 20
    static let maximumDepth = 32

    private let bytes: [UInt8]
    private var position = 0

    package static func parse(
        _ bytes: [UInt8], maximumBytes: Int = maximumBytes
    ) throws(JSONFormFault) -> JSONTree {
        guard bytes.count <= maximumBytes else {
            throw JSONPath().fault(
                "has \(bytes.count) bytes", "at most \(maximumBytes) are taken; split it")
        }
        var parser = JSONParser(bytes: bytes)
        parser.skipByteOrderMark()
        let tree = try parser.value(depth: 1)
        parser.skipSpace()
        guard parser.position == bytes.count else {
            throw parser.fault("has something after its end", "leave exactly one JSON value")
        }
        return tree
    }

    private init(bytes: [UInt8]) { self.bytes = bytes }

    private mutating func value(depth: Int) throws(JSONFormFault) -> JSONTree {
        guard depth <= Self.maximumDepth else {
            throw fault("nests deeper than \(Self.maximumDepth) levels", "flatten it")
        }
        skipSpace()
        guard let first = peek else { throw expected("a JSON value") }
        switch first {
        case UInt8(ascii: "{"): return .object(try members(depth: depth))
        case UInt8(ascii: "["): return .array(try elements(depth: depth))
        case UInt8(ascii: "\""): return .string(try string())
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
            return .number(try number())
        case UInt8(ascii: "t"):
            try word("true")
            return .bool(true)
        case UInt8(ascii: "f"):
            try word("false")
            return .bool(false)
        case UInt8(ascii: "n"):
            try word("null")
            return .null
        default:
            throw expected("a JSON value")
        }
    }

    private mutating func members(depth: Int) throws(JSONFormFault) -> [JSONTree.Member] {
        position += 1
        var members: [JSONTree.Member] = []
        var seen: Set<String> = []
        skipSpace()
        if take("}") { return [] }
        repeat {
            skipSpace()
            guard peek == UInt8(ascii: "\"") else { throw expected("a name in quotation marks") }
            let name = try string()
            guard seen.insert(name).inserted else {
                throw fault(
                    "has the name \"\(JSONText.short(name))\" twice in one object", "keep one")
            }
            skipSpace()
            guard take(":") else { throw expected("\":\"") }
            members.append(JSONTree.Member(name: name, value: try value(depth: depth + 1)))
            skipSpace()
        } while take(",")
        guard take("}") else { throw expected("\",\" or \"}\"") }
        return members
    }

    private mutating func elements(depth: Int) throws(JSONFormFault) -> [JSONTree] {
        position += 1
        var elements: [JSONTree] = []
        skipSpace()
        if take("]") { return [] }
        repeat {
            elements.append(try value(depth: depth + 1))
            skipSpace()
        } while take(",")
        guard take("]") else { throw expected("\",\" or \"]\"") }
        return elements
    }

    /// The number's text; its grammar is checked, its size is not.
    private mutating func number() throws(JSONFormFault) -> String {
        let start = position
        _ = take("-")
        if !take("0") { try digits() }
        if take(".") { try digits() }
        if take("e") || take("E") {
            if !take("+") { _ = take("-") }
            try digits()
        }
        return String(decoding: bytes[start..<position], as: UTF8.self)
    }

    private mutating func digits() throws(JSONFormFault) {
        let start = position
        while let byte = peek, byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") {
            position += 1
        }
        if position == start { throw expected("a digit") }
    }

    private mutating func string() throws(JSONFormFault) -> String {
        position += 1
        var content: [UInt8] = []
        while let byte = peek {
            position += 1
            switch byte {
            case UInt8(ascii: "\""):
                guard let text = String(validating: content, as: UTF8.self) else {
                    throw fault("has a text that is not UTF-8", "save it as UTF-8")
                }
                return text
            case UInt8(ascii: "\\"):
                content.append(contentsOf: String(try escape()).utf8)
            case 0..<0x20:
                throw fault("has a control character in a text", "write it as \\n or \\u00…")
            default:
                content.append(byte)
            }
        }
        throw fault("ends inside a text", "close the quotation mark")
    }

    private mutating func escape() throws(JSONFormFault) -> Unicode.Scalar {
        guard let byte = peek else { throw expected("a character after \"\\\"") }
        position += 1
        switch byte {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{c}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"): return try unicodeEscape()
        default: throw fault("has an unknown escape in a text", "write \"\\\\\" for a backslash")
        }
    }

    private mutating func unicodeEscape() throws(JSONFormFault) -> Unicode.Scalar {
        let unit = try hexUnit()
        if let scalar = Unicode.Scalar(unit) { return scalar }
        // Beyond U+FFFF: two units, high surrogate first (RFC 8259 §7).
        if unit < 0xdc00, take("\\"), take("u") {
            let low = try hexUnit()
            if (0xdc00...0xdfff).contains(low),
                let scalar = Unicode.Scalar(
                    0x10000 + (UInt32(unit) - 0xd800) << 10 + (UInt32(low) - 0xdc00))
            {
                return scalar
            }
        }
        throw fault("has half a surrogate pair in a text", "write both halves")
    }

    private mutating func hexUnit() throws(JSONFormFault) -> UInt16 {
        guard position + 4 <= bytes.count,
            let pair = Hex.decode(String(decoding: bytes[position..<position + 4], as: UTF8.self)),
            pair.count == 2
        else { throw expected("four hex digits after \"\\u\"") }
        position += 4
        return UInt16(pair[0]) << 8 | UInt16(pair[1])
    }

    private mutating func word(_ word: StaticString) throws(JSONFormFault) {
        let count = word.utf8CodeUnitCount
        guard position + count <= bytes.count,
            bytes[position..<position + count].elementsEqual("\(word)".utf8)
        else { throw expected("a JSON value") }
        position += count
    }

    private var peek: UInt8? { position < bytes.count ? bytes[position] : nil }

    private mutating func take(_ character: Unicode.Scalar) -> Bool {
        guard let byte = peek, UInt32(byte) == character.value else { return false }
        position += 1
        return true
    }

    private mutating func skipSpace() {
        while let byte = peek, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 {
            position += 1
        }
    }

    private mutating func skipByteOrderMark() {
        if bytes.starts(with: [0xef, 0xbb, 0xbf]) { position = 3 }
    }

    private func expected(_ what: String) -> JSONFormFault {
        position < bytes.count
            ? fault("is not JSON", "expected \(what) there")
            : fault("ends too early", "expected \(what) at the end")
    }

    private func fault(_ problem: String, _ remedy: String) -> JSONFormFault {
        let before = bytes[..<min(position, bytes.count)]
        let line = before.count { $0 == 0x0a } + 1
        let lineStart = before.lastIndex(of: 0x0a).map { $0 + 1 } ?? 0
        let place = "at line \(line), byte \(before.count - lineStart + 1),"
        return JSONPath().fault("\(place) \(problem)", remedy)
    }
}
