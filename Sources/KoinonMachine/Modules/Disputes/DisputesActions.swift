import struct Foundation.Data
import KoinonProtocol

extension Disputes {
    /// Freezes an agreement and says what the sender asks for.
    static func open(_ action: OpenDispute, in context: Context) throws(Rejection) {
        guard let id = AgreementID(action.agreement) else {
            throw Rejection(DisputesRejection.malformedID, field: "agreement")
        }
        try checkEvidence(action.evidenceHash)
        guard let run = AgreementRun(id, in: context) else {
            throw Rejection(DisputesRejection.unknownAgreement, field: "agreement")
        }
        let before = disputes.rows(under: id, in: context.state)
        guard !run.agreement.disputed else {
            throw Rejection(DisputesRejection.alreadyDisputed, field: "agreement")
        }
        guard let rule = run.process.dispute, let state = run.state, rule.states.contains(state)
        else {
            throw Rejection(
                DisputesRejection.notDisputable, field: "agreement", detail: run.agreement.state)
        }
        guard rule.by.contains(where: { run.account(of: $0) == context.sender }) else {
            throw Rejection(DisputesRejection.notAParty)
        }
        // Or one side could keep an agreement frozen for ever.
        let side = run.side(of: context.sender, in: rule)
        guard
            !before.contains(where: { run.side(of: AccountID($0.value.opener), in: rule) == side })
        else {
            throw Rejection(DisputesRejection.disputedBefore)
        }
        try check(action.claim, under: run.process, field: "claim")

        run.freeze()
        var dispute = Dispute()
        dispute.opener = Data(context.sender.bytes)
        dispute.openedAtMs = context.now.milliseconds
        dispute.claim = action.claim
        dispute.heldMinor = Money.held(in: id, unit: run.agreement.unit, in: context.state).minor
        let opened = DisputeRun(
            id: id, number: UInt32(before.count), dispute: dispute, context: context)
        opened.add(evidence: action.evidenceHash)
        opened.enter(
            .evidence,
            until: later(by: Alliance.parameters(in: context.state).disputeEvidenceMs, in: context))
        var event = DisputeOpened()
        event.agreement = action.agreement
        event.opener = dispute.opener
        event.evidenceHash = action.evidenceHash
        event.dueMs = opened.dispute.dueMs
        context.emit(.disputeOpened(event))
    }

    /// Adds the hash of something that those who decide should look at.
    static func submit(_ action: SubmitEvidence, in context: Context) throws(Rejection) {
        let id = try agreementID(action.agreement)
        try checkEvidence(action.evidenceHash)
        let run = try openRun(id, in: context)
        try checkSide(of: run)
        // Its timer may still wait behind others when many are due.
        guard run.dispute.status == .evidence, context.now.milliseconds < run.dispute.dueMs else {
            throw Rejection(DisputesRejection.evidenceClosed, field: "agreement")
        }
        let own = run.dispute.evidence.filter { AccountID($0.account) == context.sender }
        guard own.count < maximumEvidence else {
            throw Rejection(DisputesRejection.tooMuchEvidence, field: "evidence_hash")
        }
        run.add(evidence: action.evidenceHash)
        run.save()
        var submitted = EvidenceSubmitted()
        submitted.agreement = action.agreement
        submitted.account = Data(context.sender.bytes)
        submitted.evidenceHash = action.evidenceHash
        context.emit(.evidenceSubmitted(submitted))
    }

    /// Gives the decision of the arbiter or of one member on the panel.
    static func decide(_ action: DecideDispute, in context: Context) throws(Rejection) {
        let id = try agreementID(action.agreement)
        let run = try openRun(id, in: context)
        guard run.dispute.status == .deciding, context.now.milliseconds < run.dispute.dueMs else {
            throw Rejection(DisputesRejection.notDeciding, field: "agreement")
        }
        let agreement = run.agreementRow
        guard
            let seat = run.dispute.seats.firstIndex(where: {
                judge(on: $0, of: agreement, in: context.state) == context.sender
            })
        else { throw Rejection(DisputesRejection.notJudge) }
        guard Accounts.signsWithoutLimit(in: context) else {
            throw Rejection(DisputesRejection.limitedKey)
        }
        guard !run.dispute.seats[seat].hasDivision else {
            throw Rejection(DisputesRejection.decidedAlready)
        }
        guard let process = Agreements.runnableProcess(agreement.process, in: context.state) else {
            preconditionFailure("agreement \(id) runs by a process that is not there")
        }
        try check(action.division, under: process, field: "division")
        try run.decide(action.division, on: seat)
    }

