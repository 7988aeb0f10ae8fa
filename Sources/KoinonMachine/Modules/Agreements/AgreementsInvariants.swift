import KoinonProtocol

/// Reckoned plainly from the rows, without the code that the actions use.
extension Agreements {
    public static func checkInvariants(in state: some StateReader) -> [String] {
        var violations: [String] = []
        var expected: [ResourceID: [AgreementID: Booking]] = [:]
        var counted: [ResourceID: UInt64] = [:]
        var timerCount = 0
        var known: [String: ProcessDefinition] = [:]
        for (id, process) in processes.rows(in: state) { known[id] = process }
        for (id, agreement) in agreements.rows(in: state) {
            guard let process = known[agreement.process],
                let present = process.states.first(where: { $0.name == agreement.state })
            else {
                violations.append("agreement \(id) is in no state of its process")
                continue
            }
            if agreement.parties.count != process.roles.count {
                violations.append("agreement \(id) lacks a party")
            }
            let held = Money.held(in: id, unit: agreement.unit, in: state)
            if present.final, held > .zero {
                violations.append("agreement \(id) has ended but holds \(held)")
            }
            if agreement.hasResale {
                let rule = process.resale
                let states = agreement.resale.fromMs == 0 ? rule.states : rule.partStates
                if !states.contains(present.name) {
                    violations.append("agreement \(id) is for sale in \(present.name)")
                }
            }
            // No timer leaves a final state; one that is set all the same is counted below.
            let timers = present.final ? [] : timers(of: id, in: state)
            if (present.final || agreement.disputed) != timers.isEmpty {
                violations.append("agreement \(id) in \(present.name) has \(timers.count) timers")
            }
            timerCount += timers.count
            switch present.occupancy {
            case .none: break
            case .counted:
                for (resource, quantity) in bundle(of: agreement) {
                    counted[resource, default: 0] += UInt64(quantity)
                }
            default:
                var booking = Booking()
                booking.exclusive = present.occupancy == .exclusive
                booking.endMs = booking.exclusive ? Timestamp.maximum.rawValue : agreement.endMs
                booking.inUse = present.occupancy == .inUse
                for (resource, quantity) in bundle(of: agreement) {
                    booking.quantity = quantity
                    expected[resource, default: [:]][id] = booking
                }
            }
        }
        violations += timerViolations(count: timerCount, in: state)
        violations += loadViolations(expected, counted, in: state)
        return violations
    }

    /// All that it is about, by the bytes of the row; 0 of what is no id.
    private static func bundle(of agreement: Agreement) -> [(ResourceID, UInt32)] {
        var all = [(agreement.resource, agreement.quantity)]
        for item in agreement.also {
            all.append((item.resource, agreement.quantity &* max(item.quantity, 1)))
        }
        return all.compactMap { bytes, quantity in ResourceID(bytes).map { ($0, quantity) } }
    }

    private static func timerViolations(count: Int, in state: some StateReader) -> [String] {
        let all = Timers.all(of: number, in: state)
        var violations: [String] = []
        if all.count != count {
            violations.append("\(all.count) timers are set for agreements, \(count) are due")
        }
        for timer in all {
            let isDue = AgreementID(timer.subject).map { id in
                timers(of: id, in: state).contains {
                    $0.transition == timer.name && $0.due.milliseconds == timer.dueMs
                }
            }
            if isDue != true { violations.append("timer \(timer.name) is set for another moment") }
        }
        return violations
    }

    private static func loadViolations(
        _ expected: [ResourceID: [AgreementID: Booking]], _ counted: [ResourceID: UInt64],
        in state: some StateReader
    ) -> [String] {
        var violations: [String] = []
        for (id, resource) in Resources.resources.rows(in: state) {
            let rows = bookings(of: id, in: state)
            let wanted = expected[id] ?? [:]
            if rows.count != wanted.count
                || rows.contains(where: { wanted[$0.agreement] != $0.booking })
            {
                violations.append("the bookings of resource \(id) do not match its agreements")
            }
            if Int(resource.openBookings) != rows.count {
                violations.append("resource \(id) counts \(resource.openBookings) of \(rows.count)")
            }
            let whole = rows.contains(where: \.booking.exclusive)
            if resource.exclusive != whole || (whole && rows.count > 1) {
                violations.append("resource \(id) is taken as a whole by one and by others")
            }
            let withoutCalendar = counted[id] ?? 0
            if UInt64(resource.quantityCounted) != withoutCalendar {
                violations.append("resource \(id) counts wrongly what is taken of it")
            }
            let used = rows.filter(\.booking.inUse).reduce(0) { $0 + UInt64($1.booking.quantity) }
            if UInt64(resource.quantityInUse) != used
                || used + withoutCalendar > UInt64(resource.capacity)
            {
                violations.append("\(used) of resource \(id) are used, it has \(resource.capacity)")
            }
            // The most is promised at a moment at which some promise begins.
            for moment in rows.map(\.start.milliseconds) {
                let promised = rows.filter {
                    $0.start.milliseconds <= moment && moment < $0.booking.endMs
                }.reduce(0) { $0 + UInt64($1.booking.quantity) }
                if promised + withoutCalendar > UInt64(resource.capacity) {
                    violations.append("\(promised) of resource \(id) are promised at \(moment)")
                }
            }
        }
        return violations
    }
}
