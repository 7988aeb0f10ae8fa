import KoinonMachine
import KoinonProtocol

/// Why the ledger would say no.
public struct RejectionView: Codable, Sendable, Equatable {
    /// Stable for ever; docs name it.
    public var code: UInt32
    public var name: String
    /// Of the action; absent when it is about none.
    public var field: String?
    public var detail: String?
    /// What was violated and what the sender can do.
    public var remedy: String

    public init(_ rejection: Rejection) {
        code = rejection.code
        name = rejection.name
        field = rejection.field.isEmpty ? nil : rejection.field
        detail = rejection.detail.isEmpty ? nil : rejection.detail
        remedy = Modules.rejectionMeanings[rejection.code]?.remedy ?? ""
    }
}

/// Money that a step would move.
public struct ForeseenMovementView: Codable, Sendable, Equatable {
    /// "account" or "hold", what the agreement sets aside.
    public var from: String
    public var to: String
    /// The account that gives or gets it, with its role in the agreement where it has one.
    public var account: String
    public var role: String?
    public var amount: MoneyView
    /// "collected", "payment", "platform_fee", "remainder", "deposit" or "transfer".
    public var purpose: String

    /// What events say about money, in order; nothing is left out but amounts of nothing.
    static func all(
        in events: [Event], unit: String, parties: [AgreementView.Party], _ reader: ViewReader
    ) -> [ForeseenMovementView] {
        events.compactMap { event in
            guard case .money(let money) = event.module else { return nil }
            switch money.event {
            case .holdFilled(let it):
                return make(
                    from: "account", to: "hold", reader.account(it.from), it.amountMinor, it.unit,
                    "collected", parties, reader)
            case .holdPaid(let it):
                return make(
                    from: "hold", to: "account", reader.account(it.to), it.amountMinor, it.unit,
                    it.purpose.word, parties, reader)
            case .transferred(let it):
                return make(
                    from: "account", to: "account", reader.account(it.to), it.amountMinor, it.unit,
                    "transfer", parties, reader)
            default: return nil
            }
        }
    }

    private static func make(
        from: String, to: String, _ account: String?, _ minor: UInt64, _ unit: String,
        _ purpose: String, _ parties: [AgreementView.Party], _ reader: ViewReader
    ) -> ForeseenMovementView? {
        guard let account, minor > 0 else { return nil }
        return ForeseenMovementView(
            from: from, to: to, account: account,
            role: parties.first { $0.account == account }?.role,
            amount: reader.money(minor, unit), purpose: purpose)
    }
}

extension HoldPurpose {
    var word: String {
        switch self {
        case .payment: "payment"
        case .platformFee: "platform_fee"
        case .remainder: "remainder"
        case .deposit: "deposit"
        case .UNRECOGNIZED(let number): String(number)
        }
    }
}

/// A way on from where an agreement stands, with what it would do now.
public struct TransitionView: Codable, Sendable, Equatable {
    /// The verb: what `take_transition` takes.
    public var name: String
    public var to: AgreementView.State
    /// Who may take it; absent when the clock does.
    public var role: String?
    public var account: String?
    /// When it happens by itself if nothing else does before.
    public var due: TimeView?
    public var byTimer: Bool
    /// Whether it would be done now.
    public var allowed: Bool
    public var rejection: RejectionView?
    public var movements: [ForeseenMovementView]
    /// It would count as settled.
    public var settles: Bool
    /// Accounts that the resource would go to.
    public var handsTo: [String]

    /// - Parameter caller: of the parties only this account's ways; those of timers always.
    static func next(
        of id: AgreementID, unit: String, parties: [AgreementView.Party],
        _ process: ProcessDefinition?, at now: Timestamp, caller: AccountID?, _ reader: ViewReader
    ) -> [TransitionView] {
        let ways = Agreements.foresee(id, at: reader.moment(at: now), in: reader.state)
        return ways.filter { caller == nil || $0.account == nil || $0.account == caller }.map {
            way in
            TransitionView(
                name: way.transition, to: AgreementView.state(way.to, process), role: way.role,
                account: way.account?.text, due: way.due.map { TimeView($0) },
                byTimer: way.due != nil, allowed: way.rejection == nil,
                rejection: way.rejection.map(RejectionView.init),
                movements: ForeseenMovementView.all(
                    in: way.events, unit: unit, parties: parties, reader),
                settles: way.events.contains { event in
                    if case .agreements(let one) = event.module,
                        case .settlementRecorded = one.event
                    {
                        true
                    } else {
                        false
                    }
                },
                handsTo: way.events.compactMap { event in
                    guard case .resources(let one) = event.module,
                        case .custodyMoved(let moved) = one.event
                    else { return nil }
                    return reader.account(moved.holder)
                })
        }
    }
}
