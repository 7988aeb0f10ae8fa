import Foundation
import Testing

/// What `koinon status` says is wrong.
struct StatusFinding: Decodable, CustomStringConvertible {
    var severity: String
    var code: String
    var subject: String
    var what: String
    var remedy: String

    var description: String { "\(subject) \(what) → \(remedy)" }
}

extension RunningAlliance {
    private struct Answer: Decodable { var findings: [StatusFinding] }

    /// What `koinon status` says of all nodes.
    ///
    /// - Parameter host: where it is asked, by the home there; nil for this one, by addresses.
    func findings(at host: Int? = nil) async throws -> [StatusFinding] {
        var command = [BuiltCommand.koinon.path, "status", "--json"]
        if let host {
            command = (network?.wrapper(host) ?? []) + command
            command += ["--home", home(host).path]
        } else {
            command += nodes.flatMap { ["--node", "http://\($0.host):\($0.port)"] }
        }
        let line = command.map { "'\($0)'" }.joined(separator: " ")
        let output = try await shell("\(line) 2>&1 || true").output
        return try JSONDecoder().decode(Answer.self, from: Data(output.utf8)).findings
    }

    func isOf(_ index: Int, _ finding: StatusFinding) -> Bool {
        finding.subject == members[index]
            || finding.subject == "http://\(nodes[index].host):\(nodes[index].port)"
    }
}

/// The tables of docs/operate.md whose first column is what is said.
struct Runbook {
    /// One for each row's first column.
    private let patterns: [Regex<AnyRegexOutput>]

    init() throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../docs/operate.md")
        let rows = try String(contentsOf: file, encoding: .utf8).split(separator: "\n")
            .filter { $0.hasPrefix("| `") }
            .flatMap { $0.split(separator: "|")[0].matches(of: /`([^`]+)`/).map(\.output.1) }
        patterns = try rows.map { row in
            // Single letters and NAME stand for a number or a name.
            let pattern = NSRegularExpression.escapedPattern(for: String(row))
                .replacing(/\b([A-Za-z]|NAME)\b/, with: #"\S+"#).replacing("…", with: ".*")
            return try Regex(pattern)
        }
    }

    func explains(_ finding: StatusFinding) -> Bool {
        patterns.contains { finding.what.contains($0) }
    }
}
