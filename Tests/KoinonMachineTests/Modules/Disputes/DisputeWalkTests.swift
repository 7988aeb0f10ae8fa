import KoinonProtocol
import TestSeeds
import Testing

@testable import KoinonMachine

/// Random walks of several agreements through each process, with disputes: whatever
/// happens, every module's invariants and the conservation of money hold after each
/// block, everything ends if only time passes, and a second replica agrees.
@Suite struct DisputeWalkTests {
    private static let hour = LeaseScene.hour
    private static let members = ["alfa", "bravo", "cato", "dora", "emil"]

    /// 90 steps of each of the four processes.
    @Test(arguments: StandardProcesses.all, Seeds.of(1...6, casesEach: 360))
    func `every walk ends with nothing held`(process: ProcessDefinition, seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed) << 8 | UInt64(process.id.utf8.count))
        let terms = Self.terms(of: process, &random)
        let scene = try LeaseScene(
            capacity: process.id == "sale" ? 1 : 3, terms: terms,
            parameters: .with {
                $0.disputeEvidenceMs = 2 * Self.hour
                $0.disputeDecisionMs = 3 * Self.hour
                $0.disputeAppealMs = Self.hour
                $0.disputePanelSize = UInt64(1 + random.below(3))
            }, process: process, members: Self.members
        ) {
            $0.tariff.priceMinor = 333
        }
        let ways = process.transitions.filter { !$0.hasTimer && !$0.from.isEmpty }
        var ids: [AgreementID] = []
        var accepted = 0
        for _ in 0..<90 {
            let actor = random.pick([scene.provider, scene.bea, scene.carl])
            var receipt: Receipt?
            switch random.below(12) {
            case 0..<2:
                let start = random.oneIn(2) ? nil : scene.ledger.time.later(by: Self.hour)
                receipt = try scene.tryBooking(
                    by: random.pick([scene.bea, scene.carl]), start: start,
                    for: Self.hour * UInt64(1 + random.below(6)))
                if let id = receipt?.events.firstAgreement { ids.append(id) }
            case 2..<6:
                guard let id = Self.pick(ids, &random) else { continue }
                let present = scene.state(of: id)
                let fitting = ways.filter { $0.from == present }
                let way = random.pick(fitting.isEmpty || random.oneIn(3) ? ways : fitting)
                let role = process.roles.firstIndex { $0.name == way.by[0] } ?? 0
                let party = role == 0 ? scene.provider : random.pick([scene.bea, scene.carl])
                receipt = try scene.tryTaking(
                    way.name, id, by: random.oneIn(4) ? actor : party)
            case 6:
                receipt = try scene.ledger.send(
                    scene.provider,
                    random.oneIn(8)
                        ? .reportStolen(scene.resource) : .reportRecovered(scene.resource))
            case 7..<11:
                guard let id = Self.pick(ids, &random) else { continue }
                receipt = try Self.dispute(id, process, by: actor, scene, &random)
            default:
                try scene.ledger.advance(milliseconds: UInt64(random.below(90)) * 60_000)
            }
            if receipt?.code == 0 { accepted += 1 }
        }
        #expect(accepted > 0, "seed \(seed): nothing was accepted")
        // If nobody acts any more, timers alone end everything.
        for _ in 0..<40 { try scene.ledger.advance(milliseconds: 4 * LeaseScene.day) }
        for id in ids {
            #expect(scene.held(in: id) == 0)
            #expect(Disputes.openDispute(of: id, in: scene.ledger.state) == nil)
            let state = process.states.first { $0.name == scene.state(of: id) }
            #expect(state?.final == true, "seed \(seed): \(scene.state(of: id))")
        }
        #expect(scene.resourceRow.openBookings == 0)
        #expect(scene.resourceRow.quantityCounted == 0)
        try scene.ledger.checkReplay()
    }

    private static func pick(_ ids: [AgreementID], _ random: inout SeededRandom) -> AgreementID? {
        ids.isEmpty ? nil : random.oneIn(2) ? ids[ids.count - 1] : random.pick(ids)
    }

    /// Any step of a dispute, by anybody, at any time; half of them by who is on turn.
    private static func dispute(
        _ id: AgreementID, _ process: ProcessDefinition, by actor: Actor, _ scene: LeaseScene,
        _ random: inout SeededRandom
    ) throws -> Receipt {
        let division = division(process, &random)
        if let (_, dispute) = Disputes.openDispute(of: id, in: scene.ledger.state),
            random.oneIn(2)
        {
            switch dispute.status {
            case .evidence: try scene.ledger.advance(milliseconds: 2 * hour)
            case .lot: try scene.ledger.advance(milliseconds: 1)
            case .deciding:
                let seat = random.pick(dispute.seats)
                return try scene.ledger.send(
                    scene.ledger.member(seat.member), .decide(id, division))
            default: break
            }
        }
        switch random.below(7) {
        case 0, 1: return try scene.ledger.send(actor, .openDispute(id, division))
        case 2: return try scene.ledger.send(actor, .submit(id))
        case 3: return try scene.ledger.send(actor, .appeal(id))
        case 4: return try scene.ledger.send(actor, .withdrawDispute(id))
        case 5: return try scene.ledger.send(actor, .concede(id))
        default:
            let member = scene.ledger.member(random.pick(members))
            return try scene.ledger.send(member, .decide(id, division))
        }
    }

    private static func division(
        _ process: ProcessDefinition, _ random: inout SeededRandom
    ) -> Division {
        let denominator = UInt64(1 + random.below(9))
        let first = UInt64(random.below(Int(denominator) + 1))
        return .parts(
            [(process.roles[0].name, first), (process.roles[1].name, denominator - first)],
            of: denominator, handOver: random.oneIn(3))
    }

    /// Short times, so that a walk meets its timers, and every choice that an offer has.
    private static func terms(
        of process: ProcessDefinition, _ random: inout SeededRandom
    ) -> [String: Int64] {
        var terms: [String: Int64] = [:]
        for term in process.terms {
            if term.name.hasSuffix("_ms") {
                let value = Int64(1 + random.below(5)) * 1_800_000
                terms[term.name] = min(max(value, term.minimum), term.maximum)
            } else if term.maximum == 1 {
                terms[term.name] = Int64(random.below(2))
            } else {
                terms[term.name] = Int64(random.below(200))
            }
        }
        return terms
    }
}
