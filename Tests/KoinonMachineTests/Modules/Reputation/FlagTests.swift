import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

@Suite struct FlagTests {
    @Test func `a flag is seen in the block that raises it, until it is withdrawn`() throws {
        let scene = try ReputationScene()
        #expect(!Reputation.isFlagged(scene.bea.account, in: scene.state))
        let flag = try scene.raise(scene.bea)
        let second = try scene.raise(scene.bea, by: scene.bravo)
        #expect(
            Reputation.openFlags(of: scene.bea.account, in: scene.state).map(\.flag.member)
                == ["alfa", "bravo"])
        try scene.ledger.done(scene.bea, .answer(flag))
        try scene.ledger.done(scene.alfa, .withdrawFlag(flag))
        #expect(
            Reputation.openFlags(of: scene.bea.account, in: scene.state).map(\.id) == [second])
        #expect(Reputation.flag(flag, in: scene.state)?.status == .withdrawn)
        // The same member may come back with the same evidence: nobody has judged it.
        _ = try scene.raise(scene.bea)
        try scene.ledger.checkReplay()
    }

    @Test func `an appeal is put to the vote, and two thirds lift the flag`() throws {
        let scene = try ReputationScene()
        let flag = try scene.raise(scene.bea)
        try scene.ledger.done(scene.bea, .answer(flag))
        let events = try scene.ledger.done(scene.bea, .appeal(flag))
        let id = try #require(ProposalID(events[0].alliance.proposalMade.proposal))
        #expect(events.reputationKinds == ["flagAppealed"])
        let proposal = try #require(Alliance.proposal(id, in: scene.state))
        #expect(proposal.proposer == "" && proposal.yes == [] && proposal.status == .open)
        #expect(proposal.content.statementHash == Data(repeating: 3, count: 32))
        try scene.ledger.done(scene.bravo, .vote(true, on: id))
        #expect(Reputation.isFlagged(scene.bea.account, in: scene.state))
        let decided = try scene.ledger.done(scene.alfa, .vote(true, on: id))
        #expect(decided.reputationKinds == ["flagLifted"])
        #expect(!Reputation.isFlagged(scene.bea.account, in: scene.state))
        #expect(Reputation.flag(flag, in: scene.state)?.status == .lifted)
        try scene.ledger.checkReplay()
    }

    @Test func `an appeal that nobody votes for lapses, and the flag stands`() throws {
        let scene = try ReputationScene()
        let flag = try scene.raise(scene.bea)
        try scene.ledger.done(scene.bea, .appeal(flag))
        try scene.ledger.advance(milliseconds: LeaseScene.hour)
        #expect(Reputation.isFlagged(scene.bea.account, in: scene.state))
        try scene.ledger.checkReplay()
    }

    @Test func `a vote on a flag that was withdrawn meanwhile fails`() throws {
        let scene = try ReputationScene()
        let flag = try scene.raise(scene.bea)
        let events = try scene.ledger.done(scene.bea, .appeal(flag))
        let id = try #require(ProposalID(events[0].alliance.proposalMade.proposal))
        try scene.ledger.done(scene.alfa, .withdrawFlag(flag))
        try scene.ledger.done(scene.alfa, .vote(true, on: id))
        try scene.ledger.done(scene.bravo, .vote(true, on: id))
        #expect(Alliance.proposal(id, in: scene.state)?.status == .failed)
        #expect(Reputation.flag(flag, in: scene.state)?.status == .withdrawn)
    }

    // MARK: Each offer's own rule

    @Test func `a flagged account meets each offer's own rule`() throws {
        let strict = try ReputationScene { $0.trustRule.refuseFlagged = true }
        _ = try strict.raise(strict.bea)
        let refused = try strict.lease.tryBooking()
        #expect(refused.code == AgreementsRejection.openerFlagged.rawValue)
        #expect(refused.field == "offer")
        expectDone(try strict.lease.tryBooking(by: strict.lease.carl))

        let careful = try ReputationScene { $0.trustRule.flaggedDepositMinor = 9_000 }
        let flag = try careful.raise(careful.bea)
        let dear = try careful.lease.book()
        #expect(careful.lease.agreement(dear).depositMinor == 9_000)
        try careful.lease.take("start", dear)
        try careful.lease.take("finish", dear)
        try careful.ledger.done(careful.alfa, .withdrawFlag(flag))
        #expect(careful.lease.agreement(try careful.lease.book()).depositMinor == 2_000)

        let open = try ReputationScene()
        _ = try open.raise(open.bea)
        expectDone(try open.lease.tryBooking())
    }

    @Test func `an offer may ask for standing in its kind`() throws {
        let scene = try ReputationScene { $0.trustRule.minimumStandingPpm = 25_130 }
        let receipt = try scene.lease.tryBooking()
        #expect(receipt.code == AgreementsRejection.standingTooLow.rawValue)
        #expect(receipt.detail == "25129 of 25130")
        let other = try scene.ledger.publish(
            LeaseScene.offer(on: scene.lease.resource), by: scene.provider)
        let id = try #require(
            try scene.ledger.done(scene.bea, .open(other, for: LeaseScene.hour)).firstAgreement)
        try scene.lease.take("start", id)
        try scene.lease.take("finish", id)
        try scene.review(id, by: scene.bea, 1, answered: 10)
        expectDone(try scene.lease.tryBooking())
    }
}
