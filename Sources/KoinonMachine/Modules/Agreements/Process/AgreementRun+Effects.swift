import struct Foundation.Data
import KoinonProtocol

/// What an effect comes to, once its expressions are reckoned.
enum EffectOutcome {
    case collect(Amount, fromRole: Int)
    case pay(Amount, toRole: Int)
    case moveCustody(toRole: Int)
    case recordSettled(role: Int, late: Bool)
    case transferOwnership(toRole: Int)
    case countUse(times: UInt64)
}

extension AgreementRun {
    /// Reckons every effect from the values before the transition.
    func reckon(
        _ effects: [ProcessEffect], _ values: AgreementValues
    ) throws(Rejection) -> [EffectOutcome] {
        var outcomes: [EffectOutcome] = []
        do throws(ArithmeticFault) {
            for effect in effects {
                switch effect {
                case .collect(let role, let amount):
                    outcomes.append(.collect(try Self.amount(amount, values), fromRole: role))
                case .pay(let role, let amount):
                    outcomes.append(.pay(try Self.amount(amount, values), toRole: role))
                case .moveCustody(let role):
                    outcomes.append(.moveCustody(toRole: role))
                case .recordSettled(let role, let late):
                    outcomes.append(
                        .recordSettled(role: role, late: try late.evaluate(values) != 0))
                case .transferOwnership(let sale):
                    outcomes.append(.transferOwnership(toRole: sale.to))
                case .countUse(let times):
                    outcomes.append(.countUse(times: try Self.amount(times, values).minor))
                }
            }
        } catch {
            throw Rejection(error, field: "transition")
        }
        return outcomes
    }

    /// An amount below zero counts as zero.
    private static func amount(
        _ expression: IntegerExpression, _ values: AgreementValues
    ) throws(ArithmeticFault) -> Amount {
        Amount(minor: UInt64(max(0, try expression.evaluate(values))))
    }

    /// Carries out the outcomes in order. No more is paid than is still held.
    ///
    /// - Parameter sells: The state that is entered takes the whole resource, so what goes
    ///   to another than the provider is delivered rather than lent.
    /// - Returns: What was paid to others than the opener, in the unit's smallest part.
    ///   It cannot wrap: all of it was held, and no unit has more than 2^63 - 1.
    func perform(_ outcomes: [EffectOutcome], sells: Bool) throws(Rejection) -> UInt64 {
        var paidToOthers: UInt64 = 0
        for outcome in outcomes {
            switch outcome {
            case .collect(let amount, let role):
                try Money.collect(
                    amount, unit: agreement.unit, from: account(of: role), into: id, in: context)
            case .pay(let amount, let role):
                let held = Money.held(in: id, unit: agreement.unit, in: context.state)
                let payment = min(amount, held)
                try Money.pay(
                    payment, unit: agreement.unit, outOf: id, to: account(of: role),
                    purpose: process.roles[role].source == .platform ? .platformFee : .payment,
                    in: context)
                if !isOpener(role) { paidToOthers += payment.minor }
            case .moveCustody(let role):
                let returns = process.roles[role].source == .provider
                for share in shares {
                    Resources.moveCustody(
                        of: share.resource, to: account(of: role),
                        reason: returns ? .returned : sells ? .delivered : .lent, agreement: id,
                        quantity: UInt32(share.quantity), in: context)
                }
            case .recordSettled(let role, let late):
                record(role: role, late: late)
            case .transferOwnership(let role):
                for share in shares {
                    Resources.sell(share.resource, to: account(of: role), by: id, in: context)
                }
            case .countUse(let times):
                let (sum, overflow) = agreement.uses.addingReportingOverflow(times)
                agreement.uses = overflow ? .max : sum
                Agreements.agreements.set(id, agreement, in: context.state)
            }
        }
        return paidToOthers
    }

    /// Whether the role's account is the opener's, whichever role it fills beside.
    func isOpener(_ role: Int) -> Bool {
        process.roles.indices.contains {
            process.roles[$0].source == .opener && agreement.parties[$0] == agreement.parties[role]
        }
    }

    /// Keeps when the agreement was settled and what it came to, for those who weigh it later.
    func noteSettlement(_ step: Step, paidToOthers: UInt64) {
        let isRecorded = step.outcomes.contains {
            if case .recordSettled = $0 { true } else { false }
        }
        guard isRecorded || step.settles else { return }
        if agreement.settledAtMs == 0 { agreement.settledAtMs = context.now.milliseconds }
        // The same money can be collected and paid by turns, so the sum has no bound of its own.
        let (sum, overflow) = agreement.settledMinor.addingReportingOverflow(paidToOthers)
        agreement.settledMinor = overflow ? .max : sum
        Agreements.agreements.set(id, agreement, in: context.state)
    }

    private func record(role: Int, late: Bool) {
        let account = account(of: role)
        var record = Agreements.record(of: account, in: context.state)
        record.settled += 1
        if late {
            record.settledLate += 1
            record.settledSinceLate = 0
        } else {
            record.settledSinceLate += 1
        }
        Agreements.records.set(account, record, in: context.state)
        var recorded = SettlementRecorded()
        recorded.agreement = Data(id.bytes)
        recorded.account = Data(account.bytes)
        recorded.late = late
        context.emit(.settlementRecorded(recorded))
    }
}
