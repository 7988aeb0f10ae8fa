import KoinonLedger
import KoinonProtocol

/// What could happen to an agreement next, tried on a copy of the state that is thrown away.
extension Agreements {
    /// The block that would come next, for trials: nothing of them stays.
    public struct Moment: Sendable {
        public var chain: ChainID
        public var height: Height
        public var now: Timestamp

        public init(chain: ChainID, height: Height, now: Timestamp) {
            self.chain = chain
            self.height = height
            self.now = now
        }
    }

    /// One way on, by a party or by the clock, with everything it would do.
    public struct Foreseen: Sendable {
        /// The verb.
        public var transition: String
        /// Role and account that may take it; nil when a timer does.
        public var role: String?
        public var account: AccountID?
        /// When it happens by itself; nil unless a timer takes it.
        public var due: Timestamp?
        /// The state it would lead to; of a rejected one the state it was meant for.
        public var to: String
        /// Why it would be rejected now; nil: it would be done.
        public var rejection: Rejection?
        /// What would be recorded, in order; empty when rejected.
        public var events: [Event]
    }

    /// Every way out of the present state: first those of the parties, in the order of the
    /// process and of its roles, then those of timers by moment. None for an agreement that
    /// is over, or frozen by a dispute.
    public static func foresee(
        _ id: AgreementID, at moment: Moment, in state: some StateReader
    ) -> [Foreseen] {
        guard let agreement = agreement(id, in: state), !agreement.disputed,
            let process = runnableProcess(agreement.process, in: state),
            let present = process.state(named: agreement.state), !process.states[present].isFinal
        else { return [] }
        var ways: [Foreseen] = []
        for transition in process.transitions where transition.from == present {
            for role in transition.by {
                guard let account = AccountID(agreement.parties[role]) else { continue }
                let name = process.roles[role].name
                // Of those with one name the first that may be taken is: one trial tells.
                let isKnown = ways.contains { $0.transition == transition.name && $0.role == name }
                if isKnown { continue }
                let (rejection, events) = attempt(by: account, at: moment, over: state) {
                    context throws(Rejection) in
                    guard let run = AgreementRun(id, in: context) else { return }
                    try run.take(transition.name)
                }
                ways.append(
                    Foreseen(
                        transition: transition.name, role: name, account: account,
                        to: entered(events) ?? process.states[transition.to].name,
                        rejection: rejection, events: events))
            }
        }
        return ways + foreseeTimers(of: id, agreement, process, at: moment, in: state)
    }

    private static func foreseeTimers(
        of id: AgreementID, _ agreement: Agreement, _ process: RunnableProcess,
        at moment: Moment, in state: some StateReader
    ) -> [Foreseen] {
        guard let offer = OfferID(agreement.offer).flatMap({ Market.offer($0, in: state) }) else {
            return []
        }
        let timers = AgreementTimers(id: id, agreement: agreement, offer: offer, process: process)
        return timers.due(in: state).sorted { $0.due < $1.due }.map { index, due in
            let (rejection, events) = attempt(by: nil, at: moment, now: due, over: state) {
                context throws(Rejection) in
                guard let run = AgreementRun(id, in: context) else { return }
                try run.takeByTimer(index)
            }
            let transition = process.transitions[index]
            return Foreseen(
                transition: transition.name, due: due,
                to: entered(events) ?? process.states[transition.to].name,
                rejection: rejection, events: events)
        }
    }

    /// What opening an agreement would come to for an account.
    ///
    /// - Returns: `events` also where only money is missing, which `rejection` then says: as
    ///   if the account had it.
    public static func foreseeOpening(
        _ action: OpenAgreement, by account: AccountID, at moment: Moment,
        in state: some StateReader
    ) -> (rejection: Rejection?, events: [Event]) {
        let first = attempt(by: account, at: moment, over: state) { context throws(Rejection) in
            try open(action, in: context)
        }
        guard first.rejection?.code == MoneyRejection.insufficientBalance.rawValue,
            let name = OfferID(action.offer).flatMap({ Market.offer($0, in: state) })?.terms.unit,
            let unit = Money.unit(name, in: state)
        else { return first }
        // As much as the unit can still bear: with it nobody can have too much of it.
        let rest = Amount(minor: Amount.maximum.minor - (unit.issuedMinor - unit.redeemedMinor))
        let second = attempt(by: account, at: moment, over: state) { context throws(Rejection) in
            Money.credit(rest, to: account, unit: name, in: context)
            try open(action, in: context)
        }
        return second.rejection == nil ? (first.rejection, second.events) : second
    }

    /// Runs something on an overlay of its own, which nobody ever sees again.
    ///
    /// - Parameter now: the moment a timer is due; nil for the block's time.
    private static func attempt(
        by account: AccountID?, at moment: Moment, now: Timestamp? = nil,
        over state: some StateReader, _ body: (Context) throws(Rejection) -> Void
    ) -> (rejection: Rejection?, events: [Event]) {
        let origin: Context.Origin =
            if let account {
                .transaction(
                    sender: account, key: freestKey(of: account, in: state), nonce: .max)
            } else {
                .timer
            }
        let context = Context(
            state: StateOverlay(over: state), chain: moment.chain, height: moment.height,
            blockTime: moment.now, now: now ?? moment.now, origin: origin)
        do throws(Rejection) {
            try body(context)
            return (nil, context.takeEvents())
        } catch {
            return (error, [])
        }
    }

    /// A key of the account without limits if it has one, since the limits of others are no
    /// rule of the agreement.
    private static func freestKey(of account: AccountID, in state: some StateReader) -> PublicKey {
        let keys = Accounts.account(account, in: state)?.keys ?? []
        let key = keys.first { $0.limits.isEmpty } ?? keys.first
        return key.flatMap { PublicKey($0.publicKey) } ?? PublicKey(storage: Hash256.zero.storage)
    }

    private static func entered(_ events: [Event]) -> String? {
        for event in events {
            guard case .agreements(let agreements) = event.module,
                case .transitionTaken(let taken) = agreements.event
            else { continue }
            return taken.to
        }
        return nil
    }
}
