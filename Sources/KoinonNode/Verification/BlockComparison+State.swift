import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

extension BlockComparison {
    /// Rows by key may end before the last block does: a node under load writes them later,
    /// and one that ended by a crash leaves them so.
    mutating func readIndexedHeight(_ reader: LedgerReader, _ state: CommittedState) throws {
        indexedHeight = try reader.indexedHeight()
        try compareRows(reader, state, at: .genesis)
    }

    /// Compares state and the list of transactions at the block up to which they are stored,
    /// unless that is the last one, where ``compareRest(_:_:tip:_:)`` does.
    func compareRows(_ reader: LedgerReader, _ state: CommittedState, at height: Height) throws {
        guard height == indexedHeight, try reader.counts().blocks > height.next.rawValue else {
            return
        }
        var lowest: Finding?
        try compareRows(reader, state) { Self.note($0, &lowest) }
        if let lowest { throw lowest }
    }

    private func compareRows(
        _ reader: LedgerReader, _ state: CommittedState, _ note: (Finding) -> Void
    ) throws {
        if let finding = try compareTransactions(reader) { note(finding) }
        try compareState(reader, state, note)
    }

    private static func note(_ finding: Finding, _ lowest: inout Finding?) {
        guard let height = finding.height else {
            lowest = lowest ?? finding
            return
        }
        if height < lowest?.height ?? Height(.max) { lowest = finding }
    }

    /// Everything that belongs to no single block: state, and rows that nothing accounts for.
    ///
    /// - Throws: ``Verification/Finding`` with the lowest height among those found.
    func compareRest(
        _ reader: LedgerReader, _ state: CommittedState, tip: BlockHeader,
        _ report: inout Verification.Report
    ) throws {
        let counts = try reader.counts()
        guard counts.blocks == tip.height.next.rawValue else {
            // Before the state, which would be that of another height.
            throw Finding(
                height: tip.height.next, what: "a stored block has no entries in the log")
        }
        var lowest: Finding?
        func note(_ finding: Finding) { Self.note(finding, &lowest) }
        if indexedHeight > tip.height {
            note(
                Finding(height: nil, what: "rows are marked as stored up to block \(indexedHeight)")
            )
        }
        if let stray = try reader.strayRow(beyond: tip.height) { note(Self.finding(stray)) }
        if counts.logEntries != logEntries {
            note(
                Finding(
                    height: nil,
                    what: "\(counts.logEntries) entries are logged, \(logEntries) follow each other"
                ))
        }
        report.stateRows = counts.stateRows
        if indexedHeight >= tip.height { try compareRows(reader, state, note) }
        if let lowest { throw lowest }
    }

    private static func finding(_ row: StrayRow) -> Finding {
        Finding(height: row.height, what: "a row of table \(row.table) belongs to no block")
    }

    /// The list of transactions holds no others than were executed.
    private func compareTransactions(_ reader: LedgerReader) throws -> Finding? {
        // Heights that were compared; more than the rows have, where those end before.
        let last = Int(clamping: min(indexedHeight.rawValue, UInt64(transactions.count - 1)))
        let transactions = transactions[...last]
        let expected = transactions.reduce(0) { $0 + UInt64($1) }
        guard try reader.counts().transactions != expected else { return nil }
        // Each that was executed was found at its place, so some list more than it executed.
        var listed = Array(repeating: UInt32(0), count: transactions.count)
        try reader.forEachTransaction { _, location in
            if let index = Int(exactly: location.height.rawValue), listed.indices.contains(index) {
                listed[index] += 1
            }
        }
        return listed.indices.first { listed[$0] != transactions[$0] }.map { index in
            Finding(
                height: Height(UInt64(index)),
                what:
                    "\(listed[index]) transactions are listed, \(transactions[index]) were executed"
            )
        }
    }

    /// Names for each row that differs the block that last wrote it.
    private func compareState(
        _ reader: LedgerReader, _ state: CommittedState, _ note: (Finding) -> Void
    ) throws {
        var sound = 0
        try reader.forEachStateRow { row in
            let key = Hex.encode(row.key)
            guard let value = state.value(for: row.key), let height = writtenAt[row.key] else {
                note(Finding(height: row.height, what: "state row \(key) does not belong here"))
                return
            }
            sound += 1
            if value != row.value {
                note(
                    Finding(
                        height: height, what: "state row \(key) differs from what the block wrote"))
            } else if height != row.height {
                note(
                    Finding(
                        height: height,
                        what: "state row \(key) is marked as written at \(row.height)"))
            }
        }
        guard sound < state.count else { return }
        var present: Set<[UInt8]> = []
        try reader.forEachStateRow { present.insert($0.key) }
        state.forEach { key, _ in
            guard !present.contains(key) else { return }
            note(
                Finding(
                    height: writtenAt[key], what: "state row \(Hex.encode(key)) is missing"))
        }
    }
}
