import KoinonProtocol

extension AgreementRun {
    /// Brings the booking, the resource's counts and the times of use in line with the
    /// occupancy of the state that is entered.
    ///
    /// - Throws: `resourceGone`, `tooManyBookings`, `resourceInUse`,
    ///   `capacityExceeded`, in this order.
    func occupy(from old: Occupancy, to new: Occupancy) throws(Rejection) {
        guard old != new else { return }
        guard var row = Resources.resource(resource, in: context.state) else {
            preconditionFailure("agreement \(id) is about a resource that is not there")
        }
        let now = context.now.milliseconds
        try checkRoom(from: old, to: new, on: row)
        if old != .none {
            Agreements.bookings.remove(bookingKey, in: context.state)
            row.openBookings -= 1
        }
        if old == .inUse {
            agreement.usedUntilMs = now
            row.quantityInUse -= agreement.quantity
        }
        if new == .inUse {
            agreement.usedFromMs = now
            agreement.usedUntilMs = 0
            row.quantityInUse += agreement.quantity
        }
        if new != .none {
            var booking = Booking()
            booking.endMs = agreement.endMs
            booking.quantity = agreement.quantity
            booking.inUse = new == .inUse
            Agreements.bookings.set(bookingKey, booking, in: context.state)
            row.openBookings += 1
        }
        Resources.resources.set(resource, row, in: context.state)
    }

    private func checkRoom(
        from old: Occupancy, to new: Occupancy, on row: Resource
    ) throws(Rejection) {
        if old == .none, new != .none {
            // While it waited for an answer the resource may have changed hands.
            guard !row.retired, row.owner == offer.provider else {
                throw Rejection(AgreementsRejection.resourceGone)
            }
            let limit = Alliance.parameters(in: context.state).bookingsPerResource
            guard UInt64(row.openBookings) < limit else {
                throw Rejection(AgreementsRejection.tooManyBookings, detail: "\(limit)")
            }
        }
        if new == .inUse, row.quantityInUse + agreement.quantity > row.capacity {
            throw Rejection(AgreementsRejection.resourceInUse)
        }
        // Its own promise covers the period already, unless the use begins early.
        let start = agreement.startMs
        let begins = new == .inUse ? min(context.now.milliseconds, start) : start
        let until = old == .none ? agreement.endMs : start
        guard begins < until, new != .none, old != .inUse else { return }
        guard
            ResourceLoad.fits(
                agreement.quantity, over: begins..<until, on: resource, capacity: row.capacity,
                now: context.now, in: context.state)
        else { throw Rejection(AgreementsRejection.capacityExceeded) }
    }

    /// A booking stands at the moment from which it takes part of the capacity: the
    /// agreed start, or the beginning of a use that began early.
    private var bookingKey: Key3<ResourceID, UInt64, AgreementID> {
        let isUsed = agreement.usedFromMs != 0 && agreement.usedUntilMs == 0
        let first = isUsed ? min(agreement.startMs, agreement.usedFromMs) : agreement.startMs
        return Key3(resource, first, id)
    }
}
