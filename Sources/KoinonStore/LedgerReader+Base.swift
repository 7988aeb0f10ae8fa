import GRDB
import KoinonLedger
import KoinonProtocol

/// A block that named other members for those after it, and these members.
public struct StoredMemberChange: Sendable, Equatable {
    public var header: BlockHeader
    public var members: MemberSet

    public init(header: BlockHeader, members: MemberSet) {
        self.header = header
        self.members = members
    }
}

extension LedgerReader {
    /// The ledger holds whole blocks above this height. Of those up to it, block 0 apart, it
    /// holds headers, or only their hashes, since they were pruned or it began from a
    /// snapshot. 0 for a ledger that holds everything.
    public func baseHeight() throws -> Height {
        let query = try PreparedStatement(
            cached: "SELECT value FROM meta WHERE name = 'base'", db)
        defer { query.reset() }
        return try query.step() ? Height(query.unsigned(0)) : .genesis
    }

    /// The lowest block whose header is kept; 0 unless the ledger began from a snapshot.
    public func lowestHeader() throws -> Height {
        Height(try integer("SELECT ifnull(min(height), 0) FROM blocks WHERE height >= 0"))
    }

    /// The header of a block; nil also where the ledger began later.
    public func keptHeader(at height: Height) throws -> BlockHeader? {
        try height < lowestHeader() ? nil : block(at: height)?.header
    }

    /// The first position of the log that is kept; those before belong to pruned blocks.
    public func firstPosition() throws -> LogPosition {
        LogPosition(
            try integer("SELECT ifnull(min(position), 1) FROM log WHERE position >= 1"))
    }

    /// The changes of members up to ``baseHeight()``, ascending: the events that made them are
    /// not kept.
    public func storedMemberChanges() throws -> [StoredMemberChange] {
        let query = try PreparedStatement(
            cached: """
                SELECT height, header, members FROM member_sets WHERE height <= ? ORDER BY height
                """, db)
        defer { query.reset() }
        try query.bind(1, try baseHeight())
        var changes: [StoredMemberChange] = []
        while try query.step() {
            let height = Height(try query.unsigned(0))
            try at(height) {
                guard let header = try? BlockHeader(encoded: query.bytes(1)),
                    header.height == height, let members = MemberSet(stored: try query.bytes(2)),
                    members.hash == header.nextMembersHash
                else {
                    throw StoreFault.damaged(
                        what: "the members that it named are not those of its header",
                        height: height, cause: nil)
                }
                changes.append(StoredMemberChange(header: header, members: members))
            }
        }
        return changes
    }

    /// - Throws: ``StoreFault/notKept(height:base:)`` when the block's entries and receipts are
    ///   not here.
    func checkKept(_ height: Height) throws {
        guard height > .genesis else { return }
        let base = try baseHeight()
        if height <= base { throw StoreFault.notKept(height: height, base: base) }
    }

    /// Hashes of the headers 0 … that the ledger holds no header of, below a height.
    func pastHashes(below height: Height) throws -> [Hash256] {
        let query = try PreparedStatement(
            cached: "SELECT height, hash FROM past WHERE height < ? ORDER BY height", db)
        defer { query.reset() }
        try query.bind(1, height)
        var hashes: [Hash256] = []
        while try query.step() {
            let found = Height(try query.unsigned(0))
            guard found.rawValue == UInt64(hashes.count) else {
                throw StoreFault.damaged(
                    what: "its hash is missing", height: Height(UInt64(hashes.count)), cause: nil)
            }
            hashes.append(try query.hash(1))
        }
        return hashes
    }
}

extension StoreFormat {
    static func setBase(_ height: Height, _ db: Database) throws {
        let set = try PreparedStatement(
            "INSERT OR REPLACE INTO meta (name, value) VALUES ('base', ?)", db)
        try set.bind(1, height)
        try set.run()
    }

    static func put(_ change: StoredMemberChange, _ db: Database) throws {
        let put = try PreparedStatement(
            cached: "INSERT OR REPLACE INTO member_sets (height, header, members) VALUES (?, ?, ?)",
            db)
        try put.bind(1, change.header.height)
        try put.bind(2, change.header.encoded)
        try put.bind(3, change.members.stored)
        try put.run()
    }
}

extension MemberSet {
    /// For each, ascending by id: id length u8 ‖ id ‖ node key.
    var stored: [UInt8] {
        members.flatMap { member in
            let id = Array(member.id.rawValue.utf8)
            return [UInt8(id.count)] + id + member.nodeKey.bytes
        }
    }

    /// Nil for bytes that ``stored`` would not write.
    init?(stored bytes: [UInt8]) {
        var entries: [Entry] = []
        var rest = bytes[...]
        while let length = rest.popFirst() {
            guard rest.count >= Int(length) + PublicKey.byteCount,
                let id = MemberID(
                    rawValue: String(decoding: rest.prefix(Int(length)), as: UTF8.self)),
                let key = PublicKey(
                    Array(rest.dropFirst(Int(length)).prefix(PublicKey.byteCount)))
            else { return nil }
            rest = rest.dropFirst(Int(length) + PublicKey.byteCount)
            if let last = entries.last, last.id >= id { return nil }
            entries.append(Entry(id: id, nodeKey: key))
        }
        self.init(entries)
    }
}
