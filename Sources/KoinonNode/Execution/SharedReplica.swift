import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Synchronization

/// The replica between the executor, which applies entries, and everyone else, who read.
///
/// Readers see whole blocks. They wait for an entry's beginning and for the moment in
/// which a block takes its place, not while it is executed: that changes nothing that
/// ``ReplicaView`` shows.
///
/// `@unchecked Sendable`: the replica is used in three ways only. ``apply(_:)`` is called by
/// one task, the executor; what it changes for readers it changes while it holds `lock`.
/// Readers hold `lock` and see a ``ReplicaView``, which shows only what `Replica.execute`,
/// the one step outside the lock, leaves alone. Those who read the tree hold `treeLock`, as
/// ``apply(_:)`` does for all of its steps.
public final class SharedReplica: @unchecked Sendable {
    private let replica: Replica
    private let lock = Mutex<Void>(())
    /// Held from an entry's beginning to its end, and by those who read the tree.
    private let treeLock = Mutex<Void>(())
    /// Passed before `treeLock` is taken: who reads the tree keeps it until then, so that a busy
    /// executor, which takes that lock again at once, lets one in between two entries.
    private let turnstile = Mutex<Void>(())

    public init(_ replica: sending Replica) {
        self.replica = replica
    }

    /// Reads at one height. Keep it short: blocks wait to take their place meanwhile.
    public func read<Result: Sendable>(
        _ body: (ReplicaView) throws -> Result
    ) rethrows -> Result {
        try lock.withLock { _ in try body(ReplicaView(replica)) }
    }

    /// Reads the tree of the state too, between two entries: waits while one is executed, and
    /// execution waits meanwhile.
    public func readTree<Result: Sendable>(
        _ body: (ReplicaView, StateTree) throws -> Result
    ) rethrows -> Result {
        try turnstile.withLock { _ in
            try treeLock.withLock { _ in try body(ReplicaView(replica), replica.tree) }
        }
    }

    /// Takes the next entry of the order. For the executor alone.
    package func apply(_ entry: CheckedEntry) -> AppliedEntry {
        turnstile.withLock { _ in }
        return treeLock.withLock { _ in applyAlone(entry) }
    }

    private func applyAlone(_ entry: CheckedEntry) -> AppliedEntry {
        let (counts, beginning, judges, silenced) = lock.withLock { _ in
            (
                replica.counts(entry), replica.begin(entry), replica.members,
                Set(replica.silenced.keys)
            )
        }
        let outcome: Replica.Outcome
        switch beginning {
        case .noEffect(let reason): outcome = .noEffect(reason)
        case .waiting: outcome = .waiting
        case .unknownProtocol(let fault): outcome = .unknownProtocol(fault)
        case .closes(let closing):
            let executed = replica.execute(closing)
            outcome = lock.withLock { _ in replica.seal(executed) }
        }
        return AppliedEntry(
            outcome: outcome, counts: counts, judges: judges, silenced: silenced)
    }
}

/// What an entry led to, and who judges the block if it closed one.
package struct AppliedEntry: Sendable {
    package var outcome: Replica.Outcome
    /// As `Replica.counts(_:)` before it was taken.
    package var counts: Bool
    package var judges: MemberSet
    /// Those whose attestations of the block do not count.
    package var silenced: Set<MemberID>
}

/// What readers may look at while a block is being executed: everything but the tree.
public struct ReplicaView {
    private let replica: Replica

    fileprivate init(_ replica: Replica) {
        self.replica = replica
    }

    public var chain: ChainID { replica.chain }
    public var header: BlockHeader { replica.header }
    /// Of the entries that are taken and of the next block.
    public var epoch: UInt64 { replica.epoch }
    public var state: CommittedState { replica.state }
    /// The members who judge the next block.
    public var members: MemberSet { replica.members }
    public var nextTimer: Timestamp? { replica.nextTimer }
    /// As `Replica.protocolVersion`.
    public var protocolVersion: UInt64 { replica.protocolVersion }
    /// The newest that this software knows.
    public var knownProtocol: UInt64 { replica.modules.protocolVersion }
    /// As `Replica.unknownProtocol`.
    public var unknownProtocol: UnknownProtocol? { replica.unknownProtocol }
    /// As `Replica.silenced`.
    public var silenced: [MemberID: Height] { replica.silenced }

    /// As `Replica.isSilenced(_:)`.
    public func isSilenced(_ key: PublicKey) -> Bool? { replica.isSilenced(key) }

    /// The last sequence that counts of each member.
    public var sequences: [MemberID: UInt64] {
        Dictionary(
            uniqueKeysWithValues: members.members.map { ($0.id, lastSequence(of: $0.id)) })
    }

    /// What the ledger settles of the order.
    public var settledOrder: SettledOrder {
        let closing = header.proposer.map {
            EntrySlot(author: $0, sequence: lastSequence(of: $0))
        }
        let authors = CoreRows.authors.rows(in: state).map(\.key)
        return SettledOrder(
            height: header.height, closing: closing,
            sequences: Dictionary(
                uniqueKeysWithValues: authors.map { ($0, lastSequence(of: $0)) }),
            members: members.members.map(\.id))
    }

    public func lastSequence(of author: MemberID) -> UInt64 { replica.lastSequence(of: author) }
    public func lastClock(of author: MemberID) -> Timestamp { replica.lastClock(of: author) }

    /// As `Replica.ignoredReason(_:at:)`.
    public func ignoredReason(
        _ transaction: CheckedTransaction, at time: Timestamp
    ) -> IgnoredReason? {
        replica.ignoredReason(transaction, at: time)
    }

    /// As `Replica.hasExecuted(_:)`.
    public func hasExecuted(_ transaction: CheckedTransaction) -> Bool {
        replica.hasExecuted(transaction)
    }
}
