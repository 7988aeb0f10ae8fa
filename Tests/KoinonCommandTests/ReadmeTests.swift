import Foundation
import Testing

@Suite("the README's own commands")
struct ReadmeTests {
    /// The shell blocks that a comment "quickstart: NAME PLACEHOLDER" marks, in order.
    private func blocks() throws -> [(name: String, placeholder: String?, text: String)] {
        let readme = try String(
            contentsOf: CommandRun.package.appending(path: "README.md"), encoding: .utf8)
        return readme.matches(of: /<!-- quickstart: ([a-z]+)( [A-Z]+)? -->\n```sh\n([^`]*)```/).map
        {
            (String($0.1), $0.2.map { String($0.dropFirst()) }, String($0.3))
        }
    }

    private func last(_ pattern: Regex<Substring>, in text: String) throws -> String {
        String(try #require(text.matches(of: pattern).last).0)
    }

    @Test("lease something by hand, prove it and check the proof, as the README says")
    func quickstart() async throws {
        let folder = try TemporaryFolder()
        try FileManager.default.createSymbolicLink(
            at: folder.url.appending(path: "Examples"),
            withDestinationURL: CommandRun.package.appending(path: "Examples"))
        var node: RunningNode?
        var values: [String: String] = [:]
        var ran: [String] = []
        for (name, placeholder, text) in try blocks() {
            ran.append(name)
            if name == "path" { continue }
            if name == "node" {
                #expect(text == "koinon node --home harbour\n")
                node = try await RunningNode.start(home: "harbour", in: folder.url)
                continue
            }
            var command = text
            if let placeholder {
                command = command.replacing(placeholder, with: try #require(values[placeholder]))
            }
            if let python = ProcessInfo.processInfo.environment["KOINON_PYTHON"] {
                command = command.replacing("python3 ", with: "\(python) ")
            }
            let run = try await CommandRun.shell(command, in: folder.url)
            #expect(run.status == 0, "\(name): \(run.output)\(run.errors)")
            switch name {
            case "resource": values["RESOURCE"] = try last(/koires1[a-z0-9]+/, in: run.output)
            case "offer": values["OFFER"] = try last(/koioff1[a-z0-9]+/, in: run.output)
            case "book": values["AGREEMENT"] = try last(/koiagr1[a-z0-9]+/, in: run.output)
            case "ride":
                let line = try last(/transaction [0-9a-f]{64}/, in: run.output)
                values["TRANSACTION"] = String(line.dropFirst("transaction ".count))
                // 100.00 less one step of 6.00: ten minutes of a half hour are a half hour.
                #expect(run.output.contains("\"amount\": \"94.00\""))
            case "prove":
                #expect(run.output.contains("✓ the proof holds"))
                #expect(run.output.contains("was executed: done"))
                #expect(run.output.contains("✓ all is as it must be"))
            default: break
            }
        }
        #expect(
            ran == [
                "path", "found", "node", "accounts", "money", "resource", "offer", "book", "ride",
                "prove",
            ])
        #expect(try await #require(node).stop() == 0)
    }

    @Test("every make target that the README names exists")
    func makeTargets() async throws {
        let readme = try String(
            contentsOf: CommandRun.package.appending(path: "README.md"), encoding: .utf8)
        let help = try await CommandRun.shell("make help", in: CommandRun.package).output
        for match in readme.matches(of: #/make ([a-z]+)/#) {
            #expect(help.contains("make \(match.1)"), "make \(match.1)")
        }
    }
}
