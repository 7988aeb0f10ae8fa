import KoinonLedger
import KoinonProtocol

/// The deterministic ledger: takes entries in their one order, closes blocks.
///
/// Two replicas that take the same entries hold the same state, byte for byte. A
/// value of state (`CommittedState`, `StateTree`) belongs to one replica; one task
/// owns it and applies entries.
public final class Replica {
    public let chain: ChainID
    public let modules: ModuleList
    public private(set) var header: BlockHeader
    public let state: CommittedState
    public private(set) var tree: StateTree
    private var history: MerkleFrontier
    private var memberSet: MemberSet
    /// Entries with effect since the last block, none of which closed one.
    private var pending: [CheckedEntry] = []
    private var pendingAuthors: [MemberID: AuthorState] = [:]

    /// What an entry led to.
    public enum Outcome: Sendable {
        /// Not from a known author, or not its next sequence: as if it were not there.
        case noEffect(String)
        /// Waits for the entry that closes the block.
        case waiting
        case closed(ExecutedBlock, ignored: [Hash256: IgnoredReason])
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
        memberSet =
            tree.root == header.stateRoot ? Alliance.memberSet(in: state) : MemberSet([])
    }

    /// The members who judge the next block.
    public var members: MemberSet { memberSet }

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
        BlockClock.time(
            previous: header.time, clocks: memberSet.members.map { lastClock(of: $0.id) })
    }

    /// Whether a block at that time would ignore the transaction, as far as can be told now.
    public func ignoredReason(
        _ transaction: CheckedTransaction, at time: Timestamp
    ) -> IgnoredReason? {
        TransactionExecution.ignoredReason(transaction, at: max(time, header.time), in: state)
    }

    /// Whether a block has executed the transaction, while that can still be told: its id
    /// is kept until it expires.
    public func hasExecuted(_ transaction: CheckedTransaction) -> Bool {
        CoreRows.spentIDs.contains(
            Key2(transaction.body.expiresAtMs, transaction.id), in: state)
    }

    /// Takes the next entry of the order.
    public func apply(_ entry: CheckedEntry) -> Outcome {
        guard var author = authorState(entry.author) else {
            return .noEffect("\(entry.author) is not known to the alliance")
        }
        guard PublicKey(author.nodeKey) == entry.envelope.publicKey else {
            return .noEffect("not signed with the node key of \(entry.author)")
        }
        guard entry.sequence == author.lastSequence + 1 else {
            return .noEffect(
                "sequence \(entry.sequence) of \(entry.author), expected \(author.lastSequence + 1)"
            )
        }
        author.lastSequence = entry.sequence
        let isMember = memberSet.members.contains { $0.id == entry.author }
        if entry.void == nil, isMember { author.lastClockMs = entry.clock.milliseconds }
        pendingAuthors[entry.author] = author
        pending.append(entry)

        let time = blockTime
        let transactions = isMember ? entry.transactions : []
        let timerIsDue = Timers.next(dueBy: time, in: state) != nil
        guard !transactions.isEmpty || timerIsDue else { return .waiting }
        return close(with: transactions, at: time, proposer: entry.author)
    }

    private func authorState(_ author: MemberID) -> AuthorState? {
        pendingAuthors[author] ?? CoreRows.authors.get(author, in: state)
    }

    private func close(
        with transactions: [CheckedTransaction], at time: Timestamp, proposer: MemberID
    ) -> Outcome {
        let overlay = StateOverlay(over: state)
        let height = header.height.next
        for (author, value) in pendingAuthors.sorted(by: { $0.key < $1.key }) {
            CoreRows.authors.set(author, value, in: overlay)
        }
        CoreRows.dropExpiredIDs(before: time, in: overlay)
        let execution = TransactionExecution(
            modules: modules, state: overlay, chain: chain, height: height, parent: header.hash,
            time: time)
        var leaves = BlockLeaves()
        let timerLimit = Alliance.parameters(in: state).timersPerBlock
        for _ in 0..<timerLimit {
            guard let timer = Timers.next(dueBy: time, in: overlay) else { break }
            Timers.remove(timer, in: overlay)
            leaves.append(timer, execution.execute(timer))
        }
        var ignored: [Hash256: IgnoredReason] = [:]
        for transaction in transactions {
            if let reason = TransactionExecution.ignoredReason(transaction, at: time, in: overlay) {
                ignored[transaction.id] = reason
            } else {
                leaves.append(transaction, execution.execute(transaction))
            }
        }
        let block = seal(overlay.takeChanges(), leaves, at: time, proposer: proposer)
        return .closed(block, ignored: ignored)
    }

    private func seal(
        _ changes: [StateChange], _ leaves: BlockLeaves, at time: Timestamp, proposer: MemberID
    ) -> ExecutedBlock {
        let parent = header.hash
        history.append(leafHash: MerkleTree.leafHash(parent.bytes))
        tree.apply(changes.map { ($0.key, $0.value) })
        state.apply(changes)
        let before = memberSet
        memberSet = Alliance.memberSet(in: state)
        header = BlockHeader(
            chain: chain, epoch: header.epoch, height: header.height.next, parent: parent,
            time: time,
            entriesRoot: MerkleTree.root(ofLeaves: pending.map(\.envelope.packed)),
            transactionsRoot: MerkleTree.root(ofLeafHashes: leaves.transactionHashes),
            receiptsRoot: MerkleTree.root(ofLeafHashes: leaves.receiptHashes),
            stateRoot: tree.root, historyRoot: history.root, membersHash: before.hash,
            nextMembersHash: memberSet.hash, proposer: proposer)
        let block = ExecutedBlock(
            header: header, entries: pending.map(\.envelope), result: leaves.result.encoded,
            transactions: leaves.transactions, changes: changes)
        pending = []
        pendingAuthors = [:]
        return block
    }
}

/// The leaves of a block's transactions and receipts trees, timers first.
private struct BlockLeaves {
    var result = BlockResult()
    var transactions: [(id: Hash256, leaf: Int)] = []
    var transactionHashes: [Hash256] = []
    var receiptHashes: [Hash256] = []

    mutating func append(_ timer: TimerRecord, _ receipt: Receipt) {
        result.timers.append(timer)
        transactionHashes.append(MerkleTree.leafHash(Leaf.timer(timer)))
        append(receipt)
    }

    mutating func append(_ transaction: CheckedTransaction, _ receipt: Receipt) {
        transactions.append((transaction.id, transactionHashes.count))
        transactionHashes.append(MerkleTree.leafHash(Leaf.transaction(transaction.envelope)))
        append(receipt)
    }

    private mutating func append(_ receipt: Receipt) {
        result.receipts.append(receipt)
        receiptHashes.append(MerkleTree.leafHash(receipt.encoded))
    }
}
