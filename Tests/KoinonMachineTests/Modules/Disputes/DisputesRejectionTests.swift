import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Every rejection of every action, in check order, and who answers when two apply.
@Suite struct DisputesRejectionTests {
    typealias Code = DisputesRejection
    private static let nobody = AgreementID(Data(repeating: 7, count: 20))!
    private static let short = Data(repeating: 7, count: 31)
    private static let day = DisputeScene.day

    /// Attempts one action on a disputed sale.
    private static func disputed(
        arbiter: Bool = false, _ attempt: (DisputeScene) throws -> Receipt
    ) throws -> Receipt {
        let scene = try DisputeScene(arbiter: arbiter)
        try scene.open()
        return try attempt(scene)
    }

    /// Attempts one action on a sale that was disputed and waits for the arbiter.
    private static func deciding(_ attempt: (DisputeScene) throws -> Receipt) throws -> Receipt {
        try disputed(arbiter: true) {
            try $0.draw()
            return try attempt($0)
        }
    }

    private static func decided(_ attempt: (DisputeScene) throws -> Receipt) throws -> Receipt {
        try deciding {
            expectDone(try $0.tryDeciding($0.arbiter))
            return try attempt($0)
        }
    }

    private static func claim(_ claim: Division, by role: (DisputeScene) -> Actor = { $0.buyer })
        throws -> Receipt
    {
        let scene = try DisputeScene()
        return try scene.ledger.send(role(scene), .openDispute(scene.id, claim))
    }

    private static func malformed(_ action: DisputesAction.OneOf_Action) throws -> Receipt {
        let scene = try DisputeScene()
        return try scene.ledger.send(scene.buyer, .disputes(action))
    }

    static let opening: [RejectionRow] = [
        RejectionRow(Code.emptyAction, field: "disputes", "no action") {
            let scene = try LeaseScene()
            return try scene.ledger.send(scene.bea, .with { $0.disputes = DisputesAction() })
        },
        RejectionRow(Code.malformedID, field: "agreement", "no id, no evidence") {
            try malformed(.openDispute(OpenDispute()))
        },
        RejectionRow(Code.badEvidenceHash, field: "evidence_hash", "31 bytes, no agreement") {
            let scene = try DisputeScene()
            return try scene.ledger.send(
                scene.buyer, .openDispute(nobody, .all("buyer"), evidence: short))
        },
        RejectionRow(Code.unknownAgreement, field: "agreement", "no agreement") {
            let scene = try DisputeScene()
            return try scene.ledger.send(scene.buyer, .openDispute(nobody, .all("buyer")))
        },
        RejectionRow(Code.alreadyDisputed, field: "agreement", "disputed, by a stranger") {
            try disputed { try $0.ledger.send($0.arbiter, .openDispute($0.id, .all("buyer"))) }
        },
        RejectionRow(Code.notDisputable, field: "agreement", "sold, by a stranger") {
            let scene = try DisputeScene()
            try scene.scene.take("accept", scene.id)
            return try scene.ledger.send(scene.arbiter, .openDispute(scene.id, .all("buyer")))
        },
        RejectionRow(Code.notDisputable, field: "agreement", "a process without disputes") {
            let scene = try LeaseScene(process: .small())
            let id = try scene.book()
            return try scene.ledger.send(scene.bea, .openDispute(id, .all("guest")))
        },
        RejectionRow(Code.notAParty, "by the platform, shares of 2 in 1") {
            try claim(.parts([("buyer", 2)], of: 1)) { $0.ledger.member("bravo") }
        },
        RejectionRow(Code.disputedBefore, "withdrawn and opened again, shares of 2 in 1") {
            try disputed {
                try $0.ledger.done($0.buyer, .withdrawDispute($0.id))
                return try $0.ledger.send(
                    $0.buyer, .openDispute($0.id, .parts([("buyer", 2)], of: 1)))
            }
        },
        RejectionRow(
            Code.disputedBefore, "by who bought the place of one who did, shares of 2 in 1"
        ) {
            let (scene, id) = try boughtAfterDispute()
            return try scene.ledger.send(
                scene.carl, .openDispute(id, .parts([("licensee", 2)], of: 1)))
        },
        RejectionRow(Code.badDenominator, field: "claim.denominator", "0, an unknown role") {
            try claim(.parts([("judge", 0)], of: 0))
        },
        RejectionRow(Code.badDenominator, field: "claim.denominator", "10^9 + 1") {
            try claim(.parts([("buyer", 1_000_000_001)], of: 1_000_000_001))
        },
        RejectionRow(
            Code.unknownRole, field: "claim.shares[1].role", "an unknown role, shares of 3 in 2"
        ) {
            try claim(.parts([("buyer", 1), ("judge", 2)], of: 2))
        },
        RejectionRow(Code.roleTwice, field: "claim.shares[1].role", "twice, shares of 3 in 2") {
            try claim(.parts([("buyer", 1), ("buyer", 2)], of: 2))
        },
        RejectionRow(
            Code.sharesNotWhole, field: "claim.shares[1].numerator", "3 in 2, beyond 2^64 in sum"
        ) {
            try claim(.parts([("buyer", 1), ("seller", .max)], of: 2))
        },
        RejectionRow(Code.sharesNotWhole, field: "claim.shares", "1 in 2, handed over") {
            try claim(.parts([("buyer", 1)], of: 2, handOver: true))
        },
        RejectionRow(Code.sharesNotWhole, field: "claim.shares", "nothing at all") {
            try claim(.parts([], of: 1))
        },
        RejectionRow(Code.ownershipNotDecided, field: "claim.hand_over", "a leased thing") {
            let scene = try LeaseScene()
            let id = try scene.book()
            try scene.take("start", id)
            return try scene.ledger.send(
                scene.bea, .openDispute(id, .all("borrower", handOver: true)))
        },
    ]

