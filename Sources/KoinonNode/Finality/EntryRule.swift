import KoinonMachine
import KoinonProtocol

/// What a node puts into its next entry, and whether it writes one at all.
///
/// Told of everything, time included; remembers only when it asked for clocks last, by a time
/// that only goes forward: a member's clock may be set.
public struct EntryRule: Sendable {
    /// Block time may stay so far behind a proposer's clock before it asks for the others'.
    public static let lagMilliseconds: UInt64 = 2_000
    /// A proposer that asked for clocks waits so long for them.
    public static let patienceMilliseconds: UInt64 = 1_000
    /// It asks again no sooner: members that are silent do not become quicker by it.
    public static let askingPauseMilliseconds: UInt64 = 10_000
    /// A clock in the order is stated anew, when asked for, if it is older.
    public static let staleMilliseconds: UInt64 = 1_000

    /// What a node knows when it decides.
    public struct Situation: Sendable {
        /// By the node's own clock.
        public var now: Timestamp
        /// By a clock that only goes forward, from some moment on.
        public var uptimeMilliseconds: UInt64
        public var height: Height
        public var finalHeight: Height
        /// Of the last block.
        public var blockTime: Timestamp
        /// The last clock of each member, as the order and the entries under way have it.
        public var clocks: [MemberID: Timestamp]
        /// The members hosted here, whose clocks the next entry can state.
        public var speakers: [MemberID]
        public var nextTimer: Timestamp?
        public var hasTransactions: Bool
        public var hasAttestations: Bool
        /// An entry that is not bare, by a member hosted elsewhere, came after the last one
        /// that was written here.
        public var clockIsWanted: Bool

        public init(
            now: Timestamp, uptimeMilliseconds: UInt64, height: Height, finalHeight: Height,
            blockTime: Timestamp,
            clocks: [MemberID: Timestamp], speakers: [MemberID], nextTimer: Timestamp?,
            hasTransactions: Bool, hasAttestations: Bool, clockIsWanted: Bool
        ) {
            self.now = now
            self.uptimeMilliseconds = uptimeMilliseconds
            self.height = height
            self.finalHeight = finalHeight
            self.blockTime = blockTime
            self.clocks = clocks
            self.speakers = speakers
            self.nextTimer = nextTimer
            self.hasTransactions = hasTransactions
            self.hasAttestations = hasAttestations
            self.clockIsWanted = clockIsWanted
        }

        /// The time that a block would have once every member hosted here has stated `now`.
        public var reachableTime: Timestamp {
            var clocks = clocks
            for speaker in speakers { clocks[speaker] = now }
            return BlockClock.time(previous: blockTime, clocks: Array(clocks.values))
        }
    }

    public enum Decision: Hashable, Sendable {
        /// Until something changes.
        case nothing
        /// Until that uptime, or until something changes.
        case wait(until: UInt64)
        case append(Contents)
    }

    /// What the entry holds beside the attestations that wait, which always come along.
    public struct Contents: Hashable, Sendable {
        public var takesTransactions: Bool
        /// It makes everybody state a clock that has not done so lately.
        public var asksForClocks: Bool
        /// It is written so that a timer falls due.
        public var isForTimer: Bool

        public init(
            takesTransactions: Bool = false, asksForClocks: Bool = false, isForTimer: Bool = false
        ) {
            self.takesTransactions = takesTransactions
            self.asksForClocks = asksForClocks
            self.isForTimer = isForTimer
        }
    }

    private let rules: AllianceRules
    /// The uptime.
    private var askedAt: UInt64?

    public init(rules: AllianceRules = .standard) {
        self.rules = rules
    }

    public mutating func decide(_ situation: Situation) -> Decision {
        guard !situation.speakers.isEmpty else { return .nothing }
        let isForTimer = isTimerDue(situation)
        var waitsUntil: UInt64?
        if situation.hasTransactions, mayCarry(.transactions, situation) {
            switch clocks(situation) {
            case .proceed:
                return .append(Contents(takesTransactions: true, isForTimer: isForTimer))
            case .ask:
                askedAt = situation.uptimeMilliseconds
                return .append(Contents(asksForClocks: true, isForTimer: isForTimer))
            case .wait(let until): waitsUntil = until
            }
        }
        let carries = situation.hasAttestations && mayCarry(.attestations, situation)
        let states = isForTimer || isClockStale(situation)
        if carries || states && mayCarry(.clock, situation) {
            return .append(Contents(isForTimer: isForTimer))
        }
        return waitsUntil.map { .wait(until: $0) } ?? .nothing
    }

    private func mayCarry(_ content: EntryContent, _ situation: Situation) -> Bool {
        let beyond =
            situation.height.rawValue
            - min(situation.height.rawValue, situation.finalHeight.rawValue)
        return rules.mayCarry(content, beyond)
    }

    private enum Clocks { case proceed, ask, wait(until: UInt64) }

    /// What transactions wait for while block time lags.
    private mutating func clocks(_ situation: Situation) -> Clocks {
        guard
            situation.now.milliseconds > situation.reachableTime.milliseconds + Self.lagMilliseconds
        else {
            askedAt = nil
            return .proceed
        }
        guard let asked = askedAt else { return .ask }
        let since = situation.uptimeMilliseconds - min(situation.uptimeMilliseconds, asked)
        if since >= Self.askingPauseMilliseconds { return .ask }
        if since >= Self.patienceMilliseconds { return .proceed }
        return .wait(until: asked + Self.patienceMilliseconds)
    }

    /// A timer is due by the node's clock, and the next entry can do something about it: make
    /// block time reach it, or state a clock that is not beyond it yet.
    private func isTimerDue(_ situation: Situation) -> Bool {
        guard let due = situation.nextTimer, due <= situation.now else { return false }
        return due <= situation.reachableTime
            || situation.speakers.contains { (situation.clocks[$0] ?? due) < due }
    }

    private func isClockStale(_ situation: Situation) -> Bool {
        guard situation.clockIsWanted else { return false }
        return situation.speakers.contains { speaker in
            let stated = situation.clocks[speaker] ?? situation.now
            return situation.now.milliseconds
                > stated.milliseconds + Self.staleMilliseconds
        }
    }
}
