import Foundation
import KoinonProtocol

extension ActionGenerator {
    static let disputes: [ActionGenerator] = [
        ActionGenerator("disputes.open_dispute", weight: 5) { scene in
            let fitting = scene.agreements.filter { id in
                guard let row = scene.ledger.deals.rows[id] else { return false }
                return !row.isDisputed && rule(of: row, in: scene).states.contains(row.state)
            }
            guard let id = scene.random.pick(scene.chance(96) ? fitting : scene.agreements),
                let row = scene.ledger.deals.rows[id], let side = side(of: row, in: scene)
            else { return nil }
            return Draft(side) { action in
                action.disputes.openDispute.agreement = Data(id.bytes)
                action.disputes.openDispute.evidenceHash = Data(repeating: 4, count: 32)
                action.disputes.openDispute.claim = division(row, in: scene)
            }
        },
        ActionGenerator("disputes.submit_evidence", weight: 2) { scene in
            guard let (id, row, _) = open(.evidence, in: scene), let side = side(of: row, in: scene)
            else { return nil }
            return Draft(side) { action in
                action.disputes.submitEvidence.agreement = Data(id.bytes)
                action.disputes.submitEvidence.evidenceHash = Data(repeating: 6, count: 32)
            }
        },
        ActionGenerator("disputes.decide_dispute", weight: 14) { scene in
            guard let (id, row, dispute) = open(.deciding, in: scene),
                let seat = scene.random.pick(dispute.seats)
            else { return nil }
            let judge =
                seat.member.isEmpty
                ? AccountID(row.arbiter) : scene.ledger.alliance.members[seat.member]?.account
            guard let judge else { return nil }
            return Draft(scene.chance(95) ? judge : scene.anyAccount(), needsUnlimitedKey: true) {
                action in
                action.disputes.decideDispute.agreement = Data(id.bytes)
                action.disputes.decideDispute.division = division(row, in: scene)
            }
        },
        ActionGenerator("disputes.appeal_decision", weight: 3) { scene in
            guard let (id, row, _) = open(.decided, in: scene), let side = side(of: row, in: scene)
            else { return nil }
            return Draft(side) { action in
                action.disputes.appealDecision.agreement = Data(id.bytes)
                action.disputes.appealDecision.evidenceHash = Data(repeating: 8, count: 32)
            }
        },
        ActionGenerator("disputes.withdraw_dispute", weight: 1) { scene in
            guard let (id, _, dispute) = open(nil, in: scene) else { return nil }
            return Draft(scene.chance(92) ? dispute.opener : scene.anyAccount()) { action in
                action.disputes.withdrawDispute.agreement = Data(id.bytes)
            }
        },
        ActionGenerator("disputes.concede_dispute", weight: 1) { scene in
            guard let (id, row, _) = open(nil, in: scene), let side = side(of: row, in: scene)
            else { return nil }
            return Draft(side) { action in
                action.disputes.concedeDispute.agreement = Data(id.bytes)
            }
        },
    ]

    private static func rule(of row: AgreementBook.Row, in scene: Scene) -> DisputeRule {
        scene.ledger.deals.processes[row.process]?.definition.dispute ?? DisputeRule()
    }

    /// One of the two sides, mostly.
    private static func side(of row: AgreementBook.Row, in scene: Scene) -> AccountID? {
        guard scene.chance(96), let role = scene.random.pick(rule(of: row, in: scene).by) else {
            return scene.anyAccount()
        }
        return row.parties[role]
    }

    /// An open dispute, in that step if one is.
    private static func open(
        _ status: DisputeStatus?, in scene: Scene
    ) -> (AgreementID, AgreementBook.Row, DisputeBook.Row)? {
        let all = scene.agreements.compactMap {
            id -> (AgreementID, AgreementBook.Row, DisputeBook.Row)? in
            guard let row = scene.ledger.deals.rows[id], row.isDisputed,
                let dispute = scene.ledger.disputes.rows[id]?.last
            else { return nil }
            return (id, row, dispute)
        }
        let fitting = all.filter { status == nil || $0.2.status == status }
        return scene.random.pick(fitting.isEmpty && scene.chance(5) ? all : fitting)
    }

    /// Fractions that sum to 1, mostly.
    private static func division(_ row: AgreementBook.Row, in scene: Scene) -> Division {
        let roles = scene.ledger.deals.processes[row.process]?.definition.roles.map(\.name) ?? []
        var division = Division()
        division.denominator = scene.random.pick(1, 2, 3, 7, 1_000_000_000)
        var rest = division.denominator
        for (index, role) in roles.enumerated() {
            let isLast = index == roles.count - 1
            let numerator = isLast ? rest : scene.random.within(0...rest)
            rest -= numerator
            if numerator == 0, scene.chance(50) { continue }
            var share = Share()
            share.role = scene.chance(99) ? role : "nobody"
            share.numerator = scene.chance(98) ? numerator : numerator &+ 1
            division.shares.append(share)
        }
        if !rule(of: row, in: scene).ownershipTo.isEmpty || scene.chance(3) {
            division.handOver = scene.chance(40)
        }
        return division
    }
}
