import KoinonLedger
import KoinonProtocol

/// The deterministic ledger: takes entries in their one order, closes blocks.
///
/// Two replicas that take the same entries hold the same state, byte for byte. A
/// value of state (`CommittedState`, `StateTree`) belongs to one replica; one task
/// owns it and applies entries.
///
/// An entry is taken in three steps, ``begin(_:)``, ``execute(_:)`` and ``seal(_:)``, which
/// ``apply(_:)`` does in one. The middle one, which takes nearly all the time, changes
/// nothing that a reader may look at: neither ``state`` nor ``header`` nor what
/// ``members``, ``silenced``, ``lastSequence(of:)``, ``lastClock(of:)``, ``nextTimer``,
/// ``ignoredReason(_:at:)`` and ``hasExecuted(_:)`` answer, but it does change ``tree``.
public final class Replica {
    public let chain: ChainID
    public let modules: ModuleList
    public private(set) var header: BlockHeader
    /// Of the entries that are taken and of the next block; above that of ``header`` when an
    /// epoch has begun on it.
    public private(set) var epoch: UInt64
    public let state: CommittedState
    public private(set) var tree: StateTree
    private var history: MerkleFrontier
    private var memberSet: MemberSet
    /// Entries with effect since the last block, none of which closed one.
    private var pending: [Envelope] = []
    private var pendingAuthors: [MemberID: AuthorState] = [:]
    /// Authors that contradicted themselves, with the block that showed it.
    public private(set) var silenced: [MemberID: Height] = [:]
    /// Of the next block.
    public private(set) var protocolVersion: UInt64 = 1
    private var spent = SpentIDIndex()
    /// Of the execution alone: readers have their own, in ``state``.
    private let derived = DerivedValues()

    /// What an entry led to.
    public enum Outcome: Sendable {
        /// Not from a known author, or not its next sequence: as if it were not there.
        case noEffect(String)
        /// Waits for the entry that closes the block.
        case waiting
        case closed(ExecutedBlock, ignored: [Hash256: IgnoredReason])
        /// The entry belongs to a block whose rules this machine does not know: nothing was
        /// taken, and nothing will be.
        case unknownProtocol(UnknownProtocol)
    }

    /// The ledger at block 0, as the genesis document says it.
    ///
    /// - Throws: ``GenesisRefused`` when a module cannot begin with it.
    public convenience init(genesis: GenesisDocument, modules: ModuleList = .standard) throws {
        let block = try GenesisBlock.make(genesis, modules: modules)
        self.init(
            header: block.header, history: MerkleFrontier(), modules: modules,
            rows: block.changes.compactMap { change in change.value.map { (change.key, $0) } })
    }

    /// The ledger as stored after some block.
    ///
    /// - Parameters:
    ///   - history: the frontier over the hashes of all headers before `header`.
    ///   - rows: every row of state, in any order. ``tree`` says whether they are the state
    ///     that the header commits to; if not, the replica is good for nothing else.
    public init(
        header: BlockHeader, history: MerkleFrontier, modules: ModuleList = .standard,
        rows: some Sequence<(key: [UInt8], value: [UInt8])>
    ) {
        chain = header.chain
        self.modules = modules
        self.header = header
        epoch = header.epoch
        self.history = history
        state = CommittedState()
        tree = StateTree()
        var batch: [(key: [UInt8], value: [UInt8]?)] = []
        for row in rows {
            state.load(key: row.key, value: row.value)
            batch.append((row.key, row.value))
            if batch.count == 65_536 {
                tree.apply(batch)
                batch.removeAll(keepingCapacity: true)
            }
        }
        tree.apply(batch)
        // The machine trusts what it reads from state, so damaged rows are not decoded.
        guard tree.root == header.stateRoot else {
            memberSet = MemberSet([])
            return
        }
        memberSet = Alliance.memberSet(in: state)
        silenced = CoreRows.silenced(in: state)
        spent = SpentIDIndex(state)
        protocolVersion = Alliance.protocolVersion(at: header.height.next, in: state)
    }

    /// Why the machine cannot execute the next block; nil when it can.
    public var unknownProtocol: UnknownProtocol? {
        guard protocolVersion > modules.protocolVersion else { return nil }
        return UnknownProtocol(
            version: protocolVersion, from: header.height.next, known: modules.protocolVersion)
    }

    /// The members who judge the next block.
    public var members: MemberSet { memberSet }

    /// Goes on in a later epoch, whose first block follows the last one. Entries of the epoch
    /// before that have closed no block are gone: they have no effect any more.
    ///
    /// - Precondition: the epoch is above the present one.
    public func begin(epoch: UInt64) {
        precondition(epoch > self.epoch, "epochs rise")
        self.epoch = epoch
        pending = []
        pendingAuthors = [:]
    }

