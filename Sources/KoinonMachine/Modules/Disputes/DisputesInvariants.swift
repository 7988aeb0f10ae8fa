import KoinonProtocol

/// Reckoned plainly from the rows, without the code that the actions use.
extension Disputes {
    public static func checkInvariants(in state: some StateReader) -> [String] {
        var violations: [String] = []
        var open: [AgreementID: Dispute] = [:]
        var last: [AgreementID: UInt32] = [:]
        for (key, dispute) in disputes.rows(in: state) {
            let what = "dispute \(key.b) of \(key.a)"
            if key.b != (last[key.a].map { $0 + 1 } ?? 0) || open[key.a] != nil {
                violations.append("\(what) does not follow the one before it")
            }
            last[key.a] = key.b
            if TimerKind(status: dispute.status) == nil {
                if dispute.dueMs != 0 || dispute.closedAtMs < dispute.openedAtMs {
                    violations.append("\(what) is closed and not over")
                }
            } else {
                open[key.a] = dispute
            }
            violations += decisionViolations(dispute, what)
        }
        var disputed: [ResourceID: UInt32] = [:]
        for (id, agreement) in Agreements.agreements.rows(in: state) {
            guard let dispute = open[id] else {
                if agreement.disputed { violations.append("\(id) is frozen without a dispute") }
                continue
            }
            for bytes in [agreement.resource] + agreement.also.map(\.resource) {
                if let resource = ResourceID(bytes) { disputed[resource, default: 0] += 1 }
            }
            violations += frozenViolations(id, agreement, dispute, in: state)
        }
        for (id, resource) in Resources.resources.rows(in: state)
        where resource.openDisputes != disputed[id] ?? 0 {
            violations.append("resource \(id) counts \(resource.openDisputes) disputes wrongly")
        }
        let timers = Timers.all(of: number, in: state)
        if timers.count != open.count {
            violations.append("\(timers.count) timers are set for \(open.count) open disputes")
        }
        return violations
    }

    /// What an agreement is while it is disputed.
    private static func frozenViolations(
        _ id: AgreementID, _ agreement: Agreement, _ dispute: Dispute, in state: some StateReader
    ) -> [String] {
        var violations: [String] = []
        let rule = Agreements.process(agreement.process, in: state)?.dispute
        if !agreement.disputed || rule?.states.contains(agreement.state) != true {
            violations.append("\(id) is disputed and not frozen")
        }
        let held = Money.held(in: id, unit: agreement.unit, in: state)
        if held.minor != dispute.heldMinor {
            violations.append("\(id) holds \(held), it was frozen with \(dispute.heldMinor)")
        }
        if Timers.all(of: Agreements.number, in: state).contains(where: {
            $0.subject.elementsEqual(id.bytes)
        }) {
            violations.append("\(id) is frozen and has a timer")
        }
        let kinds: [DisputeStatus: UInt32] = [.evidence: 1, .lot: 2, .deciding: 3, .decided: 4]
        let isSet = Timers.isSet(
            due: Timestamp(milliseconds: dispute.dueMs), module: number,
            kind: kinds[dispute.status] ?? 0, subject: id.bytes, in: state)
        if !isSet { violations.append("the dispute of \(id) waits for no timer") }
        let appealed = !dispute.appellant.isEmpty
        if appealed != !dispute.firstSeats.isEmpty {
            violations.append("the dispute of \(id) has a second round without a first")
        }
        if dispute.seats.isEmpty != [.evidence, .lot].contains(dispute.status) {
            violations.append("the dispute of \(id) has \(dispute.seats.count) who decide it")
        }
        if dispute.hasDecision != (dispute.status == .decided || appealed) {
            violations.append("the dispute of \(id) has a decision too early, or none")
        }
        return violations
    }

    private static func decisionViolations(_ dispute: Dispute, _ what: String) -> [String] {
        var violations: [String] = []
        for seats in [dispute.seats, dispute.firstSeats] {
            if Set(seats.map(\.member)).count != seats.count || seats.count > 15 {
                violations.append("\(what): somebody sits twice, or too many sit")
            }
        }
        var divisions = [dispute.claim]
        if dispute.hasDecision { divisions.append(dispute.decision) }
        for seat in dispute.seats + dispute.firstSeats where seat.hasDivision {
            divisions.append(seat.division)
        }
        for division in divisions {
            let sum = division.shares.reduce(0) { $0 + $1.numerator }
            if sum != division.denominator || division.denominator == 0 {
                violations.append("\(what): shares of \(sum) in \(division.denominator)")
            }
        }
        return violations
    }
}
