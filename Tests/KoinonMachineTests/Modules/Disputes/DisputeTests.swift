import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// The ways through a dispute, with the exact money at their end.
@Suite struct DisputeTests {
    private let day = DisputeScene.day

    @Test func `a dispute freezes the agreement`() throws {
        let scene = try DisputeScene(terms: ["inspection_ms": 60_000])
        let before = scene.money
        try scene.open()
        #expect(scene.scene.agreement(scene.id).disputed)
        #expect(scene.scene.resourceRow.openDisputes == 1)
        // The inspection would have ended long ago.
        try scene.ledger.advance(milliseconds: day)
        #expect(scene.state == "delivered")
        #expect(scene.money == before)
        #expect(scene.scene.held(in: scene.id) == 10_000)
        #expect(scene.scene.resourceRow.exclusive)
    }

    @Test func `the arbiter chosen at booking decides, and the appeal's time runs`() throws {
        let scene = try DisputeScene(arbiter: true)
        try scene.open()
        try scene.ledger.done(scene.seller, .submit(scene.id))
        try scene.draw()
        #expect(scene.dispute.seats == [Seat()])
        let next = try #require(Disputes.nextStep(of: scene.id, in: scene.ledger.state))
        #expect(next.actors == [scene.arbiter.account])
        #expect(next.actions == ["decide_dispute", "withdraw_dispute", "concede_dispute"])
        // A third and two thirds of 100.00, rounded down; the cent left over is the buyer's.
        let decision = Division.parts([("seller", 2), ("buyer", 1)], of: 3, handOver: true)
        expectDone(try scene.tryDeciding(scene.arbiter, decision))
        #expect(scene.dispute.status == .decided)
        #expect(scene.state == "delivered")
        try scene.ledger.advance(milliseconds: 3 * day)
        #expect(scene.dispute.status == .resolved)
        #expect(scene.state == "resolved")
        #expect(scene.money == [6_666, 93_334, 0])
        #expect(scene.scene.resourceRow.owner == scene.buyer.bytes)
        #expect(scene.scene.resourceRow.openDisputes == 0)
        #expect(scene.scene.resourceRow.openOffers == 0)
        #expect(scene.scene.agreement(scene.id).settledMinor == 6_666)
        #expect(Disputes.nextStep(of: scene.id, in: scene.ledger.state) == nil)
        try scene.ledger.checkReplay()
    }

    @Test func `a decision may leave the thing where it is`() throws {
        let scene = try DisputeScene(arbiter: true, price: 9_999)
        try scene.open()
        try scene.draw()
        let decision = Division.parts(
            [("platform", 1), ("buyer", 500_000_000), ("seller", 499_999_999)], of: 1_000_000_000)
        expectDone(try scene.tryDeciding(scene.arbiter, decision))
        try scene.ledger.advance(milliseconds: 3 * day)
        // 49.99499… and 49.995 rounded down, one cent by rounding.
        #expect(scene.money == [4_999, 95_001, 0])
        #expect(scene.scene.resourceRow.owner == scene.seller.bytes)
        #expect(scene.scene.resourceRow.openOffers == 2)
    }

    @Test func `the lot is drawn in a later block, from its parent's hash`() throws {
        let scene = try DisputeScene()
        try scene.open()
        let ends = try scene.ledger.advance(milliseconds: 3 * day)
        #expect(scene.dispute.status == .lot)
        // Nothing happens as long as time stands still, however many blocks there are.
        let quiet = try scene.ledger.block(
            [scene.ledger.sign([.transfer(1, to: scene.seller)], by: scene.buyer)])
        #expect(quiet.timers.isEmpty)
        #expect(scene.dispute.seats.isEmpty)
        let parent = scene.ledger.replica.header.hash
        let drawn = try scene.ledger.advance(milliseconds: 1)
        #expect(drawn.blocks[0].header.height > ends.blocks[0].header.height.next)
        // Reckoned plainly: not alfa or bravo's own doing, but by the hash of each name.
        let ranks = ["alfa", "cato", "dora", "emil", "fred"].map { name in
            let bytes: [UInt8] =
                Array("koinon/lot/v1".utf8) + [0] + parent.bytes + scene.id.bytes + [0, 0, 0, 0]
                + Array(name.utf8)
            return (Hash256.sha256(bytes).bytes, name)
        }.sorted { $0.0.lexicographicallyPrecedes($1.0) }
        #expect(scene.panel == ranks.prefix(3).map(\.1))
        guard case .lotDrawn(let event) = drawn.timerReceipts[0].events[0].disputes.event else {
            throw TestLedger.Missing.event
        }
        #expect(event.parentHash.elementsEqual(parent.bytes))
        try scene.ledger.checkReplay()
    }

