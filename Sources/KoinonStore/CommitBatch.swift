import Glibc
import KoinonLedger
import KoinonMachine
import KoinonProtocol

/// A place in the stored log, counted from 1 without gaps. Local to this file:
/// never shown to another node.
public struct LogPosition: RawRepresentable, Hashable, Comparable, Sendable,
    CustomStringConvertible
{
    public var rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    public init(_ rawValue: UInt64) { self.rawValue = rawValue }
    /// Before the first entry: the last position of an empty log.
    public static let start = LogPosition(0)
    public var next: LogPosition { LogPosition(rawValue + 1) }
    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
    public var description: String { String(rawValue) }
}

/// An entry in the order in which the engine gave it.
public struct LogEntry: Sendable, Equatable {
    public var position: LogPosition
    public var envelope: Envelope
    /// Whether it belongs to the block that closes at it or next after it; an entry
    /// out of sequence has a place in the log and nothing else.
    public var hasEffect: Bool

    public init(position: LogPosition, envelope: Envelope, hasEffect: Bool) {
        self.position = position
        self.envelope = envelope
        self.hasEffect = hasEffect
    }
}

/// A block and the log entry that closed it.
public struct ClosedBlock: Sendable {
    public var executed: ExecutedBlock
    /// The block's entries are those with effect up to here, after the block before.
    public var closedAt: LogPosition

    public init(_ executed: ExecutedBlock, closedAt: LogPosition) {
        self.executed = executed
        self.closedAt = closedAt
    }
}

/// A member's signature on the block at a height.
public struct StoredAttestation: Sendable, Equatable {
    public var height: Height
    public var member: MemberID
    public var envelope: Envelope

    public init(height: Height, member: MemberID, envelope: Envelope) {
        self.height = height
        self.member = member
        self.envelope = envelope
    }
}

/// What one commit makes durable, as a whole or not at all. Any part may be empty.
public struct CommitBatch: Sendable {
    /// Continues the stored log: positions ascending from the last + 1.
    public var log: [LogEntry]
    /// Continues the chain: heights ascending from the tip's + 1.
    public var blocks: [ClosedBlock]
    /// Of any heights and in any order; one that is stored already stays as it is.
    public var attestations: [StoredAttestation]

    public init(
        log: [LogEntry] = [], blocks: [ClosedBlock] = [], attestations: [StoredAttestation] = []
    ) {
        self.log = log
        self.blocks = blocks
        self.attestations = attestations
    }
}

/// The rows that blocks leave in the tables `state` and `transactions`, where they stand
/// by key and not in the order of blocks.
struct IndexedRows {
    var blocks: [ExecutedBlock]

    /// The last value of each key that the blocks change, ascending by key, with
    /// the height that wrote it: rows written by several blocks are stored once.
    func coalescedChanges() -> [(change: StateChange, height: Height)] {
        var all: [(change: StateChange, height: Height)] = []
        all.reserveCapacity(blocks.reduce(0) { $0 + $1.changes.count })
        for block in blocks {
            for change in block.changes { all.append((change, block.header.height)) }
        }
        guard blocks.count > 1 else { return all }
        // Each block's are ascending, so the sort merges a few runs.
        all.sort {
            let order = Self.compare($0.change.key, $1.change.key)
            return order == 0 ? $0.height < $1.height : order < 0
        }
        var last: [(change: StateChange, height: Height)] = []
        last.reserveCapacity(all.count)
        for row in all {
            if let previous = last.last, previous.change.key == row.change.key {
                last[last.count - 1] = row
            } else {
                last.append(row)
            }
        }
        return last
    }

    /// Ascending by id.
    func transactions() -> [(id: Hash256, height: Height, leaf: Int)] {
        blocks.flatMap { block in
            block.transactions.map { ($0.id, block.header.height, $0.leaf) }
        }.sorted { $0.0 < $1.0 }
    }

    /// Negative, zero or positive, as the bytes are ordered (SQLite's order of blobs).
    private static func compare(_ a: [UInt8], _ b: [UInt8]) -> Int {
        let common = min(a.count, b.count)
        let order = a.withUnsafeBytes { left in
            b.withUnsafeBytes { right in
                guard common > 0, let x = left.baseAddress, let y = right.baseAddress else {
                    return Int32(0)
                }
                return memcmp(x, y, common)
            }
        }
        return order != 0 ? Int(order) : a.count - b.count
    }
}
