import KoinonLedger
import KoinonProtocol

/// A row of state and the block that last wrote it.
public struct StateRow: Sendable, Equatable {
    public var key: [UInt8]
    public var value: [UInt8]
    public var height: Height

    public init(key: [UInt8], value: [UInt8], height: Height) {
        self.key = key
        self.value = value
        self.height = height
    }
}

extension LedgerReader {
    /// Nil when the key is absent.
    public func stateRow(_ key: [UInt8]) throws -> StateRow? {
        let query = try PreparedStatement(
            cached: "SELECT value, height FROM state WHERE key = ?", db)
        defer { query.reset() }
        try query.bind(1, key)
        guard try query.step() else { return nil }
        return StateRow(
            key: key, value: try query.bytes(0), height: Height(try query.unsigned(1)))
    }

    /// Calls `body` with each row whose key begins with `prefix`, ascending by key,
    /// one row in memory at a time.
    public func forEachStateRow(
        prefix: [UInt8] = [], _ body: (StateRow) throws -> Void
    ) throws {
        let end = Self.end(of: prefix)
        let query = try PreparedStatement(
            """
            SELECT key, value, height FROM state
            WHERE key >= ?\(end == nil ? "" : " AND key < ?") ORDER BY key
            """, db)
        defer { query.reset() }
        try query.bind(1, prefix)
        if let end { try query.bind(2, end) }
        while try query.step() {
            try body(
                StateRow(
                    key: query.bytes(0), value: query.bytes(1),
                    height: Height(query.unsigned(2))))
        }
    }

    /// The first key after all that begin with `prefix`; nil when there is none.
    private static func end(of prefix: [UInt8]) -> [UInt8]? {
        guard let last = prefix.lastIndex(where: { $0 != 0xff }) else { return nil }
        var end = Array(prefix[...last])
        end[last] += 1
        return end
    }

    /// The attestations of a block, ascending by member.
    public func attestations(at height: Height) throws -> [StoredAttestation] {
        let query = try PreparedStatement(
            cached: Self.attestationColumns + "WHERE height = ? ORDER BY member", db)
        defer { query.reset() }
        try query.bind(1, height)
        return try attestations(of: query)
    }

    /// The highest block's attestation that is stored of a member; nil when there is none.
    public func lastAttestation(of member: MemberID) throws -> StoredAttestation? {
        let query = try PreparedStatement(
            cached: Self.attestationColumns + "WHERE member = ? ORDER BY height DESC LIMIT 1", db)
        defer { query.reset() }
        try query.bind(1, text: member.rawValue)
        return try attestations(of: query).first
    }

    /// The attestations of all blocks above a height, ascending by height and member.
    public func attestations(above height: Height) throws -> [StoredAttestation] {
        let query = try PreparedStatement(
            cached: Self.attestationColumns + "WHERE height > ? ORDER BY height, member", db)
        defer { query.reset() }
        try query.bind(1, height)
        return try attestations(of: query)
    }

    private static let attestationColumns = "SELECT height, member, packed FROM attestations "

    private func attestations(of query: PreparedStatement) throws -> [StoredAttestation] {
        var attestations: [StoredAttestation] = []
        while try query.step() {
            let height = Height(try query.unsigned(0))
            try at(height) {
                guard let member = MemberID(rawValue: try query.text(1)) else {
                    throw StoreFault.damaged(
                        what: "an attestation is by no valid member name", height: height,
                        cause: nil)
                }
                do {
                    let envelope = try Envelope(packed: query.bytes(2))
                    attestations.append(
                        StoredAttestation(height: height, member: member, envelope: envelope))
                } catch let fault as EnvelopeFault {
                    throw StoreFault.damaged(
                        what: "attestation of \(member): \(fault)", height: height, cause: nil)
                }
            }
        }
        return attestations
    }
}
