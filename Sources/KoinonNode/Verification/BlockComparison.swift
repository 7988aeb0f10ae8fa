import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// Compares stored blocks, receipts, attestations and state with recomputed ones.
struct BlockComparison {
    private typealias Finding = Verification.Finding

    private let first: ExecutedBlock
    /// Which block last wrote each row, as recomputed.
    private var writtenAt: [[UInt8]: Height] = [:]
    private var finality = Finality(finalHeight: .genesis)
    private var attestations: UInt64 = 0
    private var voidNote: String?

    init(first: ExecutedBlock, judges: MemberSet) {
        self.first = first
        for change in first.changes { writtenAt[change.key] = .genesis }
    }

    var finalHeight: Height { finality.finalHeight }

    /// Remembers why an entry is void, to explain a difference in its block.
    mutating func note(void: String) { voidNote = voidNote ?? void }

    func compareGenesis(_ reader: LedgerReader) throws {
        guard let stored = try reader.block(at: .genesis) else {
            throw Finding(height: .genesis, what: "block 0 is missing")
        }
        try compare(stored.header, with: first.header)
        guard try reader.result(at: .genesis) == first.result else {
            throw Finding(height: .genesis, what: "block 0 has receipts that it cannot have")
        }
    }

    mutating func compare(
        _ block: ExecutedBlock, closedAt: LogPosition, judges: MemberSet, _ reader: LedgerReader,
        _ report: inout Verification.Report
    ) throws {
        let height = block.header.height
        guard let stored = try reader.block(at: height) else {
            throw Finding(height: height, what: "the block is missing, though its entries are there")
        }
        try compare(stored.header, with: block.header)
        guard stored.closedAt == closedAt else {
            throw Finding(height: height, what: "its last log position is \(stored.closedAt), not \(closedAt)")
        }
        try compare(try reader.result(at: height) ?? [], with: block.result, at: height)
        for transaction in block.transactions {
            let listed = try reader.location(ofTransaction: transaction.id)
            guard listed?.height == height, listed?.leaf == transaction.leaf else {
                throw Finding(
                    height: height, what: "transaction \(transaction.id) is not listed at leaf \(transaction.leaf)")
            }
        }
        finality.add(block.header, judgedBy: judges)
        try check(try reader.attestations(at: height), of: block.header, judges, &report)
        for change in block.changes { writtenAt[change.key] = change.value == nil ? nil : height }
        report.blocks += 1
        report.transactions += UInt64(block.transactions.count)
        voidNote = nil
    }

    private func compare(_ stored: BlockHeader, with computed: BlockHeader) throws {
        guard stored != computed else { return }
        var differing: [String] = []
        for (name, isSame) in [
            ("version", stored.version == computed.version), ("chain", stored.chain == computed.chain),
            ("epoch", stored.epoch == computed.epoch), ("height", stored.height == computed.height),
            ("parent", stored.parent == computed.parent), ("time_ms", stored.time == computed.time),
            ("entries_root", stored.entriesRoot == computed.entriesRoot),
            ("transactions_root", stored.transactionsRoot == computed.transactionsRoot),
            ("receipts_root", stored.receiptsRoot == computed.receiptsRoot),
            ("state_root", stored.stateRoot == computed.stateRoot),
            ("history_root", stored.historyRoot == computed.historyRoot),
            ("members_hash", stored.membersHash == computed.membersHash),
            ("next_members_hash", stored.nextMembersHash == computed.nextMembersHash),
            ("proposer", stored.proposer == computed.proposer),
        ] where !isSame {
            differing.append(name)
        }
        let cause = voidNote.map { " (\($0))" } ?? ""
        throw Finding(
            height: computed.height,
            what: "the stored header differs from the recomputed one in \(differing.joined(separator: ", "))\(cause)")
    }

    private func compare(_ stored: [UInt8], with computed: [UInt8], at height: Height) throws {
        guard stored != computed else { return }
        let expected = try BlockResult(serializedBytes: computed)
        guard let found = try? BlockResult(serializedBytes: stored),
            found.receipts.count == expected.receipts.count
        else { throw Finding(height: height, what: "the stored receipts do not decode as recomputed") }
        let leaf = zip(found.receipts, expected.receipts).enumerated().first { $1.0 != $1.1 }?.offset
        throw Finding(
            height: height,
            what: leaf.map { "receipt \($0) differs from the recomputed one" }
                ?? "the stored timers or receipts differ from the recomputed ones")
    }

    private mutating func check(
        _ stored: [StoredAttestation], of header: BlockHeader, _ judges: MemberSet,
        _ report: inout Verification.Report
    ) throws {
        for attestation in stored {
            attestations += 1
            let height = header.height
            guard let body = try? AttestationBody(strict: attestation.envelope.body),
                ChainID(body.chain) == header.chain, body.epoch == header.epoch,
                body.height == height.rawValue, Hash256(body.blockHash) == header.hash
            else {
                throw Finding(height: height, what: "the attestation of \(attestation.member) is of another block")
            }
            guard judges.nodeKey(of: attestation.member) == attestation.envelope.publicKey,
                attestation.envelope.isAuthentic(as: .attestation)
            else {
                throw Finding(height: height, what: "the attestation of \(attestation.member) has a wrong signature")
            }
            report.signatures += 1
            finality.count(attestation.member, at: height)
        }
    }

    /// Compares every row; names the block that last wrote a row that differs.
    func compareState(
        _ reader: LedgerReader, _ state: CommittedState, tip: BlockHeader,
        _ report: inout Verification.Report
    ) throws {
        var rows: UInt64 = 0
        try reader.forEachStateRow { row in
            rows += 1
            let height = writtenAt[row.key] ?? row.height
            let key = Hex.encode(row.key)
            guard let value = state.value(for: row.key) else {
                throw Finding(height: min(height, tip.height), what: "state row \(key) does not belong here")
            }
            guard value == row.value else {
                throw Finding(height: height, what: "state row \(key) differs from what the block wrote")
            }
            guard writtenAt[row.key] == row.height else {
                throw Finding(height: height, what: "state row \(key) is marked as written at \(row.height)")
            }
        }
        report.stateRows = rows
        guard rows < state.count else { return }
        var missing: [(Height, [UInt8])] = []
        var present: Set<[UInt8]> = []
        try reader.forEachStateRow { present.insert($0.key) }
        state.forEach { key, _ in
            if !present.contains(key) { missing.append((writtenAt[key] ?? .genesis, key)) }
        }
        if let (height, key) = missing.min(by: { $0.0 < $1.0 }) {
            throw Finding(height: height, what: "state row \(Hex.encode(key)) is missing")
        }
    }

    /// Nothing is stored that no block accounts for.
    func compareTotals(_ reader: LedgerReader, _ report: Verification.Report) throws {
        let counts = try reader.counts()
        guard counts.transactions == report.transactions else {
            throw Finding(
                height: nil, what: "\(counts.transactions) transactions are listed, \(report.transactions) are in blocks")
        }
        guard counts.attestations == attestations else {
            throw Finding(
                height: nil, what: "\(counts.attestations) attestations are stored, \(attestations) belong to blocks")
        }
    }
}
