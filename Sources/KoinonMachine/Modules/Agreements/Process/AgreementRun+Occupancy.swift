import KoinonProtocol

extension AgreementRun {
    /// Brings the bookings, the resources' counts and the times of use in line with the
    /// occupancy of the state that is entered; for every resource of a bundle, or none.
    ///
    /// - Throws: `resourceGone`, `tooManyBookings`, `resourceInUse`, `capacityExceeded`,
    ///   in this order, resource by resource. What was done for earlier ones is undone
    ///   with the rest of the transaction.
    func occupy(from old: Occupancy, to new: Occupancy) throws(Rejection) {
        guard old != new else { return }
        let previous = agreement
        if old == .inUse { agreement.usedUntilMs = context.now.milliseconds }
        if new == .inUse {
            agreement.usedFromMs = context.now.milliseconds
            agreement.usedUntilMs = 0
        }
        for share in shares {
            guard var row = Resources.resource(share.resource, in: context.state) else {
                preconditionFailure("agreement \(id) is about a resource that is not there")
            }
            try checkRoom(for: share, from: old, to: new, on: row)
            // What fits is at most the capacity, which fits the counts.
            let quantity = UInt32(share.quantity)
            if old != .none {
                Agreements.bookings.remove(
                    bookingKey(share.resource, previous), in: context.state)
                row.openBookings -= 1
            }
            if old == .inUse { row.quantityInUse -= quantity }
            if new == .inUse { row.quantityInUse += quantity }
            if new != .none {
                var booking = Booking()
                booking.endMs = agreement.endMs
                booking.quantity = quantity
                booking.inUse = new == .inUse
                Agreements.bookings.set(
                    bookingKey(share.resource, agreement), booking, in: context.state)
                row.openBookings += 1
            }
            Resources.resources.set(share.resource, row, in: context.state)
        }
    }

    private func checkRoom(
        for share: ResourceShare, from old: Occupancy, to new: Occupancy, on row: Resource
    ) throws(Rejection) {
        if old == .none, new != .none {
            // While it waited for an answer the resource may have changed hands.
            guard !row.retired, row.owner == offer.provider else {
                throw Rejection(AgreementsRejection.resourceGone, detail: place(of: share))
            }
            let limit = Alliance.parameters(in: context.state).bookingsPerResource
            guard UInt64(row.openBookings) < limit else {
                throw Rejection(AgreementsRejection.tooManyBookings, detail: "\(limit)")
            }
        }
        if new == .inUse, UInt64(row.quantityInUse) + share.quantity > UInt64(row.capacity) {
            throw Rejection(AgreementsRejection.resourceInUse, detail: place(of: share))
        }
        // Its own promise covers the period already, unless the use begins early.
        let start = agreement.startMs
        let begins = new == .inUse ? min(context.now.milliseconds, start) : start
        let until = old == .none ? agreement.endMs : start
        guard begins < until, new != .none, old != .inUse else { return }
        guard
            ResourceLoad.fits(
                share.quantity, over: begins..<until, on: share.resource, capacity: row.capacity,
                now: context.now, in: context.state)
        else { throw Rejection(AgreementsRejection.capacityExceeded, detail: place(of: share)) }
    }

    /// Which resource of a bundle stands in the way; nothing when there is only one.
    private func place(of share: ResourceShare) -> String {
        shares.count > 1 ? share.resource.text : ""
    }

    /// A booking stands at the moment from which it takes part of the capacity: the
    /// agreed start, or the beginning of a use that began early.
    private func bookingKey(
        _ resource: ResourceID, _ agreement: Agreement
    ) -> Key3<ResourceID, UInt64, AgreementID> {
        let isUsed = agreement.usedFromMs != 0 && agreement.usedUntilMs == 0
        let first = isUsed ? min(agreement.startMs, agreement.usedFromMs) : agreement.startMs
        return Key3(resource, first, id)
    }
}