    /// Asks for a second panel, whose decision is final.
    static func appeal(_ action: AppealDecision, in context: Context) throws(Rejection) {
        let id = try agreementID(action.agreement)
        try checkEvidence(action.evidenceHash)
        let run = try openRun(id, in: context)
        try checkSide(of: run)
        guard run.dispute.status == .decided, context.now.milliseconds < run.dispute.dueMs else {
            throw Rejection(DisputesRejection.notAppealable, field: "agreement")
        }
        run.appeal(with: action.evidenceHash)
    }

    /// Lets the agreement go on; its timers come later by the time it was frozen.
    static func withdraw(_ action: WithdrawDispute, in context: Context) throws(Rejection) {
        let id = try agreementID(action.agreement)
        let run = try openRun(id, in: context)
        guard AccountID(run.dispute.opener) == context.sender else {
            throw Rejection(DisputesRejection.notOpener)
        }
        try checkUndecided(run)
        run.withdraw()
    }

    /// Gives the other side what it claims.
    static func concede(_ action: ConcedeDispute, in context: Context) throws(Rejection) {
        let id = try agreementID(action.agreement)
        let run = try openRun(id, in: context)
        try checkSide(of: run)
        guard AccountID(run.dispute.opener) != context.sender else {
            throw Rejection(DisputesRejection.ownDispute)
        }
        try checkUndecided(run)
        guard !run.dispute.claim.handOver || !run.agreementRun.isReportedStolen else {
            throw Rejection(DisputesRejection.resourceStolen)
        }
        try run.close(as: .conceded, by: run.dispute.claim)
    }
}

/// Checks that several actions share.
extension Disputes {
    static func later(by milliseconds: UInt64, in context: Context) -> Timestamp {
        // Parameters are bounded, so only the end of time can be passed.
        min(Timestamp(milliseconds: context.now.milliseconds + milliseconds), .maximum)
    }

    private static func agreementID(_ bytes: Data) throws(Rejection) -> AgreementID {
        guard let id = AgreementID(bytes) else {
            throw Rejection(DisputesRejection.malformedID, field: "agreement")
        }
        return id
    }

    private static func checkEvidence(_ hash: Data) throws(Rejection) {
        guard hash.count == 32 else {
            throw Rejection(DisputesRejection.badEvidenceHash, field: "evidence_hash")
        }
    }

    private static func openRun(
        _ id: AgreementID, in context: Context
    ) throws(Rejection) -> DisputeRun {
        guard let run = DisputeRun(id, in: context) else {
            throw Rejection(DisputesRejection.noDispute, field: "agreement")
        }
        return run
    }

    private static func checkSide(of run: DisputeRun) throws(Rejection) {
        guard sides(of: run.agreementRow, in: run.context.state).contains(run.context.sender)
        else { throw Rejection(DisputesRejection.notAParty) }
    }

    /// Nobody takes back what was decided, in the first round or the second.
    private static func checkUndecided(_ run: DisputeRun) throws(Rejection) {
        guard !run.dispute.hasDecision else {
            throw Rejection(DisputesRejection.decisionGiven, field: "agreement")
        }
    }

    /// Fractions of roles that the process has, which sum to exactly 1.
    private static func check(
        _ division: Division, under process: RunnableProcess, field: String
    ) throws(Rejection) {
        guard (1...maximumDenominator).contains(division.denominator) else {
            throw Rejection(DisputesRejection.badDenominator, field: "\(field).denominator")
        }
        var rest = division.denominator
        for (index, share) in division.shares.enumerated() {
            let place = "\(field).shares[\(index)]"
            guard process.roles.contains(where: { $0.name == share.role }) else {
                throw Rejection(DisputesRejection.unknownRole, field: "\(place).role")
            }
            guard !division.shares[..<index].contains(where: { $0.role == share.role }) else {
                throw Rejection(DisputesRejection.roleTwice, field: "\(place).role")
            }
            guard share.numerator <= rest else {
                throw Rejection(DisputesRejection.sharesNotWhole, field: "\(place).numerator")
            }
            rest -= share.numerator
        }
        guard rest == 0 else {
            throw Rejection(DisputesRejection.sharesNotWhole, field: "\(field).shares")
        }
        guard !division.handOver || process.dispute?.ownershipTo != nil else {
            throw Rejection(DisputesRejection.ownershipNotDecided, field: "\(field).hand_over")
        }
    }
}
