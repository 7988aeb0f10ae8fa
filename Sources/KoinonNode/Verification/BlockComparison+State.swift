import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

extension BlockComparison {
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
        func note(_ finding: Finding?) {
            guard let finding, let height = finding.height else {
                lowest = lowest ?? finding
                return
            }
            if height < lowest?.height ?? Height(.max) { lowest = finding }
        }
        note(try reader.strayRow(beyond: tip.height).map(Self.finding))
        note(try compareTransactions(reader))
        if counts.logEntries != logEntries {
            note(
                Finding(
                    height: nil,
                    what: "\(counts.logEntries) entries are logged, \(logEntries) follow each other"
                ))
        }
        report.stateRows = counts.stateRows
        try compareState(reader, state, note)
        if let lowest { throw lowest }
    }

    private static func finding(_ row: StrayRow) -> Finding {
        Finding(height: row.height, what: "a row of table \(row.table) belongs to no block")
    }

    /// The list of transactions holds no others than were executed.
    private func compareTransactions(_ reader: LedgerReader) throws -> Finding? {
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
