import Foundation
import KoinonLedger
import KoinonProtocol
import Synchronization
import Testing

@testable import KoinonEtcd
@testable import KoinonNode

/// On real servers, with certificates and roles.
@Suite("order from etcd", .needsEtcd, .timeLimit(.minutes(30)))
struct EtcdEngineTests {
    @Test("is one for all who read, from the start or live, and each author's sequence")
    func order() async throws {
        let servers = try await EtcdServers.start(authors: ["alfa", "bravo", "carol"])
        let engines = try ["alfa", "bravo", "carol"].map { try servers.engine(of: $0) }
        defer { for engine in engines { engine.stop(NodeStopped()) } }
        var live = engines[0].entries().makeAsyncIterator()
        let appends = try engines.enumerated().flatMap { index, engine in
            let author = ["alfa", "bravo", "carol"][index]
            return try (1...20).map { sequence in
                engine.append([try servers.entry(author, UInt64(sequence))])
            }
        }
        let seen = try await EtcdEngine.next(60, of: &live).map(\.place)
        for append in appends { try await append.durable() }
        for author in ["alfa", "bravo", "carol"] {
            #expect(seen.filter { $0.hasPrefix(author) } == (1...20).map { "\(author) \($0)" })
        }
        #expect(try await engines[1].first(60) == seen)
        #expect(engines[0].report.faults == [])
    }

