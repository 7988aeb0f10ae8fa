import KoinonProtocol

extension Agreements {
    public static func agreement(_ id: AgreementID, in state: some StateReader) -> Agreement? {
        agreements.get(id, in: state)
    }

    public static func process(_ id: String, in state: some StateReader) -> ProcessDefinition? {
        // Text of any length may ask; only a valid id can be a key.
        Slug.isValid(id) ? processes.get(id, in: state) : nil
    }

    /// What was counted for the account; zeros when nothing was.
    public static func record(of account: AccountID, in state: some StateReader) -> AccountRecord {
        records.get(account, in: state) ?? AccountRecord()
    }

    /// What promises or uses the resource now, ascending by the first moment.
    public static func bookings(
        of resource: ResourceID, in state: some StateReader
    ) -> [(start: Timestamp, agreement: AgreementID, booking: Booking)] {
        bookings.rows(under: resource, in: state).map { key, booking in
            (Timestamp(milliseconds: key.b), key.c, booking)
        }
    }

    /// What happens by itself if nobody acts, and when, in order.
    public static func timers(
        of id: AgreementID, in state: some StateReader
    ) -> [(transition: String, due: Timestamp)] {
        // A dispute stops them.
        guard let agreement = agreement(id, in: state), !agreement.disputed,
            let offer = OfferID(agreement.offer).flatMap({ Market.offer($0, in: state) }),
            let process = runnableProcess(agreement.process, in: state)
        else { return [] }
        let timers = AgreementTimers(id: id, agreement: agreement, offer: offer, process: process)
        return timers.due(in: state).map { (process.transitions[$0.transition].name, $0.due) }
            .sorted { $0.1 < $1.1 }
    }

    /// The process ready to run, from memory when it was used before.
    static func runnableProcess(_ id: String, in state: some StateReader) -> RunnableProcess? {
        guard Slug.isValid(id) else { return nil }
        let key = processes.stateKey(id)
        guard let row = state.value(for: key) else { return nil }
        return state.derived.value(key: key, row: row) { _ in
            guard let definition = processes.get(id, in: state),
                let process = RunnableProcess(definition)
            else { preconditionFailure("the adopted process \(id) cannot be run") }
            return process
        }
    }
}
