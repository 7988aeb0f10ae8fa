import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// Checks a ledger that has not all blocks: without the state before them its blocks cannot be
/// executed again, so that what they did to the state is believed because a quorum signed the
/// state roots that its headers name.
///
/// Everything else is checked as ever: that the headers are one chain from genesis on, who
/// judges and how many signed, every signature, entries and receipts of the blocks that are
/// there, and that the rows are the state that the last header commits to.
struct BaseVerification {
    typealias Finding = Verification.Finding

    private let store: LedgerStore
    private let genesis: GenesisDocument
    private let base: Height
    private var report = Verification.Report()
    private var frontier = MerkleFrontier()
    private var previous: BlockHeader?
    private var finality = Finality(finalHeight: .genesis)
    private var members: [(from: Height, judges: MemberSet)] = []
    private var records: [StoredEpochRecord] = []

    /// Blocks whose headers, or which as a whole, are looked at together.
    private static let blocksPerPart: UInt64 = 256

    init(store: LedgerStore, genesis: GenesisDocument, base: Height) throws {
        self.store = store
        self.genesis = genesis
        self.base = base
        guard store.genesis == genesis.bytes else {
            throw Finding(height: .genesis, what: "the ledger began with another genesis document")
        }
    }

    mutating func run(
        progress: (_ height: Height, _ tip: Height) -> Void,
        headers: (BlockHeader) throws -> Void
    ) async throws -> Verification.Report {
        let (tip, lowest, indexed) = try store.read { reader in
            (
                try reader.tip().header.height, try reader.lowestHeader(),
                try reader.indexedHeight()
            )
        }
        members = try store.read { try MemberHistory($0, genesis: genesis).judgeSets }
        records = try store.read { try $0.epochRecords() }
        for hash in try store.read({ try $0.headerHashes(below: lowest) }) {
            frontier.append(leafHash: MerkleTree.leafHash(hash.bytes))
        }
        try checkChangesBelow(lowest)
        var next = lowest
        while next <= tip {
            let last = min(tip, Height(next.rawValue + Self.blocksPerPart - 1))
            try await check(next...last, indexed: indexed, headers)
            progress(last, tip)
            next = last.next
        }
        guard finality.finalHeight >= base else {
            throw Finding(
                height: base, what: "no quorum covers the block that this ledger begins with")
        }
        try checkState(at: indexed)
        try store.read { reader in
            if let stray = try reader.strayRow(beyond: tip) {
                throw Finding(
                    height: stray.height, what: "a row of table \(stray.table) belongs to no block")
            }
            report.stateRows = try reader.counts().stateRows
            report.tip = try reader.tip().header
        }
        report.finalHeight = finality.finalHeight
        report.base = base
        return report
    }

    private func judges(of height: Height) -> MemberSet {
        members.last { $0.from <= height }?.judges ?? genesis.memberSet
    }

    /// Changes of members of which only header, quorum and outcome are there.
    private mutating func checkChangesBelow(_ lowest: Height) throws {
        for record in records where record.height < lowest {
            let hash = try store.read { try $0.headerHashes(below: record.height.next).last }
            try check(record, of: hash ?? .zero)
        }
        let changes = try store.read { try $0.storedMemberChanges() }
        for change in changes where change.header.height < lowest {
            let height = change.header.height
            let hashes = try store.read { try $0.headerHashes(below: height.next) }
            guard hashes.last == change.header.hash else {
                throw Finding(height: height, what: "its header is not that of its hash")
            }
            let signed = try signers(of: change.header)
            let hasRecord = records.contains { $0.height == height }
            guard hasRecord || signed.count >= judges(of: height).quorum else {
                throw Finding(
                    height: height,
                    what: "it changes the members and has no quorum of those who judge it")
            }
        }
        // Counted from the lowest header on, whose quorum covers those before.
        if lowest > .genesis {
            finality = Finality(finalHeight: Height(lowest.rawValue - 1))
        }
    }

    /// - Parameter hash: of the block at which the epoch began.
    private mutating func check(_ record: StoredEpochRecord, of hash: Hash256) throws {
        let signatures = try record.check(
            base: hash, chain: genesis.chain, judges: judges(of: record.height),
            next: judges(of: record.height.next))
        report.signatures += UInt64(signatures)
    }

