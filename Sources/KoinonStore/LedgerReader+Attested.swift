import KoinonProtocol

extension LedgerReader {
    /// The highest block above `height` that each member has signed, as far as is stored.
    public func lastAttested(above height: Height) throws -> [MemberID: Height] {
        let query = try PreparedStatement(
            cached: """
                SELECT member, max(height) FROM attestations WHERE height > ? GROUP BY member
                """, db)
        defer { query.reset() }
        try query.bind(1, height)
        var last: [MemberID: Height] = [:]
        while try query.step() {
            guard let member = MemberID(rawValue: try query.text(0)) else { continue }
            last[member] = Height(try query.unsigned(1))
        }
        return last
    }

    /// The first block in a range that names other members for the next; nil for none.
    public func firstChange(_ heights: ClosedRange<Height>) throws -> Height? {
        // Offsets of members_hash and next_members_hash in a header, counted from 1.
        let query = try PreparedStatement(
            cached: """
                SELECT height FROM blocks WHERE height BETWEEN ? AND ?
                AND substr(header, 253, 32) <> substr(header, 285, 32) ORDER BY height LIMIT 1
                """, db)
        defer { query.reset() }
        try query.bind(1, heights.lowerBound)
        try query.bind(2, heights.upperBound)
        return try query.step() ? Height(query.unsigned(0)) : nil
    }
}
