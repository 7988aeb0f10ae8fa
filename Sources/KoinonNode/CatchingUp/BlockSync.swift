import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// What catching up found that no other peer can mend.
public enum CatchUpFault: Error, Sendable, CustomStringConvertible {
    /// A quorum signed another block than this node's own.
    case offChain(height: Height, own: Hash256, signed: Hash256, signers: [MemberID])
    /// The entries after the last block stand here in another order than in the block that a
    /// quorum signed.
    case otherOrder(height: Height)
    /// Executed here, the signed entries lead to another header.
    case diverged(height: Height, computed: BlockHeader?, signed: BlockHeader)
    /// The blocks that are missing here are nowhere to be had.
    case nobodyHas(Height, faults: [PeerFault])
    /// The epoch has risen: blocks alone do not show by whose decision. Those before are taken.
    case otherEpoch(height: Height, epoch: UInt64)

    public var description: String {
        switch self {
        case .offChain(let height, let own, let signed, let signers):
            "block \(height): \(signers.map(\.rawValue).joined(separator: ", ")) signed \(signed.hex), this node has \(own.hex); it stops here rather than go on beside the alliance. Keep this home as evidence, compare with `koinon diff-state`, and start anew from a snapshot in another home"
        case .otherOrder(let height):
            "block \(height): its signed entries stand in another order than in this node's log; the ordering engine gave this node something else. Keep this home as evidence and start anew from a snapshot in another home"
        case .diverged(let height, _, _):
            "block \(height): its signed entries lead to another header here than the members signed. Is this program the version that the alliance runs? If so its ledger is damaged: `koinon verify` tells where"
        case .nobodyHas(let height, let faults):
            "no peer gives block \(height): \(faults.map(\.description).joined(separator: "; ")). Name others with --peer, or for a node in its node.json; or begin anew from a snapshot in another home"
        case .otherEpoch(let height, let epoch):
            "block \(height) belongs to epoch \(epoch), and this ledger has come to where that began; take the record of epoch \(epoch) from a member, give it to `koinon alliance recover begin`, and go on then"
        }
    }
}

