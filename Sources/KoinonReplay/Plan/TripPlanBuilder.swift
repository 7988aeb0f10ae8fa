import KoinonMachine
import KoinonProtocol

/// Gathers the trips of all files and numbers what they use.
struct TripPlanBuilder {
    private let operators: [PlannedOperator]
    private(set) var resources: [PlannedResource] = []
    private(set) var riders: [PlannedRider] = []
    private(set) var trips: [PlannedTrip] = []
    private(set) var refused: [RefusedRow] = []

    /// A name of an operator's own.
    private struct Name: Hashable {
        var `operator`: Int
        var text: String
    }

    private var resourceIndex: [Name: Int] = [:]
    private var riderIndex: [Name: Int] = [:]
    private var tripNames: Set<Name> = []

    /// A trip with the place that order gives it.
    private struct Candidate {
        var `operator`: Int
        var file: Int
        var trip: FileTrip
    }

    init(operators: [PlannedOperator]) { self.operators = operators }

    mutating func add(_ files: [TripFile]) {
        var candidates: [Candidate] = []
        for (index, file) in files.enumerated() {
            let owner = operators.firstIndex { $0.member == file.mapping.operator.member } ?? 0
            var refusedHere = file.refused
            for trip in file.trips {
                if tripNames.insert(Name(operator: owner, text: trip.trip)).inserted {
                    candidates.append(Candidate(operator: owner, file: index, trip: trip))
                } else {
                    refusedHere.append(
                        RefusedRow(
                            file: file.name, line: trip.line, column: file.mapping.columns.trip,
                            reason: .duplicateTrip))
                }
            }
            refused += refusedHere.sorted { $0.line < $1.line }
        }
        candidates.sort { a, b in
            (a.trip.start, a.file, a.trip.line) < (b.trip.start, b.file, b.trip.line)
        }
        for candidate in candidates { plan(candidate, in: files[candidate.file]) }
    }

    private mutating func plan(_ candidate: Candidate, in file: TripFile) {
        let trip = candidate.trip
        trips.append(
            PlannedTrip(
                operator: candidate.operator,
                resource: resource(candidate, in: file), rider: rider(candidate, in: file),
                id: trip.trip, file: file.name, line: trip.line, start: trip.start, end: trip.end,
                // A file's trips are those that a period covers.
                agreedMilliseconds: AgreedPeriod.covering(from: trip.start, to: trip.end) ?? 0,
                startStation: trip.startStation, endStation: trip.endStation,
                statedMilliseconds: trip.statedMilliseconds))
    }

    private mutating func resource(_ candidate: Candidate, in file: TripFile) -> Int {
        let serial = candidate.trip.resource
        let name = Name(operator: candidate.operator, text: serial)
        if let known = resourceIndex[name] { return known }
        let terms = file.mapping.resources
        let isBike = file.mapping.columns.bike != nil
        let station = file.stations[isBike ? candidate.trip.startStation ?? "" : serial]
        var title = (terms.titlePrefix + (isBike ? serial : station?.title ?? serial))
            .shortened(toBytes: TextCheck.titleBytes)
        if !TextCheck.isTitle(title) {
            title = (terms.titlePrefix + serial).shortened(toBytes: TextCheck.titleBytes)
        }
        resources.append(
            PlannedResource(
                operator: candidate.operator, serial: serial, title: title,
                capacity: isBike ? 1 : station?.capacity ?? terms.capacity ?? 1,
                place: station?.place))
        resourceIndex[name] = resources.count - 1
        return resources.count - 1
    }

    private mutating func rider(_ candidate: Candidate, in file: TripFile) -> Int {
        let name = Name(operator: candidate.operator, text: candidate.trip.rider)
        if let known = riderIndex[name] { return known }
        riders.append(
            PlannedRider(
                operator: candidate.operator, name: name.text,
                isPooled: file.mapping.columns.rider == nil))
        riderIndex[name] = riders.count - 1
        return riders.count - 1
    }
}

extension String {
    /// At most so many bytes of UTF-8, cut between characters.
    func shortened(toBytes limit: Int) -> String {
        guard utf8.count > limit else { return self }
        var text = ""
        for character in self {
            guard text.utf8.count + character.utf8.count <= limit else { break }
            text.append(character)
        }
        return text
    }
}
