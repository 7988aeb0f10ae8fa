import Foundation
import Testing

@Suite("koinon index rebuild")
struct IndexCommandTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func run(
        _ text: String, sourceLocation: SourceLocation = #_sourceLocation
    ) async throws -> String {
        let run = try await CommandRun.shell(text, in: folder.url)
        #expect(
            run.status == 0, "\(text): \(run.output)\(run.errors)", sourceLocation: sourceLocation)
        return run.output
    }

    private func nodeWithRequest() async throws -> RunningNode {
        _ = try await run("koinon init --home h --name H --member harbour")
        let node = try await RunningNode.start(home: "h", in: folder.url)
        _ = try await run(
            """
            koinon send --home h --as harbour '
              {"money": {"create_unit": {"unit": "usd", "title": "US dollar", "scale": 2}}}'
            """)
        _ = try await run(ask(for: "A red boat"))
        return node
    }

    private func ask(for title: String) -> String {
        """
        koinon send --home h --as harbour '
          {"market": {"publish_request": {"title": "\(title)", "unit": "usd",
            "expires_at_ms": "'$(date -u -d tomorrow +%Y-%m-%dT%H:%M:%SZ)'"}}}'
        """
    }

    private func finding(_ title: String) -> String {
        """
        curl -sSf "$(cat h/node.url)/v1/search/requests?text=boat" | grep -F '"title":"\(title)"'
        """
    }

    private var files: [String] {
        get throws {
            try FileManager.default.contentsOfDirectory(
                atPath: folder.url.appending(path: "h").path
            ).filter { $0.hasPrefix("index") && !$0.hasSuffix("-wal") && !$0.hasSuffix("-shm") }
        }
    }

    @Test("makes the index anew beside a running node, which finds everything meanwhile")
    func running() async throws {
        let node = try await nodeWithRequest()
        try await RunningNode.untilListed(home: "h", in: folder.url)
        #expect(try files == ["index.sqlite"])
        // Two names take turns.
        for file in ["index-next.sqlite", "index.sqlite", "index-next.sqlite"] {
            let output = try await run(
                """
                koinon index rebuild --home h &
                while kill -0 $! 2> gone; do \(finding("A red boat")) > found; done
                wait $!
                \(finding("A red boat")) > found
                """)
            #expect(output.contains("the index is new, after "))
            #expect(try files == [file])
        }
        // The new one follows the ledger, and is what the next start opens.
        _ = try await run(ask(for: "A blue boat"))
        try await RunningNode.untilListed(home: "h", in: folder.url)
        _ = try await run(finding("A blue boat"))
        #expect(try await node.stop() == 0)
        let again = try await RunningNode.start(home: "h", in: folder.url)
        #expect(try files == ["index.sqlite"])
        _ = try await run(finding("A blue boat"))
        #expect(try await again.stop() == 0)
    }

    @Test("removes the index where no node runs, and the next one makes it while it serves")
    func stopped() async throws {
        let node = try await nodeWithRequest()
        #expect(try await node.stop() == 0)
        let output = try await run("koinon index rebuild --home h")
        #expect(output == "removed the index; the next `koinon node` makes it anew\n")
        #expect(try files.isEmpty)
        let next = try await RunningNode.start(home: "h", in: folder.url)
        try await RunningNode.untilListed(home: "h", in: folder.url)
        _ = try await run(finding("A red boat"))
        #expect(try await next.stop() == 0)
    }
}
