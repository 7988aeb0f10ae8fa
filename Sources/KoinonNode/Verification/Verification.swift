import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// Recomputes a whole ledger from its genesis document and compares every stored byte.
///
/// Signatures are checked on all cores while the machine executes the entries
/// before them. Stops at the first difference.
public struct Verification {
    /// What was found wrong.
    public struct Finding: Error, Sendable, CustomStringConvertible {
        /// The first bad block, where one can be told.
        public var height: Height?
        public var what: String

        public var description: String {
            height.map { "height \($0): \(what)" } ?? what
        }
    }

    /// What was compared.
    public struct Report: Sendable {
        public var blocks: UInt64 = 0
        public var transactions: UInt64 = 0
        public var signatures: UInt64 = 0
        public var stateRows: UInt64 = 0
        /// The last block that a quorum of its judges signed.
        public var finalHeight = Height.genesis
        public var tip: BlockHeader?
        /// Nil for a ledger with all blocks. Of the blocks up to here only headers, members and
        /// signatures could be checked, and of those above it not what they did to the state.
        public var base: Height?
    }

    /// Entries are read and checked ahead in parts of at most so many, or so many bytes.
    private static let entriesPerPart = 512
    private static let bytesPerPart = 4 * EntryLimits.bytes
    /// What one task checks: a large entry, or small ones up to so many bytes.
    private static let bytesPerCheck = 65_536

    private let store: LedgerStore
    private let genesis: GenesisDocument
    private let replica: Replica
    private var comparison: BlockComparison
    private var report = Report()
    /// Behind which places of the log later epochs run, ascending.
    private let epochs: [(after: LogPosition, record: StoredEpochRecord)]

    private init(store: LedgerStore, genesis: GenesisDocument) throws {
        self.store = store
        self.genesis = genesis
        let first = try GenesisBlock.make(genesis)
        replica = try Replica(genesis: genesis)
        comparison = BlockComparison(first: first, judges: genesis.memberSet)
        epochs = try store.read { reader in
            let lowest = try reader.lowestHeader()
            return try reader.epochRecords().map { record in
                // Of a ledger that began later the whole log is behind such a base.
                guard record.height >= lowest else { return (LogPosition.start, record) }
                return (try reader.block(at: record.height)?.closedAt ?? LogPosition(.max), record)
            }
        }
        guard store.genesis == genesis.bytes else {
            throw Finding(height: .genesis, what: "the ledger began with another genesis document")
        }
    }

    /// Verifies the store against the genesis document.
    ///
    /// - Parameters:
    ///   - progress: called now and then with the height reached and the tip.
    ///   - headers: called with each recomputed header, block 0 first, before it is compared.
    /// - Returns: what was compared, when everything is as it must be.
    /// - Throws: ``Finding`` for the first difference; a `StoreFault` that is no damage; what
    ///   `headers` throws.
    public static func run(
        _ store: LedgerStore, genesis: GenesisDocument,
        progress: (_ height: Height, _ tip: Height) -> Void = { _, _ in },
        headers: (BlockHeader) throws -> Void = { _ in }
    ) async throws -> Report {
        do {
            let base = try store.read { try $0.baseHeight() }
            if base > .genesis {
                var verification = try BaseVerification(
                    store: store, genesis: genesis, base: base)
                return try await verification.run(progress: progress, headers: headers)
            }
            var verification = try Verification(store: store, genesis: genesis)
            return try await verification.run(progress: progress, headers: headers)
        } catch StoreFault.damaged(let what, let height, _) {
            throw Finding(height: height, what: what)
        }
    }

    private mutating func run(
        progress: (_ height: Height, _ tip: Height) -> Void,
        headers: (BlockHeader) throws -> Void
    ) async throws -> Report {
        // Not the tip itself, which may be the damaged row; the lowest one is to be named.
        let blocks = try store.read { try $0.counts().blocks }
        let tip = Height(max(blocks, 1) - 1)
        try headers(replica.header)
        try store.read { reader in
            try comparison.compareGenesis(reader)
            try comparison.readIndexedHeight(reader, replica.state)
        }
        let chain = genesis.chain
        let epochs = epochs
        try beginEpochs(judgedBy: genesis.memberSet)
        var part = try readPart(from: LogPosition.start.next)
        var checked = await Self.check(part.entries, chain: chain, epochs)
        while !checked.isEmpty || part.damage != nil {
            let next = try readPart(after: part)
            async let following = Self.check(next.entries, chain: chain, epochs)
            try apply(checked, headers)
            if let damage = part.damage {
                throw Finding(height: replica.header.height.next, what: damage)
            }
            progress(replica.header.height, tip)
            checked = await following
            part = next
        }
        try store.read { reader in
            try comparison.compareRest(reader, replica.state, tip: replica.header, &report)
        }
        report.finalHeight = comparison.finalHeight
        report.tip = replica.header
        return report
    }

    private struct CheckedLogEntry: Sendable {
        var logged: LogEntry
        var result: Result<CheckedEntry, EntryFault>
    }

    /// Entries of the log, and what is wrong with the one behind them.
    private struct LogPart {
        var entries: [LogEntry] = []
        var damage: String?
    }

