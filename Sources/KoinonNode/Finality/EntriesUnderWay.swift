import KoinonLedger
import KoinonMachine
import KoinonProtocol

/// Entries written here that the order has not shown yet, with their checked form, which
/// need not be made again.
///
/// A sequence of one's own may be taken by other bytes: by an entry that was under way when
/// the process ended, or by a second process with the same key. What was to have that
/// sequence then has no effect, and its content belongs into the next entry.
public struct EntriesUnderWay: Sendable {
    private var entries: [Signature: CheckedEntry] = [:]

    public init() {}

    public var isEmpty: Bool { entries.isEmpty }

    public mutating func add(_ written: some Sequence<CheckedEntry>) {
        for entry in written { entries[entry.envelope.signature] = entry }
    }

    /// The checked form of exactly these bytes, once.
    public mutating func take(_ envelope: Envelope) -> CheckedEntry? {
        guard let entry = entries[envelope.signature], entry.envelope == envelope else {
            return nil
        }
        entries[envelope.signature] = nil
        return entry
    }

    /// An entry that was not written here has taken an author's sequence.
    ///
    /// - Returns: what can have no effect any more, ascending by sequence; it is under way no
    ///   longer.
    public mutating func overtake(_ author: MemberID, at sequence: UInt64) -> [CheckedEntry] {
        guard !entries.isEmpty else { return [] }
        let lost = entries.values.filter { $0.author == author && $0.sequence <= sequence }
        for entry in lost { entries[entry.envelope.signature] = nil }
        return lost.sorted { $0.sequence < $1.sequence }
    }

    /// The engine did not take these and will not.
    public mutating func drop(_ lost: [CheckedEntry]) {
        for entry in lost { entries[entry.envelope.signature] = nil }
    }

    /// The highest sequence of an author that is under way; nil when nothing is.
    public func lastSequence(of author: MemberID) -> UInt64? {
        entries.values.lazy.filter { $0.author == author }.map(\.sequence).max()
    }
}
