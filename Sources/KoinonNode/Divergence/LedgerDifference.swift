import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// Where two ledgers of one chain part: the first block that differs, and in it the first
/// entry, transaction and row of state.
public struct LedgerDifference: Sendable, Equatable {
    /// The last block that both hold alike.
    public var common: Height
    /// The last blocks of the two.
    public var tips: [Height]
    /// The first block that differs; nil when one ledger is a beginning of the other.
    public var height: Height?
    /// Fields of its header that differ.
    public var headerFields: [String] = []
    public var entry: Entry?
    public var result: Result?
    /// The first row of state, by the block that wrote it and then by key.
    public var row: Row?
    /// Whether each ledger's block is what this program makes of its entries; nil where that
    /// cannot be told.
    public var isAsComputed: [Bool?] = [nil, nil]

    /// The first entry of the block that is not the same, or is missing in one.
    public struct Entry: Sendable, Equatable {
        public var index: Int
        /// Author and sequence, in the one ledger and the other.
        public var names: [String?]
    }

    /// The first receipt of the block that is not the same.
    public struct Result: Sendable, Equatable {
        public var leaf: Int
        /// Nil for a timer.
        public var transaction: Hash256?
        /// JSON of the receipts; nil where there is none.
        public var receipts: [String?]
    }

    public struct Row: Sendable, Equatable {
        public var key: [UInt8]
        /// Nil where the key is absent.
        public var values: [[UInt8]?]
        /// The blocks that wrote them.
        public var heights: [Height?]
    }

    /// Whether nothing differs but how far they have come.
    public var isNone: Bool { height == nil && row == nil }

    /// - Throws: `RecoveryFault` for ledgers of two chains; a store's fault.
    public static func find(
        _ one: LedgerStore, _ other: LedgerStore
    ) throws -> LedgerDifference {
        guard one.genesis == other.genesis else {
            throw RecoveryFault(
                "the two ledgers began with different genesis documents",
                remedy: "compare ledgers of one alliance")
        }
        let genesis = try GenesisDocument(contentsOf: one.genesis)
        return try one.read { a in
            try other.read { b in try Search(a, b, genesis: genesis).run() }
        }
    }

    private struct Search {
        let readers: [LedgerReader]
        let genesis: GenesisDocument

        init(_ a: LedgerReader, _ b: LedgerReader, genesis: GenesisDocument) {
            readers = [a, b]
            self.genesis = genesis
        }

        func run() throws -> LedgerDifference {
            let tips = try readers.map { try $0.tip().header.height }
            let common = try lastCommon(min(tips[0], tips[1]))
            var found = LedgerDifference(common: common, tips: tips)
            guard common < min(tips[0], tips[1]) else {
                // Alike as far as both go: then state can only be compared at one height.
                if tips[0] == tips[1] { found.row = try row() }
                return found
            }
            let height = common.next
            found.height = height
            let blocks = try readers.map { try $0.block(at: height)?.header }
            if let one = blocks[0], let other = blocks[1] {
                found.headerFields = one.differences(from: other)
            }
            found.entry = try entry(at: height)
            found.result = try result(at: height)
            found.row = try row()
            found.isAsComputed = try computed(at: height)
            return found
        }

        /// Hashes are kept of blocks too that were pruned or came as a snapshot.
        private func lastCommon(_ top: Height) throws -> Height {
            let hashes = try readers.map { try $0.headerHashes(below: top.next) }
            // Each header names the one before: once they differ they differ for good.
            var (same, other) = (0, hashes[0].count)
            while other - same > 1 {
                let middle = same + (other - same) / 2
                if hashes[0][middle] == hashes[1][middle] { same = middle } else { other = middle }
            }
            return Height(UInt64(same))
        }

        private func entry(at height: Height) throws -> Entry? {
            let entries = try readers.map { try $0.entries(ofBlock: height) }
            for index in 0..<max(entries[0].count, entries[1].count) {
                let pair = entries.map { $0.indices.contains(index) ? $0[index] : nil }
                guard pair[0] != pair[1] else { continue }
                return Entry(
                    index: index,
                    names: pair.map { envelope in
                        envelope.map { envelope in
                            guard let body = try? EntryBody(strict: envelope.body) else {
                                return "an entry that cannot be read"
                            }
                            return "\(body.author), sequence \(body.sequence)"
                        }
                    })
            }
            return nil
        }

        private func result(at height: Height) throws -> Result? {
            let results = try readers.map { try $0.decodedResult(at: height) }
            let executed = try readers.map { try $0.executedTransactions(at: height) }
            for leaf in 0..<max(results[0].receipts.count, results[1].receipts.count) {
                let pair = results.map {
                    $0.receipts.indices.contains(leaf) ? $0.receipts[leaf] : nil
                }
                let ids = executed.map { executed in
                    let index = leaf - executed.firstLeaf
                    return executed.ids.indices.contains(index) ? executed.ids[index] : nil
                }
                guard pair[0] != pair[1] || ids[0] != ids[1] else { continue }
                return Result(
                    leaf: leaf, transaction: ids[0] ?? ids[1],
                    receipts: pair.map { $0?.jsonForm(pretty: false) })
            }
            return nil
        }

        /// Walks both tables side by side: of the rows that differ the one written first.
        private func row() throws -> Row? {
            guard try readers[0].indexedHeight() == readers[0].tip().header.height,
                try readers[1].indexedHeight() == readers[1].tip().header.height
            else { return nil }
            var others: [[UInt8]: StateRow] = [:]
            try readers[1].forEachStateRow { others[$0.key] = $0 }
            var first: (height: Height, row: Row)?
            func note(_ one: StateRow?, _ other: StateRow?) {
                guard one?.value != other?.value, let key = one?.key ?? other?.key else { return }
                let written = [one, other].compactMap { $0?.height }.min() ?? .genesis
                let row = Row(
                    key: key, values: [one?.value, other?.value],
                    heights: [one?.height, other?.height])
                if let known = first {
                    let isFirst =
                        written < known.height
                        || (written == known.height
                            && key.lexicographicallyPrecedes(known.row.key))
                    guard isFirst else { return }
                }
                first = (written, row)
            }
            try readers[0].forEachStateRow { row in
                note(row, others.removeValue(forKey: row.key))
            }
            for (_, row) in others.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }) {
                note(nil, row)
            }
            return first?.row
        }

        /// Executes both blocks on the state before them.
        private func computed(at height: Height) throws -> [Bool?] {
            try readers.map { reader in
                let before = Height(height.rawValue - 1)
                guard let base = try reader.block(at: before)?.header,
                    let stored = try reader.block(at: height)?.header
                else { return nil }
                let rows: [StateRow]
                do { rows = try reader.stateRows(at: before, genesis: genesis) } catch {
                    return nil
                }
                var history = MerkleFrontier()
                for hash in try reader.headerHashes(below: before) {
                    history.append(leafHash: MerkleTree.leafHash(hash.bytes))
                }
                let replica = Replica(
                    header: base, history: history, rows: rows.map { ($0.key, $0.value) })
                try reader.beginEpochs(on: replica)
                for envelope in try reader.entries(ofBlock: height) {
                    let entry = try CheckedEntry(
                        envelope, chain: replica.chain, epoch: replica.epoch)
                    if case .closed(let block, _) = replica.apply(entry) {
                        return block.header == stored
                    }
                }
                return false
            }
        }
    }
}
