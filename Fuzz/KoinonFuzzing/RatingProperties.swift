import KoinonReplay

/// What holds of any file of ratings that is also the file of its labels.
enum RatingProperties {
    /// At most so many ratings are played through the machine, each some transactions.
    private static let played = 3

    static func check(csv: [UInt8]) throws {
        do {
            let file = try RatingFile(ratings: csv, labels: csv)
            let ratings = file.ratings
            try hold(
                zip(ratings, ratings.dropFirst()).allSatisfy { $0.milliseconds <= $1.milliseconds },
                "ratings out of the order of time")
            try hold(
                ratings.allSatisfy { (-10...10).contains($0.score) && $0.rater != $0.ratee },
                "a rating that none can be")
            guard ratings.count <= played else { return }
            let report = try RatingTrial(file).run()
            try hold(
                report.ratings == ratings.count && report.honest + report.frauds <= report.people,
                "ratings or people are counted otherwise")
        } catch let fault as CSVFault {
            try hold(!fault.description.isEmpty, "a fault without a text")
        } catch let fault as ReplayFault {
            try hold(!fault.description.isEmpty, "a fault without a text")
        }
    }
}
