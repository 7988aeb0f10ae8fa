import struct Foundation.Data
import KoinonProtocol

/// One open dispute while something happens in it.
///
/// evidence → lot → deciding → decided → closed; with an arbiter the first lot is left
/// out; an appeal leads from decided to a second lot, whose panel's decision closes it.
final class DisputeRun {
    let id: AgreementID
    let number: UInt32
    let context: Context
    var dispute: Dispute

    /// A dispute that is about to be opened.
    init(id: AgreementID, number: UInt32, dispute: Dispute, context: Context) {
        self.id = id
        self.number = number
        self.dispute = dispute
        self.context = context
    }

    /// The open dispute of an agreement; nil when there is none.
    convenience init?(_ id: AgreementID, in context: Context) {
        guard let (number, dispute) = Disputes.openDispute(of: id, in: context.state) else {
            return nil
        }
        self.init(id: id, number: number, dispute: dispute, context: context)
    }

    var agreementRun: AgreementRun {
        guard let run = AgreementRun(id, in: context) else {
            preconditionFailure("agreement \(id) is disputed and not there")
        }
        return run
    }

    var agreementRow: Agreement { agreementRun.agreement }

    func save() {
        Disputes.disputes.set(Key2(id, number), dispute, in: context.state)
    }

    func add(evidence hash: Data) {
        var evidence = DisputeEvidence()
        evidence.account = Data(context.sender.bytes)
        evidence.evidenceHash = hash
        evidence.submittedAtMs = context.now.milliseconds
        dispute.evidence.append(evidence)
    }

    // MARK: Steps

    /// Ends the present step and begins the next, which a timer will end.
    func enter(_ status: DisputeStatus, until due: Timestamp) {
        cancelTimer()
        dispute.status = status
        dispute.dueMs = due.milliseconds
        save()
        guard let kind = Disputes.TimerKind(status: status) else {
            preconditionFailure("a closed dispute has no next step")
        }
        Timers.set(
            due: due, module: Disputes.number, kind: kind.rawValue, subject: id.bytes,
            in: context.state)
    }

    private func cancelTimer() {
        // The one that runs now is gone already, and a new dispute has none.
        guard dispute.dueMs > 0, let kind = Disputes.TimerKind(status: dispute.status) else {
            return
        }
        Timers.cancel(
            due: Timestamp(milliseconds: dispute.dueMs), module: Disputes.number,
            kind: kind.rawValue, subject: id.bytes, in: context.state)
    }

    /// The evidence is complete: the arbiter decides, or a later block draws a panel.
    func endEvidence() throws(Rejection) {
        if agreementRow.arbiter.isEmpty { return waitForLot() }
        dispute.seats = [Seat()]
        enterDeciding()
    }

    /// A timer due after this block's time runs in a later block, whose parent nobody
    /// knows yet: not even who proposes this one.
    private func waitForLot() {
        enter(.lot, until: min(context.blockTime.plus(1), .maximum))
    }

    private func enterDeciding() {
        enter(
            .deciding,
            until: Disputes.later(
                by: Alliance.parameters(in: context.state).disputeDecisionMs, in: context))
    }

    /// Draws the panel. Nobody eligible: nobody decides.
    func drawLot() throws(Rejection) {
        let members = DisputeLot(
            parent: context.parent, agreement: id, round: dispute.round,
            parties: agreementRow.parties, earlier: dispute.firstSeats.map(\.member)
        ).draw(in: context.state)
        dispute.seats = members.map { member in
            var seat = Seat()
            seat.member = member.rawValue
            return seat
        }
        guard !members.isEmpty else { return try conclude() }
        enterDeciding()
        var drawn = LotDrawn()
        drawn.agreement = Data(id.bytes)
        drawn.round = dispute.round
        drawn.members = members.map(\.rawValue)
        drawn.parentHash = Data(context.parent.bytes)
        drawn.dueMs = dispute.dueMs
        context.emit(.lotDrawn(drawn))
    }

