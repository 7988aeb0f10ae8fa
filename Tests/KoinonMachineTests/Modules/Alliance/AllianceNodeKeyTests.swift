import Foundation
import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

@Suite struct AllianceNodeKeyTests {
    private let alfa = MemberID(rawValue: "alfa")!
    private let old = TestLedger.nodeKey(of: "alfa")
    private let new = TestLedger.key("another node key")

    @Test func `a renewed node key signs and judges from the next block on`() throws {
        let scene = try AllianceScene(members: 2)
        let ledger = scene.ledger
        let before = ledger.replica.header
        let events = try ledger.done(
            scene.member(0), .renewNodeKey(Data(new.publicKey.bytes)))
        let renewed = events[0].alliance.nodeKeyRenewed
        #expect(renewed.member == "alfa")
        #expect(renewed.nodeKey == Data(new.publicKey.bytes))
        #expect(renewed.retiredKey == Data(old.publicKey.bytes))
        let header = ledger.replica.header
        #expect(header.membersHash == before.membersHash)
        #expect(header.nextMembersHash == ledger.replica.members.hash)
        #expect(header.nextMembersHash != header.membersHash)
        #expect(ledger.replica.members.nodeKey(of: alfa) == new.publicKey)
        let retired = Alliance.retiredNodeKeys.get(old.publicKey, in: ledger.state)
        #expect(retired?.member == "alfa")
        #expect(retired?.retiredAtMs == header.time.milliseconds)

        let sequence = ledger.replica.lastSequence(of: alfa) + 1
        let fresh = try ledger.entry(by: "alfa", sequence: sequence, nodeKey: new)
        guard case .waiting = ledger.apply(fresh) else {
            Issue.record("the new key signs no entries")
            return
        }
        #expect(ledger.replica.lastSequence(of: alfa) == sequence)
        try ledger.checkReplay()
    }

    /// They were under way when the key was renewed, and have their places in the order.
    @Test func `entries signed with the key from before use their sequences, no more`() throws {
        let scene = try AllianceScene(members: 2)
        let ledger = scene.ledger
        let bravo = MemberID(rawValue: "bravo")!
        let old = TestLedger.nodeKey(of: "bravo")
        try ledger.done(scene.member(1), .renewNodeKey(Data(new.publicKey.bytes)))
        let before = ledger.replica.lastClock(of: bravo)
        let sequence = ledger.replica.lastSequence(of: bravo) + 1
        let late = ledger.sign(
            [.transfer(1, to: ledger.member("alfa"))], by: ledger.member("bravo"))
        let stale = try ledger.entry(
            by: "bravo", clock: ledger.time.later(by: 60_000), [late], sequence: sequence)
        #expect(!ledger.replica.counts(stale))
        guard case .waiting = ledger.apply(stale) else {
            Issue.record("the old key still signs transactions, or its entry has no place")
            return
        }
        #expect(ledger.replica.lastSequence(of: bravo) == sequence)
        #expect(ledger.replica.lastClock(of: bravo) == before)
        let others = try ledger.entry(
            by: "alfa", sequence: ledger.replica.lastSequence(of: alfa) + 1, nodeKey: old)
        guard case .noEffect = ledger.apply(others) else {
            Issue.record("a former key of one member signs for another")
            return
        }
        let fresh = try ledger.entry(by: "bravo", sequence: sequence + 1, nodeKey: new)
        #expect(ledger.replica.counts(fresh))
        guard case .waiting = ledger.apply(fresh) else {
            Issue.record("the new key cannot go on")
            return
        }
        try ledger.createUnit()
        try ledger.checkReplay()
    }

    @Test func `a former member comes back with its last key, not with one from before`() throws {
        let scene = try AllianceScene(members: 3)
        let ledger = scene.ledger
        try ledger.done(scene.member(2), .renewNodeKey(Data(new.publicKey.bytes)))
        let out = try scene.propose(.expel("carol"))
        try scene.yes(1...1, on: out)
        let last = try scene.vote(true, on: out, by: 2)
        expectDone(last)
        let account = Data(TestLedger.key("another account").publicKey.bytes)
        let with = { (key: SigningKey) in
            Propose.OneOf_Change.admit(
                "carol", nodeKey: Data(key.publicKey.bytes), accountKey: account)
        }
        let first = TestLedger.nodeKey(of: "carol")
        let refused = try ledger.send(scene.member(0), .propose(with(first)))
        #expect(refused.code == AllianceRejection.nodeKeyRetired.rawValue)
        let back = try scene.propose(with(new))
        try scene.yes(1...1, on: back)
        #expect(scene.members == ["alfa", "bravo", "carol"])
        #expect(!Alliance.retiredNodeKeys.contains(new.publicKey, in: ledger.state))
    }

    @Test func `a former member's last key is retired when it comes back with another`() throws {
        let scene = try AllianceScene(members: 3)
        let out = try scene.propose(.expel("carol"))
        try scene.yes(1...2, on: out)
        let account = Data(TestLedger.key("another account").publicKey.bytes)
        let back = try scene.propose(
            .admit("carol", nodeKey: Data(new.publicKey.bytes), accountKey: account))
        try scene.yes(1...1, on: back)
        let first = TestLedger.nodeKey(of: "carol").publicKey
        #expect(Alliance.retiredNodeKeys.get(first, in: scene.ledger.state)?.member == "carol")
    }
}