/// Takes checked blocks into a ledger: executes their entries, and stores them once a quorum
/// of their judges is seen to have signed them.
///
/// Blocks gather until one has a quorum of its own, which makes those before it final too.
/// Only then is the first of them executed, so nothing that a peer invents touches the
/// replica. A block that names other members ends such a run in any case: those who judge
/// the next one are known after it.
///
/// What it makes is to be stored in its order by whoever holds it. One task owns it, and with it
/// the replica, while it lasts.
package struct BlockSync {
    private let replica: SharedReplica
    private let chain: ChainID

    /// Blocks checked, and linked to each other, but not covered by a quorum so far.
    private var run: [CheckedBlock] = []
    private var runBytes = 0
    /// Hash and height of the last block in the run, or of the replica's.
    private var last: (height: Height, hash: Hash256)
    private var judges: MemberSet
    /// Stored blocks from the first on that changes the members and whose quorum is not stored:
    /// without that none beyond it counts as final, and the entries that carried it may be gone.
    private var unsettled: [Unsettled]

    private struct Unsettled {
        var height: Height
        var hash: Hash256
        var judges: MemberSet
    }

    /// Entries of the log that have closed no block so far; the next block begins with them.
    private var waiting: [LogEntry]
    private var position: LogPosition
    private var batch = CommitBatch()
    private var batchTransactions = 0
    private var batchBytes = 0
    /// Whole batches, not taken so far.
    private var ready: [CommitBatch] = []

    private(set) var report = BlockSyncReport()

    /// What a run may have before a quorum shows.
    static let runBytesMaximum = 2 * BlockStream.blockBytesMaximum
    static let runBlocksMaximum = 4_096
    private static let batchTransactionsMaximum = 4_096
    private static let batchEntriesMaximum = 1_024

    package init(store: LedgerStore, replica: SharedReplica) throws {
        self.replica = replica
        let (header, members, silenced) = replica.read { ($0.header, $0.members, $0.silenced) }
        chain = header.chain
        last = (header.height, header.hash)
        judges = members
        (waiting, position) = try store.read { reader in
            (try reader.pendingEntries().filter(\.hasEffect), try reader.lastPosition())
        }
        let genesis = try GenesisDocument(contentsOf: store.genesis)
        unsettled = try store.read { reader in
            let sets = try MemberHistory(reader, genesis: genesis)
            guard let open = try reader.openChange(sets, silenced) else { return [] }
            return try reader.blocks(open...header.height).map { block in
                let height = block.header.height
                return Unsettled(
                    height: height, hash: block.hash, judges: sets.judges(of: height))
            }
        }
    }

    /// The block that is due.
    package var next: Height { unsettled.first?.height ?? last.height.next }
    /// The last block that was executed.
    package var height: Height { replica.read { $0.header.height } }

    /// Takes the next block.
    ///
    /// - Throws: ``BlockCheck/Fault`` for one that is not the next, or not signed; nothing of
    ///   it counts then. ``CatchUpFault``
    package mutating func take(_ block: CheckedBlock) throws {
        let header = block.header
        if let known = unsettled.first { return try settle(known, by: block) }
        guard header.height == last.height.next else {
            throw BlockCheck.Fault(height: header.height, kind: .gap(expected: last.height.next))
        }
        guard header.chain == chain, header.membersHash == judges.hash else {
            throw BlockCheck.Fault(
                height: header.height,
                kind: .unsigned("its judges are not the members that the blocks before lead to"))
        }
        let signers = try signers(of: block, among: judges)
        // Whom the order has silenced counts among the judges, but not among those who signed.
        let silenced = replica.read { $0.silenced }
        let counted = signers.count { silenced[$0.member] == nil }
        let hasQuorum = counted >= judges.quorum
        guard header.parent == last.hash else {
            // A quorum for a block that does not follow ours is no peer's invention.
            if hasQuorum, run.isEmpty {
                throw CatchUpFault.offChain(
                    height: last.height, own: last.hash, signed: header.parent,
                    signers: signers.map(\.member))
            }
            throw BlockCheck.Fault(
                height: header.height, kind: .forged("it does not follow the block before"))
        }
        run.append(block)
        runBytes += block.bytes
        last = (header.height, block.hash)
        if hasQuorum { return try executeRun() }
        guard header.membersHash == header.nextMembersHash else {
            throw BlockCheck.Fault(
                height: header.height,
                kind: .unsigned(
                    "it changes the members and has \(counted) of \(judges.quorum) signatures"
                ))
        }
        guard run.count < Self.runBlocksMaximum, runBytes < Self.runBytesMaximum else {
            throw BlockCheck.Fault(
                height: header.height, kind: .unsigned("blocks up to here have no quorum"))
        }
    }

    /// Takes what a peer has of the signatures under a block that is here.
    private mutating func settle(_ known: Unsettled, by block: CheckedBlock) throws {
        let height = block.header.height
        guard height == known.height else {
            throw BlockCheck.Fault(height: height, kind: .gap(expected: known.height))
        }
        let signers = try signers(of: block, among: known.judges)
        guard block.hash == known.hash else {
            guard signers.count >= known.judges.quorum else {
                throw BlockCheck.Fault(
                    height: height, kind: .unsigned("this ledger has another block there"))
            }
            throw CatchUpFault.offChain(
                height: height, own: known.hash, signed: block.hash,
                signers: signers.map(\.member))
        }
        batch.attestations += signers
        unsettled.removeFirst()
    }

    /// Forgets blocks that no quorum covers so far; another peer may send them again.
    mutating func dropRun() {
        run = []
        runBytes = 0
        let header = replica.read { $0.header }
        last = (header.height, header.hash)
    }

    /// What is to be stored next, in this order; given once.
    ///
    /// - Parameter isLast: whether nothing more is taken: what was executed is all given.
    package mutating func takeReady(isLast: Bool = false) -> [CommitBatch] {
        if isLast { flush() }
        defer { ready = [] }
        return ready
    }

    private func signers(
        of block: CheckedBlock, among judges: MemberSet
    ) throws -> [StoredAttestation] {
        try block.attestations.map { envelope in
            guard let member = judges.members.first(where: { $0.nodeKey == envelope.publicKey })
            else {
                throw BlockCheck.Fault(
                    height: block.header.height,
                    kind: .unsigned("it is attested by somebody who does not judge it"))
            }
            return StoredAttestation(
                height: block.header.height, member: member.id, envelope: envelope)
        }.uniqued()
    }

    private mutating func executeRun() throws {
        for block in run {
            guard block.header.epoch == replica.read({ $0.epoch }) else {
                throw CatchUpFault.otherEpoch(
                    height: block.header.height, epoch: block.header.epoch)
            }
            let attestations = try signers(of: block, among: judges)
            try execute(block)
            batch.attestations += attestations
            report.blocks += 1
            report.signatures += UInt64(block.signatures)
            if batchTransactions >= Self.batchTransactionsMaximum
                || batch.log.count >= Self.batchEntriesMaximum
                || batchBytes >= 8 * EntryLimits.bytes
            {
                flush()
            }
        }
        run = []
        runBytes = 0
        judges = replica.read { $0.members }
    }

    /// Applies a block's entries, behind those that the log holds already.
    private mutating func execute(_ block: CheckedBlock) throws {
        let known = waiting.count
        guard block.entries.count >= known,
            zip(waiting, block.entries).allSatisfy({ $0.envelope == $1.envelope })
        else { throw CatchUpFault.otherOrder(height: block.header.height) }
        waiting = []
        // A block closes at its last entry, which the log would not hold without the block.
        guard block.entries.count > known else {
            throw CatchUpFault.otherOrder(height: block.header.height)
        }
        let new = block.entries[known...]
        for (index, entry) in new.enumerated() {
            let isLast = index == new.count - 1
            position = position.next
            batch.log.append(
                LogEntry(position: position, envelope: entry.envelope, hasEffect: true))
            switch replica.apply(entry).outcome {
            case .waiting where !isLast: continue
            case .closed(let executed, _) where isLast && executed.header == block.header:
                batch.blocks.append(ClosedBlock(executed, closedAt: position))
                batchTransactions += executed.transactions.count
                batchBytes += block.bytes
                report.transactions += UInt64(executed.transactions.count)
                return
            case .closed(let executed, _):
                throw CatchUpFault.diverged(
                    height: block.header.height, computed: executed.header, signed: block.header)
            case .unknownProtocol(let fault): throw fault
            case .waiting, .noEffect:
                throw CatchUpFault.diverged(
                    height: block.header.height, computed: nil, signed: block.header)
            }
        }
    }

    private mutating func flush() {
        guard !batch.blocks.isEmpty || !batch.attestations.isEmpty else { return }
        batch.leavesOrder = !batch.blocks.isEmpty
        ready.append(batch)
        batch = CommitBatch()
        batchTransactions = 0
        batchBytes = 0
    }
}

/// What was taken from blocks.
public struct BlockSyncReport: Sendable, Equatable {
    public var blocks: UInt64 = 0
    public var transactions: UInt64 = 0
    /// Checked: of entries, transactions and attestations.
    public var signatures: UInt64 = 0
}

extension [StoredAttestation] {
    /// Of each member the first.
    fileprivate func uniqued() -> [StoredAttestation] {
        var seen: Set<MemberID> = []
        return filter { seen.insert($0.member).inserted }
    }
}