    /// Takes one decision; the last one ends the step.
    func decide(_ division: Division, on seat: Int) throws(Rejection) {
        dispute.seats[seat].division = division
        dispute.seats[seat].decidedAtMs = context.now.milliseconds
        save()
        var given = DecisionGiven()
        given.agreement = Data(id.bytes)
        given.member = dispute.seats[seat].member
        given.division = division
        context.emit(.decisionGiven(given))
        if dispute.seats.allSatisfy(\.hasDivision) { try conclude() }
    }

    /// Everybody decided, or the time is over: those that did count. If nobody did in the
    /// second round, the first decision stands.
    func conclude() throws(Rejection) {
        let given = dispute.seats.filter(\.hasDivision).map(\.division)
        guard let decision = median(of: given) else {
            guard dispute.hasDecision else { return try close(as: .undecided, by: nil) }
            return try carryOut()
        }
        dispute.decision = decision
        let isFinal = dispute.round == 1
        if !isFinal {
            enter(
                .decided,
                until: Disputes.later(
                    by: Alliance.parameters(in: context.state).disputeAppealMs, in: context))
        }
        var decided = DisputeDecided()
        decided.agreement = Data(id.bytes)
        decided.round = dispute.round
        decided.division = decision
        decided.dueMs = isFinal ? context.now.milliseconds : dispute.dueMs
        context.emit(.disputeDecided(decided))
        if isFinal { try carryOut() }
    }

    /// The lower median by the opener's share, as a whole: a mixture of several would be
    /// what nobody decided. Of equal ones the one that stands first in the panel.
    private func median(of divisions: [Division]) -> Division? {
        guard !divisions.isEmpty else { return nil }
        let opener = openerRole
        let order = divisions.indices.sorted { a, b in
            let (left, right) = (divisions[a], divisions[b])
            // Below 2^63: numerators and denominators are at most 10^9.
            let first = left.numerator(of: opener) * right.denominator
            let second = right.numerator(of: opener) * left.denominator
            return first == second ? a < b : first < second
        }
        return divisions[order[(order.count - 1) / 2]]
    }

    private var openerRole: String {
        agreementRun.process.roles.first { $0.source == .opener }?.name ?? ""
    }

    /// A new panel by lot; its decision is final.
    func appeal(with evidence: Data) {
        add(evidence: evidence)
        dispute.appellant = Data(context.sender.bytes)
        dispute.firstSeats = dispute.seats
        dispute.seats = []
        waitForLot()
        var appealed = DecisionAppealed()
        appealed.agreement = Data(id.bytes)
        appealed.appellant = dispute.appellant
        appealed.evidenceHash = evidence
        context.emit(.decisionAppealed(appealed))
    }

    // MARK: Ends

    func withdraw() {
        let since = markClosed(as: .withdrawn)
        emitClosed()
        agreementRun.resume(frozenSince: since)
    }

    /// Carries the decision out; or, if it gives away what is reported stolen, what the
    /// process says for when nobody decides.
    func carryOut() throws(Rejection) {
        let barred = dispute.decision.handOver && agreementRun.isReportedStolen
        try close(as: barred ? .undecided : .resolved, by: barred ? nil : dispute.decision)
    }

    /// - Parameter division: nil when nobody decided.
    func close(as status: DisputeStatus, by division: Division?) throws(Rejection) {
        let since = markClosed(as: status)
        emitClosed()
        if let division {
            try agreementRun.resolve(by: division, frozenSince: since)
        } else {
            try agreementRun.resolveUndecided(frozenSince: since)
        }
    }

    private func markClosed(as status: DisputeStatus) -> Timestamp {
        cancelTimer()
        dispute.status = status
        dispute.dueMs = 0
        dispute.closedAtMs = context.now.milliseconds
        save()
        return Timestamp(milliseconds: dispute.openedAtMs)
    }

    private func emitClosed() {
        var closed = DisputeClosed()
        closed.agreement = Data(id.bytes)
        closed.status = dispute.status
        context.emit(.disputeClosed(closed))
    }
}

extension Division {
    func numerator(of role: String) -> UInt64 {
        shares.first { $0.role == role }?.numerator ?? 0
    }
}

extension Timestamp {
    /// Times on the ledger are far below 2^64, so this cannot wrap.
    func plus(_ milliseconds: UInt64) -> Timestamp {
        Timestamp(milliseconds: self.milliseconds + milliseconds)
    }
}
