import KoinonProtocol

/// What a replay would do, found without a ledger: the result of a dry run.
public struct CheckReport: Hashable, Sendable, Codable {
    public static let format = "koinon/replay-check/v1"

    public var format = CheckReport.format
    /// Moments at which something would happen, each of which would be a block.
    public var instants: Int
    /// First and last moment, Unix milliseconds; nil when there are no trips.
    public var firstMilliseconds: UInt64?
    public var lastMilliseconds: UInt64?
    public var operators: [Operator]

    public struct Operator: Hashable, Sendable, Codable {
        public var member: String
        public var title: String
        public var files: [String]
        public var rows: Int
        public var resources: Int
        public var riders: Int
        public var pooledRiders: Int
        public var settled: Int
        /// By reason, most frequent first, then by name.
        public var refused: [Refused]
        public var unit: String
        public var unitScale: UInt32
        /// Before the platform fee: the operator's invoice.
        public var chargedMinor: UInt64
        public var platformFeeMinor: UInt64
        public var topUps: Int
        public var topUpsMinor: UInt64
        /// Bookings with the lower deposit.
        public var reducedDeposits: Int
        /// Rows whose stated duration is over 120 s off their times.
        public var durationDifferences: [DurationDifference]
        /// The five with most settled trips, then by serial.
        public var busiest: [Busy]
        public var longestMilliseconds: UInt64

        /// Rows refused, for whatever reason; with `settled` it makes `rows`.
        public var refusedCount: Int { refused.reduce(0) { $0 + $1.rows.count } }
    }

    public struct Refused: Hashable, Sendable, Codable {
        public var reason: RefusalReason
        public var rows: [Row]
    }

    public struct Row: Hashable, Sendable, Codable {
        public var file: String
        public var line: Int
        public var column: String?
        public var trip: String?
    }

    public struct DurationDifference: Hashable, Sendable, Codable {
        public var file: String
        public var line: Int
        public var trip: String
        public var statedMilliseconds: UInt64
        public var byTimesMilliseconds: UInt64
    }

    public struct Busy: Hashable, Sendable, Codable {
        public var serial: String
        public var title: String
        public var settled: Int
    }
}

extension TripPlan {
    /// How far a stated duration may be off the times before the row is listed.
    public static let durationToleranceMilliseconds: UInt64 = 120_000

    /// Reports what the ledger would settle and refuse, and the money of it.
    /// - Throws: ``PlanFault/amountOverflow(_:)``.
    public func check() throws(PlanFault) -> CheckReport {
        var reports = operators.map { CheckReport.Operator($0) }
        for resource in resources { reports[resource.operator].resources += 1 }
        for rider in riders {
            reports[rider.operator].riders += 1
            if rider.isPooled { reports[rider.operator].pooledRiders += 1 }
        }
        for row in refusedRows {
            guard let owner = operators.firstIndex(where: { $0.files.contains(row.file) }) else {
                continue
            }
            reports[owner].add(
                row.reason, CheckReport.Row(file: row.file, line: row.line, column: row.column))
        }
        var uses = Array(repeating: 0, count: resources.count)
        for (trip, prediction) in zip(trips, predictions) {
            try reports[trip.operator].add(trip, prediction, operators[trip.operator])
            if case .settled = prediction { uses[trip.resource] += 1 }
        }
        for instant in instants {
            for case .topUp(let rider, let amount) in instant.steps {
                let owner = riders[rider].operator
                guard let sum = Amount(minor: reports[owner].topUpsMinor).adding(amount) else {
                    throw .amountOverflow(operators[owner].member)
                }
                reports[owner].topUps += 1
                reports[owner].topUpsMinor = sum.minor
            }
        }
        for index in reports.indices {
            reports[index].finish(
                busy: zip(resources, uses).filter { $0.0.operator == index }.map {
                    CheckReport.Busy(serial: $0.0.serial, title: $0.0.title, settled: $0.1)
                })
        }
        let blocks = instants.filter { $0.steps.contains(where: takesPlace) }
        return CheckReport(
            instants: blocks.count, firstMilliseconds: blocks.first?.time.milliseconds,
            lastMilliseconds: blocks.last?.time.milliseconds, operators: reports)
    }
}

extension TripPlan {
    /// False for the finish of a trip whose booking the model refuses.
    private func takesPlace(_ step: PlannedInstant.Step) -> Bool {
        guard case .finish(let trip) = step, case .refused = predictions[trip] else { return true }
        return false
    }
}

extension CheckReport.Operator {
    fileprivate init(_ planned: PlannedOperator) {
        self.init(
            member: planned.member.rawValue, title: planned.title, files: planned.files,
            rows: planned.rows, resources: 0, riders: 0, pooledRiders: 0, settled: 0, refused: [],
            unit: planned.lease.unit.id, unitScale: planned.lease.unit.scale, chargedMinor: 0,
            platformFeeMinor: 0, topUps: 0, topUpsMinor: 0, reducedDeposits: 0,
            durationDifferences: [], busiest: [], longestMilliseconds: 0)
    }

    fileprivate mutating func add(_ reason: RefusalReason, _ row: CheckReport.Row) {
        if let known = refused.firstIndex(where: { $0.reason == reason }) {
            refused[known].rows.append(row)
        } else {
            refused.append(CheckReport.Refused(reason: reason, rows: [row]))
        }
    }

    fileprivate mutating func add(
        _ trip: PlannedTrip, _ prediction: Prediction, _ planned: PlannedOperator
    ) throws(PlanFault) {
        switch prediction {
        case .refused(let reason):
            add(
                reason,
                CheckReport.Row(file: trip.file, line: trip.line, column: nil, trip: trip.id))
        case .settled(let charge, let fee, let deposit):
            guard let charged = Amount(minor: chargedMinor).adding(charge) else {
                throw .amountOverflow(planned.member)
            }
            settled += 1
            chargedMinor = charged.minor
            // Not above the charges.
            platformFeeMinor += fee.minor
            if deposit < planned.lease.deposit { reducedDeposits += 1 }
        }
        longestMilliseconds = max(longestMilliseconds, trip.durationMilliseconds)
        if let stated = trip.statedMilliseconds {
            let byTimes = trip.durationMilliseconds
            if max(stated, byTimes) - min(stated, byTimes) > TripPlan.durationToleranceMilliseconds
            {
                durationDifferences.append(
                    CheckReport.DurationDifference(
                        file: trip.file, line: trip.line, trip: trip.id,
                        statedMilliseconds: stated, byTimesMilliseconds: byTimes))
            }
        }
    }

    fileprivate mutating func finish(busy: [CheckReport.Busy]) {
        refused.sort { ($1.rows.count, $0.reason.rawValue) < ($0.rows.count, $1.reason.rawValue) }
        busiest = Array(
            busy.filter { $0.settled > 0 }
                .sorted { ($1.settled, $0.serial) < ($0.settled, $1.serial) }.prefix(5))
    }
}