    private func readPart(after part: LogPart) throws -> LogPart {
        guard part.damage == nil, let last = part.entries.last else { return LogPart() }
        return try readPart(from: last.position.next)
    }

    private func readPart(from position: LogPosition) throws -> LogPart {
        struct Enough: Error {}
        var part = LogPart()
        var bytes = 0
        do {
            try store.read { reader in
                try reader.forEachLogEntry(from: position) { entry in
                    part.entries.append(entry)
                    bytes += entry.envelope.body.count
                    if part.entries.count == Self.entriesPerPart || bytes >= Self.bytesPerPart {
                        throw Enough()
                    }
                }
            }
        } catch is Enough {
        } catch StoreFault.damaged(let what, _, _) {
            // To be told once the entries before it are found sound.
            part.damage = what
        }
        return part
    }

    private static func check(
        _ entries: [LogEntry], chain: ChainID,
        _ epochs: [(after: LogPosition, record: StoredEpochRecord)]
    ) async -> [CheckedLogEntry] {
        await withTaskGroup { group in
            for slice in slices(of: entries) {
                let start = slice.startIndex
                group.addTask {
                    (
                        start,
                        slice.map { logged in
                            let epoch =
                                epochs.last { $0.after < logged.position }?.record.epoch ?? 0
                            return CheckedLogEntry(
                                logged: logged,
                                result: Result { () throws(EntryFault) in
                                    try CheckedEntry(logged.envelope, chain: chain, epoch: epoch)
                                })
                        }
                    )
                }
            }
            var parts: [(Int, [CheckedLogEntry])] = []
            for await part in group { parts.append(part) }
            return parts.sorted { $0.0 < $1.0 }.flatMap(\.1)
        }
    }

    private static func slices(of entries: [LogEntry]) -> [ArraySlice<LogEntry>] {
        var slices: [ArraySlice<LogEntry>] = []
        var start = 0
        var bytes = 0
        for (index, entry) in entries.enumerated() {
            bytes += entry.envelope.body.count
            guard bytes >= bytesPerCheck || index == entries.count - 1 else { continue }
            slices.append(entries[start...index])
            start = index + 1
            bytes = 0
        }
        return slices
    }

    private mutating func apply(
        _ part: [CheckedLogEntry], _ headers: (BlockHeader) throws -> Void
    ) throws {
        for checked in part {
            let position = checked.logged.position
            let height = replica.header.height.next
            if let unknown = replica.unknownProtocol { throw unknown }
            comparison.logEntries += 1
            let entry: CheckedEntry
            switch checked.result {
            case .success(let value): entry = value
            case .failure(let fault):
                if checked.logged.hasEffect {
                    throw Finding(
                        height: height, what: "entry at log position \(position): \(fault)")
                }
                continue
            }
            if checked.logged.hasEffect, let reason = entry.void {
                // An honest log may hold a void entry; an altered one shows in the header.
                comparison.note(void: "entry at log position \(position) is void: \(reason)")
            }
            report.signatures += 1 + UInt64(entry.transactions.count)
            let judges = replica.members
            let silenced = Set(replica.silenced.keys)
            switch replica.apply(entry) {
            case .noEffect(let reason):
                if checked.logged.hasEffect {
                    throw Finding(
                        height: height, what: "entry at log position \(position): \(reason)")
                }
            case .unknownProtocol(let fault): throw fault
            case .waiting:
                try require(checked.logged.hasEffect, height, position)
            case .closed(let block, _):
                try require(checked.logged.hasEffect, height, position)
                try headers(block.header)
                try compare(block, closedAt: position, judges, silenced)
                try beginEpochs(judgedBy: judges)
            }
            if entry.attestations.isEmpty { continue }
            try store.read { reader in
                try comparison.check(carried: entry.attestations, at: position, reader)
            }
        }
    }

    /// Those that began on the last block, which is final by their records.
    private mutating func beginEpochs(judgedBy judges: MemberSet) throws {
        for (_, record) in epochs
        where record.height == replica.header.height && record.epoch > replica.epoch {
            let signatures = try record.check(
                base: replica.header.hash, chain: genesis.chain, judges: judges,
                next: replica.members)
            report.signatures += UInt64(signatures)
            comparison.beganEpoch()
            replica.begin(epoch: record.epoch)
        }
    }

    private mutating func compare(
        _ block: ExecutedBlock, closedAt position: LogPosition, _ judges: MemberSet,
        _ silenced: Set<MemberID>
    ) throws {
        do {
            try store.read { reader in
                try comparison.compare(
                    block, closedAt: position, judges: judges, silenced: silenced, reader, &report)
                try comparison.compareRows(reader, replica.state, at: block.header.height)
            }
        } catch StoreFault.damaged(let what, nil, _) {
            throw Finding(height: block.header.height, what: what)
        }
    }

    private func require(_ hasEffect: Bool, _ height: Height, _ position: LogPosition) throws {
        if !hasEffect {
            throw Finding(
                height: height,
                what: "entry at log position \(position) has effect but is marked as without")
        }
    }
}
