import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Every rejection of every action of reputation, in the order of the checks.
@Suite struct ReputationRejectionTests {
    typealias Code = ReputationRejection
    static let short = Data(repeating: 1, count: 19)
    static let nobody = Data(repeating: 7, count: 20)

    @Test(arguments: sealRows + openRows + vouchRows + flagRows + answerRows)
    func `an action that violates a condition is rejected for it`(row: RejectionRow) throws {
        try row.check()
    }

    @Test func `every rejection has a row`() {
        expectRows(
            for: Code.self,
            in: Self.sealRows + Self.openRows + Self.vouchRows + Self.flagRows + Self.answerRows)
    }

    static func agreement(_ bytes: Data) -> AgreementID? { AgreementID(bytes) }

    static func sealing(_ agreement: Data, _ hash: Data = Data(count: 32)) -> Action {
        .reputation(
            .sealReview(
                .with {
                    $0.agreement = agreement
                    $0.reviewHash = hash
                }))
    }

    static let sealRows: [RejectionRow] = [
        RejectionRow(Code.emptyAction, field: "reputation", "no action") {
            let scene = try ReputationScene()
            return try scene.ledger.send(scene.bea, .with { $0.reputation = ReputationAction() })
        },
        RejectionRow(Code.malformedID, field: "agreement", "19 bytes") {
            let scene = try ReputationScene()
            return try scene.ledger.send(scene.bea, sealing(short))
        },
        RejectionRow(Code.unknownAgreement, field: "agreement", "none of this id") {
            let scene = try ReputationScene()
            return try scene.ledger.send(scene.bea, sealing(nobody))
        },
        RejectionRow(Code.notSettled, field: "agreement", "in use, by a stranger") {
            let scene = try ReputationScene()
            let id = try scene.lease.book()
            try scene.lease.take("start", id)
            return try scene.ledger.send(scene.lease.carl, sealing(Data(id.bytes)))
        },
        RejectionRow(Code.notSettled, field: "agreement", "cancelled") {
            let scene = try ReputationScene()
            let id = try scene.lease.book(start: scene.lease.at(LeaseScene.day))
            try scene.lease.take("cancel", id)
            return try scene.ledger.send(scene.bea, sealing(Data(id.bytes)))
        },
        RejectionRow(Code.notParty, field: "agreement", "the platform, hash of 31 bytes") {
            let scene = try ReputationScene()
            let id = try scene.settle()
            return try scene.ledger.send(
                scene.bravo, sealing(Data(id.bytes), Data(count: 31)))
        },
        RejectionRow(Code.badHash, field: "review_hash", "31 bytes, sealed before") {
            let scene = try ReputationScene()
            let id = try scene.settle()
            try scene.ledger.done(scene.bea, .seal(id, by: scene.bea, 1))
            return try scene.ledger.send(scene.bea, sealing(Data(id.bytes), Data(count: 31)))
        },
        RejectionRow(Code.alreadySealed, field: "agreement", "again, after the window") {
            let scene = try ReputationScene()
            let id = try scene.settle()
            try scene.ledger.done(scene.bea, .seal(id, by: scene.bea, 1))
            try scene.ledger.advance(milliseconds: ReputationScene.sealWindow)
            return try scene.ledger.send(scene.bea, .seal(id, by: scene.bea, 1))
        },
        RejectionRow(Code.sealingEnded, field: "agreement", "the first, after the window") {
            let scene = try ReputationScene()
            let id = try scene.settle()
            let end = scene.lease.agreement(id).settledAtMs + ReputationScene.sealWindow
            return try scene.ledger.send(
                scene.bea, .seal(id, by: scene.bea, 1), at: Timestamp(milliseconds: end))
        },
    ]

    /// Both have sealed a 5, with the usual salt.
    private static func sealed() throws -> (ReputationScene, AgreementID) {
        let scene = try ReputationScene()
        let id = try scene.settle()
        try scene.ledger.done(scene.bea, .seal(id, by: scene.bea, 5))
        try scene.ledger.done(scene.provider, .seal(id, by: scene.provider, 5))
        return (scene, id)
    }

