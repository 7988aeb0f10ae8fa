import KoinonMachine
import KoinonProtocol

/// Plays recorded ratings through the machine and asks how early standing tells frauds.
///
/// Each rating is an agreement of the rater with the ratee, settled at the rating's moment,
/// with the rating as the rater's review; the ratee's review says nothing. All agreements
/// settle the same 64.00, because the record says nothing of amounts, and nobody is vouched
/// for. After the 1st, 3rd and 5th rating that somebody received, its standing is asked.
public struct RatingTrial {
    public static let counts = [1, 3, 5]
    static let priceMinor: UInt64 = 6_400
    /// The market begins so long before the first rating, but no earlier than a ledger can.
    private static let lead: UInt64 = 3_600_000

    /// One way to judge people, by how many ratings they had received.
    public struct Row: Sendable {
        public var name: String
        /// Labelled honest against labelled fraud, for each of ``RatingTrial/counts``.
        public var labelled: [Double?]
        /// Of the others: the mean of all later ratings above 0 against below 0.
        public var later: [Double?]
    }

    public struct Report: Sendable {
        public var ratings: Int
        public var people: Int
        public var honest: Int
        public var frauds: Int
        public var rows: [Row]
    }

    public let file: RatingFile
    public let market: TrialMarket
    private let people: [Int: Int]

    /// - Throws: ``ReplayFault`` when there are no ratings.
    public init(_ file: RatingFile) throws {
        guard let first = file.ratings.first else {
            throw ReplayFault(description: "there are no ratings; give a file with one at least")
        }
        self.file = file
        var people: [Int: Int] = [:]
        var given: [Int: UInt64] = [:]
        for rating in file.ratings {
            for person in [rating.rater, rating.ratee] where people[person] == nil {
                people[person] = people.count
            }
            given[rating.rater, default: 0] += 1
        }
        self.people = people
        market = try TrialMarket(
            name: "Recorded ratings", people: people.count,
            money: (given.values.max() ?? 1) * Self.priceMinor,
            at: Timestamp(milliseconds: max(first.milliseconds, Self.lead + 1) - Self.lead))
    }

    /// What was known of a person after so many ratings received.
    private struct Judgement {
        var standing: [UInt32] = []
        var received: [Int32] = []

        func standing(after count: Int) -> Double {
            Double(standing[min(count, standing.count) - 1])
        }
    }

    /// - Parameter progress: called now and then with how many ratings were played.
    public func run(progress: (Int) -> Void = { _ in }) throws -> Report {
        var judgements: [Int: Judgement] = [:]
        for (index, rating) in file.ratings.enumerated() {
            guard let rater = people[rating.rater], let ratee = people[rating.ratee] else {
                preconditionFailure("everybody has a number")
            }
            let time = Timestamp(milliseconds: rating.milliseconds)
            try market.settle(
                customer: rater, provider: ratee, price: Self.priceMinor,
                scores: (rating.score, 0), at: time)
            var judgement = judgements[rating.ratee] ?? Judgement()
            judgement.received.append(rating.score)
            if judgement.received.count <= 5 {
                judgement.standing.append(market.standing(of: ratee).boundPpm)
            }
            judgements[rating.ratee] = judgement
            if index.isMultiple(of: 256) { progress(index) }
        }
        progress(file.ratings.count)
        return report(judgements)
    }

    private func report(_ judgements: [Int: Judgement]) -> Report {
        // People in the order of their numbers, so that the same file prints the same.
        let known = judgements.sorted { $0.key < $1.key }
        let ways: [(String, (Judgement, Int) -> Double)] = [
            ("standing", { $0.standing(after: $1) }),
            ("plain beta bound", { RankQuality.plainBound($0.received.prefix($1)) }),
            ("plain mean", { RankQuality.plainMean($0.received.prefix($1)) }),
        ]
        let rows = ways.map { name, judge in
            var row = Row(name: name, labelled: [], later: [])
            for count in Self.counts {
                func values(_ holds: (Int, Judgement) -> Bool) -> [Double] {
                    known.filter { holds($0.key, $0.value) }.map { judge($0.value, count) }
                }
                row.labelled.append(
                    RankQuality.area(
                        good: values { person, _ in file.labels[person] == true },
                        bad: values { person, _ in file.labels[person] == false }))
                func later(_ judgement: Judgement) -> Double {
                    RankQuality.plainMean(judgement.received.dropFirst(count))
                }
                row.later.append(
                    RankQuality.area(
                        good: values { file.labels[$0] == nil && later($1) > 0 },
                        bad: values { file.labels[$0] == nil && later($1) < 0 }))
            }
            return row
        }
        let labelled = known.compactMap { file.labels[$0.key] }
        return Report(
            ratings: file.ratings.count, people: people.count,
            honest: labelled.count { $0 }, frauds: labelled.count { !$0 }, rows: rows)
    }
}
