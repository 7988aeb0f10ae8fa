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

/// How much of the order a reader has taken.
public struct OrderCursor: Sendable {
    /// The last place taken.
    public var position: OrderPosition
    /// The last sequence of each author that counts: what came with one up to there has its
    /// effect or never will, and an engine need not give it again. Authors that are not
    /// named are read from their first entry on.
    public var sequences: [MemberID: UInt64]

    public init(position: OrderPosition = .start, sequences: [MemberID: UInt64] = [:]) {
        self.position = position
        self.sequences = sequences
    }
}

/// Why the order cannot be had, or an entry cannot have its place.
public enum OrderFault: Error, Equatable, CustomStringConvertible {
    /// Entries that the reader has not taken may be gone: the blocks have to come from
    /// other members, then reading goes on after `through`.
    case trimmed(through: OrderPosition)
    /// Other bytes of the same author have these places already: what the entries hold
    /// goes into later ones.
    case sequencesTaken([SignedEntry])

    public static func == (a: Self, b: Self) -> Bool {
        switch (a, b) {
        case (.trimmed(let a), .trimmed(let b)): a == b
        case (.sequencesTaken(let a), .sequencesTaken(let b)): a == b
        default: false
        }
    }

    public var description: String {
        switch self {
        case .trimmed(let through):
            "the ordering engine has forgotten entries up to \(through.rawValue) that this node has not taken; the blocks have to come from other members' nodes: name them as peers in node.json"
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
    /// Every entry after `cursor` that can still count, in the one order all nodes see; then
    /// live. Reading may restart anywhere earlier. One reader at a time.
    ///
    /// Ends with ``OrderFault/trimmed(through:)`` when what comes next is gone.
    func entries(after cursor: OrderCursor) -> Entries
    /// The node has made everything durable that it read up to `position`.
    func stored(through position: OrderPosition)
    /// Takes nothing more; who waits for an append gets `error`. The reader gets what has a
    /// place already, then its end.
    func stop(_ error: any Error)
    /// Entries up to `position` may be forgotten.
    func trim(through position: OrderPosition) async throws
    /// The members who may append from now on.
    func membersChanged(to members: [MemberID]) async throws
    var report: EngineReport { get }
}
