/// Tells code from comments and string literals: nested comments, raw and multi-line
/// strings, and code within interpolations.
struct CodeReader {
    private let characters: [UInt8]
    private var position = 0
    private var code: [UInt8] = []
    private static let newline = UInt8(ascii: "\n")

    /// The text with comments and the contents of literals left out; as many lines.
    static func code(in text: String) -> String {
        var reader = CodeReader(characters: Array(text.utf8))
        reader.readCode(untilParenthesis: false)
        return String(decoding: reader.code, as: UTF8.self)
    }

    private init(characters: [UInt8]) { self.characters = characters }

    private func starts(_ text: String, at offset: Int = 0) -> Bool {
        characters.dropFirst(position + offset).starts(with: text.utf8)
    }

    /// To the end, or to the parenthesis that closes an interpolation.
    private mutating func readCode(untilParenthesis: Bool) {
        var depth = 0
        while position < characters.count {
            if starts("//") {
                while position < characters.count, characters[position] != Self.newline {
                    position += 1
                }
            } else if starts("/*") {
                skipComment()
            } else if let hashes = literalHashes() {
                readLiteral(hashes: hashes)
            } else {
                let character = characters[position]
                if character == UInt8(ascii: "(") { depth += 1 }
                if character == UInt8(ascii: ")") {
                    if depth == 0, untilParenthesis { return }
                    depth -= 1
                }
                code.append(character)
                position += 1
            }
        }
    }

    private mutating func skipComment() {
        var depth = 0
        repeat {
            if starts("/*") {
                depth += 1
                position += 2
            } else if starts("*/") {
                depth -= 1
                position += 2
            } else {
                skip()
            }
        } while depth > 0 && position < characters.count
    }

    /// Left out, except that lines keep their numbers.
    private mutating func skip() {
        if characters[position] == Self.newline { code.append(Self.newline) }
        position += 1
    }

    /// How many number signs open the string literal that begins here; nil when none does.
    private func literalHashes() -> Int? {
        var count = 0
        while starts("#", at: count) { count += 1 }
        return starts("\"", at: count) ? count : nil
    }

    private mutating func readLiteral(hashes: Int) {
        let sign = String(repeating: "#", count: hashes)
        let quotes = starts("\"\"\"", at: hashes) ? "\"\"\"" : "\""
        position += hashes + quotes.count
        code.append(UInt8(ascii: "\""))
        while position < characters.count, !starts(quotes + sign) {
            if starts("\\" + sign + "(") {
                position += 2 + hashes
                code.append(UInt8(ascii: " "))
                readCode(untilParenthesis: true)
                position += 1
                code.append(UInt8(ascii: " "))
            } else if starts("\\" + sign) {
                position += 1 + hashes
                if position < characters.count { skip() }
            } else {
                skip()
            }
        }
        position += quotes.count + hashes
        code.append(UInt8(ascii: "\""))
    }
}
