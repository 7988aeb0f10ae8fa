import KoinonProtocol

/// What the model expects of one trip.
public enum Prediction: Hashable, Sendable {
    /// Charged, of which the platform receives the fee; booked against the deposit.
    case settled(charge: Amount, fee: Amount, deposit: Amount)
    case refused(RefusalReason)
}

/// A second, small reading of the lease's rules, by which the plan knows what each rider
/// has and needs at every step: a booking sets aside the deposit and the price of the
/// agreed period, a finish returns all but the charge, and a resource in full use is not
/// booked.
struct LedgerModel {
    private let operators: [PlannedOperator]
    private let resources: [PlannedResource]
    private let trips: [PlannedTrip]

    private var balances: [Amount]
    /// Agreements settled in a row without a late return; the replay has no late ones,
    /// since the agreed period covers each trip.
    private var settledInRow: [UInt32]
    private var inUse: [UInt32]
    /// What each trip's booking set aside; nil when it was refused.
    private var held: [Amount?]
    private(set) var predictions: [Prediction] = []

    init(
        operators: [PlannedOperator], resources: [PlannedResource], riders: [PlannedRider],
        trips: [PlannedTrip]
    ) {
        self.operators = operators
        self.resources = resources
        self.trips = trips
        balances = Array(repeating: .zero, count: riders.count)
        settledInRow = Array(repeating: 0, count: riders.count)
        inUse = Array(repeating: 0, count: resources.count)
        held = Array(repeating: nil, count: trips.count)
    }

    /// Walks through all trips in the plan's order and writes down the steps.
    mutating func run() throws(PlanFault) -> [PlannedInstant] {
        var instants: [PlannedInstant] = []
        func add(_ step: PlannedInstant.Step, at time: Timestamp) {
            if instants.last?.time != time {
                instants.append(PlannedInstant(time: time, steps: []))
            }
            instants[instants.count - 1].steps.append(step)
        }
        // A trip of no length is not among the ends: it ends after its own start.
        let ends = trips.indices.filter { trips[$0].start < trips[$0].end }
            .sorted { (trips[$0].end, $0) < (trips[$1].end, $1) }
        var ended = 0
        for (index, trip) in trips.enumerated() {
            while ended < ends.count, trips[ends[ended]].end <= trip.start {
                finish(ends[ended])
                add(.finish(trip: ends[ended]), at: trips[ends[ended]].end)
                ended += 1
            }
            if let amount = try begin(index) {
                add(.topUp(rider: trip.rider, amount: amount), at: trip.start)
            }
            add(.begin(trip: index), at: trip.start)
            if trip.start == trip.end {
                finish(index)
                add(.finish(trip: index), at: trip.end)
            }
        }
        for index in ends[ended...] {
            finish(index)
            add(.finish(trip: index), at: trips[index].end)
        }
        return instants
    }

    /// Books and starts; gives the top-up that must come before, if one must. A booking
    /// that the ledger will refuse is topped up as well: what it lacks is the resource.
    private mutating func begin(_ index: Int) throws(PlanFault) -> Amount? {
        let trip = trips[index]
        let lease = operators[trip.operator].lease
        var deposit = lease.deposit
        if let reduced = lease.reducedDeposit, settledInRow[trip.rider] >= reduced.afterSettled {
            deposit = reduced.deposit
        }
        let price = lease.tariff.charge(forMilliseconds: trip.agreedMilliseconds)
        // A mapping's bounds keep both far below half of the largest amount.
        let needed = Amount(minor: deposit.minor + price.minor)
        var topUp: Amount?
        if let lacking = needed.subtracting(balances[trip.rider]), lacking > .zero {
            let multiples = (lacking.minor + lease.topUp.minor - 1) / lease.topUp.minor
            let amount = Amount(minor: multiples * lease.topUp.minor)
            guard let balance = balances[trip.rider].adding(amount) else {
                throw .amountOverflow(operators[trip.operator].member)
            }
            balances[trip.rider] = balance
            topUp = amount
        }
        if inUse[trip.resource] < resources[trip.resource].capacity {
            inUse[trip.resource] += 1
            held[index] = needed
            balances[trip.rider] = Amount(minor: balances[trip.rider].minor - needed.minor)
            let charge = lease.tariff.charge(forMilliseconds: trip.durationMilliseconds)
            predictions.append(
                .settled(charge: charge, fee: lease.platformFee.share(of: charge), deposit: deposit)
            )
        } else {
            predictions.append(.refused(.capacityExceeded))
        }
        return topUp
    }

    private mutating func finish(_ index: Int) {
        guard let held = held[index], case .settled(let charge, _, _) = predictions[index] else {
            return
        }
        let trip = trips[index]
        inUse[trip.resource] -= 1
        settledInRow[trip.rider] += 1
        // The charge is never above the price of the agreed period, which is held.
        balances[trip.rider] =
            Amount(minor: balances[trip.rider].minor + held.minor - charge.minor)
    }
}
