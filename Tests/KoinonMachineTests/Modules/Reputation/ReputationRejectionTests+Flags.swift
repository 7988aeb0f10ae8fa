import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

extension ReputationRejectionTests {
    private static func raising(
        _ account: Data, evidence: Data = Data(count: 32), reason: String = "fraud"
    ) -> Action {
        .reputation(
            .raiseFlag(
                .with {
                    $0.account = account
                    $0.evidenceHash = evidence
                    $0.reason = reason
                }))
    }

    static let vouchRows: [RejectionRow] = [
        RejectionRow(Code.notAMember, "Bea vouches, for an id of 19 bytes") {
            let scene = try ReputationScene()
            return try scene.ledger.send(
                scene.bea, .reputation(.vouchFor(.with { $0.account = short })))
        },
        RejectionRow(Code.malformedID, field: "account", "19 bytes") {
            let scene = try ReputationScene()
            return try scene.ledger.send(
                scene.alfa, .reputation(.vouchFor(.with { $0.account = short })))
        },
        RejectionRow(Code.unknownAccount, field: "account", "none of this id") {
            let scene = try ReputationScene()
            return try scene.ledger.send(
                scene.alfa, .reputation(.vouchFor(.with { $0.account = nobody })))
        },
        RejectionRow(Code.alreadyVouched, field: "account", "again, at the limit") {
            let scene = try ReputationScene(vouches: 1)
            try scene.ledger.done(scene.alfa, .vouch(scene.bea))
            return try scene.ledger.send(scene.alfa, .vouch(scene.bea))
        },
        RejectionRow(Code.tooManyVouches, "one more than it may") {
            let scene = try ReputationScene(vouches: 1)
            try scene.ledger.done(scene.alfa, .vouch(scene.bea))
            return try scene.ledger.send(scene.alfa, .vouch(scene.provider))
        },
        RejectionRow(Code.notAMember, "Bea withdraws a vouch") {
            let scene = try ReputationScene()
            return try scene.ledger.send(scene.bea, .unvouch(scene.bea))
        },
        RejectionRow(Code.malformedID, field: "account", "withdraws for 19 bytes") {
            let scene = try ReputationScene()
            return try scene.ledger.send(
                scene.alfa, .reputation(.withdrawVouch(.with { $0.account = short })))
        },
        RejectionRow(Code.unknownAccount, field: "account", "withdraws for nobody") {
            let scene = try ReputationScene()
            return try scene.ledger.send(
                scene.alfa, .reputation(.withdrawVouch(.with { $0.account = nobody })))
        },
        RejectionRow(Code.notVouched, field: "account", "another member vouches") {
            let scene = try ReputationScene()
            try scene.ledger.done(scene.alfa, .vouch(scene.bea))
            return try scene.ledger.send(scene.bravo, .unvouch(scene.bea))
        },
    ]

    static let flagRows: [RejectionRow] = [
        RejectionRow(Code.notAMember, "Bea flags, an id of 19 bytes") {
            let scene = try ReputationScene()
            return try scene.ledger.send(scene.bea, raising(short))
        },
        RejectionRow(Code.malformedID, field: "account", "19 bytes") {
            let scene = try ReputationScene()
            return try scene.ledger.send(scene.alfa, raising(short))
        },
        RejectionRow(Code.unknownAccount, field: "account", "nobody, without evidence") {
            let scene = try ReputationScene()
            return try scene.ledger.send(scene.alfa, raising(nobody, evidence: Data()))
        },
        RejectionRow(Code.badHash, field: "evidence_hash", "no evidence, no reason") {
            let scene = try ReputationScene()
            return try scene.ledger.send(
                scene.alfa, raising(scene.bea.bytes, evidence: Data(), reason: ""))
        },
        RejectionRow(Code.badReason, field: "reason", "a sentence, flagged already") {
            let scene = try ReputationScene()
            _ = try scene.raise(scene.bea)
            return try scene.ledger.send(
                scene.alfa, raising(scene.bea.bytes, reason: "Never delivered"))
        },
        RejectionRow(Code.alreadyFlagged, field: "account", "a second flag by one member") {
            let scene = try ReputationScene()
            _ = try scene.raise(scene.bea)
            return try scene.ledger.send(scene.alfa, .flag(scene.bea, evidence: "more"))
        },
        RejectionRow(Code.evidenceJudged, field: "evidence_hash", "after it was lifted") {
            let scene = try ReputationScene()
            let flag = try scene.raise(scene.bea)
            let proposed = try scene.ledger.done(
                scene.alfa, .propose(.liftFlag(.with { $0.flag = Data(flag.bytes) })))
            let id = try #require(ProposalID(proposed[0].alliance.proposalMade.proposal))
            try scene.ledger.done(scene.bravo, .vote(true, on: id))
            return try scene.ledger.send(scene.bravo, .flag(scene.bea))
        },
    ]

