import KoinonProtocol

/// What disputes do with an agreement.
extension AgreementRun {
    /// The side on which an account that disputed it stands, or stood then: whoever is no side any
    /// more was the opener, whose place alone can be sold on.
    func side(of account: AccountID?, in rule: ProcessDispute) -> Int {
        rule.by.first { self.account(of: $0) == account } ?? openerRole
    }

    /// Stops the agreement: no timer of its state runs, no transition is taken, and what
    /// is held stays. What it takes of the resource it goes on taking.
    func freeze() {
        timers.disarm(in: context)
        agreement.disputed = true
        Agreements.agreements.set(id, agreement, in: context.state)
        countDispute(by: 1)
    }

    /// Lets it go on, its timers later by as long as it was frozen: that time counts
    /// against nobody.
    func resume(frozenSince: Timestamp) {
        thaw(frozenSince: frozenSince)
        timers.arm(in: context)
    }

    /// Ends it as decided. Shares are rounded down, in the order of the process's roles;
    /// what rounding leaves goes to the role that the process names.
    func resolve(by division: Division, frozenSince: Timestamp) throws(Rejection) {
        guard let rule = process.dispute else {
            preconditionFailure("agreement \(id) is disputed and its process knows no disputes")
        }
        thaw(frozenSince: frozenSince)
        let held = Money.held(in: id, unit: agreement.unit, in: context.state)
        var outcomes: [EffectOutcome] = []
        if division.handOver, let role = rule.ownershipTo {
            outcomes.append(.transferOwnership(toRole: role))
        }
        for (position, role) in process.roles.enumerated() {
            guard let share = division.shares.first(where: { $0.role == role.name }) else {
                continue
            }
            let amount = held.share(share.numerator, of: division.denominator)
            outcomes.append(.pay(amount, toRole: position))
        }
        try end(rule, outcomes, settles: true)
    }

    /// Ends it as the process says for when nobody decides. Effects that cannot be
    /// reckoned are left out, as those of timers are: it must end.
    func resolveUndecided(frozenSince: Timestamp) throws(Rejection) {
        guard let rule = process.dispute else {
            preconditionFailure("agreement \(id) is disputed and its process knows no disputes")
        }
        thaw(frozenSince: frozenSince)
        var outcomes: [EffectOutcome] = []
        do throws(Rejection) {
            outcomes = try reckon(rule.undecided, values())
        } catch {
            outcomes = []
        }
        try end(rule, outcomes, settles: false)
    }

    private func end(
        _ rule: ProcessDispute, _ outcomes: [EffectOutcome], settles: Bool
    ) throws(Rejection) {
        var byTimer = true
        if case .transaction = context.origin { byTimer = false }
        try enter(
            Step(
                name: "resolve", to: rule.resolvedTo, remainderTo: rule.remainderTo,
                outcomes: outcomes, byTimer: byTimer, settles: settles))
    }

    private func thaw(frozenSince: Timestamp) {
        agreement.disputed = false
        agreement.frozenMs += context.now.milliseconds - frozenSince.milliseconds
        Agreements.agreements.set(id, agreement, in: context.state)
        countDispute(by: -1)
    }

    private func countDispute(by change: Int32) {
        for share in shares {
            var row = resourceRow(share.resource)
            row.openDisputes = UInt32(Int32(row.openDisputes) + change)
            Resources.resources.set(share.resource, row, in: context.state)
        }
    }
}

extension Amount {
    /// ⌊self × numerator ÷ denominator⌋, for a fraction of 0 to 1.
    func share(_ numerator: UInt64, of denominator: UInt64) -> Amount {
        let (high, low) = minor.multipliedFullWidth(by: numerator)
        // The quotient is at most this amount, so it fits.
        return Amount(minor: denominator.dividingFullWidth((high, low)).quotient)
    }
}
