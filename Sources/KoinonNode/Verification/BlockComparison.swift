import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// Compares stored blocks, receipts, attestations and state with recomputed ones.
struct BlockComparison {
    typealias Finding = Verification.Finding

    private let first: ExecutedBlock
    /// Which block last wrote each row, as recomputed.
    private(set) var writtenAt: [[UInt8]: Height] = [:]
    /// Recomputed, by height.
    private(set) var transactions: [UInt32] = [0]
    /// Up to which block the rows by key are stored; usually the last.
    var indexedHeight = Height.genesis
    /// Entries of the log that were read.
    var logEntries: UInt64 = 0
    private var finality = Finality(finalHeight: .genesis)
    private var voidNote: String?
    private var hashes: [Hash256]
    /// Which epoch runs from which height on, ascending.
    private var epochs: [(from: Height, epoch: UInt64)]
    /// Who judges from which height on, ascending.
    private var judgeSets: [(from: Height, judges: MemberSet)]
    /// Stored attestations that no entry has carried so far.
    private var uncarried: Set<Signature> = []

    init(first: ExecutedBlock, judges: MemberSet) {
        self.first = first
        hashes = [first.header.hash]
        epochs = [(.genesis, first.header.epoch)]
        judgeSets = [(Height.genesis.next, judges)]
        for change in first.changes { writtenAt[change.key] = .genesis }
    }

    var finalHeight: Height { finality.finalHeight }

    /// An epoch has begun on the last block that was compared.
    mutating func beganEpoch() { finality.beganEpoch() }

    /// Remembers why an entry is void, to explain a difference in its block.
    mutating func note(void: String) { voidNote = voidNote ?? void }

    func compareGenesis(_ reader: LedgerReader) throws {
        guard let stored = try reader.block(at: .genesis) else {
            throw Finding(height: .genesis, what: "block 0 is missing")
        }
        try compare(stored.header, with: first.header)
        guard stored.closedAt == .start else {
            throw Finding(
                height: .genesis,
                what: "block 0 is marked as closed by log entry \(stored.closedAt)")
        }
        guard try reader.result(at: .genesis) == first.result else {
            throw Finding(height: .genesis, what: "block 0 has receipts that it cannot have")
        }
        guard try reader.executedTransactions(at: .genesis) == (0, []) else {
            throw Finding(
                height: .genesis, what: "block 0 lists transactions, which it cannot have")
        }
        guard try reader.attestations(at: .genesis).isEmpty else {
            throw Finding(
                height: .genesis, what: "block 0 has attestations; it is final by definition")
        }
    }

    mutating func compare(
        _ block: ExecutedBlock, closedAt: LogPosition, judges: MemberSet,
        silenced: Set<MemberID>, _ reader: LedgerReader, _ report: inout Verification.Report
    ) throws {
        let height = block.header.height
        guard let stored = try reader.block(at: height) else {
            throw Finding(
                height: height, what: "the block is missing, though its entries are there")
        }
        try compare(stored.header, with: block.header)
        guard stored.closedAt == closedAt else {
            throw Finding(
                height: height, what: "its last log position is \(stored.closedAt), not \(closedAt)"
            )
        }
        try compare(try reader.result(at: height) ?? [], with: block.result, at: height)
        let executed = try reader.executedTransactions(at: height)
        guard executed.ids == block.transactions.map(\.id),
            executed.firstLeaf == block.transactions.first?.leaf ?? 0
        else {
            throw Finding(
                height: height, what: "its list of transactions is not of those it executed")
        }
        for transaction in block.transactions where height <= indexedHeight {
            let listed = try reader.location(ofTransaction: transaction.id)
            guard listed?.height == height, listed?.leaf == transaction.leaf else {
                throw Finding(
                    height: height,
                    what: "transaction \(transaction.id) is not listed at leaf \(transaction.leaf)")
            }
        }
        hashes.append(block.header.hash)
        if epochs.last?.epoch != block.header.epoch { epochs.append((height, block.header.epoch)) }
        if judgeSets.last?.judges != judges { judgeSets.append((height, judges)) }
        finality.add(block.header, judgedBy: judges, silenced: silenced)
        try check(try reader.attestations(at: height), of: block.header, judges, &report)
        for change in block.changes { writtenAt[change.key] = change.value == nil ? nil : height }
        report.blocks += 1
        report.transactions += UInt64(block.transactions.count)
        transactions.append(UInt32(block.transactions.count))
        voidNote = nil
    }

