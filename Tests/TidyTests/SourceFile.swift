import Foundation

/// A Swift file below Sources/, with its code apart from comments and texts.
struct SourceFile: Sendable {
    /// From the project's folder, for instance "Sources/KoinonNode/Node.swift".
    var path: String
    var text: String
    /// The text with comments and the contents of string literals blanked out, line by
    /// line; code within an interpolation stays.
    var code: String

    init(path: String, text: String) {
        self.path = path
        self.text = text
        code = CodeReader.code(in: text)
    }

    /// The folder right below Sources/.
    var target: String { path.split(separator: "/").dropFirst().first.map(String.init) ?? "" }
    var name: String { path.split(separator: "/").last.map(String.init) ?? "" }

    /// The lines of code that match a pattern, as "path:line: what".
    func lines(matching pattern: String, _ what: String) -> [String] {
        code.split(separator: "\n", omittingEmptySubsequences: false).enumerated()
            .compactMap { index, line in
                guard let found = String(line).firstMatch(of: pattern)?.first else { return nil }
                return "\(path):\(index + 1): \(what): \(found)"
            }
    }
}

/// Everything below Sources/.
struct SourceTree: Sendable {
    var files: [SourceFile]
    /// Paths of all files, Swift or not.
    var paths: [String]
    var package: String

    /// The project that these tests were built from.
    static let project: SourceTree = {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return SourceTree(root: root)
    }()

    init(root: URL) {
        let walker = FileManager.default.enumerator(atPath: root.appending(path: "Sources").path)
        paths = (walker?.compactMap { $0 as? String } ?? []).map { "Sources/\($0)" }.sorted()
        // What protoc wrote follows its own rules.
        files = paths.filter { $0.hasSuffix(".swift") && !$0.contains("/Generated/") }.compactMap {
            path in
            guard let data = FileManager.default.contents(atPath: root.appending(path: path).path)
            else { return nil }
            return SourceFile(path: path, text: String(decoding: data, as: UTF8.self))
        }
        let manifest = FileManager.default.contents(
            atPath: root.appending(path: "Package.swift").path)
        package = String(decoding: manifest ?? Data(), as: UTF8.self)
    }
}

extension String {
    /// The whole match and its groups, those that took part.
    func firstMatch(of pattern: String) -> [String]? { allMatches(of: pattern).first }

    func allMatches(of pattern: String) -> [[String]] {
        // The patterns stand in this target; a wrong one must not pass for "no match".
        let expression = try! NSRegularExpression(pattern: pattern, options: [.anchorsMatchLines])
        let whole = NSRange(startIndex..., in: self)
        return expression.matches(in: self, range: whole).map { match in
            (0..<match.numberOfRanges).compactMap { group in
                Range(match.range(at: group), in: self).map { String(self[$0]) }
            }
        }
    }
}