    /// The last sequence that counts for an author, entries waiting for a block included.
    public func lastSequence(of author: MemberID) -> UInt64 {
        authorState(author)?.lastSequence ?? 0
    }

    /// The clock that an author stated last, as far as the order is applied.
    public func lastClock(of author: MemberID) -> Timestamp {
        Timestamp(milliseconds: authorState(author)?.lastClockMs ?? 0)
    }

    /// The earliest moment at which a timer is due, if any is set.
    public var nextTimer: Timestamp? {
        Timers.next(dueBy: .maximum, in: state).map { Timestamp(milliseconds: $0.dueMs) }
    }

    /// The time that a block would have if it closed now.
    private var blockTime: Timestamp {
        modules.blockTime(header.time, memberSet.members.map { lastClock(of: $0.id) })
    }

    /// Whether a block at that time would ignore the transaction, as far as can be told now.
    public func ignoredReason(
        _ transaction: CheckedTransaction, at time: Timestamp
    ) -> IgnoredReason? {
        TransactionExecution.ignoredReason(transaction, at: max(time, header.time), in: state) {
            spent.contains($0)
        }
    }

    /// Whether a block has executed the transaction, while that can still be told: its id
    /// is kept until it expires.
    public func hasExecuted(_ transaction: CheckedTransaction) -> Bool {
        spent.contains(transaction.id)
    }

    /// Takes the next entry of the order.
    public func apply(_ entry: CheckedEntry) -> Outcome {
        switch begin(entry) {
        case .noEffect(let reason): .noEffect(reason)
        case .waiting: .waiting
        case .closes(let closing): seal(execute(closing))
        case .unknownProtocol(let fault): .unknownProtocol(fault)
        }
    }

    /// What the next entry leads to.
    public enum Beginning: Sendable {
        /// As ``Outcome/noEffect(_:)``.
        case noEffect(String)
        /// As ``Outcome/waiting``.
        case waiting
        /// To be executed and sealed, with nothing else between.
        case closes(ClosingBlock)
        /// As ``Outcome/unknownProtocol(_:)``.
        case unknownProtocol(UnknownProtocol)
    }

    /// A block about to be executed.
    public struct ClosingBlock: Sendable {
        var transactions: [CheckedTransaction]
        var time: Timestamp
        var proposer: MemberID
        var entries: [Envelope]
        var authors: [(id: MemberID, state: AuthorState)]
    }