    static let evidence: [RejectionRow] = [
        RejectionRow(Code.malformedID, field: "agreement", "no id, no evidence") {
            try malformed(.submitEvidence(SubmitEvidence()))
        },
        RejectionRow(Code.badEvidenceHash, field: "evidence_hash", "31 bytes, no dispute") {
            let scene = try DisputeScene()
            return try scene.ledger.send(scene.buyer, .submit(scene.id, evidence: short))
        },
        RejectionRow(Code.noDispute, field: "agreement", "no dispute, by a stranger") {
            let scene = try DisputeScene()
            return try scene.ledger.send(scene.arbiter, .submit(scene.id))
        },
        RejectionRow(Code.noDispute, field: "agreement", "withdrawn") {
            try disputed {
                try $0.ledger.done($0.buyer, .withdrawDispute($0.id))
                return try $0.ledger.send($0.buyer, .submit($0.id))
            }
        },
        RejectionRow(Code.notAParty, "by a stranger, too late") {
            try deciding { try $0.ledger.send($0.arbiter, .submit($0.id)) }
        },
        RejectionRow(Code.evidenceClosed, field: "agreement", "too late") {
            try deciding { try $0.ledger.send($0.seller, .submit($0.id)) }
        },
        RejectionRow(Code.tooMuchEvidence, field: "evidence_hash", "the seventeenth") {
            try disputed {
                for _ in 0..<15 { try $0.ledger.done($0.buyer, .submit($0.id)) }
                return try $0.ledger.send($0.buyer, .submit($0.id))
            }
        },
    ]