    static let openRows: [RejectionRow] = [
        RejectionRow(Code.malformedID, field: "agreement", "19 bytes") {
            let scene = try ReputationScene()
            return try scene.ledger.send(
                scene.bea, .reputation(.openReview(.with { $0.agreement = short })))
        },
        RejectionRow(Code.unknownAgreement, field: "agreement", "none of this id") {
            let scene = try ReputationScene()
            return try scene.ledger.send(
                scene.bea, .reputation(.openReview(.with { $0.agreement = nobody })))
        },
        RejectionRow(Code.nothingSealed, field: "agreement", "neither has sealed") {
            let scene = try ReputationScene()
            return try scene.ledger.send(scene.bea, .show(scene.settle(), 5))
        },
        RejectionRow(Code.nothingSealed, field: "agreement", "only the other has sealed") {
            let scene = try ReputationScene()
            let id = try scene.settle()
            try scene.ledger.done(scene.bea, .seal(id, by: scene.bea, 5))
            return try scene.ledger.send(scene.provider, .show(id, 5))
        },
        RejectionRow(Code.nothingSealed, field: "agreement", "a stranger") {
            let (scene, id) = try sealed()
            return try scene.ledger.send(scene.lease.carl, .show(id, 5))
        },
        RejectionRow(Code.sealingNotEnded, field: "agreement", "the other may seal, score 11") {
            let scene = try ReputationScene()
            let id = try scene.settle()
            try scene.ledger.done(scene.bea, .seal(id, by: scene.bea, 5))
            return try scene.ledger.send(scene.bea, .show(id, 11))
        },
        RejectionRow(Code.alreadyOpened, field: "agreement", "again, closed by then") {
            let (scene, id) = try sealed()
            try scene.ledger.done(scene.bea, .show(id, 5))
            try scene.ledger.done(scene.provider, .show(id, 5))
            return try scene.ledger.send(scene.bea, .show(id, 5))
        },
        RejectionRow(Code.openingEnded, field: "agreement", "too late, score 11") {
            let (scene, id) = try sealed()
            try scene.ledger.advance(milliseconds: ReputationScene.openWindow)
            return try scene.ledger.send(scene.bea, .show(id, 11))
        },
        RejectionRow(Code.badScore, field: "score", "11, salt of 31 bytes") {
            let (scene, id) = try sealed()
            return try scene.ledger.send(scene.bea, .show(id, 11, salt: Data(count: 31)))
        },
        RejectionRow(Code.badScore, field: "score", "-11") {
            let (scene, id) = try sealed()
            return try scene.ledger.send(scene.bea, .show(id, -11))
        },
        RejectionRow(Code.badSalt, field: "salt", "31 bytes, text hash of 31") {
            let (scene, id) = try sealed()
            return try scene.ledger.send(
                scene.bea, .show(id, 5, text: Data(count: 31), salt: Data(count: 31)))
        },
        RejectionRow(Code.badHash, field: "text_hash", "31 bytes") {
            let (scene, id) = try sealed()
            return try scene.ledger.send(scene.bea, .show(id, 5, text: Data(count: 31)))
        },
        RejectionRow(Code.notWhatWasSealed, "another score") {
            let (scene, id) = try sealed()
            return try scene.ledger.send(scene.bea, .show(id, 6))
        },
        RejectionRow(Code.notWhatWasSealed, "another salt") {
            let (scene, id) = try sealed()
            return try scene.ledger.send(scene.bea, .show(id, 5, salt: Data(count: 32)))
        },
        RejectionRow(Code.notWhatWasSealed, "a text that was not sealed") {
            let (scene, id) = try sealed()
            return try scene.ledger.send(
                scene.bea, .show(id, 5, text: Data(repeating: 1, count: 32)))
        },
    ]
}