    @Test func `the panel decides by the lower median, as a whole`() throws {
        let scene = try DisputeScene()
        try scene.open()
        try scene.draw()
        // Of 2/7, 3/10 and 1/2 for the buyer the middle one; it hands over, the others do not.
        let panel = scene.panel
        try scene.decide(panel[0], .parts([("buyer", 1), ("seller", 1)], of: 2))
        try scene.decide(panel[1], .parts([("buyer", 2), ("seller", 5)], of: 7))
        #expect(scene.dispute.status == .deciding)
        try scene.decide(panel[2], .parts([("buyer", 3), ("seller", 7)], of: 10, handOver: true))
        #expect(scene.dispute.status == .decided)
        try scene.ledger.advance(milliseconds: 3 * day)
        #expect(scene.money == [7_000, 93_000, 0])
        #expect(scene.scene.resourceRow.owner == scene.buyer.bytes)
        try scene.ledger.checkReplay()
    }

    @Test func `of two decisions the one with less for the opener counts`() throws {
        let scene = try DisputeScene()
        try scene.open()
        try scene.draw()
        try scene.decide(scene.panel[0], .all("buyer"))
        try scene.decide(scene.panel[2], .parts([("buyer", 1), ("seller", 3)], of: 4))
        // The third lets the time pass.
        try scene.ledger.advance(milliseconds: 7 * day)
        #expect(scene.dispute.status == .decided)
        try scene.ledger.advance(milliseconds: 3 * day)
        #expect(scene.money == [7_500, 92_500, 0])
    }

    @Test func `an appeal is decided by others, for good`() throws {
        let scene = try DisputeScene(members: ["cato", "dora", "emil", "fred", "gera"])
        try scene.open()
        try scene.draw()
        let first = scene.panel
        for member in first { try scene.decide(member, .all("seller", handOver: true)) }
        try scene.ledger.done(scene.buyer, .appeal(scene.id))
        #expect(scene.dispute.status == .lot)
        try scene.ledger.advance(milliseconds: 1)
        let second = scene.panel
        #expect(second.count == 3)
        #expect(Set(second).isDisjoint(with: first))
        for member in second { try scene.decide(member, .all("buyer")) }
        #expect(scene.dispute.status == .resolved)
        #expect(scene.money == [0, 100_000, 0])
        #expect(scene.scene.resourceRow.owner == scene.seller.bytes)
        try scene.ledger.checkReplay()
    }

    @Test func `where too few are left some sit again`() throws {
        let scene = try DisputeScene(members: ["cato", "dora"])
        try scene.open()
        try scene.draw()
        let first = scene.panel
        #expect(Set(first) == ["alfa", "cato", "dora"])
        for member in first { try scene.decide(member, .all("seller")) }
        try scene.ledger.done(scene.buyer, .appeal(scene.id))
        try scene.ledger.advance(milliseconds: 1)
        #expect(Set(scene.panel) == Set(first))
        // Nobody decides again, so that the first decision stands.
        try scene.ledger.advance(milliseconds: 7 * day)
        #expect(scene.dispute.status == .resolved)
        #expect(scene.money == [10_000, 90_000, 0])
    }

