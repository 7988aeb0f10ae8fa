import Foundation
import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonMachine

@Suite struct AllianceProtocolTests {
    /// Decided in block 3 of three members: version 2 from a block on.
    private func decided(from height: UInt64 = 6) throws -> AllianceScene {
        let scene = try AllianceScene(members: 3)
        let proposal = try scene.propose(.activate(2, from: height))
        try scene.yes(1...1, on: proposal)
        let last = try scene.vote(true, on: proposal, by: 2)
        expectDone(last)
        #expect(scene.row(proposal).status == .adopted)
        let event = try #require(
            last.events.compactMap { event in
                if case .protocolDecided(let decided) = event.alliance.event {
                    decided
                } else {
                    nil
                }
            }.first)
        #expect((event.version, event.fromHeight) == (2, height))
        return scene
    }

    private func coming(_ scene: AllianceScene) -> [UInt64] {
        Alliance.comingProtocol(after: scene.ledger.replica.header.height, in: scene.ledger.state)
            .map { [$0.version, $0.from.rawValue] } ?? []
    }

    @Test func `a machine takes nothing of a block under a version that it does not know`() throws {
        let scene = try decided()
        let ledger = scene.ledger
        #expect(coming(scene) == [2, 6])
        try ledger.createUnit("one")
        #expect(ledger.replica.protocolVersion == 1 && ledger.replica.unknownProtocol == nil)
        try ledger.createUnit("two")
        let header = ledger.replica.header
        let expected = UnknownProtocol(version: 2, from: Height(6), known: 1)
        #expect(header.height == Height(5) && ledger.replica.unknownProtocol == expected)
        let sequence = ledger.replica.lastSequence(of: MemberID(rawValue: "alfa")!)
        let bare = try ledger.entry(by: "alfa")
        guard case .unknownProtocol(expected) = ledger.apply(bare) else {
            Issue.record("it takes an entry of block 6")
            return
        }
        #expect(ledger.replica.header == header)
        #expect(ledger.replica.lastSequence(of: MemberID(rawValue: "alfa")!) == sequence)
        try ledger.checkReplay()
    }

    @Test func `one that knows it goes on with the same entries`() throws {
        let scene = try decided()
        let ledger = scene.ledger
        try ledger.createUnit("one")
        try ledger.createUnit("two")
        let next = ledger.sign(
            [.propose(.activate(3, from: 100))], by: scene.member(0))
        ledger.apply(try ledger.entry(by: "alfa", [next]))
        let newer = ModuleList(Modules.all, protocolVersion: 2)
        let replica = try Replica(genesis: ledger.genesis, modules: newer)
        var heights: [Height] = []
        for entry in ledger.log {
            if case .closed(let block, _) = replica.apply(entry) {
                heights.append(block.header.height)
                // Only from the activation on is version 3 the next.
                #expect(block.receipts.allSatisfy { $0.code == 0 })
            }
        }
        #expect(heights.last == Height(6) && replica.protocolVersion == 2)
        #expect(replica.unknownProtocol == nil)
        #expect(Alliance.comingProtocol(after: Height(6), in: replica.state) == nil)
        #expect(newer.invariantViolations(in: replica.state) == [])
    }

    @Test func `what has not begun is put off by another vote`() throws {
        let scene = try decided(from: 9)
        let again = try scene.propose(.activate(2, from: 20))
        try scene.yes(1...1, on: again)
        #expect(coming(scene) == [2, 9])
        expectDone(try scene.vote(true, on: again, by: 2))
        #expect(coming(scene) == [2, 20])
        for unit in ["one", "two", "three", "four"] { try scene.ledger.createUnit(unit) }
        #expect(scene.ledger.replica.header.height == Height(10))
        #expect(scene.ledger.replica.unknownProtocol == nil)
    }

    @Test func `a vote that decides too late fails`() throws {
        let scene = try AllianceScene(members: 3)
        let proposal = try scene.propose(.activate(2, from: 3))
        try scene.yes(1...2, on: proposal)
        #expect(scene.row(proposal).status == .failed)
        #expect(coming(scene) == [])
    }
}
