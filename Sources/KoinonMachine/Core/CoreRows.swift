import struct Foundation.Data
import KoinonProtocol

/// State rows that belong to no module.
public enum CoreRows {
    /// The last entry of each author, members or not; in state, so that a node that
    /// comes from blocks or a snapshot continues identically.
    public static let authors = Table<MemberID, AuthorState>(prefix: 0x02)

    /// Authors that contradicted themselves, with the block that showed it.
    static func silenced(in state: some StateReader) -> [MemberID: Height] {
        authors.rows(in: state).reduce(into: [:]) { silenced, row in
            guard row.value.silencedAtHeight > 0 else { return }
            silenced[row.key] = Height(row.value.silencedAtHeight)
        }
    }

    /// Whose node key it is or was.
    static func author(signingWith key: PublicKey, in state: some StateReader) -> MemberID? {
        if let retired = Alliance.retiredNodeKeys.get(key, in: state) {
            return MemberID(rawValue: retired.member)
        }
        return authors.rows(in: state).first { PublicKey($0.value.nodeKey) == key }?.key
    }

    /// Ids of executed transactions, a row for each block that executed any, by the last
    /// expiry among them and the block's height: dropped once all could only be expired.
    ///
    /// One row a block, not one a transaction, since each changed row costs a way through
    /// the state tree.
    public static let spentIDs = Table<Key2<UInt64, UInt64>, SpentIDs>(prefix: 0x03)

    /// How many rows of expired ids one block drops at most; the rest wait for the next.
    static let droppedRowsPerBlock = 64

    /// Remembers what the block executed, in order.
    static func spend(
        _ ids: [Hash256], lastExpiry: UInt64, height: Height, in state: StateOverlay
    ) {
        guard !ids.isEmpty else { return }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(32 * ids.count)
        for id in ids { id.append(to: &bytes) }
        var row = SpentIDs()
        row.ids = Data(bytes)
        spentIDs.set(Key2(lastExpiry, height.rawValue), row, in: state)
    }

    /// - Returns: the ids that are remembered no longer.
    static func dropExpiredIDs(before time: Timestamp, in state: StateOverlay) -> [Hash256] {
        var dropped: [Hash256] = []
        // One by one: most blocks have none or few to drop, and the rows are long.
        for _ in 0..<droppedRowsPerBlock {
            guard let row = spentIDs.rows(limit: 1, in: state).first,
                row.key.a < time.milliseconds
            else { break }
            spentIDs.remove(row.key, in: state)
            dropped += ids(in: row.value)
        }
        return dropped
    }

    static func ids(in row: SpentIDs) -> [Hash256] {
        let bytes = row.ids
        return stride(from: bytes.startIndex, to: bytes.endIndex, by: 32).map { start in
            guard let id = Hash256(bytes[start..<Swift.min(start + 32, bytes.endIndex)]) else {
                preconditionFailure("a row of spent ids is cut short")
            }
            return id
        }
    }
}

/// The ids in the rows of ``CoreRows/spentIDs``, to look one up at once. Holds nothing that
/// the rows do not.
struct SpentIDIndex: Sendable {
    private var known: Set<Hash256> = []

    init() {}

    init(_ state: some StateReader) {
        for row in CoreRows.spentIDs.rows(in: state) {
            known.formUnion(CoreRows.ids(in: row.value))
        }
    }

    func contains(_ id: Hash256) -> Bool { known.contains(id) }

    mutating func apply(added: [Hash256], dropped: [Hash256]) {
        known.subtract(dropped)
        known.formUnion(added)
    }
}
