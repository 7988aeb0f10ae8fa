import struct Foundation.Data
import KoinonProtocol

/// One agreement while a transition of it is chosen and taken.
///
/// Order of checks: may it be taken (name, state, role, guards), can its effects be
/// reckoned, is there room on the resource, is there money. A rejection undoes
/// whatever was done before it, as everywhere.
final class AgreementRun {
    let id: AgreementID
    let offer: Offer
    let process: RunnableProcess
    /// What it is about: the offer's resource and what goes with it, all or none.
    let shares: [ResourceShare]
    let context: Context
    var agreement: Agreement

    /// An agreement that is about to be opened.
    init(
        id: AgreementID, agreement: Agreement, offer: Offer, process: RunnableProcess,
        context: Context
    ) {
        self.id = id
        self.agreement = agreement
        self.offer = offer
        self.process = process
        shares = agreement.shares
        self.context = context
    }

    /// An agreement on the ledger; nil when there is none with this id.
    convenience init?(_ id: AgreementID, in context: Context) {
        guard let agreement = Agreements.agreement(id, in: context.state) else { return nil }
        guard let offerID = OfferID(agreement.offer),
            let offer = Market.offer(offerID, in: context.state),
            let process = Agreements.runnableProcess(agreement.process, in: context.state)
        else { preconditionFailure("agreement \(id) names a row that is not there") }
        self.init(
            id: id, agreement: agreement, offer: offer, process: process, context: context)
    }

    /// One way from a state to the next, its effects reckoned.
    struct Step {
        var name: String
        var to: Int
        /// Role that receives what remains held; nil unless it ends.
        var remainderTo: Int?
        var outcomes: [EffectOutcome]
        var byTimer: Bool
        /// It counts as settled, whatever the outcomes say.
        var settles = false
    }

    /// Position of the present state; nil before the agreement is open.
    var state: Int? { process.state(named: agreement.state) }

    func account(of role: Int) -> AccountID {
        guard let account = AccountID(agreement.parties[role]) else {
            preconditionFailure("agreement \(id) has a party that is no account")
        }
        return account
    }

    func values() -> AgreementValues {
        AgreementValues(
            id: id, agreement: agreement, offer: offer, process: process, now: context.now,
            state: context.state)
    }

    /// Takes the first opening transition whose guards hold.
    func open() throws(Rejection) {
        let values = values()
        let opening = process.transitions.indices.filter { process.transitions[$0].from == nil }
        let index = try firstAllowed(opening, values, field: "offer")
        try takeByRole(index, values)
    }

    /// Takes the first transition of that name whose state, role and guards fit.
    func take(_ name: String) throws(Rejection) {
        guard let state else { preconditionFailure("agreement \(id) is in no known state") }
        guard !process.states[state].isFinal else {
            throw Rejection(
                AgreementsRejection.agreementEnded, field: "agreement", detail: agreement.state)
        }
        guard !agreement.disputed else {
            throw Rejection(AgreementsRejection.agreementDisputed, field: "agreement")
        }
        let named = process.transitions.indices.filter {
            process.transitions[$0].name == name && process.transitions[$0].from != nil
        }
        guard !named.isEmpty else {
            throw Rejection(AgreementsRejection.unknownTransition, field: "transition")
        }
        let leaving = named.filter { process.transitions[$0].from == state }
        guard !leaving.isEmpty else {
            throw Rejection(
                AgreementsRejection.wrongState, field: "transition", detail: agreement.state)
        }
        let sender = Data(context.sender.bytes)
        let own = leaving.filter {
            process.transitions[$0].by.contains { agreement.parties[$0] == sender }
        }
        guard !own.isEmpty else {
            throw Rejection(AgreementsRejection.notYourTransition, field: "transition")
        }
        let values = values()
        let index = try firstAllowed(own, values, field: "transition")
        try takeByRole(index, values)
    }

    /// Takes a transition whose moment has come.
    ///
    /// It never fails, or the agreement could stay for ever: if its effects cannot be
    /// reckoned the state is left without them, and what is held at the end still goes
    /// to whom the process names. If ownership were to move and cannot, the process
    /// names another end.
    func takeByTimer(_ index: Int) throws(Rejection) {
        guard process.transitions.indices.contains(index),
            process.transitions[index].timer != nil, process.transitions[index].from == state
        else { preconditionFailure("a timer of agreement \(id) outlived its state") }
        let transition = process.transitions[index]
        var outcomes: [EffectOutcome] = []
        var sale = transition.sale
        do throws(Rejection) {
            try checkSale(transition)
            outcomes = try reckon(transition.effects, values())
            sale = nil
        } catch {
            outcomes = []
        }
        try enter(
            Step(
                name: transition.name, to: sale?.otherwise ?? transition.to,
                remainderTo: sale?.otherwiseTo ?? transition.remainderTo, outcomes: outcomes,
                byTimer: true))
    }

