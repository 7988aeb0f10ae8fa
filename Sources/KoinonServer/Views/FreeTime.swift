import KoinonMachine
import KoinonProtocol

/// When there is room on what an offer is about, by the rules that the machine books by.
enum FreeTime {
    /// A stretch of time with the same room throughout.
    struct Stretch: Equatable {
        var from: UInt64
        var until: UInt64
        /// How many agreements of quantity 1 still fit.
        var quantity: UInt64
    }

    /// Whether `quantity` could be promised over the whole of [from, until) now.
    static func isFree(
        _ offer: Offer, from: UInt64, until: UInt64, quantity: UInt64, in reader: ViewReader
    ) -> Bool {
        guard from < until else { return false }
        let stretches = stretches(of: offer, from: from, until: until, in: reader)
        return stretches.allSatisfy { $0.quantity >= quantity }
    }

    /// The room over [from, until), without a gap, ascending; joined where it is the same.
    static func stretches(
        of offer: Offer, from: UInt64, until: UInt64, in reader: ViewReader
    ) -> [Stretch] {
        guard from < until else { return [] }
        var room = [Stretch(from: from, until: until, quantity: .max)]
        let terms = offer.terms
        let all =
            [(terms.resource, UInt64(1))]
            + terms.also.map { ($0.resource, UInt64(max($0.quantity, 1))) }
        for (bytes, each) in all {
            guard let id = ResourceID(bytes) else { continue }
            let one = capacity(of: id, under: offer, from: from, until: until, in: reader)
            room = lower(
                room,
                one.map {
                    Stretch(from: $0.from, until: $0.until, quantity: $0.quantity / each)
                })
        }
        room = lower(room, available(offer, from: from, until: until))
        return joined(room)
    }

    /// Outside of what the offer says nothing fits.
    private static func available(_ offer: Offer, from: UInt64, until: UInt64) -> [Stretch] {
        if offer.withdrawn { return [Stretch(from: from, until: until, quantity: 0)] }
        let last = offer.terms.availableUntilMs
        let first = min(max(offer.terms.availableFromMs, from), until)
        let end = max(min(last == 0 ? until : last, until), first)
        return [
            Stretch(from: from, until: first, quantity: 0),
            Stretch(from: first, until: end, quantity: .max),
            Stretch(from: end, until: until, quantity: 0),
        ].filter { $0.from < $0.until }
    }

    /// What is left of one resource's capacity.
    private static func capacity(
        of id: ResourceID, under offer: Offer, from: UInt64, until: UInt64, in reader: ViewReader
    ) -> [Stretch] {
        guard let row = Resources.resource(id, in: reader.state), !row.retired, !row.hasStolen,
            !row.exclusive, row.owner == offer.provider
        else { return [Stretch(from: from, until: until, quantity: 0)] }
        let capacity = UInt64(row.capacity - row.quantityCounted)
        let now = reader.time.milliseconds
        // Moments at which the load changes, and by how much.
        var changes: [(at: UInt64, by: Int64)] = []
        for (start, _, booking) in Agreements.bookings(of: id, in: reader.state) {
            let end = booking.inUse ? max(booking.endMs, now + 1) : booking.endMs
            let begins = max(start.milliseconds, from)
            guard begins < min(end, until) else { continue }
            changes.append((begins, Int64(booking.quantity)))
            changes.append((min(end, until), -Int64(booking.quantity)))
        }
        changes.sort { $0.at < $1.at }
        var stretches: [Stretch] = []
        var load: Int64 = 0
        var position = from
        for change in changes {
            if change.at > position {
                stretches.append(
                    Stretch(from: position, until: change.at, quantity: left(capacity, load)))
                position = change.at
            }
            load += change.by
        }
        if position < until {
            stretches.append(
                Stretch(from: position, until: until, quantity: left(capacity, load)))
        }
        return stretches
    }

    private static func left(_ capacity: UInt64, _ load: Int64) -> UInt64 {
        let taken = UInt64(max(load, 0))
        return capacity > taken ? capacity - taken : 0
    }

    /// The smaller room of two at every moment; both cover the same time.
    private static func lower(_ a: [Stretch], _ b: [Stretch]) -> [Stretch] {
        var result: [Stretch] = []
        var i = 0
        var j = 0
        while i < a.count, j < b.count {
            let from = max(a[i].from, b[j].from)
            let until = min(a[i].until, b[j].until)
            if from < until {
                result.append(
                    Stretch(
                        from: from, until: until, quantity: min(a[i].quantity, b[j].quantity)))
            }
            if a[i].until <= until { i += 1 }
            if j < b.count, b[j].until <= until { j += 1 }
        }
        return result
    }

    private static func joined(_ stretches: [Stretch]) -> [Stretch] {
        var result: [Stretch] = []
        for stretch in stretches {
            if let last = result.last, last.until == stretch.from, last.quantity == stretch.quantity
            {
                result[result.count - 1].until = stretch.until
            } else {
                result.append(stretch)
            }
        }
        return result
    }
}

/// An offer's free times: what a calendar shows.
public struct CalendarView: Codable, Sendable, Equatable {
    public struct Stretch: Codable, Sendable, Equatable {
        public var from: TimeView
        public var until: TimeView
        /// How much can still be booked throughout; 0: taken.
        public var quantity: UInt64
    }

    public var offer: String
    public var from: TimeView
    public var until: TimeView
    /// Ascending, without a gap, at most ``maximumStretches``; `until` is where they end.
    public var stretches: [Stretch]

    /// The longest time asked for at once: 400 days.
    public static let maximumMilliseconds: UInt64 = 400 * 86_400_000
    public static let maximumStretches = 2_000

    /// Nil when there is no such offer.
    public static func make(
        _ id: OfferID, from: UInt64, until: UInt64, in reader: ViewReader
    ) -> CalendarView? {
        guard let offer = Market.offer(id, in: reader.state) else { return nil }
        let all = FreeTime.stretches(of: offer, from: from, until: until, in: reader)
        let shown = all.prefix(maximumStretches).map {
            Stretch(
                from: TimeView(ms: $0.from), until: TimeView(ms: $0.until), quantity: $0.quantity)
        }
        return CalendarView(
            offer: id.text, from: TimeView(ms: from),
            until: shown.last?.until ?? TimeView(ms: until), stretches: shown)
    }
}