    /// Members who judge a block and are seen to have signed it.
    private mutating func signers(of header: BlockHeader) throws -> [StoredAttestation] {
        let judges = judges(of: header.height)
        let stored = try store.read { try $0.attestations(at: header.height) }
        for one in stored {
            guard judges.nodeKey(of: one.member) == one.envelope.publicKey,
                one.envelope.isAuthentic(as: .attestation),
                Attestation(one.envelope, chain: header.chain)?.isOf(header) == true
            else {
                throw Finding(
                    height: header.height,
                    what: "the attestation of \(one.member) is not one of this block")
            }
            report.signatures += 1
        }
        return stored
    }

    private mutating func check(
        _ heights: ClosedRange<Height>, indexed: Height, _ headers: (BlockHeader) throws -> Void
    ) async throws {
        let blocks = try store.read { try $0.blocks(heights) }
        for block in blocks {
            try headers(block.header)
            try link(block.header)
        }
        let whole = try store.read { reader in
            try blocks.filter { $0.header.height > base }.compactMap {
                try reader.streamedBlock(at: $0.header.height)
            }
        }
        let (checked, fault) = await BlockCheck.check(whole, chain: genesis.chain)
        for block in checked {
            report.signatures += UInt64(block.entries.reduce(0) { $0 + 1 + $1.transactions.count })
        }
        try store.read { reader in
            for block in checked { try results(of: block.header, reader, indexed: indexed) }
        }
        if let fault { throw Finding(height: fault.height, what: "\(fault.what)") }
    }

    /// Chain, history, members and signatures of the next header.
    private mutating func link(_ header: BlockHeader) throws {
        let height = header.height
        if let previous {
            guard header.parent == previous.hash else {
                throw Finding(height: height, what: "it does not follow the block before")
            }
        }
        guard header.historyRoot == frontier.root else {
            throw Finding(height: height, what: "it commits to another history")
        }
        frontier.append(leafHash: MerkleTree.leafHash(header.hash.bytes))
        previous = header
        guard height > .genesis else { return }
        let judges = judges(of: height)
        guard header.membersHash == judges.hash,
            header.nextMembersHash == self.judges(of: height.next).hash
        else {
            throw Finding(height: height, what: "its members are not those that led to it")
        }
        finality.add(header, judgedBy: judges)
        for one in try signers(of: header) {
            guard let read = Attestation(one.envelope, chain: header.chain) else { continue }
            finality.count(read, hashAt: { _ in nil }, isAuthentic: { _ in true })
        }
        for record in records where record.height == height {
            try check(record, of: header.hash)
            finality.beganEpoch()
        }
        report.blocks += 1
    }

    /// Receipts and the list of what was executed.
    private mutating func results(
        of header: BlockHeader, _ reader: LedgerReader, indexed: Height
    ) throws {
        let height = header.height
        let leaves = try StoredLeaves(reader, height: height)
        guard MerkleTree.root(ofLeafHashes: leaves.transactionHashes) == header.transactionsRoot
        else {
            throw Finding(height: height, what: "its list of transactions is not its header's")
        }
        guard
            MerkleTree.root(ofLeafHashes: leaves.receipts.map { MerkleTree.leafHash($0) })
                == header.receiptsRoot
        else { throw Finding(height: height, what: "its receipts are not those of its header") }
        let executed = try reader.executedTransactions(at: height)
        for (index, id) in executed.ids.enumerated() where height <= indexed {
            let place = try reader.location(ofTransaction: id)
            guard place?.height == height, place?.leaf == executed.firstLeaf + index else {
                throw Finding(height: height, what: "transaction \(id) is listed elsewhere")
            }
        }
        report.transactions += UInt64(executed.ids.count)
    }

    private func checkState(at height: Height) throws {
        try store.read { reader in
            guard let header = try reader.block(at: height)?.header else {
                throw Finding(
                    height: height,
                    what: "rows are marked as stored up to this block, which is missing")
            }
            var tree = StateTree()
            var part: [(key: [UInt8], value: [UInt8]?)] = []
            try reader.forEachStateRow { row in
                part.append((row.key, row.value))
                guard part.count == 65_536 else { return }
                tree.apply(part)
                part.removeAll(keepingCapacity: true)
            }
            tree.apply(part)
            guard tree.root == header.stateRoot else {
                throw Finding(
                    height: height,
                    what: "the stored state is not the one that the block's header commits to")
            }
        }
    }
}
