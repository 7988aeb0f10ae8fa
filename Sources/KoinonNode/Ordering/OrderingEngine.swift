import KoinonLedger
import KoinonProtocol

/// A place in an engine's order. A local hint: never taken from peers, means
/// nothing to another engine.
public struct OrderPosition: RawRepresentable, Hashable, Comparable, Sendable {
    public var rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
    /// Before the first entry.
    public static let start = OrderPosition(rawValue: 0)
    public static func < (a: Self, b: Self) -> Bool { a.rawValue < b.rawValue }
}

/// An entry with its place.
public struct OrderedEntry: Sendable {
    public var position: OrderPosition
    public var envelope: Envelope

    public init(position: OrderPosition, envelope: Envelope) {
        self.position = position
        self.envelope = envelope
    }
}

/// An entry as its author gives it to an engine, with what its body says of its place.
public struct SignedEntry: Sendable, Equatable {
    public var author: MemberID
    public var sequence: UInt64
    public var envelope: Envelope

    public init(author: MemberID, sequence: UInt64, envelope: Envelope) {
        self.author = author
        self.sequence = sequence
        self.envelope = envelope
    }
}

/// Where an entry stands by its author's own count.
public struct EntrySlot: Hashable, Sendable, CustomStringConvertible {
    public var author: MemberID
    public var sequence: UInt64

    public init(author: MemberID, sequence: UInt64) {
        self.author = author
        self.sequence = sequence
    }

    public var description: String { "entry \(sequence) of \(author)" }
}

/// What a ledger settles of the order: it follows from the blocks, and from the entries behind
/// them that are taken, whatever way they came.
public struct SettledOrder: Sendable {
    /// Of the last block.
    public var height: Height
    /// The entry that closed it; nil where the order begins.
    public var closing: EntrySlot?
    /// The last sequence of each author that counts, former members included: what has one up to
    /// there has its effect or never will.
    public var sequences: [MemberID: UInt64]
    /// Who judges the next block.
    public var members: [MemberID]

    public init(
        height: Height = .genesis, closing: EntrySlot? = nil, sequences: [MemberID: UInt64] = [:],
        members: [MemberID] = []
    ) {
        self.height = height
        self.closing = closing
        self.sequences = sequences
        self.members = members
    }
}

/// Why the order cannot be had, or an entry cannot have its place.
public enum OrderFault: Error, Equatable, CustomStringConvertible {
    /// Entries of blocks up to that one may be gone, and this node has not come so far: the
    /// blocks have to come from other members.
    case trimmed(through: Height)
    /// The blocks came from other members, and where they end in the order cannot be told, since
    /// the entry that closed the last one is not there: further blocks have to come.
    case placeUnknown(Height, closing: EntrySlot)
    /// Other bytes of the same author have these places already: what the entries hold
    /// goes into later ones.
    case sequencesTaken([SignedEntry])

    /// Whether blocks of other members help.
    public var needsBlocks: Bool {
        switch self {
        case .trimmed, .placeUnknown: true
        case .sequencesTaken: false
        }
    }

    public static func == (a: Self, b: Self) -> Bool {
        switch (a, b) {
        case (.trimmed(let a), .trimmed(let b)): a == b
        case (.placeUnknown(let a, let c), .placeUnknown(let b, let d)): a == b && c == d
        case (.sequencesTaken(let a), .sequencesTaken(let b)): a == b
        default: false
        }
    }

    public var description: String {
        switch self {
        case .trimmed(let through):
            "the ordering engine has forgotten entries of blocks up to \(through), and this node has not come so far; the blocks have to come from other members' nodes: name them as peers in node.json"
        case .placeUnknown(let height, let closing):
            "\(closing) closed block \(height) and is not in the order any more: \(closing.author) deleted it, or etcd lost it. This node has its blocks from others and cannot tell where the order goes on behind them; it takes the next block from other members' nodes: name them as peers in node.json"
        case .sequencesTaken(let entries):
            "the order holds other entries of \(entries.first.map { "\($0.author) at sequence \($0.sequence)" } ?? "nobody"); does a second node run with this member's key?"
        }
    }
}

/// What an engine says of itself, for the people who run the node.
public struct EngineReport: Sendable, Equatable {
    /// Its kind, for instance `embedded`.
    public var name: String
    /// What is wrong now, each with what to do; empty when all is well.
    public var faults: [String]
    /// Whether it answers: otherwise it is asked again and again.
    public var isReachable = true
    /// Missing entries that were noticed since the start, and places that hold no entry.
    public var gaps: UInt64 = 0
    public var unusable: UInt64 = 0
    /// Those by which node and engine know each other; none without TLS.
    public var certificates: [Certificate] = []

    public struct Certificate: Sendable, Equatable {
        /// `node` for the node's own, `authority` for the first to end of those who sign, or where
        /// a server answers, `host:port`.
        public var owner: String
        /// After that it is good no more.
        public var ends: Timestamp

        public init(owner: String, ends: Timestamp) {
            self.owner = owner
            self.ends = ends
        }
    }

    public init(name: String, faults: [String] = []) {
        self.name = name
        self.faults = faults
    }
}

/// Decides the order of opaque entries; nothing above it may know which engine runs.
///
/// A faulty engine can delay or stop the alliance. It cannot make two honest members
/// final on different things: that is the members' signatures' work.
public protocol OrderingEngine: Sendable {
    associatedtype Entries: AsyncSequence<OrderedEntry, any Error> & Sendable

    /// Takes entries into the order, each author's one behind the other and behind those of
    /// earlier calls, and returns before they have durable places. Safe to repeat with the
    /// same bytes. Ends with ``OrderFault/sequencesTaken(_:)`` when all have places but
    /// those named, whose places hold other bytes.
    func append(_ entries: [SignedEntry]) -> PendingAppend
    /// Every entry after `position` that can still count, in the one order all nodes see; then
    /// live. Reading may restart anywhere earlier. One reader at a time.
    ///
    /// Ends with ``OrderFault/trimmed(through:)`` or ``OrderFault/placeUnknown(_:closing:)``
    /// when blocks have to come from other members first.
    ///
    /// - Parameters:
    ///   - position: the last place taken; nil when the blocks came from others: reading goes on
    ///     behind the entry that closed the last one.
    ///   - settled: asked now and then, until the reader ends.
    func entries(
        after position: OrderPosition?, settled: @escaping @Sendable () -> SettledOrder
    ) -> Entries
    /// The node has made everything durable that it read up to `position`.
    func stored(through position: OrderPosition)
    /// Takes nothing more; who waits for an append gets `error`. The reader gets what has a
    /// place already, then its end.
    func stop(_ error: any Error)
    /// Says for the members hosted here that nobody needs entries of blocks up to a final one.
    ///
    /// - Returns: up to which block a quorum of `members` says so: up to there entries may be
    ///   forgotten.
    func mark(_ height: Height, among members: [MemberID]) async throws -> Height
    /// Forgets entries of the members hosted here that stand before `position`.
    func trim(before position: OrderPosition) async throws
    /// The members who may append from now on.
    func membersChanged(to members: [MemberID]) async throws
    var report: EngineReport { get }
}
