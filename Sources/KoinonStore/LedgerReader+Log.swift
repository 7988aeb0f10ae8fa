import KoinonLedger
import KoinonProtocol

extension LedgerReader {
    /// ``LogPosition/start`` while the log is empty.
    public func lastPosition() throws -> LogPosition {
        LogPosition(try integer("SELECT ifnull(max(position), 0) FROM log"))
    }

    /// The place of the log's last entry by the count of the engine that ordered it; nil
    /// before the first entry, when the last block came from others, and when what was read
    /// behind it was forgotten.
    public func orderedThrough() throws -> UInt64? {
        let query = try PreparedStatement(
            cached: "SELECT value FROM meta WHERE name = 'ordered'", db)
        defer { query.reset() }
        return try query.step() ? query.unsigned(0) : nil
    }

    /// The entries of a block, in order, byte for byte; none above the tip.
    public func entries(ofBlock height: Height) throws -> [Envelope] {
        try checkKept(height)
        guard height > .genesis, let block = try block(at: height) else { return [] }
        guard let before = try self.block(at: Height(height.rawValue - 1)) else {
            throw StoreFault.damaged(
                what: "it is missing", height: Height(height.rawValue - 1), cause: nil)
        }
        return try at(height) { try entries(after: before.closedAt, through: block.closedAt) }
    }

    /// What the log holds after the last block: to be processed again, in order,
    /// when a node starts.
    public func pendingEntries() throws -> [LogEntry] {
        var pending: [LogEntry] = []
        try forEachLogEntry(from: try tip().closedAt.next) { pending.append($0) }
        return pending
    }

    /// Calls `body` with each entry of the log from a position on, in order.
    ///
    /// - Throws: ``StoreFault/damaged(what:height:cause:)`` at a gap or an entry without
    ///   its form, naming the block that it belongs to.
    public func forEachLogEntry(
        from first: LogPosition = LogPosition.start.next, _ body: (LogEntry) throws -> Void
    ) throws {
        let query = try PreparedStatement(
            "SELECT position, effect, packed FROM log WHERE position >= ? ORDER BY position", db)
        defer { query.reset() }
        try query.bind(1, first)
        var expected = max(first, LogPosition.start.next)
        while try query.step() {
            let position = LogPosition(try query.unsigned(0))
            guard position == expected else {
                throw try damaged("log entry \(expected) is missing", at: expected)
            }
            guard case let effect = try query.unsigned(1), effect <= 1 else {
                throw try damaged("the effect of log entry \(position) is not 0 or 1", at: position)
            }
            let envelope = try envelope(in: query, column: 2, position)
            try body(LogEntry(position: position, envelope: envelope, hasEffect: effect == 1))
            expected = position.next
        }
    }

    /// Entries with effect, in order.
    func entries(after: LogPosition, through: LogPosition) throws -> [Envelope] {
        let query = try PreparedStatement(
            cached: """
                SELECT position, packed FROM log
                WHERE position > ? AND position <= ? AND effect = 1 ORDER BY position
                """, db)
        defer { query.reset() }
        try query.bind(1, after)
        try query.bind(2, through)
        var entries: [Envelope] = []
        while try query.step() {
            let position = LogPosition(try query.unsigned(0))
            entries.append(try envelope(in: query, column: 1, position))
        }
        return entries
    }

    private func envelope(
        in query: PreparedStatement, column: Int32, _ position: LogPosition
    ) throws -> Envelope {
        do {
            return try Envelope(packed: query.bytes(column))
        } catch let fault as EnvelopeFault {
            throw try damaged("log entry \(position): \(fault)", at: position)
        }
    }

    /// The fault, with the block that the position belongs to when one closed.
    private func damaged(_ what: String, at position: LogPosition) throws -> StoreFault {
        let query = try PreparedStatement(
            "SELECT height FROM blocks WHERE closed_at >= ? ORDER BY height LIMIT 1", db)
        defer { query.reset() }
        try query.bind(1, position)
        let height = try query.step() ? Height(query.unsigned(0)) : nil
        return .damaged(what: what, height: height, cause: nil)
    }
}
