import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

/// Nodes of one member each over an order that they share.
@Suite("Separate nodes", .timeLimit(.minutes(30)))
struct AllianceTests {
    private func root(_ running: TestAlliance.Running) -> Hash256 { running.node.tip.stateRoot }

    @Test func `come to the same final blocks, whoever was asked`() async throws {
        let alliance = try TestAlliance()
        let nodes = try (0..<4).map { try alliance.start($0) }
        for (index, name) in alliance.names.enumerated() {
            try await alliance.sender(name).done(
                .registerKind("kind-\(index)", title: "K"), to: nodes[index].node)
        }
        for running in nodes { try await running.node.untilFinal(Height(4)) }
        #expect(Set(nodes.map(root)).count == 1)
        // Every member's attestation of every block reaches every node.
        for running in nodes {
            try await until("all have signed") {
                try (1...4).allSatisfy { height in
                    try running.node.store.read { try $0.attestations(at: Height(height)) }
                        .count == 4
                }
            }
        }
        for running in nodes { try await running.stop() }
        for home in alliance.homes {
            let store = try LedgerStore(opening: home.directory, readOnly: true)
            let report = try await Verification.run(store, genesis: alliance.genesis)
            #expect(report.finalHeight >= Height(4))
            try store.close()
        }
    }

    @Test func `go on without one of four, wait without two, and make good for it later`()
        async throws
    {
        let alliance = try TestAlliance()
        let alfa = alliance.sender("alfa")
        let three = try (0..<3).map { try alliance.start($0) }
        try await alfa.done(.registerKind("one", title: "K"), to: three[0].node)
        try await three[0].node.untilFinal(Height(1))
        try await three[2].stop()
        try await alfa.done(.registerKind("two", title: "K"), to: three[0].node)
        #expect(three[0].node.finalHeight == Height(1))
        let back = try alliance.start(2)
        try await back.node.untilFinal(Height(2))
        try await three[0].node.untilFinal(Height(2))
        let late = try alliance.start(3)
        try await late.node.untilFinal(Height(2))
        #expect(root(late) == root(back))
        for running in [three[0], three[1], back, late] { try await running.stop() }
    }

    /// Without the pause two members would pile up blocks that nobody makes final.
    @Test func `pause transactions, and nothing else, 64 blocks beyond the final one`()
        async throws
    {
        let alliance = try TestAlliance()
        let alfa = alliance.sender("alfa")
        let two = try (0..<2).map { try alliance.start($0) }
        for number in 1...64 {
            try await alfa.done(.registerKind("kind-\(number)", title: "K"), to: two[0].node)
        }
        let one = try alfa.sign(.registerKind("more", title: "K"))
        _ = await two[0].node.submit([one], waits: false)
        await two[0].node.untilIdle()
        #expect(two[0].node.poolCount == 1)
        #expect(two[0].node.tip.height == Height(64))
        #expect(two[0].node.finalHeight == .genesis)
        let third = try alliance.start(2)
        try await two[0].node.untilFinal(Height(65))
        #expect(two[0].node.poolCount == 0)
        for running in two + [third] { try await running.stop() }
    }

