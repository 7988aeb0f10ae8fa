import Foundation
import KoinonClient
import KoinonLedger
import KoinonProtocol
import Synchronization
import Testing

@testable import KoinonEtcd
@testable import KoinonNode

/// What docs/operate.md tells etcd's operator to do.
@Suite("the runbook of etcd", .needsEtcd, .timeLimit(.minutes(30)))
struct RunbookTests {
    private static func page() throws -> String {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .deletingLastPathComponent().deletingLastPathComponent()
        return try String(contentsOf: root.appending(path: "docs/operate.md"), encoding: .utf8)
    }

    /// Arguments of etcdctl in the first listing of a section, one command each.
    private static func commands(of section: String, in page: String) throws -> [[String]] {
        let text = try #require(page.range(of: "### \(section)\n").map { page[$0.upperBound...] })
        let listing = try #require(text.firstMatch(of: /```sh\n([^`]*)```/)).1
        return listing.split(separator: "\n").map { line in
            line.prefix { $0 != "#" }.split(separator: " ").dropFirst().map(String.init)
        }
    }

    @Test("makes room when the servers' space is used up, and what waits is appended")
    func makesRoom() async throws {
        let page = try Self.page()
        let servers = try await EtcdServers.start(quota: 4 << 20)
        let engine = try servers.engine(of: "alfa")
        defer { engine.stop(NodeStopped()) }
        let hasEnded = Atomic(false)
        // Trimmed at once, and stored all the same until the history is compacted.
        let writing = Task {
            defer { hasEnded.store(true, ordering: .releasing) }
            for sequence in 1...40 as ClosedRange<UInt64> {
                let entry = try servers.entry("alfa", sequence, bytes: 150_000)
                try await engine.append([entry]).durable()
                let revision = UInt64(try await engine.revision())
                try await engine.trim(before: OrderPosition(rawValue: revision))
            }
        }
        let words = "etcd: its space is used up (NOSPACE)"
        func isUsedUp() -> Bool { engine.report.faults.contains { $0.hasPrefix(words) } }
        while !isUsedUp(), !hasEnded.load(ordering: .acquiring) {
            try await Task.sleep(for: .milliseconds(20))
        }
        try #require(isUsedUp())
        #expect(page.contains("\n| `\(words)` |"))
        let commands = try Self.commands(of: "Make room in etcd", in: page)
        #expect(commands.map { $0.first } == ["endpoint", "compact", "defrag", "alarm"])
        var revision = ""
        for command in commands {
            let words = command.map { $0 == "REVISION" ? revision : $0 }
            let output = try await OwnThread.run { try servers.ctl(words) }
            if let shown = output.firstMatch(of: /"Revision" : (\d+)/) {
                revision = String(shown.1)
            }
        }
        try await writing.value
        #expect(engine.report.faults == [])
    }

    @Test("deletes behind a missing entry what the fault of a node names")
    func deletesBehindAGap() throws {
        let page = try Self.page()
        let chain = try #require(ChainID(Hash256.sha256([1]).bytes))
        let (epoch, missing) = (String(repeating: "0", count: 19) + "3", "00000000000000000012")
        let commands = try Self.commands(of: "An entry is missing", in: page).map { words in
            words.map { word in
                word.replacing("CHAIN", with: Hex.encode(chain.bytes)).replacing(
                    "NAME", with: "alfa"
                )
                .replacing("EPOCH", with: epoch).replacing(/\/N$/, with: "/\(missing)")
            }
        }
        let gap = SequenceGap(author: "alfa", missing: 12)
        #expect(commands == [EntryKeys(chain: chain, epoch: 3).deletion(of: gap)])
        #expect(page.contains("\n| `etcd: entry N of NAME is missing` |"))
        // As `koinon status` reads it.
        let conditions = EtcdConditions(keys: EntryKeys(chain: chain, epoch: 3))
        conditions.countGap(gap)
        let told = try #require(conditions.report.faults.first.flatMap(Diagnosis.MissingEntry.init))
        #expect(told.author == gap.author && told.sequence == gap.missing)
        #expect(
            page.contains("\n| `entry N of NAME, which this node wrote, is not in the order` |"))
    }
}
