import KoinonProtocol

/// How full a resource is, over time.
///
/// A booking promises [start, end); a use counts from its start until it is
/// finished. What is promised and what is used each stay within the capacity at
/// every moment. A use that has passed its agreed end occupies the resource up to
/// and including now: nothing is promised from now on top of it, but later times
/// are free, and if it still lasts when one of them comes, starting is rejected.
enum ResourceLoad {
    /// A stretch of time in which some of the capacity is taken.
    struct Stretch {
        var from: UInt64
        var until: UInt64
        var quantity: UInt64
    }

    /// Whether `quantity` more can be promised over the whole period.
    static func fits(
        _ quantity: UInt64, over period: Range<UInt64>, on resource: ResourceID, capacity: UInt32,
        now: Timestamp, in state: some StateReader
    ) -> Bool {
        var taken: [Stretch] = []
        var sum = quantity
        visit(resource, before: period.upperBound, in: state) { start, booking in
            let until = booking.inUse ? max(booking.endMs, now.milliseconds + 1) : booking.endMs
            guard until > period.lowerBound else { return }
            taken.append(
                Stretch(
                    from: max(start, period.lowerBound), until: until,
                    quantity: UInt64(booking.quantity)))
            sum += UInt64(booking.quantity)
        }
        // Most often even all together fit, or none is there.
        return sum <= UInt64(capacity) || peak(of: taken) + quantity <= UInt64(capacity)
    }

    /// The least capacity that keeps every promise and use there is.
    static func needed(on resource: ResourceID, in state: some StateReader) -> UInt64 {
        var promised: [Stretch] = []
        var used: UInt64 = 0
        visit(resource, before: .max, in: state) { start, booking in
            let quantity = UInt64(booking.quantity)
            if booking.inUse { used += quantity }
            if start < booking.endMs {
                promised.append(Stretch(from: start, until: booking.endMs, quantity: quantity))
            }
        }
        return max(used, peak(of: promised))
    }

    /// The most that is taken at one moment. `stretches` ascend by their first moment.
    static func peak(of stretches: [Stretch]) -> UInt64 {
        let byEnd = stretches.sorted { $0.until < $1.until }
        var ended = 0
        var level: UInt64 = 0
        var highest: UInt64 = 0
        for stretch in stretches {
            level += stretch.quantity
            // Each that ended by now began before, so it is in the level.
            while byEnd[ended].until <= stretch.from {
                level -= byEnd[ended].quantity
                ended += 1
            }
            highest = max(highest, level)
        }
        return highest
    }

    /// Bookings of the resource that begin before a moment, ascending; a page at a
    /// time, so that a full calendar costs a new booking only what lies before its end.
    private static func visit(
        _ resource: ResourceID, before end: UInt64, in state: some StateReader,
        _ body: (UInt64, Booking) -> Void
    ) {
        let page = 32
        var lower: Key3<ResourceID, UInt64, AgreementID>?
        while true {
            let rows = Agreements.bookings.rows(
                under: resource, from: lower, limit: page, in: state)
            for row in rows.dropFirst(lower == nil ? 0 : 1) {
                guard row.key.b < end else { return }
                body(row.key.b, row.value)
            }
            guard rows.count == page, let last = rows.last else { return }
            lower = last.key
        }
    }
}