    @Test func `sign no blocks without their guard, until a new key is final`() async throws {
        let alliance = try TestAlliance()
        let alfa = alliance.sender("alfa")
        var nodes = try (0..<4).map { try alliance.start($0) }
        try await alfa.done(.registerKind("one", title: "K"), to: nodes[0].node)
        for running in nodes { try await running.node.untilFinal(Height(1)) }
        try await nodes[3].stop()
        try FileManager.default.removeItem(atPath: alliance.guardFile(3).path)
        nodes[3] = try alliance.start(3)
        #expect(nodes[3].node.standings.map(\.standing) == [.follows(.guardLost)])
        try await alfa.done(.registerKind("two", title: "K"), to: nodes[0].node)
        for running in nodes { try await running.node.untilFinal(Height(2)) }
        await nodes[3].node.untilIdle()
        let delta = try #require(MemberID(rawValue: "delta"))
        let signed = { (height: UInt64) in
            try nodes[0].node.store.read { try $0.attestations(at: Height(height)) }
                .map(\.member).contains(delta)
        }
        #expect(try !signed(2))

        let next = TestHome.key("another node key of delta")
        try alliance.homes[3].addNodeKey(next, of: delta, isNext: true)
        try await alliance.sender("delta").done(.renewNodeKey(next.publicKey), to: nodes[3].node)
        // The one that has no guard stands aside; the new one signs the block after.
        try await nodes[3].node.untilFinal(Height(3))
        try await alfa.done(.registerKind("three", title: "K"), to: nodes[0].node)
        try await until("delta signs with its new key") { try signed(4) }
        #expect(try !signed(3))
        let current = nodes[3].node.standings.filter(nodes[3].node.isCurrent)
        #expect(current.map(\.standing) == [.attests])
        // From the next start on there is only the new key.
        try await nodes[3].stop()
        nodes[3] = try alliance.start(3)
        try await nodes[3].stop()
        #expect(
            try alliance.homes[3].hostedMembers().map(\.nodeKey.publicKey) == [next.publicKey])
        nodes[3] = try alliance.start(3)
        #expect(
            nodes[3].node.standings.map(\.nodeKey) == [next.publicKey]
                && nodes[3].node.standings.map(\.standing) == [.attests])
        for running in nodes { try await running.stop() }
    }

    /// Another member's node took the renewal, and the home holds the new key only.
    @Test func `go on where a key was registered while the node was away`() async throws {
        let alliance = try TestAlliance()
        var nodes = try (0..<4).map { try alliance.start($0) }
        let (alfa, delta) = (alliance.sender("alfa"), try #require(MemberID(rawValue: "delta")))
        try await alfa.done(.registerKind("one", title: "K"), to: nodes[0].node)
        for running in nodes { try await running.node.untilFinal(Height(1)) }
        try await nodes.removeLast().stop()
        let next = TestHome.key("another node key of delta")
        try alliance.homes[3].addNodeKey(next, of: delta, isNext: true)
        try await alliance.sender("delta").done(.renewNodeKey(next.publicKey), to: nodes[0].node)
        try alliance.homes[3].settleNodeKey(next.publicKey, of: delta)
        nodes.append(try alliance.start(3))
        try await alfa.done(.registerKind("two", title: "K"), to: nodes[0].node)
        try await until("delta signs with its new key") {
            try nodes[0].node.store.read { try $0.attestations(at: Height(3)) }
                .contains { $0.envelope.publicKey == next.publicKey }
        }
        try await nodes.removeLast().stop()
        // A key that has signed, or is without its guard, is a wrong one.
        try FileManager.default.removeItem(atPath: alliance.guardFile(3, key: next).path)
        for suffix in ["", "-wal", "-shm"] {
            try? FileManager.default.removeItem(
                at: alliance.homes[3].directory.appending(path: "ledger.sqlite\(suffix)"))
        }
        #expect(throws: HomeFault.self) { try alliance.start(3) }
        for running in nodes { try await running.stop() }
    }

    /// What a node had under way when its key was renewed is ordered behind that.
    @Test func `go on with another key in the sequence in which the one before ended`()
        async throws
    {
        let alliance = try TestAlliance()
        let nodes = try (0..<4).map { try alliance.start($0) }
        let delta = try #require(MemberID(rawValue: "delta"))
        let next = TestHome.key("another node key of delta")
        try alliance.homes[3].addNodeKey(next, of: delta, isNext: true)
        nodes[3].engine.hold()
        try await alliance.sender("delta").done(.renewNodeKey(next.publicKey), to: nodes[0].node)
        let before = alliance.order.count
        let one = try alliance.sender("alfa").sign(.registerKind("one", title: "K"))
        _ = await nodes[3].node.submit([one], waits: false)
        let old = TestHome.nodeKey(of: "delta").publicKey
        try await until("it is in an entry of the key before") {
            try alliance.order.entries[before...].contains {
                let body = try EntryBody(strict: $0.envelope.body)
                return $0.envelope.publicKey == old && body.transactions.count == 1
            }
        }
        #expect(nodes[0].node.tip.height == Height(1))
        nodes[3].engine.release()
        for running in nodes { try await running.node.untilFinal(Height(2)) }
        for running in nodes {
            let status = try await running.node.outcome(of: one)
            guard case .settled(_, .executed(Height(2), _, _)) = status else {
                Issue.record("\(status)")
                continue
            }
        }
        try await until("delta signs with its new key") {
            try nodes[0].node.store.read { try $0.attestations(at: Height(2)) }
                .contains { $0.envelope.publicKey == next.publicKey }
        }
        for running in nodes { try await running.stop() }
    }

    @Test func `sign no blocks with an old copy of their guard`() async throws {
        let alliance = try TestAlliance()
        let alfa = alliance.sender("alfa")
        var nodes = try (0..<4).map { try alliance.start($0) }
        try await alfa.done(.registerKind("one", title: "K"), to: nodes[0].node)
        for running in nodes { try await running.node.untilFinal(Height(1)) }
        let file = try alliance.guardFile(3)
        try await until("delta has signed") { try file.current()?.height == Height(1) }
        let old = try #require(try file.current())
        try await alfa.done(.registerKind("two", title: "K"), to: nodes[0].node)
        for running in nodes { try await running.node.untilFinal(Height(2)) }
        try await until("delta signs") { try file.current()?.height == Height(2) }
        try await alfa.done(.registerKind("three", title: "K"), to: nodes[0].node)
        for running in nodes { try await running.node.untilFinal(Height(3)) }
        try await nodes[3].stop()
        try file.raise(to: old)
        nodes[3] = try alliance.start(3)
        #expect(nodes[3].node.standings.map(\.standing) == [.follows(.guardOlder)])
        #expect(try file.current()?.isBarred == true, "it is so after the next start too")
        for running in nodes { try await running.stop() }
    }

    /// What a node had under way when it ended may come into the order afterwards.
    @Test func `put into the next entry what lost its sequence to other bytes`() async throws {
        let alliance = try TestAlliance(["alfa"])
        let running = try alliance.start(0)
        running.engine.hold()
        // Alfa's sequences 1 and 2 are taken by what this process did not write.
        alliance.append(by: "alfa", sequence: 1)
        alliance.append(by: "alfa", sequence: 2)
        let one = try alliance.sender("alfa").sign(.registerKind("one", title: "K"))
        _ = await running.node.submit([one], waits: false)
        try await until("it is in the third") { alliance.order.count >= 3 }
        running.engine.release()
        try await running.node.untilFinal(Height(1))
        let third = try EntryBody(strict: alliance.order.entries[2].envelope.body)
        #expect(third.sequence == 3)
        #expect(try third.transactions.map { try Envelope($0) } == [one])
        try await running.stop()
    }

    @Test func `carry again what a lost append had taken along`() async throws {
        let alliance = try TestAlliance()
        let alfa = alliance.sender("alfa")
        var nodes = try (0..<3).map { try alliance.start($0) }
        try await alfa.done(.registerKind("one", title: "K"), to: nodes[0].node)
        for running in nodes { try await running.node.untilFinal(Height(1)) }
        await nodes[2].node.untilIdle()
        // Carol signs, and what carries that is lost; then her process ends.
        nodes[2].engine.losesAppends.store(true, ordering: .relaxed)
        try await alfa.done(.registerKind("two", title: "K"), to: nodes[0].node)
        let file = try alliance.guardFile(2)
        try await until("carol signs") { try file.current()?.height == Height(2) }
        #expect(nodes[0].node.finalHeight == Height(1))
        try await nodes[2].cutOff()
        nodes[2] = try alliance.start(2)
        try await nodes[0].node.untilFinal(Height(2))
        for running in nodes { try await running.stop() }
    }

    @Test func `say how many transactions they took and give up when they end`() async throws {
        let alliance = try TestAlliance()
        let (log, engine) = (KeptLog(), alliance.order.engine(0))
        let node = try Node(
            home: alliance.homes[0], engine: engine, clock: alliance.clock, logger: log.logger)
        let running = TestAlliance.Running(
            node: node, engine: engine, task: Task { try await node.run() })
        engine.losesAppends.store(true, ordering: .relaxed)
        let one = try alliance.sender("alfa").sign(.registerKind("one", title: "K"))
        _ = await node.submit([one], waits: false)
        try await running.cutOff()
        #expect(log.lines.contains { $0.hasSuffix("send them again count=1") })
    }

    /// Nobody else is there, so the clocks that it asks for do not come.
    @Test func `wait no longer for others' clocks when they are to stop`() async throws {
        let alliance = try TestAlliance()
        let running = try alliance.start(0)
        alliance.clock.advance(10_000)
        let one = try alliance.sender("alfa").sign(.registerKind("one", title: "K"))
        _ = await running.node.submit([one], waits: false)
        try await until("it has asked") { alliance.order.count > 0 }
        try await running.stop()
        // What it had taken has a place nevertheless.
        let placed = try alliance.order.entries.flatMap {
            try EntryBody(strict: $0.envelope.body).transactions.map { try Envelope($0) }
        }
        #expect(placed == [one])
    }

    /// What a node is doing when it finds that out.
    enum Doing: CaseIterable {
        case nothing, waitingForClocks, readingOnAndOn
    }

    @Test(arguments: Doing.allCases)
    func `stop when a quorum signed another block than they have`(_ doing: Doing) async throws {
        let alliance = try TestAlliance()
        let running = try alliance.start(0) { engine in
            if doing == .readingOnAndOn { OrderThatGoesOn(of: engine) } else { engine }
        }
        let alfa = alliance.sender("alfa")
        try await alfa.done(.registerKind("one", title: "K"), to: running.node)
        let header = running.node.tip
        let other = Hash256.sha256([1, 2, 3])
        if doing == .waitingForClocks {
            alliance.clock.advance(10_000)
            let two = try alfa.sign(.registerKind("two", title: "K"))
            _ = await running.node.submit([two], waits: false)
            try await until("it has asked") {
                try alliance.order.entries.contains {
                    try EntryBody(strict: $0.envelope.body).asksForClocks
                }
            }
        }
        alliance.append(by: "bravo", sequence: 1) { body in
            // Not the clock that is asked for.
            body.clockMs = TestHome.start.milliseconds
            body.attestations = ["bravo", "carol", "delta"].map {
                alliance.attestation($0, of: header, hash: other)
            }
        }
        let end = try await running.end()
        #expect(throws: QuorumElsewhere.self) { try end.get() }
        try running.node.store.close()
        let file = alliance.homes[0].directory.appending(path: "evidence-1.json")
        let text = try String(contentsOf: file, encoding: .utf8)
        #expect(text.contains(other.hex) && text.contains(header.hash.hex))
    }

    @Test func `silence a member that signed two blocks of one height, all alike`() async throws {
        let alliance = try TestAlliance()
        let nodes = try (0..<3).map { try alliance.start($0) }
        let alfa = alliance.sender("alfa")
        try await alfa.done(.registerKind("one", title: "K"), to: nodes[0].node)
        for running in nodes { try await running.node.untilFinal(Height(1)) }
        let header = nodes[0].node.tip
        alliance.append(by: "delta", sequence: 1) { body in
            body.attestations = [
                alliance.attestation("delta", of: header),
                alliance.attestation("delta", of: header, hash: Hash256.sha256([9])),
            ]
        }
        let delta = try #require(MemberID(rawValue: "delta"))
        // Bare entries close no block, so one more is needed for it to be in the state.
        try await until("the order shows it") {
            nodes[0].node.replica.read {
                $0.isSilenced(TestHome.nodeKey(of: "delta").publicKey) == true
            }
        }
        try await alfa.done(.registerKind("two", title: "K"), to: nodes[0].node)
        for running in nodes {
            try await running.node.untilFinal(Height(2))
            #expect(running.node.replica.read { $0.silenced.keys.sorted() } == [delta])
        }
        #expect(Set(nodes.map(root)).count == 1)
        for (running, home) in zip(nodes, alliance.homes) {
            try await running.stop()
            let kept = try FileManager.default.contentsOfDirectory(
                atPath: home.directory.appending(path: "evidence").path)
            #expect(kept.count == 1)
            let store = try LedgerStore(opening: home.directory, readOnly: true)
            _ = try await Verification.run(store, genesis: alliance.genesis)
            try store.close()
        }
    }

    @Test func `keep what shows that a member lies, and show it to all where it silences`()
        async throws
    {
        let alliance = try TestAlliance()
        let running = try alliance.start(0)
        let alfa = alliance.sender("alfa")
        try await alfa.done(.registerKind("one", title: "K"), to: running.node)
        let first = running.node.tip
        try await alfa.done(.registerKind("two", title: "K"), to: running.node)
        // Carol signs another block 1 and then this block 2; delta one transaction twice.
        alliance.append(by: "carol", sequence: 1) { body in
            body.attestations = [
                alliance.attestation("carol", of: first, hash: Hash256.sha256([9])),
                alliance.attestation("carol", of: running.node.tip),
            ]
        }
        alliance.append(by: "delta", sequence: 1) { body in
            body.transactions = [Signed(), Signed()]
        }
        let folder = alliance.homes[0].directory.appending(path: "evidence")
        func kept() -> [String] {
            let names = try? FileManager.default.contentsOfDirectory(atPath: folder.path)
            // Not those that are still being written.
            return (names ?? []).filter { $0.hasSuffix(".json") }.sorted()
        }
        try await until("both are kept") { kept().count == 2 }
        let names = kept()
        #expect(names[0].hasPrefix("branches-") && names[0].hasSuffix("-1.json"))
        #expect(names[1] == "void-entry-delta.json")
        let text = try String(contentsOf: folder.appending(path: names[0]), encoding: .utf8)
        // The header of block 2 commits to another block 1 than carol signed.
        #expect(text.contains(Hex.encode(first.encoded)))
        #expect(text.contains(Hex.encode(running.node.tip.encoded)))
        // The node shows it to everybody; a void entry silences nobody.
        try await until("an entry shows it") {
            try alliance.order.entries.contains {
                try EntryBody(strict: $0.envelope.body).contradictions.contains {
                    Array($0.header) == running.node.tip.encoded
                }
            }
        }
        await running.node.untilIdle()
        try await alfa.done(.registerKind("three", title: "K"), to: running.node)
        let carol = try #require(MemberID(rawValue: "carol"))
        #expect(running.node.replica.read { $0.silenced } == [carol: Height(3)])
        try await running.stop()
        let store = try LedgerStore(opening: alliance.homes[0].directory, readOnly: true)
        _ = try await Verification.run(store, genesis: alliance.genesis)
        try store.close()
    }

    @Test func `state their clocks when one asks, and fall silent again`() async throws {
        let alliance = try TestAlliance()
        let nodes = try (0..<4).map { try alliance.start($0) }
        alliance.clock.advance(10_000)
        try await alliance.sender("alfa").done(
            .registerKind("one", title: "K"), to: nodes[0].node)
        // Block time is not that of ten seconds ago.
        #expect(nodes[0].node.tip.time == TestHome.start + 10_000)
        for running in nodes { try await running.node.untilFinal(Height(1)) }
        for running in nodes { await running.node.untilIdle() }
        let asking = try alliance.order.entries.filter {
            try EntryBody(strict: $0.envelope.body).asksForClocks
        }
        #expect(asking.count == 1)
        // One that asks, three or four clocks, one with the transaction, four attestations.
        #expect(alliance.order.count <= 12)
        for running in nodes { try await running.stop() }
    }
}
