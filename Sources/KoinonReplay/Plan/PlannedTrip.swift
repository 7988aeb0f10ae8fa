import KoinonProtocol

/// One of the operators whose trips are replayed.
public struct PlannedOperator: Hashable, Sendable {
    public var mapping: Mapping
    /// The files its trips came from, in the order given.
    public var files: [String]
    /// Rows of those files, and how many of them became planned trips.
    public var rows: Int
    public var trips: Int

    public var member: MemberID { mapping.operator.member }
    public var title: String { mapping.operator.title }
    public var lease: LeaseTerms { mapping.lease }
}

/// Something to register and offer before the first trip.
public struct PlannedResource: Hashable, Sendable {
    /// Index into ``TripPlan/operators``.
    public var `operator`: Int
    /// Its id in the file: the bike's, or the station's. 1 to 64 bytes, one of its kind
    /// with its operator.
    public var serial: String
    /// At most 64 bytes.
    public var title: String
    public var capacity: UInt32
    /// Of the station; for a bike, of the one it was first taken from.
    public var place: Place?
}

/// Somebody who needs an account before the first trip.
public struct PlannedRider: Hashable, Sendable {
    /// Index into ``TripPlan/operators``.
    public var `operator`: Int
    /// What ``DemoKey`` derives the account's key from: the id in the file, or for a
    /// pooled account the parts of its name with U+001F between them.
    public var name: String
    /// Several people whom the file does not tell apart.
    public var isPooled: Bool

    /// The name as people read it.
    public var title: String { name.split(separator: "\u{1f}").joined(separator: " at ") }
}

/// One trip, to be booked and started at its start and finished at its end.
public struct PlannedTrip: Hashable, Sendable {
    /// Index into ``TripPlan/operators``.
    public var `operator`: Int
    /// Index into ``TripPlan/resources``.
    public var resource: Int
    /// Index into ``TripPlan/riders``.
    public var rider: Int
    /// Its id in the file, unique with its operator.
    public var id: String
    public var file: String
    /// Where its row begins in the file, from 1.
    public var line: Int
    public var start: Timestamp
    public var end: Timestamp
    /// For how long it is booked from its start; see ``AgreedPeriod``.
    public var agreedMilliseconds: UInt64
    public var startStation: String?
    public var endStation: String?
    /// What the file's own column of durations says, if it has a readable one.
    public var statedMilliseconds: UInt64?

    public var durationMilliseconds: UInt64 { end.milliseconds - start.milliseconds }
}

/// What happens at one moment, in this order, in one block.
public struct PlannedInstant: Hashable, Sendable {
    public var time: Timestamp
    public var steps: [Step]

    public enum Step: Hashable, Sendable {
        /// The operator's treasury transfers to a rider, so that the booking that follows
        /// can be paid.
        case topUp(rider: Int, amount: Amount)
        /// The rider books the trip's resource for the agreed period and starts.
        case begin(trip: Int)
        /// The rider finishes. To be left out when the ledger refused the booking.
        case finish(trip: Int)
    }
}
