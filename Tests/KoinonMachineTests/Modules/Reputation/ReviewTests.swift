import Foundation
import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Sealed, opened, counted: the ways a pair of reviews can go.
@Suite struct ReviewTests {
    @Test func `two sealed reviews are opened one by one and count together`() throws {
        let scene = try ReputationScene()
        let id = try scene.settle()
        let ledger = scene.ledger
        #expect(
            try ledger.done(scene.bea, .seal(id, by: scene.bea, 8)).reputationKinds
                == ["reviewSealed"])
        let second = try ledger.done(scene.provider, .seal(id, by: scene.provider, -4))
        #expect(second.reputationKinds == ["reviewSealed", "reviewsReady"])
        let first = try ledger.done(scene.bea, .show(id, 8))
        #expect(first.reputationKinds == ["reviewOpened"])
        #expect(Reputation.reviews(about: scene.provider.account, in: scene.state) == [])
        let opened = try ledger.done(scene.provider, .show(id, -4))
        #expect(
            opened.reputationKinds == ["reviewOpened", "reviewPublished", "reviewPublished"])
        #expect(opened.publishedReviews.map(\.score) == [8, -4])
        let review = try #require(
            Reputation.reviews(about: scene.provider.account, in: scene.state).first)
        // 18/20 of intensity, 2/8 for one whole unit, a newcomer's 100,000.
        #expect(
            review
                == .with {
                    $0.reviewer = scene.bea.bytes
                    $0.account = scene.provider.bytes
                    $0.agreement = Data(id.bytes)
                    $0.kind = "bike"
                    $0.score = 8
                    $0.settledMinor = 100
                    $0.scale = 2
                    $0.pairNumber = 1
                    $0.reviewerStandingPpm = 25_129
                    $0.weightPpm = 22_500
                    $0.publishedAtMs = ledger.time.milliseconds
                })
        // 14/20 and 2/8 of the same, three times.
        #expect(scene.standing(scene.bea).total.otherComplaint == 52_500)
        try ledger.checkReplay()
    }

    @Test func `one who seals alone opens after the window, and counts at once`() throws {
        let scene = try ReputationScene()
        let id = try scene.settle()
        let settled = scene.lease.agreement(id).settledAtMs
        try scene.ledger.done(scene.bea, .seal(id, by: scene.bea, 10))
        let end = Timestamp(milliseconds: settled + ReputationScene.sealWindow)
        let early = try scene.ledger.send(scene.bea, .show(id, 10), at: end.earlier(by: 1))
        #expect(early.code == ReputationRejection.sealingNotEnded.rawValue)
        try scene.ledger.advance(to: end)
        let late = try scene.ledger.send(scene.provider, .seal(id, by: scene.provider, 1))
        #expect(late.code == ReputationRejection.sealingEnded.rawValue)
        let events = try scene.ledger.done(scene.bea, .show(id, 10))
        #expect(events.reputationKinds == ["reviewOpened", "reviewPublished"])
        #expect(scene.standing(scene.provider).total.otherPraise > 0)
        try scene.ledger.checkReplay()
    }

    @Test func `what is not opened in time was not given, what was opened counts`() throws {
        let scene = try ReputationScene()
        let id = try scene.settle()
        try scene.ledger.done(scene.bea, .seal(id, by: scene.bea, 10))
        try scene.ledger.done(scene.provider, .seal(id, by: scene.provider, -10))
        try scene.ledger.done(scene.bea, .show(id, 10))
        let due = Reputation.reviews(of: id, in: scene.state)!.dueMs
        let closed = try scene.ledger.advance(to: Timestamp(milliseconds: due))
        #expect(
            closed.timerReceipts.flatMap(\.events).reputationKinds
                == ["reviewPublished", "reviewForfeited"])
        #expect(scene.standing(scene.bea).total == Standing.Amounts())
        #expect(scene.standing(scene.provider).total.otherPraise == 25_000)
        #expect(
            try scene.ledger.send(scene.provider, .show(id, -10)).code
                == ReputationRejection.openingEnded.rawValue)
        try scene.ledger.checkReplay()
    }

    @Test func `nothing opened is nothing counted`() throws {
        let scene = try ReputationScene()
        let id = try scene.settle()
        try scene.ledger.done(scene.bea, .seal(id, by: scene.bea, 10))
        let end = scene.ledger.time.later(
            by: ReputationScene.sealWindow + ReputationScene.openWindow)
        let closed = try scene.ledger.advance(to: end)
        #expect(
            closed.timerReceipts.flatMap(\.events).reputationKinds
                == ["reviewsReady", "reviewForfeited"])
        #expect(Reputation.reviews(of: id, in: scene.state)?.phase == .closed)
    }

    @Test func `a timer that waits for room keeps no door open`() throws {
        let scene = try ReputationScene(timersPerBlock: 1)
        let first = try scene.settle()
        let second = try scene.settle(by: scene.lease.carl)
        try scene.ledger.done(scene.bea, .seal(first, by: scene.bea, 10))
        try scene.ledger.done(scene.lease.carl, .seal(second, by: scene.lease.carl, 10))
        let end = Timestamp(
            milliseconds: scene.lease.agreement(second).settledAtMs + ReputationScene.sealWindow)
        // One timer fits into the block, so the second agreement's still waits.
        let receipt = try scene.ledger.send(
            scene.provider, .seal(second, by: scene.provider, 1), at: end)
        #expect(receipt.code == ReputationRejection.sealingEnded.rawValue)
    }

    @Test func `a score of zero says nothing and is no review of the pair`() throws {
        let scene = try ReputationScene()
        try scene.review(scene.settle(), by: scene.bea, 0, answered: 5)
        #expect(scene.standing(scene.provider).boundPpm == 25_129)
        #expect(scene.standing(scene.provider).terms.isEmpty)
        try scene.review(scene.settle(), by: scene.bea, 10, answered: 5)
        // Both came at one moment, in which they stand by their agreements' ids.
        let reviews = Reputation.reviews(about: scene.provider.account, in: scene.state)
            .sorted { $0.pairNumber < $1.pairNumber }
        #expect(reviews.map(\.pairNumber) == [0, 1])
        let answers = Reputation.reviews(about: scene.bea.account, in: scene.state)
            .sorted { $0.pairNumber < $1.pairNumber }
        #expect(answers.map(\.pairNumber) == [1, 2])
        #expect(answers[1].weightPpm < answers[0].weightPpm)
    }

    @Test func `a vouch gives a newcomer's word its weight, while its member is one`() throws {
        let scene = try ReputationScene()
        try scene.ledger.done(scene.bravo, .vouch(scene.bea))
        try scene.review(scene.settle(), by: scene.bea, 10, answered: 0)
        #expect(scene.standing(scene.provider).total.vouchedPraise == 125_000)
        let proposed = try scene.ledger.done(scene.alfa, .propose(.expel("bravo")))
        let id = try #require(ProposalID(proposed[0].alliance.proposalMade.proposal))
        let other = try scene.settle()
        try scene.ledger.done(scene.bravo, .vote(true, on: id))
        #expect(!Reputation.isVouched(scene.bea.account, in: scene.state))
        try scene.review(other, by: scene.bea, 10, answered: 0)
        let total = scene.standing(scene.provider).total
        // The second of the pair, a tenth; what counted before keeps its weight.
        #expect(total.vouchedPraise == 125_000 && total.otherPraise == 12_500)
        try scene.ledger.checkReplay()
    }

    @Test func `the seal has the documented bytes`() throws {
        let agreement = AgreementID(Array(0..<20))!
        let reviewer = AccountID(Array(20..<40))!
        let hash = SealedReview.hash(
            agreement: agreement, reviewer: reviewer, salt: Array(repeating: 7, count: 32),
            score: -3, textHash: nil)
        // sha256(b"koinon/review/v1\0" + bytes(range(40)) + b"\7"*32 + b"\xfd" + bytes(32))
        #expect(
            hash.hex == "06e9a79725dec0ddc76c020ab068a1010a9ea4d14fe82aec7c1665e14405f637")
    }
}