    /// First step: the entry takes its place among those since the last block.
    public func begin(_ entry: CheckedEntry) -> Beginning {
        if let unknownProtocol { return .unknownProtocol(unknownProtocol) }
        guard var author = authorState(entry.author) else {
            return .noEffect("\(entry.author) is not known to the alliance")
        }
        guard isOrWasNodeKey(entry.envelope.publicKey, of: entry.author, author) else {
            return .noEffect("not signed with the node key of \(entry.author)")
        }
        guard entry.sequence == author.lastSequence + 1 else {
            return .noEffect(
                "sequence \(entry.sequence) of \(entry.author), expected \(author.lastSequence + 1)"
            )
        }
        let counts = counts(entry)
        author.lastSequence = entry.sequence
        if counts { author.lastClockMs = entry.clock.milliseconds }
        pendingAuthors[entry.author] = author
        pending.append(entry.envelope)
        if counts { entry.contradictors.forEach(silence) }

        let time = blockTime
        let transactions = counts ? entry.transactions : []
        let timerIsDue = Timers.next(dueBy: time, in: state) != nil
        guard !transactions.isEmpty || timerIsDue else { return .waiting }
        return .closes(
            ClosingBlock(
                transactions: transactions, time: time, proposer: entry.author, entries: pending,
                authors: pendingAuthors.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }))
    }

    /// Whether an entry that has its author's next sequence does more than use it: not a void
    /// one, nor one of an author that is silenced or no member, nor one signed with a key that
    /// another has replaced, as its author's last ones under way may be.
    public func counts(_ entry: CheckedEntry) -> Bool {
        guard entry.void == nil, let author = authorState(entry.author) else { return false }
        return author.silencedAtHeight == 0
            && PublicKey(author.nodeKey) == entry.envelope.publicKey
            && memberSet.members.contains { $0.id == entry.author }
    }

    private func isOrWasNodeKey(
        _ key: PublicKey, of id: MemberID, _ author: AuthorState
    ) -> Bool {
        PublicKey(author.nodeKey) == key
            || Alliance.retiredNodeKeys.get(key, in: state)?.member == id.rawValue
    }

    /// From the next entry on those of the author whose key it is are void.
    private func silence(_ key: PublicKey) {
        guard let id = CoreRows.author(signingWith: key, in: state),
            var author = authorState(id), author.silencedAtHeight == 0
        else { return }
        author.silencedAtHeight = header.height.next.rawValue
        pendingAuthors[id] = author
    }

    /// Whether the author whose key it is or was is silenced, as far as the order is applied;
    /// nil for a key of nobody.
    public func isSilenced(_ key: PublicKey) -> Bool? {
        CoreRows.author(signingWith: key, in: state).flatMap(authorState).map {
            $0.silencedAtHeight > 0
        }
    }

    private func authorState(_ author: MemberID) -> AuthorState? {
        pendingAuthors[author] ?? CoreRows.authors.get(author, in: state)
    }

    /// A block whose effects are reckoned and that only has to take its place.
    public struct ExecutedClosing {
        var header: BlockHeader
        var history: MerkleFrontier
        var memberSet: MemberSet
        var changes: [StateChange]
        var leaves: BlockLeaves
        var entries: [Envelope]
        var ignored: [Hash256: IgnoredReason]
        /// Ids that are remembered from now on, and no longer.
        var spent: [Hash256]
        var dropped: [Hash256]
    }

    /// Second step: due timers, then the transactions.
    public func execute(_ closing: ClosingBlock) -> ExecutedClosing {
        let overlay = StateOverlay(over: state, derived: derived)
        for (author, value) in closing.authors {
            CoreRows.authors.set(author, value, in: overlay)
        }
        let dropped = CoreRows.dropExpiredIDs(before: closing.time, in: overlay)
        let execution = TransactionExecution(
            modules: modules, state: overlay, chain: chain, height: header.height.next,
            parent: header.hash, time: closing.time)
        var leaves = BlockLeaves()
        let timerLimit = Alliance.parameters(in: state).timersPerBlock
        for _ in 0..<timerLimit {
            guard let timer = Timers.next(dueBy: closing.time, in: overlay) else { break }
            Timers.remove(timer, in: overlay)
            leaves.append(timer, execution.execute(timer))
        }
        var ignored: [Hash256: IgnoredReason] = [:]
        var ids: Set<Hash256> = []
        var lastExpiry = UInt64(0)
        for transaction in closing.transactions {
            if let reason = TransactionExecution.ignoredReason(
                transaction, at: closing.time, in: overlay,
                isSpent: { spent.contains($0) || ids.contains($0) })
            {
                ignored[transaction.id] = reason
            } else {
                ids.insert(transaction.id)
                lastExpiry = max(lastExpiry, transaction.body.expiresAtMs)
                leaves.append(transaction, execution.execute(transaction))
            }
        }
        leaves.finish()
        CoreRows.spend(
            leaves.transactions.map(\.id), lastExpiry: lastExpiry, height: header.height.next,
            in: overlay)
        var executed = finish(closing, leaves, overlay)
        executed.ignored = ignored
        executed.dropped = dropped
        return executed
    }

    /// Trees and header of the executed block.
    private func finish(
        _ closing: ClosingBlock, _ leaves: BlockLeaves, _ overlay: StateOverlay
    ) -> ExecutedClosing {
        let parent = header.hash
        var history = history
        history.append(leafHash: MerkleTree.leafHash(parent.bytes))
        let members = Alliance.memberSet(in: overlay)
        let changes = overlay.takeChanges()
        tree.apply(changes.map { HashedStateChange(key: $0.key, value: $0.value) })
        let next = BlockHeader(
            chain: chain, epoch: epoch, height: header.height.next, parent: parent,
            time: closing.time,
            entriesRoot: MerkleTree.root(ofLeaves: closing.entries.map(\.packed)),
            transactionsRoot: MerkleTree.root(ofLeafHashes: leaves.transactionHashes),
            receiptsRoot: MerkleTree.root(ofLeafHashes: leaves.receiptHashes),
            stateRoot: tree.root, historyRoot: history.root, membersHash: memberSet.hash,
            nextMembersHash: members.hash, proposer: closing.proposer)
        return ExecutedClosing(
            header: next, history: history, memberSet: members, changes: changes, leaves: leaves,
            entries: closing.entries, ignored: [:], spent: leaves.transactions.map(\.id),
            dropped: [])
    }

    /// Third step: the block becomes the last one.
    public func seal(_ executed: ExecutedClosing) -> Outcome {
        state.apply(executed.changes)
        spent.apply(added: executed.spent, dropped: executed.dropped)
        // A member that is admitted again begins anew.
        let changesSilence =
            memberSet != executed.memberSet
            || pendingAuthors.contains {
                $0.value.silencedAtHeight == executed.header.height.rawValue
            }
        if changesSilence { silenced = CoreRows.silenced(in: state) }
        header = executed.header
        history = executed.history
        memberSet = executed.memberSet
        protocolVersion = Alliance.protocolVersion(at: header.height.next, in: state)
        pending = []
        pendingAuthors = [:]
        let block = ExecutedBlock(
            header: header, entries: executed.entries, result: executed.leaves.encodedResult,
            receipts: executed.leaves.receipts, transactions: executed.leaves.transactions,
            changes: executed.changes)
        return .closed(block, ignored: executed.ignored)
    }
}