    /// Takes the transition of that position, which its guards allow.
    private func takeByRole(_ index: Int, _ values: AgreementValues) throws(Rejection) {
        let transition = process.transitions[index]
        try checkSale(transition)
        try enter(
            Step(
                name: transition.name, to: transition.to, remainderTo: transition.remainderTo,
                outcomes: try reckon(transition.effects, values), byTimer: false))
    }

    /// What is reported stolen does not change hands.
    private func checkSale(_ transition: RunnableProcess.Transition) throws(Rejection) {
        guard transition.sale != nil, isReportedStolen else { return }
        throw Rejection(AgreementsRejection.resourceStolen, field: "transition")
    }

    /// The first of the candidates whose guards all hold. If none does, the last one
    /// tells why: the earlier ones are only preferred to it.
    private func firstAllowed(
        _ candidates: [Int], _ values: AgreementValues, field: String
    ) throws(Rejection) -> Int {
        var reason = ""
        for index in candidates {
            do throws(ArithmeticFault) {
                guard let unmet = try unmetGuard(of: index, values) else { return index }
                reason = unmet.otherwise
            } catch {
                throw Rejection(error, field: field)
            }
        }
        throw Rejection(AgreementsRejection.guardNotMet, field: field, detail: reason)
    }

    private func unmetGuard(
        of index: Int, _ values: AgreementValues
    ) throws(ArithmeticFault) -> ProcessGuard? {
        for one in process.transitions[index].guards {
            guard try one.condition.holds(values) else { return one }
        }
        return nil
    }

    /// Leaves the present state and enters the next, with everything that goes with it.
    func enter(_ step: Step) throws(Rejection) {
        let next = process.states[step.to]
        let previous = state.map { process.states[$0] }
        if previous != nil { timers.disarm(in: context) }
        try occupy(from: previous?.occupancy ?? .none, to: next.occupancy)
        agreement.state = next.name
        agreement.enteredAtMs = context.now.milliseconds
        agreement.frozenMs = 0
        let wasForSale = agreement.hasResale
        agreement.clearResale()
        Agreements.agreements.set(id, agreement, in: context.state)
        emitEntered(by: step, from: previous?.name)
        if wasForSale { emitResaleClosed() }
        var paid = try perform(step.outcomes, sells: next.occupancy == .exclusive)
        if let role = step.remainderTo {
            let rest = Money.held(in: id, unit: agreement.unit, in: context.state)
            try Money.pay(
                rest, unit: agreement.unit, outOf: id, to: account(of: role), purpose: .remainder,
                in: context)
            if !isOpener(role) { paid += rest.minor }
        }
        noteSettlement(step, paidToOthers: paid)
        if !next.isFinal { timers.arm(in: context) }
    }

    var timers: AgreementTimers {
        AgreementTimers(id: id, agreement: agreement, offer: offer, process: process)
    }

    /// - Parameter previous: nil when the agreement opens.
    private func emitEntered(by step: Step, from previous: String?) {
        guard let previous else {
            var opened = AgreementOpened()
            opened.agreement = Data(id.bytes)
            opened.offer = agreement.offer
            opened.opener = Data(context.sender.bytes)
            opened.state = agreement.state
            opened.startMs = agreement.startMs
            opened.endMs = agreement.endMs
            context.emit(.agreementOpened(opened))
            return
        }
        var taken = TransitionTaken()
        taken.agreement = Data(id.bytes)
        taken.transition = step.name
        taken.from = previous
        taken.to = agreement.state
        taken.byTimer = step.byTimer
        if !step.byTimer { taken.by = Data(context.sender.bytes) }
        context.emit(.transitionTaken(taken))
    }
}

extension Rejection {
    init(_ fault: ArithmeticFault, field: String) {
        switch fault {
        case .overflow: self.init(AgreementsRejection.arithmeticOverflow, field: field)
        case .divisionByZero: self.init(AgreementsRejection.divisionByZero, field: field)
        }
    }
}
