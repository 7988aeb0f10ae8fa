import KoinonProtocol

/// State rows that belong to no module.
public enum CoreRows {
    /// The last entry of each author, members or not; in state, so that a node that
    /// comes from blocks or a snapshot continues identically.
    public static let authors = Table<MemberID, AuthorState>(prefix: 0x02)

    /// Ids of transactions in blocks, by expiry: dropped once they could only be expired.
    public static let spentIDs = Table<Key2<UInt64, Hash256>, SpentID>(prefix: 0x03)

    /// How many expired ids one block drops at most; the rest wait for the next.
    static let droppedIDsPerBlock = 10_000

    private static let idsPerPage = 256

    static func dropExpiredIDs(before time: Timestamp, in state: StateOverlay) {
        var dropped = 0
        var last: Key2<UInt64, Hash256>?
        // Page by page: most blocks have none or few to drop.
        while dropped < droppedIDsPerBlock {
            let limit = min(idsPerPage, droppedIDsPerBlock - dropped)
            let page = spentIDs.rows(from: last, limit: limit, in: state)
            for row in page {
                guard row.key.a < time.milliseconds else { return }
                spentIDs.remove(row.key, in: state)
                last = row.key
                dropped += 1
            }
            if page.count < limit { return }
        }
    }
}
