import Foundation
import Testing

@Suite("the README's own commands")
struct ReadmeTests {
    /// The shell blocks that a comment "quickstart: NAME PLACEHOLDER" marks, in order.
    private func blocks(
        of page: String = "README.md"
    ) throws -> [(name: String, placeholders: [String], text: String)] {
        let text = try String(
            contentsOf: CommandRun.package.appending(path: page), encoding: .utf8)
        return text.matches(of: /<!-- quickstart: ([a-z]+)((?: [A-Z]+)*) -->\n```sh\n([^`]*)```/)
            .map { (String($0.1), $0.2.split(separator: " ").map(String.init), String($0.3)) }
    }

    /// A block with the ids that were shown before in the places of its placeholders.
    private func filled(
        _ text: String, _ placeholders: [String], _ values: [String: String]
    ) throws -> String {
        try placeholders.reduce(text) {
            $0.replacing($1, with: try #require(values[$1], "\($1)"))
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
        for (name, placeholders, text) in try blocks() {
            ran.append(name)
            if name == "path" { continue }
            if name == "node" {
                #expect(text == "koinon node --home harbour\n")
                node = try await RunningNode.start(home: "harbour", in: folder.url)
                continue
            }
            var command = try filled(text, placeholders, values)
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
            case "api":
                #expect(run.output.contains("\"title\": \"Blue boat\""))
                #expect(run.output.contains("\"status\": \"done\""))
                #expect(run.output.contains("✓ the proof holds"))
            case "curl":
                #expect(run.output.contains("\"title\":\"Blue boat\""))
                #expect(run.output.contains("account_opened"))
            default: break
            }
        }
        #expect(
            ran == [
                "path", "found", "node", "accounts", "money", "resource", "offer", "book", "ride",
                "prove", "api", "curl",
            ])
        #expect(try await #require(node).stop() == 0)
    }

    @Test("ask, haggle and sell on, as docs/requests.md says")
    func requests() async throws {
        let outputs = try await goOn(
            "docs/requests.md",
            naming: [
                "boat": "BOAT", "jackets": "JACKETS", "ask": "REQUEST", "answer": "ANSWER",
                "yes": "AGREEMENT",
            ])
        let sold = try #require(outputs["sell"])
        #expect(sold.contains("\"amount\": \"101.00\""))
        #expect(sold.contains("\"amount\": \"73.00\""))
    }

    @Test("sell, teach, license, quarrel, review and flag, as docs/trades.md says")
    func trades() async throws {
        let outputs = try await goOn(
            "docs/trades.md",
            naming: [
                "oldboat": "RESOURCE", "sale": "OFFER", "buy": "AGREEMENT", "lessons": "RESOURCE",
                "service": "OFFER", "lesson": "AGREEMENT", "plan": "RESOURCE", "licence": "OFFER",
                "license": "AGREEMENT", "flag": "FLAG",
            ])
        #expect(try #require(outputs["accept"]).contains("\"amount\": \"40.00\""))
        let review = try #require(outputs["review"])
        #expect(review.contains("review published"))
        #expect(review.contains("mean - 1.645 deviations"))
        #expect(try #require(outputs["dispute"]).contains("\"concede_dispute\""))
        // 100.00 less the boat and a third of the lesson; then one use of five.
        #expect(try #require(outputs["concede"]).contains("\"amount\": \"55.00\""))
        #expect(try #require(outputs["use"]).contains("\"amount\": \"52.00\""))
        #expect(try #require(outputs["answerflag"]).contains("\"answered_at_ms\""))
        #expect(outputs["vouch"] != nil)
    }

    /// Runs a page that goes on where the README has founded an alliance; gives what each block
    /// printed.
    ///
    /// - Parameter names: what the last id of a block's own is called from then on.
    private func goOn(
        _ page: String, naming names: [String: String]
    ) async throws -> [String: String] {
        let ids = [
            "BOAT": /koires1[a-z0-9]+/, "JACKETS": /koires1[a-z0-9]+/,
            "RESOURCE": /koires1[a-z0-9]+/, "REQUEST": /koireq1[a-z0-9]+/,
            "ANSWER": /koioff1[a-z0-9]+/, "OFFER": /koioff1[a-z0-9]+/,
            "AGREEMENT": /koiagr1[a-z0-9]+/, "FLAG": /koiflag1[a-z0-9]+/,
        ]
        let folder = try TemporaryFolder()
        let founding = try blocks().filter { ["found", "accounts", "money"].contains($0.name) }
        #expect(founding.count == 3)
        _ = try await CommandRun.shell(founding[0].text, in: folder.url)
        let node = try await RunningNode.start(home: "harbour", in: folder.url)
        var values: [String: String] = [:]
        var outputs: [String: String] = [:]
        for (name, placeholders, text) in try founding.dropFirst() + blocks(of: page) {
            let run = try await CommandRun.shell(
                try filled(text, placeholders, values), in: folder.url)
            #expect(run.status == 0, "\(name): \(run.output)\(run.errors)")
            if let value = names[name] {
                values[value] = try last(try #require(ids[value]), in: run.output)
            }
            outputs[name] = run.output
        }
        #expect(try await node.stop() == 0)
        return outputs
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
