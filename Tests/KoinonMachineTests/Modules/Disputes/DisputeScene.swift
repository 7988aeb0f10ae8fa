import Foundation
import KoinonLedger
import KoinonProtocol
import SwiftProtobuf
import Testing

@testable import KoinonMachine

/// A bike sold for 100.00 on an alliance of several members, delivered and then disputed.
final class DisputeScene {
    static let minute: UInt64 = 60_000
    static let day: UInt64 = 86_400_000

    let scene: LeaseScene
    let id: AgreementID
    var ledger: TestLedger { scene.ledger }
    var seller: Actor { scene.provider }
    var buyer: Actor { scene.bea }
    /// Carl, on whom they agreed at booking, if at all.
    var arbiter: Actor { scene.carl }

    /// - Parameters:
    ///   - members: besides alfa and bravo, the platform.
    ///   - price: in the smallest part.
    init(
        members: [String] = ["cato", "dora", "emil", "fred"], arbiter: Bool = false,
        price: UInt64 = 10_000, terms: [String: Int64] = [:],
        parameters: Parameters = Parameters()
    ) throws {
        let scene = try LeaseScene(
            terms: terms, parameters: parameters, process: StandardProcesses.sale,
            others: [LeaseProcess.definition], members: ["alfa", "bravo"] + members
        ) {
            $0.depositMinor = 0
            $0.tariff.priceMinor = price
        }
        let judged = LeaseScene.offer(on: scene.resource, process: "sale", terms: terms).with {
            $0.depositMinor = 0
            $0.tariff.priceMinor = price
            $0.arbiters = [scene.carl.bytes]
        }
        let offer = try scene.ledger.publish(judged, by: scene.provider)
        id = try scene.ledger.opened(
            scene.bea, .open(offer, for: 1, arbiter: arbiter ? scene.carl : nil))
        try scene.take("deliver", id, by: scene.provider)
        self.scene = scene
    }

    var dispute: Dispute { Disputes.dispute(of: id, in: ledger.state)!.dispute }
    var panel: [String] { dispute.seats.map(\.member) }
    var state: String { scene.state(of: id) }

    /// Seller, buyer, platform.
    var money: [UInt64] { scene.money }

    func open(by actor: Actor? = nil, _ claim: Division = .all("buyer")) throws {
        try ledger.done(actor ?? buyer, .openDispute(id, claim))
    }

    /// Lets the evidence end and the lot be drawn.
    func draw() throws {
        try ledger.advance(milliseconds: 3 * Self.day)
        if dispute.status == .lot { try ledger.advance(milliseconds: 1) }
    }

    @discardableResult
    func decide(_ member: String, _ division: Division) throws -> [Event] {
        try ledger.done(ledger.member(member), .decide(id, division))
    }

    func tryDeciding(_ actor: Actor, _ division: Division = .all("buyer")) throws -> Receipt {
        try ledger.send(actor, .decide(id, division))
    }
}

extension Division {
    static func all(_ role: String, handOver: Bool = false) -> Division {
        parts([(role, 1)], of: 1, handOver: handOver)
    }

    static func parts(
        _ shares: [(String, UInt64)], of denominator: UInt64, handOver: Bool = false
    ) -> Division {
        .with {
            $0.shares = shares.map { share in
                .with {
                    $0.role = share.0
                    $0.numerator = share.1
                }
            }
            $0.denominator = denominator
            $0.handOver = handOver
        }
    }
}

extension Action {
    static func disputes(_ action: DisputesAction.OneOf_Action) -> Action {
        .with { $0.disputes.action = action }
    }

    static func openDispute(
        _ id: AgreementID, _ claim: Division, evidence: Data = evidence
    ) -> Action {
        .disputes(
            .openDispute(
                .with {
                    $0.agreement = Data(id.bytes)
                    $0.evidenceHash = evidence
                    $0.claim = claim
                }))
    }

    static func submit(_ id: AgreementID, evidence: Data = evidence) -> Action {
        .disputes(
            .submitEvidence(
                .with {
                    $0.agreement = Data(id.bytes)
                    $0.evidenceHash = evidence
                }))
    }

    static func decide(_ id: AgreementID, _ division: Division) -> Action {
        .disputes(
            .decideDispute(
                .with {
                    $0.agreement = Data(id.bytes)
                    $0.division = division
                }))
    }

    static func appeal(_ id: AgreementID, evidence: Data = evidence) -> Action {
        .disputes(
            .appealDecision(
                .with {
                    $0.agreement = Data(id.bytes)
                    $0.evidenceHash = evidence
                }))
    }

    static func withdrawDispute(_ id: AgreementID) -> Action {
        .disputes(.withdrawDispute(.with { $0.agreement = Data(id.bytes) }))
    }

    static func concede(_ id: AgreementID) -> Action {
        .disputes(.concedeDispute(.with { $0.agreement = Data(id.bytes) }))
    }
}
