import KoinonMachine
import KoinonProtocol

/// Where the executor leaves what the proposer has to know.
struct OrderDesk: Sendable {
    let pool: Pool
    let outbox: AttestationOutbox
    let news: OrderNews
    let replica: SharedReplica

    /// Entries written here that have no effect and never will: what they hold goes first into
    /// the next one, but for what was executed meanwhile.
    func lost(_ entries: [CheckedEntry]) {
        guard !entries.isEmpty else { return }
        outbox.putBack(entries.flatMap(\.attestations))
        let transactions = replica.read { replica in
            entries.flatMap(\.transactions).filter { !replica.hasExecuted($0) }
        }
        if !transactions.isEmpty { pool.putBack(transactions) }
        pool.arrival.wake()
    }

    /// A member hosted elsewhere has stated its clock, and perhaps more.
    func cameFromElsewhere(isBare: Bool) {
        if !isBare { news.wantClock() }
        // It may be what the proposer waits for.
        if !isBare || news.waitsUntil != nil { pool.arrival.wake() }
    }
}
