import KoinonProtocol

/// The trips of one or more files as a sequence of moments, each with what happens then.
///
/// The same files give the same plan everywhere. Order: moments ascending; at one moment
/// first the ends of trips that began before it, then the starts; a trip of no length
/// ends directly after its own start; otherwise trips stand by start, then by file in the
/// order given, then by line.
///
/// The plan does not decide which bookings a ledger accepts: every trip is in it. It does
/// model the ledger to know what riders need (``predictions``), so that a top-up comes
/// before each booking that could not be paid otherwise.
public struct TripPlan: Sendable {
    /// In the order in which their first files were given.
    public private(set) var operators: [PlannedOperator] = []
    /// By operator, then in the order in which trips first use them.
    public private(set) var resources: [PlannedResource] = []
    /// By first trip.
    public private(set) var riders: [PlannedRider] = []
    /// In the order of the plan.
    public private(set) var trips: [PlannedTrip] = []
    public private(set) var instants: [PlannedInstant] = []
    /// Rows that are no trips, by file, then by line.
    public private(set) var refusedRows: [RefusedRow] = []
    /// What the model of the ledger makes of each trip.
    public private(set) var predictions: [Prediction] = []

    /// - Throws: ``PlanFault`` when files that name one operator differ in their mapping,
    ///   operators differ on a unit, or money passes ``Amount/maximum``.
    public init(_ files: [TripFile]) throws(PlanFault) {
        operators = try Self.operators(files)
        var builder = TripPlanBuilder(operators: operators)
        builder.add(files)
        (resources, riders, trips) = (builder.resources, builder.riders, builder.trips)
        refusedRows = builder.refused
        for trip in trips { operators[trip.operator].trips += 1 }
        var model = LedgerModel(
            operators: operators, resources: resources, riders: riders, trips: trips)
        instants = try model.run()
        predictions = model.predictions
    }

    private static func operators(_ files: [TripFile]) throws(PlanFault) -> [PlannedOperator] {
        var operators: [PlannedOperator] = []
        for file in files {
            let member = file.mapping.operator.member
            if let known = operators.firstIndex(where: { $0.member == member }) {
                // Where the files' clocks differ, one operator may need two readings.
                var mapping = file.mapping
                mapping.time = operators[known].mapping.time
                mapping.note = operators[known].mapping.note
                mapping.columns = operators[known].mapping.columns
                mapping.delimiter = operators[known].mapping.delimiter
                guard mapping == operators[known].mapping else {
                    throw .operatorTwice(member)
                }
                operators[known].files.append(file.name)
                operators[known].rows += file.rows
            } else {
                if let other = operators.first(where: {
                    $0.lease.unit.id == file.mapping.lease.unit.id
                        && $0.lease.unit != file.mapping.lease.unit
                }) {
                    throw .unitTwice(file.mapping.lease.unit.id, other.member, member)
                }
                operators.append(
                    PlannedOperator(
                        mapping: file.mapping, files: [file.name], rows: file.rows, trips: 0))
            }
        }
        return operators
    }
}

/// Why files do not make a plan together.
public enum PlanFault: Error, Hashable, Sendable, CustomStringConvertible {
    case operatorTwice(MemberID)
    case unitTwice(String, MemberID, MemberID)
    /// Money of this operator passes 2^63 − 1.
    case amountOverflow(MemberID)

    public var description: String {
        switch self {
        case .operatorTwice(let member):
            "Two mappings name operator.member \"\(member)\" and differ in more than columns and "
                + "time. Make resources, stations, pooled_riders and lease alike, or give one "
                + "another member."
        case .unitTwice(let unit, let first, let second):
            "The mappings of \(first) and \(second) describe the unit \"\(unit)\" differently. "
                + "Make lease.unit alike, or give one another id."
        case .amountOverflow(let member):
            "The charges of \(member) pass the largest amount. Lower tariff.price_minor."
        }
    }
}
