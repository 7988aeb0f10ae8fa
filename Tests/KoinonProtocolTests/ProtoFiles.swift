import Foundation

/// Protos/koinon/v1/*.proto, read plainly and independently of the generator.
struct ProtoFiles {
    struct Field: Hashable, Comparable {
        var message: String
        var number: Int
        var name: String
        var type: String
        var isRepeated: Bool
        var oneof: String?
        static func < (a: Self, b: Self) -> Bool {
            (a.message, a.number) < (b.message, b.number)
        }
    }

    var fields: [Field] = []
    var messages: Set<String> = []
    /// "ENUM VALUE NUMBER"
    var enumValues: Set<String> = []
    /// Statements that were not understood.
    var unread: [String] = []

    static let all: ProtoFiles = {
        do {
            let folder = URL(filePath: #filePath).deletingLastPathComponent()
                .appending(path: "../../Protos/koinon/v1").standardizedFileURL
            let names = try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted()
            var files = ProtoFiles()
            for name in names where name.hasSuffix(".proto") {
                files.read(try String(contentsOf: folder.appending(path: name), encoding: .utf8))
            }
            return files
        } catch {
            fatalError("Protos cannot be read: \(error)")
        }
    }()

    /// Character by character, since several messages stand on one line.
    private mutating func read(_ text: String) {
        let code = text.split(separator: "\n")
            .map { line in line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line }
            .joined(separator: " ")
        var scopes: [[Substring]] = []
        var statement = ""
        for character in code {
            switch character {
            case "{":
                let words = statement.split(separator: " ")
                scopes.append(words)
                if words.first == "message" { messages.insert(String(words[1])) }
                statement = ""
            case "}":
                scopes.removeLast()
                statement = ""
            case ";":
                if !scopes.isEmpty { read(statement: statement, in: scopes) }
                statement = ""
            default: statement.append(character)
            }
        }
    }

    private mutating func read(statement: String, in scopes: [[Substring]]) {
        var words = statement.split(separator: " ").map(String.init)
        guard let scope = scopes.last, scope.count == 2, words.count >= 3,
            let number = Int(words[words.count - 1])
        else {
            unread.append(statement)
            return
        }
        if scope[0] == "enum", words.count == 3 {
            enumValues.insert("\(scope[1]) \(words[0]) \(number)")
            return
        }
        let isRepeated = words[0] == "repeated"
        if isRepeated { words.removeFirst() }
        let message = scope[0] == "message" ? scope[1] : scopes[scopes.count - 2][1]
        guard words.count == 4, words[2] == "=" else {
            unread.append(statement)
            return
        }
        fields.append(
            Field(
                message: String(message), number: number, name: words[1], type: words[0],
                isRepeated: isRepeated, oneof: scope[0] == "oneof" ? String(scope[1]) : nil))
    }
}
