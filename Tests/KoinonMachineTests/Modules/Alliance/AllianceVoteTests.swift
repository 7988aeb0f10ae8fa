import Foundation
import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

@Suite struct AllianceVoteTests {
    /// From design.md: more than two thirds, that is ⌊2n/3⌋+1.
    private static let needed = [1: 1, 2: 2, 3: 3, 4: 3, 5: 4, 6: 5, 7: 5, 8: 6]

    @Test(arguments: 1...8)
    func `a proposal passes with the vote that makes it two thirds, not before`(n: Int) throws {
        let scene = try AllianceScene(members: n)
        let needed = try #require(Self.needed[n])
        let proposal = try scene.propose(.set("bookings_per_resource", to: 7))
        for index in 1..<max(needed, 1) {
            #expect(scene.row(proposal).status == .open)
            #expect(scene.parameters.bookingsPerResource == 1_000)
            expectDone(try scene.vote(true, on: proposal, by: index))
        }
        #expect(scene.row(proposal).status == .adopted)
        #expect(scene.row(proposal).yes.count == needed)
        #expect(scene.parameters.bookingsPerResource == 7)
        #expect(scene.ledger.replica.nextTimer == nil, "it does not lapse any more")
    }

    @Test func `events tell of the proposal, the vote, the change and the end, in that order`()
        throws
    {
        let scene = try AllianceScene(members: 1)
        let events = try scene.ledger.done(
            scene.member(0), .propose(.set("bookings_per_resource", to: 7)))
        let id = events[0].alliance.proposalMade.proposal
        #expect(
            events.map(\.alliance.event) == [
                .proposalMade(
                    .with {
                        $0.proposal = id
                        $0.proposer = "alfa"
                        $0.closesAtMs = scene.ledger.time.milliseconds + AllianceScene.period
                    }),
                .voteCast(
                    .with {
                        $0.proposal = id
                        $0.member = "alfa"
                        $0.yes = true
                    }),
                .parameterSet(
                    .with {
                        $0.name = "bookings_per_resource"
                        $0.value = 7
                    }),
                .proposalClosed(
                    .with {
                        $0.proposal = id
                        $0.status = .adopted
                    }),
            ])
    }

    @Test func `the id is known before sending`() throws {
        let scene = try AllianceScene(members: 2)
        let alfa = scene.member(0)
        let id = ProposalID(
            chain: scene.ledger.chain, sender: alfa.account, key: alfa.key.publicKey, nonce: 1,
            actionIndex: 0)
        #expect(try scene.propose(.set("bookings_per_resource", to: 7)) == id)
    }

    @Test func `no is counted as no, and the last vote of a member counts`() throws {
        let scene = try AllianceScene(members: 4)
        let proposal = try scene.propose(.set("bookings_per_resource", to: 7))
        expectDone(try scene.vote(false, on: proposal, by: 1))
        expectDone(try scene.vote(true, on: proposal, by: 2))
        expectDone(try scene.vote(false, on: proposal, by: 2))
        expectDone(try scene.vote(false, on: proposal, by: 0))
        #expect(scene.row(proposal).yes.isEmpty)
        #expect(scene.row(proposal).no == ["alfa", "bravo", "carol"])
        try scene.yes(0...1, on: proposal)
        #expect(scene.row(proposal).status == .open)
        expectDone(try scene.vote(true, on: proposal, by: 3))
        #expect(scene.row(proposal).status == .adopted)
        #expect(scene.row(proposal).yes == ["alfa", "bravo", "delta"])
        #expect(scene.row(proposal).no == ["carol"])
    }

    @Test func `an open proposal lapses exactly when its period ends`() throws {
        let scene = try AllianceScene(members: 2)
        let proposal = try scene.propose(.set("bookings_per_resource", to: 7))
        let end = scene.ledger.time.later(by: AllianceScene.period)
        #expect(scene.row(proposal).closesAtMs == end.milliseconds)
        try scene.ledger.advance(to: end.earlier(by: 1))
        #expect(scene.row(proposal).status == .open)
        let closed = try scene.ledger.advance(to: end)
        #expect(scene.row(proposal).status == .lapsed)
        #expect(
            closed.timerReceipts.flatMap(\.events).map(\.alliance.proposalClosed)
                == [
                    .with {
                        $0.proposal = Data(proposal.bytes)
                        $0.status = .lapsed
                    }
                ])
    }

    @Test func `the vote that decides may come a millisecond before the end`() throws {
        let scene = try AllianceScene(members: 2)
        let proposal = try scene.propose(.set("bookings_per_resource", to: 7))
        try scene.ledger.done(
            scene.member(1), .vote(true, on: proposal),
            at: scene.ledger.time.later(by: AllianceScene.period - 1))
        #expect(scene.row(proposal).status == .adopted)
    }

    @Test func `votes of members expelled meanwhile do not count`() throws {
        let scene = try AllianceScene(members: 5)
        let proposal = try scene.propose(.set("bookings_per_resource", to: 7), by: 4)
        try scene.yes(0...0, on: proposal)
        let out = try scene.propose(.expel("echo"))
        try scene.yes(1...3, on: out)
        #expect(scene.members == ["alfa", "bravo", "carol", "delta"])
        // Four members, three needed: alfa and bravo are two, echo's yes is none.
        expectDone(try scene.vote(true, on: proposal, by: 1))
        #expect(scene.row(proposal).status == .open)
        expectDone(try scene.vote(true, on: proposal, by: 2))
        #expect(scene.row(proposal).status == .adopted)
    }

    @Test func `a change of members is counted at the next vote, a repeated one too`() throws {
        let scene = try AllianceScene(members: 5)
        let proposal = try scene.propose(.set("bookings_per_resource", to: 7))
        try scene.yes(1...2, on: proposal)
        let out = try scene.propose(.expel("echo"))
        try scene.yes(1...3, on: out)
        // Three of four would do now, but nothing happens by itself.
        #expect(scene.row(proposal).status == .open)
        expectDone(try scene.vote(true, on: proposal, by: 0))
        #expect(scene.row(proposal).status == .adopted)
    }

    @Test func `what cannot be done any more fails, and leaves nothing of it`() throws {
        let scene = try AllianceScene(members: 3)
        let first = try scene.propose(.admit("delta"))
        let second = try scene.propose(.admit("delta", name: "Another"), by: 1)
        try scene.yes(1...2, on: first)
        #expect(scene.row(first).status == .adopted)
        #expect(scene.members.count == 4)
        let accounts = Accounts.accounts.rows(in: scene.ledger.state).count
        expectDone(try scene.vote(true, on: second, by: 0))
        let receipt = try scene.vote(true, on: second, by: 2)
        expectDone(receipt)
        #expect(scene.row(second).status == .failed)
        #expect(scene.row(second).yes == ["alfa", "bravo", "carol"])
        #expect(
            receipt.events.map(\.alliance.event) == [
                .voteCast(
                    .with {
                        $0.proposal = Data(second.bytes)
                        $0.member = "carol"
                        $0.yes = true
                    }),
                .proposalClosed(
                    .with {
                        $0.proposal = Data(second.bytes)
                        $0.status = .failed
                    }),
            ])
        #expect(Accounts.accounts.rows(in: scene.ledger.state).count == accounts)
        #expect(scene.ledger.replica.nextTimer == nil)
    }

    @Test func `a proposal's trial leaves nothing of the change`() throws {
        let scene = try AllianceScene(members: 3)
        let before = scene.ledger.state.count
        try scene.propose(.admit("delta"))
        #expect(scene.members.count == 3)
        // Author's row and alfa's own rows apart: proposal, timer, spent ids.
        #expect(scene.ledger.state.count == before + 3)
    }
}