    private func compare(_ stored: BlockHeader, with computed: BlockHeader) throws {
        guard stored != computed else { return }
        let differing = stored.differences(from: computed)
        let cause = voidNote.map { " (\($0))" } ?? ""
        throw Finding(
            height: computed.height,
            what:
                "the stored header differs from the recomputed one in \(differing.joined(separator: ", "))\(cause)"
        )
    }

    private func compare(_ stored: [UInt8], with computed: [UInt8], at height: Height) throws {
        guard stored != computed else { return }
        let expected = try BlockResult(serializedBytes: computed)
        guard let found = try? BlockResult(serializedBytes: stored),
            found.receipts.count == expected.receipts.count
        else {
            throw Finding(height: height, what: "the stored receipts do not decode as recomputed")
        }
        let leaf = zip(found.receipts, expected.receipts).enumerated().first { $1.0 != $1.1 }?
            .offset
        throw Finding(
            height: height,
            what: leaf.map { "receipt \($0) differs from the recomputed one" }
                ?? "the stored timers or receipts differ from the recomputed ones")
    }

    private mutating func check(
        _ stored: [StoredAttestation], of header: BlockHeader, _ judges: MemberSet,
        _ report: inout Verification.Report
    ) throws {
        let height = header.height
        for attestation in stored {
            let what = "the attestation of \(attestation.member)"
            guard judges.nodeKey(of: attestation.member) == attestation.envelope.publicKey,
                attestation.envelope.isAuthentic(as: .attestation)
            else { throw Finding(height: height, what: "\(what) has a wrong signature") }
            guard let read = Attestation(attestation.envelope, chain: header.chain) else {
                throw Finding(height: height, what: "\(what) is of another chain")
            }
            guard read.isOf(header) else {
                // Its place at its own block is empty then, which may be below.
                throw Finding(
                    height: min(height, read.height),
                    what: "\(what) of block \(read.height) is stored with block \(height)")
            }
            report.signatures += 1
            finality.count(read, hashAt: { _ in nil }, isAuthentic: { _ in true })
            uncarried.insert(attestation.envelope.signature)
        }
    }

    /// Attestations of this chain's blocks that the log carries must be stored.
    mutating func check(
        carried: [Signed], at position: LogPosition, _ reader: LedgerReader
    ) throws {
        for signed in carried {
            if let signature = Signature(signed.signature), uncarried.remove(signature) != nil {
                continue
            }
            guard let attestation = Attestation(signed, chain: first.header.chain),
                let member = judge(attestation),
                try !reader.attestations(at: attestation.height).contains(where: {
                    $0.member == member
                }),
                attestation.envelope.isAuthentic(as: .attestation)
            else { continue }
            throw Finding(
                height: attestation.height,
                what:
                    "the attestation of \(member), carried at log position \(position), is not stored"
            )
        }
    }

    /// Whose attestation of a block of this chain it would be, if its signature holds.
    private func judge(_ attestation: Attestation) -> MemberID? {
        guard attestation.epoch == epochs.last(where: { $0.from <= attestation.height })?.epoch,
            let index = Int(exactly: attestation.height.rawValue), hashes.indices.contains(index),
            hashes[index] == attestation.blockHash,
            let judges = judgeSets.last(where: { $0.from <= attestation.height })?.judges
        else { return nil }
        return judges.members.first { $0.nodeKey == attestation.envelope.publicKey }?.id
    }
}