    static let judging: [RejectionRow] = [
        RejectionRow(Code.malformedID, field: "agreement", "decided: no id") {
            try malformed(.decideDispute(DecideDispute()))
        },
        RejectionRow(Code.noDispute, field: "agreement", "decided: no dispute") {
            let scene = try DisputeScene()
            return try scene.tryDeciding(scene.arbiter)
        },
        RejectionRow(Code.notDeciding, field: "agreement", "too early, by a party") {
            try disputed { try $0.tryDeciding($0.buyer) }
        },
        RejectionRow(Code.notJudge, "by a party, with a limited key, shares of 2 in 1") {
            try deciding {
                try $0.tryDeciding($0.scene.limited($0.buyer), .parts([("buyer", 2)], of: 1))
            }
        },
        RejectionRow(Code.notJudge, "a member who was not drawn") {
            try disputed {
                try $0.draw()
                let panel = $0.panel
                let other = ["cato", "dora", "emil", "fred", "alfa"].first { !panel.contains($0) }
                return try $0.tryDeciding($0.ledger.member(try #require(other)))
            }
        },
        RejectionRow(Code.limitedKey, "a key with limits, shares of 2 in 1") {
            try deciding {
                try $0.tryDeciding($0.scene.limited($0.arbiter), .parts([("buyer", 2)], of: 1))
            }
        },
        RejectionRow(Code.decidedAlready, "twice, shares of 2 in 1") {
            try disputed {
                try $0.draw()
                try $0.decide($0.panel[0], .all("seller"))
                return try $0.tryDeciding(
                    $0.ledger.member($0.panel[0]), .parts([("buyer", 2)], of: 1))
            }
        },
        RejectionRow(Code.sharesNotWhole, field: "division.shares", "decided: 1 in 2") {
            try deciding { try $0.tryDeciding($0.arbiter, .parts([("buyer", 1)], of: 2)) }
        },
        RejectionRow(Code.malformedID, field: "agreement", "appealed: no id") {
            try malformed(.appealDecision(AppealDecision()))
        },
        RejectionRow(Code.badEvidenceHash, field: "evidence_hash", "appealed: 31 bytes") {
            let scene = try DisputeScene()
            return try scene.ledger.send(scene.buyer, .appeal(scene.id, evidence: short))
        },
        RejectionRow(Code.noDispute, field: "agreement", "appealed: no dispute") {
            let scene = try DisputeScene()
            return try scene.ledger.send(scene.buyer, .appeal(scene.id))
        },
        RejectionRow(Code.notAParty, "appealed by the arbiter, too early") {
            try deciding { try $0.ledger.send($0.arbiter, .appeal($0.id)) }
        },
        RejectionRow(Code.notAppealable, field: "agreement", "before there is a decision") {
            try deciding { try $0.ledger.send($0.buyer, .appeal($0.id)) }
        },
        RejectionRow(Code.noDispute, field: "agreement", "appealed too late") {
            try decided {
                try $0.ledger.advance(milliseconds: 3 * day)
                return try $0.ledger.send($0.buyer, .appeal($0.id))
            }
        },
    ]

    static let ending: [RejectionRow] = [
        RejectionRow(Code.malformedID, field: "agreement", "withdrawn: no id") {
            try malformed(.withdrawDispute(WithdrawDispute()))
        },
        RejectionRow(Code.noDispute, field: "agreement", "withdrawn: no dispute") {
            let scene = try DisputeScene()
            return try scene.ledger.send(scene.buyer, .withdrawDispute(scene.id))
        },
        RejectionRow(Code.notOpener, "withdrawn by the other side, decided") {
            try decided { try $0.ledger.send($0.seller, .withdrawDispute($0.id)) }
        },
        RejectionRow(Code.decisionGiven, field: "agreement", "withdrawn, decided") {
            try decided { try $0.ledger.send($0.buyer, .withdrawDispute($0.id)) }
        },
        RejectionRow(Code.decisionGiven, field: "agreement", "withdrawn, decided and appealed") {
            try decided {
                try $0.ledger.done($0.seller, .appeal($0.id))
                return try $0.ledger.send($0.buyer, .withdrawDispute($0.id))
            }
        },
        RejectionRow(Code.malformedID, field: "agreement", "conceded: no id") {
            try malformed(.concedeDispute(ConcedeDispute()))
        },
        RejectionRow(Code.noDispute, field: "agreement", "conceded: no dispute") {
            let scene = try DisputeScene()
            return try scene.ledger.send(scene.seller, .concede(scene.id))
        },
        RejectionRow(Code.notAParty, "conceded by a stranger") {
            try decided { try $0.ledger.send($0.arbiter, .concede($0.id)) }
        },
        RejectionRow(Code.ownDispute, "conceded by who opened it, decided") {
            try decided { try $0.ledger.send($0.buyer, .concede($0.id)) }
        },
        RejectionRow(Code.decisionGiven, field: "agreement", "conceded, decided, stolen") {
            try decided {
                try $0.ledger.done($0.seller, .reportStolen($0.scene.resource))
                return try $0.ledger.send($0.seller, .concede($0.id))
            }
        },
        RejectionRow(Code.resourceStolen, "conceded, what is claimed is reported stolen") {
            let scene = try DisputeScene()
            try scene.open(.all("buyer", handOver: true))
            try scene.ledger.done(scene.seller, .reportStolen(scene.scene.resource))
            return try scene.ledger.send(scene.seller, .concede(scene.id))
        },
    ]

    /// What other modules refuse because of a dispute.
    static let elsewhere: [RejectionRow] = [
        RejectionRow(
            AgreementsRejection.agreementDisputed, field: "agreement", "accepted while disputed"
        ) {
            try disputed { try $0.scene.tryTaking("accept", $0.id) }
        },
        RejectionRow(
            AgreementsRejection.resourceDisputed, "bought while a return of it is disputed"
        ) {
            let scene = try returnedAndDisputed()
            let offer = try scene.ledger.publish(
                LeaseScene.offer(on: scene.resource, process: "sale"), by: scene.provider)
            return try scene.ledger.send(scene.carl, .open(offer, for: 1))
        },
        RejectionRow(
            ResourcesRejection.disputesOpen, field: "resource", "given away while disputed"
        ) {
            let scene = try returnedAndDisputed()
            try scene.ledger.done(scene.provider, .withdraw(scene.offer))
            return try scene.ledger.send(scene.provider, .transfer(scene.resource, to: scene.carl))
        },
        RejectionRow(ResourcesRejection.disputesOpen, field: "resource", "retired while disputed") {
            let scene = try returnedAndDisputed()
            try scene.ledger.done(scene.provider, .withdraw(scene.offer))
            return try scene.ledger.send(scene.provider, .retire(scene.resource))
        },
    ]

    /// A lease whose thing is back and whose charge the provider disputes.
    private static func returnedAndDisputed() throws -> LeaseScene {
        let scene = try LeaseScene(
            terms: ["inspection_ms": Int64(day)], process: LeaseProcess.definition,
            others: [StandardProcesses.sale])
        let id = try scene.book()
        try scene.take("start", id)
        try scene.take("finish", id)
        try scene.ledger.done(scene.provider, .openDispute(id, .all("provider")))
        return scene
    }

    /// A licence by use that Bea disputed, then let be, and sold on to Carl.
    private static func boughtAfterDispute() throws -> (LeaseScene, AgreementID) {
        let scene = try LeaseScene(
            capacity: 9, terms: ["by_use": 1, "resale": 1], process: StandardProcesses.licence
        ) {
            $0.depositMinor = 0
        }
        let id = try scene.book(quantity: 3)
        try scene.ledger.done(scene.bea, .openDispute(id, .all("licensee")))
        try scene.ledger.done(scene.bea, .withdrawDispute(id))
        try scene.ledger.done(scene.bea, .offerResale(id, price: 0))
        try scene.ledger.done(scene.carl, .takeResale(id, price: 0))
        return (scene, id)
    }

    @Test func `a place that is sold on takes no dispute from the other side`() throws {
        let (scene, id) = try Self.boughtAfterDispute()
        try scene.ledger.done(scene.provider, .openDispute(id, .all("licensor")))
        try scene.ledger.done(scene.provider, .withdrawDispute(id))
        try scene.ledger.done(scene.carl, .offerResale(id, price: 0))
        try scene.ledger.done(scene.bea, .takeResale(id, price: 0))
        for actor in [scene.provider, scene.bea] {
            let receipt = try scene.ledger.send(actor, .openDispute(id, .all("licensee")))
            #expect(receipt.code == DisputesRejection.disputedBefore.rawValue)
        }
        try scene.ledger.checkReplay()
    }

    @Test(arguments: opening + evidence + judging + ending + elsewhere)
    func `what violates a condition is rejected with its code and field`(row: RejectionRow) throws {
        try row.check()
    }

    @Test func `every rejection has a row`() {
        expectRows(
            for: DisputesRejection.self,
            in: Self.opening + Self.evidence + Self.judging + Self.ending)
    }
}

extension LeaseScene {
    /// The same account with a key that may spend only so much.
    func limited(_ actor: Actor) throws -> Actor {
        let key = TestLedger.key("limited")
        try ledger.done(
            actor,
            .accounts(
                .addKey(
                    .with {
                        $0.publicKey = Data(key.publicKey.bytes)
                        $0.limits = [
                            .with {
                                $0.unit = "usd"
                                $0.perDayMinor = 1
                            }
                        ]
                    })))
        return actor.signing(with: key)
    }
}
