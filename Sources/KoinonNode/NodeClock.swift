import Foundation
import KoinonProtocol
import Synchronization

/// What a node believes the time to be. The machine never asks; times reach it in entries.
public protocol NodeClock: Sendable {
    var now: Timestamp { get }
}

/// The machine's own clock.
public struct SystemClock: NodeClock {
    public init() {}
    public var now: Timestamp {
        Timestamp(milliseconds: UInt64(max(0, Date().timeIntervalSince1970 * 1000)))
    }
}

/// A clock that stands at `offset` from another time and goes on at its pace:
/// after a replay, ledger time continues from the last trip.
public final class ShiftedClock: NodeClock {
    private let start: Timestamp
    private let began: ContinuousClock.Instant

    public init(startingAt start: Timestamp) {
        self.start = start
        began = ContinuousClock.now
    }

    public var now: Timestamp {
        let elapsed = began.duration(to: .now).components
        let milliseconds = elapsed.seconds * 1000 + elapsed.attoseconds / 1_000_000_000_000_000
        return Timestamp(milliseconds: start.milliseconds + UInt64(max(0, milliseconds)))
    }
}