    static let answerRows: [RejectionRow] = [
        RejectionRow(Code.malformedID, field: "flag", "19 bytes, no answer") {
            let scene = try ReputationScene()
            return try scene.ledger.send(
                scene.bea, .reputation(.answerFlag(.with { $0.flag = short })))
        },
        RejectionRow(Code.unknownFlag, field: "flag", "none of this id") {
            let scene = try ReputationScene()
            return try scene.ledger.send(
                scene.bea, .reputation(.answerFlag(.with { $0.flag = nobody })))
        },
        RejectionRow(Code.flagNotOpen, field: "flag", "withdrawn, by a stranger") {
            let scene = try ReputationScene()
            let flag = try scene.raise(scene.bea)
            try scene.ledger.done(scene.alfa, .withdrawFlag(flag))
            return try scene.ledger.send(scene.lease.carl, .answer(flag))
        },
        RejectionRow(Code.notFlagged, field: "flag", "a stranger, hash of 31 bytes") {
            let scene = try ReputationScene()
            let flag = try scene.raise(scene.bea)
            return try scene.ledger.send(
                scene.lease.carl, .answer(flag, hash: Data(count: 31)))
        },
        RejectionRow(Code.badHash, field: "answer_hash", "31 bytes, answered before") {
            let scene = try ReputationScene()
            let flag = try scene.raise(scene.bea)
            try scene.ledger.done(scene.bea, .answer(flag))
            return try scene.ledger.send(scene.bea, .answer(flag, hash: Data(count: 31)))
        },
        RejectionRow(Code.alreadyAnswered, field: "flag", "again") {
            let scene = try ReputationScene()
            let flag = try scene.raise(scene.bea)
            try scene.ledger.done(scene.bea, .answer(flag))
            return try scene.ledger.send(scene.bea, .answer(flag))
        },
        RejectionRow(Code.notFlagged, field: "flag", "a stranger appeals") {
            let scene = try ReputationScene()
            let flag = try scene.raise(scene.bea)
            return try scene.ledger.send(scene.lease.carl, .appeal(flag))
        },
        RejectionRow(Code.alreadyAppealed, field: "flag", "again, after the vote lapsed") {
            let scene = try ReputationScene()
            let flag = try scene.raise(scene.bea)
            try scene.ledger.done(scene.bea, .appeal(flag))
            try scene.ledger.advance(milliseconds: 2 * LeaseScene.hour)
            return try scene.ledger.send(scene.bea, .appeal(flag))
        },
        RejectionRow(Code.notAMember, "Bea withdraws it herself") {
            let scene = try ReputationScene()
            return try scene.ledger.send(scene.bea, .withdrawFlag(scene.raise(scene.bea)))
        },
        RejectionRow(Code.unknownFlag, field: "flag", "withdraws none") {
            let scene = try ReputationScene()
            return try scene.ledger.send(scene.alfa, .withdrawFlag(FlagID(nobody)!))
        },
        RejectionRow(Code.notYourFlag, field: "flag", "another member's") {
            let scene = try ReputationScene()
            return try scene.ledger.send(scene.bravo, .withdrawFlag(scene.raise(scene.bea)))
        },
        RejectionRow(Code.flagNotOpen, field: "lift_flag.flag", "proposed when withdrawn") {
            let scene = try ReputationScene()
            let flag = try scene.raise(scene.bea)
            try scene.ledger.done(scene.alfa, .withdrawFlag(flag))
            return try scene.ledger.send(
                scene.alfa, .propose(.liftFlag(.with { $0.flag = Data(flag.bytes) })))
        },
    ]
}
