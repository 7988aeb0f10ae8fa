import Foundation
import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

/// The lease's scene with settled agreements and reviews told shortly.
struct ReputationScene {
    static let sealWindow = 2 * LeaseScene.day
    static let openWindow = LeaseScene.day

    let lease: LeaseScene

    init(
        terms: [String: Int64] = [:], vouches: UInt64 = 10, timersPerBlock: UInt64 = 100,
        _ change: (inout PublishOffer) -> Void = { _ in }
    ) throws {
        lease = try LeaseScene(
            terms: terms,
            parameters: .with {
                $0.votingPeriodMs = LeaseScene.hour
                $0.reviewSealWindowMs = Self.sealWindow
                $0.reviewOpenWindowMs = Self.openWindow
                $0.vouchesPerMember = vouches
                $0.timersPerBlock = timersPerBlock
            }, change)
    }

    var ledger: TestLedger { lease.ledger }
    var state: CommittedState { lease.ledger.state }
    var bea: Actor { lease.bea }
    var provider: Actor { lease.provider }
    var alfa: Actor { ledger.member("alfa") }
    var bravo: Actor { ledger.member("bravo") }

    /// A lease of the bike, started and finished at once: 1.00 is settled.
    func settle(by borrower: Actor? = nil) throws -> AgreementID {
        let borrower = borrower ?? bea
        let id = try lease.book(by: borrower)
        try lease.take("start", id, by: borrower)
        try lease.take("finish", id, by: borrower)
        return id
    }

    /// Both seal and open at once.
    func review(_ id: AgreementID, by borrower: Actor, _ score: Int32, answered: Int32) throws {
        try ledger.done(borrower, .seal(id, by: borrower, score))
        try ledger.done(provider, .seal(id, by: provider, answered))
        try ledger.done(borrower, .show(id, score))
        try ledger.done(provider, .show(id, answered))
    }

    func standing(_ actor: Actor, kind: String? = "bike") -> Standing {
        Reputation.standing(of: actor.account, kind: kind, at: ledger.time, in: state)
    }

    func raise(_ account: Actor, by member: Actor? = nil, evidence: String = "e") throws -> FlagID {
        let events = try ledger.done(member ?? alfa, .flag(account, evidence: evidence))
        return try #require(FlagID(events[0].reputation.flagRaised.flag))
    }
}

extension Action {
    static func reputation(_ action: ReputationAction.OneOf_Action) -> Action {
        .with { $0.reputation.action = action }
    }

    static let salt = Data(repeating: 9, count: 32)

    static func seal(
        _ id: AgreementID, by actor: Actor, _ score: Int32, text: Data = Data(),
        salt: Data = Action.salt
    ) -> Action {
        // Put together by hand, as docs/formats/review.md says it.
        var bytes = Array("koinon/review/v1".utf8) + [0] + id.bytes + actor.account.bytes
        bytes += Array(salt) + [UInt8(bitPattern: Int8(score))]
        bytes += text.isEmpty ? Array(repeating: 0, count: 32) : Array(text)
        return .sealHash(id, Data(Hash256.sha256(bytes).bytes))
    }

    static func sealHash(_ id: AgreementID, _ hash: Data) -> Action {
        .reputation(
            .sealReview(
                .with {
                    $0.agreement = Data(id.bytes)
                    $0.reviewHash = hash
                }))
    }

    static func show(
        _ id: AgreementID, _ score: Int32, text: Data = Data(), salt: Data = Action.salt
    ) -> Action {
        .reputation(
            .openReview(
                .with {
                    $0.agreement = Data(id.bytes)
                    $0.score = score
                    $0.salt = salt
                    $0.textHash = text
                }))
    }

    static func vouch(_ actor: Actor) -> Action {
        .reputation(.vouchFor(.with { $0.account = actor.bytes }))
    }

    static func unvouch(_ actor: Actor) -> Action {
        .reputation(.withdrawVouch(.with { $0.account = actor.bytes }))
    }

    static func flag(
        _ actor: Actor, evidence: String = "e", reason: String = "never-delivered"
    ) -> Action {
        .reputation(
            .raiseFlag(
                .with {
                    $0.account = actor.bytes
                    $0.evidenceHash = Data(Hash256.sha256(Array(evidence.utf8)).bytes)
                    $0.reason = reason
                }))
    }

    static func answer(_ flag: FlagID, hash: Data = Data(repeating: 3, count: 32)) -> Action {
        .reputation(
            .answerFlag(
                .with {
                    $0.flag = Data(flag.bytes)
                    $0.answerHash = hash
                }))
    }

    static func appeal(_ flag: FlagID) -> Action {
        .reputation(.appealFlag(.with { $0.flag = Data(flag.bytes) }))
    }

    static func withdrawFlag(_ flag: FlagID) -> Action {
        .reputation(.withdrawFlag(.with { $0.flag = Data(flag.bytes) }))
    }
}

extension [Event] {
    /// Names of reputation's events, in order.
    var reputationKinds: [String] {
        compactMap { event in
            event.reputation.event.flatMap { Mirror(reflecting: $0).children.first?.label }
        }
    }

    var publishedReviews: [PublishedReview] {
        compactMap { event in
            guard case .reviewPublished(let review) = event.reputation.event else { return nil }
            return review
        }
    }
}