    @Test func `nobody decides: the process says what becomes of the money`() throws {
        let scene = try DisputeScene()
        try scene.open(by: scene.seller, .all("seller"))
        try scene.draw()
        try scene.ledger.advance(milliseconds: 7 * day)
        #expect(scene.dispute.status == .undecided)
        #expect(scene.state == "resolved")
        #expect(scene.money == [0, 100_000, 0])
        #expect(scene.scene.resourceRow.owner == scene.seller.bytes)
        #expect(scene.scene.agreement(scene.id).settledAtMs == 0)
    }

    @Test func `nobody is eligible: nobody decides`() throws {
        // Alfa is expelled, bravo is the platform.
        let scene = try DisputeScene(members: [])
        try scene.open()
        try scene.ledger.expel("alfa", by: ["alfa", "bravo"])
        try scene.draw()
        #expect(scene.dispute.status == .undecided)
        #expect(scene.dispute.seats.isEmpty)
        #expect(scene.money == [0, 100_000, 0])
    }

    @Test func `an expelled member decides nothing, the others do`() throws {
        let scene = try DisputeScene()
        try scene.open()
        try scene.draw()
        let gone = scene.panel[0]
        let others = Array(scene.panel.dropFirst())
        try scene.ledger.expel(gone, by: ["alfa", "bravo", "cato", "dora", "emil", "fred"])
        let receipt = try scene.tryDeciding(scene.ledger.member(gone))
        #expect(receipt.code == DisputesRejection.notJudge.rawValue)
        for member in others { try scene.decide(member, .all("seller", handOver: true)) }
        #expect(scene.dispute.status == .deciding)
        try scene.ledger.advance(milliseconds: 7 * day)
        try scene.ledger.advance(milliseconds: 3 * day)
        #expect(scene.money == [10_000, 90_000, 0])
        #expect(scene.scene.resourceRow.owner == scene.buyer.bytes)
    }

    @Test func `what is withdrawn goes on, later by as long as it was frozen`() throws {
        let scene = try DisputeScene(terms: ["inspection_ms": Int64(2 * day)])
        let begin = scene.ledger.time
        try scene.ledger.advance(to: begin.later(by: day))
        try scene.open(by: scene.seller, .all("seller"))
        try scene.ledger.advance(to: begin.later(by: 2 * day + day / 2))
        try scene.ledger.done(scene.seller, .withdrawDispute(scene.id))
        #expect(scene.dispute.status == .withdrawn)
        try scene.ledger.advance(to: begin.later(by: 3 * day + day / 2 - 1))
        #expect(scene.state == "delivered")
        // The other side has its own dispute left, and the freeze adds up.
        try scene.open(.all("buyer"))
        #expect(Disputes.dispute(of: scene.id, in: scene.ledger.state)?.number == 1)
        try scene.ledger.advance(to: begin.later(by: 4 * day + day / 2 - 1))
        try scene.ledger.done(scene.buyer, .withdrawDispute(scene.id))
        try scene.ledger.advance(to: begin.later(by: 4 * day + day / 2))
        #expect(scene.state == "sold")
        #expect(scene.money == [9_500, 90_000, 500])
        try scene.ledger.checkReplay()
    }

    @Test func `a claim that is conceded is carried out at once`() throws {
        let scene = try DisputeScene()
        try scene.open(.parts([("buyer", 1), ("seller", 4)], of: 5, handOver: true))
        let events = try scene.ledger.done(scene.seller, .concede(scene.id))
        #expect(scene.dispute.status == .conceded)
        #expect(scene.money == [8_000, 92_000, 0])
        #expect(scene.scene.resourceRow.owner == scene.buyer.bytes)
        guard case .transitionTaken(let taken) = events[1].agreements.event else {
            throw TestLedger.Missing.event
        }
        #expect(taken.transition == "resolve" && !taken.byTimer)
        try scene.ledger.checkReplay()
    }

