import KoinonLedger
import KoinonProtocol

/// A row that no block of the chain can account for.
public struct StrayRow: Sendable, Equatable {
    public var table: String
    /// The block it claims to belong to; nil when it names none.
    public var height: Height?
}

extension LedgerReader {
    /// The first row of any table that stands outside of the chain's blocks 0 … `tip`, or
    /// of the log's places from 1; the lowest height first. Reads every table.
    public func strayRow(beyond tip: Height) throws -> StrayRow? {
        let query = try PreparedStatement(
            """
            SELECT name, height FROM (
                SELECT 'blocks' AS name, height FROM blocks
                UNION ALL SELECT 'results', height FROM results
                UNION ALL SELECT 'transactions', height FROM transactions
                UNION ALL SELECT 'attestations', height FROM attestations
                UNION ALL SELECT 'state', height FROM state
                UNION ALL SELECT 'log', -1 FROM log WHERE position < 1
                UNION ALL SELECT 'past', -1 FROM past
                    WHERE height >= (SELECT min(height) FROM blocks)
                UNION ALL SELECT 'member_sets', -1 FROM member_sets WHERE height >
                    ifnull((SELECT value FROM meta WHERE name = 'base'), 0)
            ) WHERE height < 0 OR height > ? ORDER BY height LIMIT 1
            """, db)
        defer { query.reset() }
        try query.bind(1, tip)
        guard try query.step() else { return nil }
        let table = try query.text(0)
        do {
            return StrayRow(table: table, height: Height(try query.unsigned(1)))
        } catch StoreFault.damaged {
            // Below 0, so no block's.
            return StrayRow(table: table, height: nil)
        }
    }
}
