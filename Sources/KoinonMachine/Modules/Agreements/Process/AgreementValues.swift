import KoinonProtocol

/// The values of a process's variables for one agreement at one moment.
///
/// Taken before a transition changes anything; definitions, the hold and the use by
/// others are reckoned when first asked for, and then kept.
final class AgreementValues: VariableValues {
    private let id: AgreementID
    private let agreement: Agreement
    private let terms: PublishOffer
    private let process: RunnableProcess
    private let now: Timestamp
    private let state: any StateReader
    private var definitions: [Int: Int64] = [:]

    init(
        id: AgreementID, agreement: Agreement, offer: Offer, process: RunnableProcess,
        now: Timestamp, state: any StateReader
    ) {
        self.id = id
        self.agreement = agreement
        terms = offer.terms
        self.process = process
        self.now = now
        self.state = state
    }

    func value(of variable: VariableReference) throws(ArithmeticFault) -> Int64 {
        switch variable {
        case .given(let variable):
            return value(of: variable)
        case .term(let position):
            let term = process.terms[position]
            return terms.terms.first { $0.name == term.name }?.value ?? term.defaultValue
        case .definition(let position):
            if let value = definitions[position] { return value }
            // A definition refers only to earlier ones, so this comes to an end.
            let value = try process.definitions[position].evaluate(self)
            definitions[position] = value
            return value
        }
    }

    /// Times and amounts are checked to be below 2^63 where they enter the ledger.
    private func value(of variable: ProcessVariable) -> Int64 {
        switch variable {
        case .now: Int64(clamping: now.milliseconds)
        case .openedAt: Int64(clamping: agreement.openedAtMs)
        case .enteredAt: Int64(clamping: agreement.enteredAtMs)
        case .start: Int64(clamping: agreement.startMs)
        case .end: Int64(clamping: agreement.endMs)
        case .duration: Int64(clamping: agreement.endMs - agreement.startMs)
        case .usedFrom: Int64(clamping: agreement.usedFromMs)
        case .usedUntil: usedUntil
        case .quantity: Int64(agreement.quantity)
        case .held: held
        case .deposit: Int64(clamping: agreement.depositMinor)
        case .price: Int64(clamping: terms.tariff.priceMinor)
        case .stepMilliseconds: Int64(clamping: terms.tariff.stepMs)
        case .minimumSteps: Int64(terms.tariff.minimumSteps)
        case .feeNumerator: Int64(terms.platformFee.numerator)
        // Without a fee the fraction is 0 / 1.
        case .feeDenominator: terms.hasPlatformFee ? Int64(terms.platformFee.denominator) : 1
        case .othersUsing: othersUsing
        case .uses: Int64(clamping: agreement.uses)
        }
    }

    private var isInUse: Bool {
        process.state(named: agreement.state).map { process.states[$0].occupancy == .inUse }
            ?? false
    }

    private var usedUntil: Int64 {
        // Time in which a dispute froze the state counts for nobody.
        Int64(clamping: isInUse ? now.milliseconds - agreement.frozenMs : agreement.usedUntilMs)
    }

    private var held: Int64 {
        Int64(clamping: Money.held(in: id, unit: agreement.unit, in: state).minor)
    }

    private var othersUsing: Int64 {
        for share in agreement.shares {
            guard let resource = Resources.resource(share.resource, in: state) else {
                preconditionFailure("agreement \(id) is about a resource that is not there")
            }
            let others = UInt64(resource.quantityInUse) - (isInUse ? share.quantity : 0)
            let counted = UInt64(resource.quantityCounted)
            if others + share.quantity + counted > UInt64(resource.capacity) { return 1 }
        }
        return 0
    }
}