    @Test("takes a place once: the same bytes again are the same, others are told")
    func once() async throws {
        let servers = try await EtcdServers.start()
        let engine = try servers.engine(of: "alfa")
        defer { engine.stop(NodeStopped()) }
        try await engine.append([try servers.entry("alfa", 1)]).durable()
        try await engine.append([try servers.entry("alfa", 1)]).durable()
        let other = try servers.entry("alfa", 1, content: 1)
        await #expect(throws: OrderFault.sequencesTaken([other])) {
            try await engine.append([other, try servers.entry("alfa", 2)]).durable()
        }
        let entries = engine.entries()
        var iterator = entries.makeAsyncIterator()
        let read = try await EtcdEngine.next(2, of: &iterator)
        #expect(read.map(\.place) == ["alfa 1", "alfa 2"])
        #expect(read[0].envelope == (try servers.entry("alfa", 1).envelope))
    }

    @Test("is refused to an author without the role, and written under no other's name")
    func roles() async throws {
        let servers = try await EtcdServers.start()
        let engine = try servers.engine(of: "alfa")
        defer { engine.stop(NodeStopped()) }
        await #expect {
            try await engine.append([try servers.entry("bravo", 1)]).durable()
        } throws: {
            guard case EtcdFault.denied = $0 else { return false }
            return true
        }
        try servers.issue("stranger", for: .client)
        let stranger = try servers.engine(of: "stranger")
        defer { stranger.stop(NodeStopped()) }
        await #expect {
            _ = try await stranger.first(1)
        } throws: {
            guard case EtcdFault.denied = $0 else { return false }
            return true
        }
    }

    @Test("goes on after the server was killed, with nothing lost and nothing twice")
    func restart() async throws {
        let servers = try await EtcdServers.start()
        let engine = try servers.engine(of: "alfa")
        defer { engine.stop(NodeStopped()) }
        var live = engine.entries().makeAsyncIterator()
        try await engine.append([try servers.entry("alfa", 1)]).durable()
        #expect(try await EtcdEngine.next(1, of: &live).map(\.place) == ["alfa 1"])
        try await OwnThread.run { servers.kill(0) }
        let appends = try (2...10).map { engine.append([try servers.entry("alfa", $0)]) }
        try await OwnThread.run { try servers.start(0) }
        for append in appends { try await append.durable() }
        #expect(
            try await EtcdEngine.next(9, of: &live).map(\.place) == (2...10).map { "alfa \($0)" })
        #expect(engine.report.faults == [])
    }

    @Test("outlives any one of three servers")
    func failover() async throws {
        let servers = try await EtcdServers.start(3)
        let engine = try servers.engine(of: "alfa")
        defer { engine.stop(NodeStopped()) }
        var live = engine.entries().makeAsyncIterator()
        var sequence: UInt64 = 0
        for index in 0..<3 {
            try await OwnThread.run { servers.kill(index) }
            for _ in 0..<5 {
                sequence += 1
                try await engine.append([try servers.entry("alfa", sequence)]).durable()
                #expect(
                    try await EtcdEngine.next(1, of: &live).map(\.place) == ["alfa \(sequence)"])
            }
            try await OwnThread.run {
                try servers.start(index)
                try servers.untilHealthy()
            }
        }
    }

    @Test("ends for a reader once its engine has stopped, though others append on and on")
    func end() async throws {
        let servers = try await EtcdServers.start()
        let others = try servers.engine(of: "bravo")
        defer { others.stop(NodeStopped()) }
        var appended: UInt64 = 1
        try await others.append([try servers.entry("bravo", appended)]).durable()
        let engine = try servers.engine(of: "alfa")
        var reader = engine.entries().makeAsyncIterator()
        engine.stop(NodeStopped())
        var seen: [String] = []
        while let entry = try await reader.next(), appended < 20 {
            seen.append(entry.place)
            appended += 1
            try await others.append([try servers.entry("bravo", appended)]).durable()
        }
        // What had a place by then is given.
        #expect(seen == ["bravo 1"])
    }

    @Test("comes whole to a reader behind whom history was compacted")
    func compaction() async throws {
        let servers = try await EtcdServers.start()
        let engine = try servers.engine(of: "alfa")
        defer { engine.stop(NodeStopped()) }
        // Listed, with most of it not fetched, when the history is compacted.
        for sequence in 1...40 as ClosedRange<UInt64> {
            try await engine.append([try servers.entry("alfa", sequence)]).durable()
        }
        let reader = try servers.engine(of: "bravo")
        defer { reader.stop(NodeStopped()) }
        var slow = reader.entries().makeAsyncIterator()
        var seen = try await EtcdEngine.next(1, of: &slow)
        for sequence in 41...60 as ClosedRange<UInt64> {
            try await engine.append([try servers.entry("alfa", sequence)]).durable()
        }
        let last = try await engine.revision()
        try await OwnThread.run { try servers.ctl(["compact", "\(last)"]) }
        seen += try await EtcdEngine.next(59, of: &slow)
        #expect(seen.map(\.place) == (1...60).map { "alfa \($0)" })
        #expect(reader.report.gaps == 0)
    }

    @Test("tells of an entry that somebody deleted")
    func deleted() async throws {
        let servers = try await EtcdServers.start()
        let engine = try servers.engine(of: "alfa")
        defer { engine.stop(NodeStopped()) }
        for sequence in 1...3 as ClosedRange<UInt64> {
            try await engine.append([try servers.entry("alfa", sequence)]).durable()
        }
        let key = String(decoding: servers.keys.key("alfa", 2), as: UTF8.self)
        try await OwnThread.run { try servers.ctl(["del", key]) }
        let reader = try servers.engine(of: "bravo")
        defer { reader.stop(NodeStopped()) }
        #expect(try await reader.first(2) == ["alfa 1", "alfa 3"])
        #expect(reader.report.gaps == 1)
        #expect(reader.report.faults.contains { $0.contains("entry 2 of alfa") })
    }

    @Test("passes over what is no entry of its author and sequence")
    func foreign() async throws {
        let servers = try await EtcdServers.start()
        let engine = try servers.engine(of: "alfa")
        defer { engine.stop(NodeStopped()) }
        try await engine.append([try servers.entry("alfa", 1)]).durable()
        let text = String(decoding: servers.keys.key("alfa", 2), as: UTF8.self)
        let stray = String(decoding: servers.keys.entries, as: UTF8.self) + "no entry"
        try await OwnThread.run {
            try servers.ctl(["put", text, "nothing"])
            try servers.ctl(["put", stray, "nothing"])
        }
        let bravo = try servers.engine(of: "bravo")
        defer { bravo.stop(NodeStopped()) }
        try await bravo.append([try servers.entry("bravo", 1)]).durable()
        #expect(try await bravo.first(2) == ["alfa 1", "bravo 1"])
        #expect(bravo.report.unusable == 1)
    }

    @Test("is trimmed by each author for itself, once a quorum has marked it; who lags is told")
    func trim() async throws {
        let servers = try await EtcdServers.start()
        let alfa = try servers.engine(of: "alfa")
        let bravo = try servers.engine(of: "bravo")
        defer { for engine in [alfa, bravo] { engine.stop(NodeStopped()) } }
        for sequence in 1...4 as ClosedRange<UInt64> {
            try await alfa.append([try servers.entry("alfa", sequence)]).durable()
            try await bravo.append([try servers.entry("bravo", sequence)]).durable()
        }
        let members = try servers.members
        var live = bravo.entries(settled: SettledOrder(height: Height(2), members: members))
            .makeAsyncIterator()
        let read = try await EtcdEngine.next(8, of: &live)
        // Say that block 2 closed with bravo's second entry.
        let fourth = read[3].position
        #expect(try await alfa.mark(Height(2), among: members) == .genesis)
        #expect(try await bravo.mark(Height(2), among: members) == Height(2))
        try await alfa.trim(before: fourth)
        let left = try await OwnThread.run {
            try servers.ctl(
                [
                    "get", "--prefix", "--keys-only",
                    String(decoding: servers.keys.entries, as: UTF8.self),
                ]
            ).split(separator: "\n").map { $0.suffix(47).drop { $0 == "/" } }
        }
        // Bravo's own are bravo's to delete.
        #expect(left.filter { $0.contains("alfa") }.count == 2)
        #expect(left.filter { $0.contains("bravo") }.count == 4)
        let lagging = SettledOrder(height: Height(1), members: members)
        await #expect(throws: OrderFault.trimmed(through: Height(2))) {
            try await alfa.first(1, settled: lagging)
        }
        // With the blocks of others, reading goes on behind the entry that closed the last.
        try await bravo.trim(before: fourth)
        let arrived = SettledOrder(
            height: Height(2), closing: EntrySlot(author: members[1], sequence: 2),
            sequences: [members[0]: 2, members[1]: 2], members: members)
        #expect(
            try await alfa.first(4, after: nil, settled: arrived)
                == ["alfa 3", "bravo 3", "alfa 4", "bravo 4"])
        // A mark is never lowered, and whoever has read on goes on.
        #expect(try await bravo.mark(Height(1), among: members) == Height(2))
        try await alfa.append([try servers.entry("alfa", 5)]).durable()
        #expect(try await EtcdEngine.next(1, of: &live).map(\.place) == ["alfa 5"])
    }

    @Test("is read on by whoever came by blocks as by those who were there, out of turn or not")
    func outOfTurn() async throws {
        let servers = try await EtcdServers.start()
        let alfa = try servers.engine(of: "alfa")
        let bravo = try servers.engine(of: "bravo")
        defer { for engine in [alfa, bravo] { engine.stop(NodeStopped()) } }
        let members = try servers.members
        for sequence in [1, 3, 2] as [UInt64] {
            try await alfa.append([try servers.entry("alfa", sequence)]).durable()
        }
        try await bravo.append([try servers.entry("bravo", 1)]).durable()
        // Alfa's second entry closed the last block; its third stands before it and had no effect.
        let arrived = SettledOrder(
            height: Height(4), closing: EntrySlot(author: members[0], sequence: 2),
            sequences: [members[0]: 2, members[1]: 0], members: members)
        #expect(try await bravo.first(1, after: nil, settled: arrived) == ["bravo 1"])
        // Taken away and written anew it has a place behind, for all.
        let key = String(decoding: servers.keys.key("alfa", 3), as: UTF8.self)
        try await OwnThread.run { try servers.ctl(["del", key]) }
        try await alfa.append([try servers.entry("alfa", 3, content: 7)]).durable()
        let seen = ["bravo 1", "alfa 3"]
        #expect(try await bravo.first(2, after: nil, settled: arrived) == seen)
        var live = bravo.entries(settled: arrived).makeAsyncIterator()
        #expect(try await EtcdEngine.next(2, of: &live).map(\.place) == seen)
    }

    @Test(
        "goes on once the author of a missing entry has deleted what follows, as the runbook says")
    func appendedAnew() async throws {
        let servers = try await EtcdServers.start()
        let alfa = try servers.engine(of: "alfa")
        let bravo = try servers.engine(of: "bravo")
        defer { for engine in [alfa, bravo] { engine.stop(NodeStopped()) } }
        for sequence in 1...4 as ClosedRange<UInt64> {
            try await alfa.append([try servers.entry("alfa", sequence)]).durable()
        }
        func key(_ sequence: UInt64) -> String {
            String(decoding: servers.keys.key("alfa", sequence), as: UTF8.self)
        }
        try await OwnThread.run { [key = key(2)] in try servers.ctl(["del", key]) }
        let ledger = Mutex(SettledOrder())
        var live = bravo.entries(after: .start) { ledger.withLock { $0 } }.makeAsyncIterator()
        var seen = try await EtcdEngine.next(3, of: &live).map(\.place)
        #expect(seen == ["alfa 1", "alfa 3", "alfa 4"])
        let fault = try #require(
            bravo.report.faults.first { $0.contains("entry 2 of alfa is missing") })
        // As it says.
        let command = try #require(fault.firstMatch(of: /etcdctl (del \S+ \S+) \(docs/)).1
        let words = command.split(separator: " ").map(String.init)
        // That is for its author, or for the operator.
        await #expect(throws: EtcdServers.Refused.self) {
            try await OwnThread.run { try servers.ctl(words, as: "bravo") }
        }
        try await OwnThread.run { try servers.ctl(words, as: "alfa") }
        for sequence in 2...3 as ClosedRange<UInt64> {
            let entry = try servers.entry("alfa", sequence, content: 7)
            try await alfa.append([entry]).durable()
        }
        seen = try await EtcdEngine.next(2, of: &live).map(\.place)
        #expect(seen == ["alfa 2", "alfa 3"])
        // Told until what came anew has had its effect.
        #expect(bravo.report.faults == [fault])
        let members = try servers.members
        ledger.withLock { $0 = SettledOrder(sequences: [members[0]: 3], members: members) }
        try await alfa.append([try servers.entry("alfa", 4)]).durable()
        #expect(try await EtcdEngine.next(1, of: &live).map(\.place) == ["alfa 4"])
        #expect(bravo.report.faults == [])
        #expect(bravo.report.gaps == 1)
    }

    @Test("is neither forgotten nor waited for by the mark of one member who may lie")
    func falseMark() async throws {
        let authors = ["alfa", "bravo", "carol", "delta"]
        let servers = try await EtcdServers.start(authors: authors)
        let alfa = try servers.engine(of: "alfa")
        let bravo = try servers.engine(of: "bravo")
        defer { for engine in [alfa, bravo] { engine.stop(NodeStopped()) } }
        for sequence in [1, 3] as [UInt64] {
            try await alfa.append([try servers.entry("alfa", sequence)]).durable()
        }
        let members = try authors.map { try #require(MemberID(rawValue: $0)) }
        let settled = SettledOrder(height: Height(1), members: members)
        #expect(try await alfa.mark(Height(1_000), among: members) == .genesis)
        #expect(try await bravo.first(2, settled: settled) == ["alfa 1", "alfa 3"])
        // Two of four are more than may lie.
        #expect(try await bravo.mark(Height(2), among: members) == .genesis)
        await #expect(throws: OrderFault.trimmed(through: Height(2))) {
            try await bravo.first(1, settled: settled)
        }
        // Nor does etcd let a member raise another's.
        let liar = try EtcdEngine(
            servers.address(of: "carol"), folder: servers.folder, chain: servers.chain, epoch: 0,
            authors: [members[1]], logger: .silent)
        defer { liar.stop(NodeStopped()) }
        await #expect {
            _ = try await liar.mark(Height(2_000), among: members)
        } throws: {
            guard case EtcdFault.denied = $0 else { return false }
            return true
        }
    }

    @Test("begins with each epoch anew on the same servers")
    func epochs() async throws {
        let servers = try await EtcdServers.start()
        let before = try servers.engine(of: "alfa")
        let alfa = try servers.engine(of: "alfa", in: 1)
        let bravo = try servers.engine(of: "bravo", in: 1)
        defer { for engine in [before, alfa, bravo] { engine.stop(NodeStopped()) } }
        for sequence in 1...4 as ClosedRange<UInt64> {
            try await before.append([try servers.entry("alfa", sequence)]).durable()
        }
        let third = try await before.positions(3)[2]
        let members = try servers.members
        #expect(try await before.mark(Height(7), among: [members[0]]) == Height(7))
        try await before.trim(before: third)
        // The epoch begins where alfa's second entry counted, and reads from the beginning.
        let base = SettledOrder(
            height: Height(2), sequences: [members[0]: 2], members: [members[0]])
        var live = bravo.entries(settled: base).makeAsyncIterator()
        try await bravo.append([try servers.entry("bravo", 1)]).durable()
        for sequence in 3...4 as ClosedRange<UInt64> {
            let entry = try servers.entry("alfa", sequence, content: 7)
            try await alfa.append([entry]).durable()
        }
        let read = try await EtcdEngine.next(3, of: &live)
        #expect(read.map(\.place) == ["bravo 1", "alfa 3", "alfa 4"])
        #expect(bravo.report.faults == [])
        // Whoever has not begun it sees nothing of it.
        let behind = SettledOrder(sequences: [members[0]: 3])
        #expect(try await before.first(1, after: third, settled: behind) == ["alfa 4"])
        // What is left of the old one goes with what is trimmed of the new one.
        #expect(try await alfa.mark(Height(3), among: [members[0]]) == Height(3))
        try await alfa.trim(before: read[2].position)
        let left = try await OwnThread.run {
            let lanes = String(decoding: servers.keys.lanes(of: "alfa"), as: UTF8.self)
            return try servers.ctl(["get", "--prefix", "--keys-only", lanes])
        }
        #expect(left.split(separator: "\n").map { $0.suffix(4) } == ["0004"])
        #expect(left.contains("/00000000000000000001/"))
        await #expect(throws: OrderFault.trimmed(through: Height(3))) {
            try await bravo.first(1, settled: base)
        }
    }

    @Test("says weeks before that a certificate ends")
    func certificate() async throws {
        let servers = try await EtcdServers.start()
        try servers.issue("bravo", for: .client, days: 20)
        let bravo = try servers.engine(of: "bravo")
        #expect(
            bravo.report.faults.contains {
                $0.contains("ends in 19 days") || $0.contains("ends in 20 days")
            })
        let alfa = try servers.engine(of: "alfa")
        #expect(alfa.report.faults == [])
    }

    @Test("ends for its reader with what had a place when the node stopped")
    func stop() async throws {
        let servers = try await EtcdServers.start()
        let engine = try servers.engine(of: "alfa")
        try await engine.append([try servers.entry("alfa", 1)]).durable()
        engine.stop(NodeStopped())
        #expect(try await engine.first(5) == ["alfa 1"])
        await #expect(throws: NodeStopped.self) {
            try await engine.append([try servers.entry("alfa", 2)]).durable()
        }
    }
}
