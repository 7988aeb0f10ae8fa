import KoinonProtocol

extension AgreementRun {
    /// Brings the bookings, the resources' counts and the times of use in line with the
    /// occupancy of the state that is entered; for every resource of a bundle, or none.
    ///
    /// - Throws: What ``checkRoom`` says, resource by resource. What was done for earlier
    ///   ones is undone with the rest of the transaction.
    func occupy(from old: Occupancy, to new: Occupancy) throws(Rejection) {
        guard old != new else { return }
        let previous = agreement
        if old == .inUse {
            // Time in which a dispute froze it counts for nobody.
            agreement.usedUntilMs = context.now.milliseconds - agreement.frozenMs
        }
        if new == .inUse {
            agreement.usedFromMs = context.now.milliseconds
            agreement.usedUntilMs = 0
        }
        for share in shares {
            var row = resourceRow(share.resource)
            try checkRoom(for: share, from: old, to: new, on: row)
            // What fits is at most the capacity, which fits the counts.
            let quantity = UInt32(share.quantity)
            if old.isInCalendar {
                Agreements.bookings.remove(
                    bookingKey(share.resource, previous, old), in: context.state)
                row.openBookings -= 1
            }
            switch old {
            case .inUse: row.quantityInUse -= quantity
            case .exclusive: row.exclusive = false
            case .counted: row.quantityCounted -= quantity
            default: break
            }
            switch new {
            case .inUse: row.quantityInUse += quantity
            case .exclusive: row.exclusive = true
            case .counted: row.quantityCounted += quantity
            default: break
            }
            if new.isInCalendar {
                Agreements.bookings.set(
                    bookingKey(share.resource, agreement, new), booking(quantity, new),
                    in: context.state)
                row.openBookings += 1
            }
            Resources.resources.set(share.resource, row, in: context.state)
        }
    }

    /// Writes the bookings of the present state anew, after the agreed end has changed.
    func rebook() {
        guard let state else { preconditionFailure("agreement \(id) is in no known state") }
        let occupancy = process.states[state].occupancy
        for share in shares {
            let key = bookingKey(share.resource, agreement, occupancy)
            guard var booking = Agreements.bookings.get(key, in: context.state) else { continue }
            booking.endMs = agreement.endMs
            Agreements.bookings.set(key, booking, in: context.state)
        }
    }

    /// Whether there is room for what the new state takes of one resource.
    ///
    /// - Throws: `resourceGone`, `resourceStolen`, then for the whole resource
    ///   `wholeOnly`, `takenByOthers`, `resourceDisputed`, for a part of it `takenAsWhole`,
    ///   `tooManyBookings`, `resourceInUse`, `capacityExceeded`.
    private func checkRoom(
        for share: ResourceShare, from old: Occupancy, to new: Occupancy, on row: Resource
    ) throws(Rejection) {
        if old == .none, new != .none { try checkTaking(share, new, of: row) }
        if new == .exclusive { return }
        if new == .counted {
            let needed = ResourceLoad.needed(on: share.resource, in: context.state)
            guard needed + UInt64(row.quantityCounted) + share.quantity <= UInt64(row.capacity)
            else { throw Rejection(AgreementsRejection.capacityExceeded, detail: place(of: share)) }
            return
        }
        // What is counted stands in no calendar: it takes its part at every moment.
        let capacity = row.capacity - row.quantityCounted
        if new == .inUse, UInt64(row.quantityInUse) + share.quantity > UInt64(capacity) {
            throw Rejection(AgreementsRejection.resourceInUse, detail: place(of: share))
        }
        // Its own promise covers the period already, unless the use begins early.
        let start = agreement.startMs
        let begins = new == .inUse ? min(context.now.milliseconds, start) : start
        let until = old == .none ? agreement.endMs : start
        guard begins < until, new != .none, old != .inUse else { return }
        guard
            ResourceLoad.fits(
                share.quantity, over: begins..<until, on: share.resource, capacity: capacity,
                now: context.now, in: context.state)
        else { throw Rejection(AgreementsRejection.capacityExceeded, detail: place(of: share)) }
    }

    /// What an agreement that takes nothing so far must find to take anything.
    private func checkTaking(
        _ share: ResourceShare, _ new: Occupancy, of row: Resource
    ) throws(Rejection) {
        // While it waited for an answer the resource may have changed hands.
        guard !row.retired, row.owner == offer.provider else {
            throw Rejection(AgreementsRejection.resourceGone, detail: place(of: share))
        }
        guard !row.hasStolen else {
            throw Rejection(AgreementsRejection.resourceStolen, detail: place(of: share))
        }
        if new == .exclusive {
            guard share.quantity == UInt64(row.capacity) else {
                throw Rejection(
                    AgreementsRejection.wholeOnly, field: "quantity",
                    detail: "capacity \(row.capacity)")
            }
            guard row.openBookings == 0, row.quantityCounted == 0 else {
                throw Rejection(AgreementsRejection.takenByOthers, detail: place(of: share))
            }
            guard row.openDisputes == 0 else {
                throw Rejection(AgreementsRejection.resourceDisputed, detail: place(of: share))
            }
            return
        }
        guard !row.exclusive else {
            throw Rejection(AgreementsRejection.takenAsWhole, detail: place(of: share))
        }
        guard new.isInCalendar else { return }
        let limit = Alliance.parameters(in: context.state).bookingsPerResource
        guard UInt64(row.openBookings) < limit else {
            throw Rejection(AgreementsRejection.tooManyBookings, detail: "\(limit)")
        }
    }

    func resourceRow(_ resource: ResourceID) -> Resource {
        guard let row = Resources.resource(resource, in: context.state) else {
            preconditionFailure("agreement \(id) is about a resource that is not there")
        }
        return row
    }

    /// Whether a report of theft stands for anything that the agreement is about.
    var isReportedStolen: Bool { shares.contains { resourceRow($0.resource).hasStolen } }

    /// Which resource of a bundle stands in the way; nothing when there is only one.
    private func place(of share: ResourceShare) -> String {
        shares.count > 1 ? share.resource.text : ""
    }

    private func booking(_ quantity: UInt32, _ occupancy: Occupancy) -> Booking {
        var booking = Booking()
        booking.quantity = quantity
        booking.inUse = occupancy == .inUse
        booking.exclusive = occupancy == .exclusive
        // The whole is taken until the state is left, so at every moment to come.
        booking.endMs = booking.exclusive ? Timestamp.maximum.milliseconds : agreement.endMs
        return booking
    }

    /// A booking stands at the moment from which it takes part of the capacity: the
    /// agreed start, or the beginning of a use that began early. The whole has no
    /// beginning, so it stands first.
    private func bookingKey(
        _ resource: ResourceID, _ agreement: Agreement, _ occupancy: Occupancy
    ) -> Key3<ResourceID, UInt64, AgreementID> {
        if occupancy == .exclusive { return Key3(resource, 0, id) }
        let isUsed = agreement.usedFromMs != 0 && agreement.usedUntilMs == 0
        let first = isUsed ? min(agreement.startMs, agreement.usedFromMs) : agreement.startMs
        return Key3(resource, first, id)
    }
}

extension Occupancy {
    /// Whether it stands in the resource's calendar as a booking.
    var isInCalendar: Bool {
        switch self {
        case .promised, .inUse, .exclusive: true
        default: false
        }
    }
}