    @Test func `what is reported stolen does not change hands by a decision either`() throws {
        let scene = try DisputeScene(arbiter: true)
        try scene.open()
        try scene.draw()
        expectDone(try scene.tryDeciding(scene.arbiter, .all("seller", handOver: true)))
        try scene.ledger.done(scene.seller, .reportStolen(scene.scene.resource))
        try scene.ledger.advance(milliseconds: 3 * day)
        #expect(scene.dispute.status == .undecided)
        #expect(scene.money == [0, 100_000, 0])
        #expect(scene.scene.resourceRow.owner == scene.seller.bytes)
    }

    @Test func `deadlines are the alliance's parameters, and so is the panel's size`() throws {
        let scene = try DisputeScene(
            parameters: .with {
                $0.disputeEvidenceMs = 60_000
                $0.disputeDecisionMs = 120_000
                $0.disputeAppealMs = 180_000
                $0.disputePanelSize = 1
            })
        try scene.open()
        let opened = scene.ledger.time
        #expect(scene.dispute.dueMs == opened.later(by: 60_000).milliseconds)
        try scene.ledger.advance(to: opened.later(by: 60_000))
        try scene.ledger.advance(to: opened.later(by: 60_001))
        #expect(scene.panel.count == 1)
        #expect(scene.dispute.dueMs == opened.later(by: 180_001).milliseconds)
        let late = opened.later(by: 180_000)
        _ = try scene.ledger.done(
            scene.ledger.member(scene.panel[0]), .decide(scene.id, .all("buyer")), at: late)
        #expect(scene.dispute.dueMs == late.later(by: 180_000).milliseconds)
    }

    @Test func `a lease in use is charged until it was frozen`() throws {
        let scene = try LeaseScene(members: ["alfa", "bravo", "cato", "dora"])
        let id = try scene.book(for: 4 * LeaseScene.hour)
        try scene.take("start", id)
        try scene.ledger.done(
            scene.bea, .openDispute(id, .all("borrower")), at: scene.at(LeaseScene.hour))
        try scene.ledger.advance(milliseconds: 3 * day)
        try scene.ledger.advance(milliseconds: 1)
        #expect(scene.resourceRow.quantityInUse == 1)
        try scene.ledger.advance(milliseconds: 7 * day)
        #expect(scene.state(of: id) == "resolved")
        #expect(scene.resourceRow.quantityInUse == 0)
        // Two half hours at 1.00, 5% of them to the platform; the rest and the deposit back.
        #expect(scene.money == [190, 99_800, 10])
        #expect(scene.record.settledSinceLate == 1)
        #expect(scene.agreement(id).usedUntilMs == scene.at(LeaseScene.hour).milliseconds)
    }

    @Test func `a lease that goes on is not charged for the freeze, nor late by it`() throws {
        let scene = try LeaseScene(terms: ["late_fee": 500])
        let id = try scene.book(for: LeaseScene.hour)
        try scene.take("start", id)
        try scene.ledger.done(
            scene.provider, .openDispute(id, .all("provider")), at: scene.at(LeaseScene.hour / 2))
        try scene.ledger.done(scene.provider, .withdrawDispute(id), at: scene.at(day))
        try scene.take("finish", id, at: scene.at(day + LeaseScene.hour / 2))
        #expect(scene.money == [190, 99_800, 10])
        try scene.ledger.checkReplay()
    }
}

extension TestLedger {
    /// By as many votes as it takes.
    func expel(_ id: String, by members: [String]) throws {
        let events = try done(
            member(members[0]),
            .alliance(
                .propose(
                    .with {
                        $0.title = "Without \(id)"
                        $0.expelMember.id = id
                    })))
        guard case .proposalMade(let made) = events.first?.alliance.event else {
            throw Missing.event
        }
        for voter in members.dropFirst() {
            let receipt = try send(
                member(voter),
                .alliance(
                    .vote(
                        .with {
                            $0.proposal = made.proposal
                            $0.yes = true
                        })))
            if Alliance.member(MemberID(rawValue: id)!, in: state) == nil { return }
            expectDone(receipt)
        }
    }
}
