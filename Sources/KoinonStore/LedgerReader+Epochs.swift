import GRDB
import KoinonLedger
import KoinonProtocol

/// The record with which an epoch began, as it was signed.
public struct StoredEpochRecord: Sendable, Equatable {
    /// The epoch that began.
    public var epoch: UInt64
    /// Of its base.
    public var height: Height
    /// Encoded `RecoveryRecord`.
    public var bytes: [UInt8]

    public init(epoch: UInt64, height: Height, bytes: [UInt8]) {
        self.epoch = epoch
        self.height = height
        self.bytes = bytes
    }
}

extension LedgerReader {
    /// The records of all epochs that began on this chain, ascending.
    public func epochRecords() throws -> [StoredEpochRecord] {
        let query = try PreparedStatement(
            cached: "SELECT name, value FROM meta WHERE name LIKE 'epoch %' ORDER BY name", db)
        defer { query.reset() }
        var records: [StoredEpochRecord] = []
        while try query.step() {
            let parts = try query.text(0).split(separator: " ")
            guard parts.count == 3, let epoch = UInt64(parts[1]), let height = UInt64(parts[2])
            else {
                throw StoreFault.damaged(
                    what: "meta has a row that names no epoch", height: nil, cause: nil)
            }
            records.append(
                StoredEpochRecord(
                    epoch: epoch, height: Height(height), bytes: try query.bytes(1)))
        }
        return records
    }
}

extension StoreFormat {
    /// The name of a record's row in `meta`: numbers of one width, so that rows stand in order.
    static func epochRow(_ record: StoredEpochRecord) -> String {
        func wide(_ number: UInt64) -> String {
            let digits = String(number)
            return String(repeating: "0", count: 20 - digits.count) + digits
        }
        return "epoch \(wide(record.epoch)) \(wide(record.height.rawValue))"
    }

    static func put(_ record: StoredEpochRecord, _ db: Database) throws {
        let set = try PreparedStatement(
            "INSERT OR REPLACE INTO meta (name, value) VALUES (?, ?)", db)
        try set.bind(1, text: epochRow(record))
        try set.bind(2, record.bytes)
        try set.run()
    }
}
