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
    /// The place of the log's last entry in the order that the engine gave, by the engine's
    /// own count: where reading goes on. Nil leaves what is stored.
    public var orderedThrough: UInt64?
    /// The log goes on with entries of blocks that came from others: where they stand by the
    /// engine's count is not known any more.
    public var leavesOrder = false
    /// What the log holds behind the last block is not as the order has it: it is forgotten, and
    /// so is where the log stands by the engine's count.
    public var endsWithLastBlock = false
    /// Continues the chain: heights ascending from the tip's + 1.
    public var blocks: [ClosedBlock]
    /// Of any heights and in any order; one that is stored already stays as it is.
    public var attestations: [StoredAttestation]

    public init(
        log: [LogEntry] = [], orderedThrough: UInt64? = nil, blocks: [ClosedBlock] = [],
        attestations: [StoredAttestation] = []
    ) {
        self.log = log
        self.orderedThrough = orderedThrough
        self.blocks = blocks
        self.attestations = attestations
    }
}

/// The rows that blocks leave in the tables `state` and `transactions`, where they stand
/// by key and not in the order of blocks.
struct IndexedRows {
    var blocks: [ExecutedBlock]

    /// Where a change stands, and by what it is sorted at first: no reference, so that moving
    /// it about costs nothing else.
    private struct Place {
        var head: UInt64
        var block: Int32
        var index: Int32
    }

    /// The last value of each key that the blocks change, ascending by key, with
    /// the height that wrote it: rows written by several blocks are stored once.
    func coalescedChanges() -> [(change: StateChange, height: Height)] {
        var places: [Place] = []
        places.reserveCapacity(blocks.reduce(0) { $0 + $1.changes.count })
        for (block, executed) in blocks.enumerated() {
            for (index, change) in executed.changes.enumerated() {
                places.append(
                    Place(
                        head: ByteOrder.head(of: change.key), block: Int32(block),
                        index: Int32(index)))
            }
        }
        // Each block's are ascending, so the sort merges a few runs.
        if blocks.count > 1 {
            places.sort { one, other in
                if one.head != other.head { return one.head < other.head }
                let order = ByteOrder.compare(
                    blocks[Int(one.block)].changes[Int(one.index)].key,
                    blocks[Int(other.block)].changes[Int(other.index)].key)
                return order == 0 ? one.block < other.block : order < 0
            }
        }
        var last: [(change: StateChange, height: Height)] = []
        last.reserveCapacity(places.count)
        for place in places {
            let row = (change(at: place), blocks[Int(place.block)].header.height)
            if let previous = last.last, previous.change.key == row.0.key {
                last[last.count - 1] = row
            } else {
                last.append(row)
            }
        }
        return last
    }

    private func change(at place: Place) -> StateChange {
        blocks[Int(place.block)].changes[Int(place.index)]
    }

    /// Ascending by id.
    func transactions() -> [(id: Hash256, height: Height, leaf: Int)] {
        blocks.flatMap { block in
            block.transactions.map { ($0.id, block.header.height, $0.leaf) }
        }.sorted { $0.0 < $1.0 }
    }
}
