import KoinonLedger
import KoinonProtocol

/// A place in an engine's order. A local hint: never taken from peers, means
/// nothing to another engine.
public struct OrderPosition: RawRepresentable, Hashable, Comparable, Sendable {
    public var rawValue: UInt64
    public init(rawValue: UInt64) { self.rawValue = rawValue }
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

/// Decides the order of opaque entries; nothing above it may know which engine runs.
///
/// A faulty engine can delay or stop the alliance. It cannot make two honest members
/// final on different things: that is the members' signatures' work.
public protocol OrderingEngine: Sendable {
    associatedtype Entries: AsyncSequence<OrderedEntry, any Error> & Sendable

    /// Takes entries into the order, one behind the other and behind those of earlier
    /// calls, and returns before they have durable places. Safe to repeat with the same bytes.
    func append(_ entries: [Envelope]) -> PendingAppend
    /// Every entry from `position` on, in the one order all nodes see; then live.
    /// Reading may restart anywhere earlier.
    func entries(from position: OrderPosition) -> Entries
    /// Entries before `position` may be forgotten.
    func trim(before position: OrderPosition) async throws
    /// The members who may append from now on.
    func membersChanged(to members: [MemberID]) async throws
}
