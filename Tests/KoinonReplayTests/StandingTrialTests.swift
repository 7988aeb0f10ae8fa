import Foundation
import KoinonProtocol
import Testing

@testable import KoinonReplay

/// The trials of standing in a small form, on generated people.
@Suite struct StandingTrialTests {
    @Test func `the area counts pairs, ties half`() {
        #expect(RankQuality.area(good: [3, 2], bad: [1, 2]) == 0.875)
        #expect(RankQuality.area(good: [1], bad: [1]) == 0.5)
        #expect(RankQuality.area(good: [1], bad: [2, 3]) == 0)
        #expect(RankQuality.area(good: [Int](), bad: [2]) == nil)
    }

    @Test func `the plain measures are those of the textbook`() {
        #expect(abs(RankQuality.plainBound([]) - (0.5 - 1.645 * (1.0 / 12).squareRoot())) < 1e-12)
        // Beta(2, 1): mean 2/3, variance 1/18.
        #expect(
            abs(RankQuality.plainBound([10]) - (2.0 / 3 - 1.645 * (1.0 / 18).squareRoot()))
                < 1e-12)
        #expect(RankQuality.plainMean([10, -5]) == 2.5)
    }

    /// Thirty honest people rate each other well and frauds badly; newcomers whom nobody
    /// knows praise the frauds first.
    private func file(seed: UInt64) -> RatingFile {
        var random = Seeded(state: seed)
        var ratings: [Rating] = []
        var labels: [Int: Bool] = [:]
        var minute: UInt64 = 0
        func rate(_ rater: Int, _ ratee: Int, _ score: Int32) {
            minute += 1
            ratings.append(
                Rating(
                    rater: rater, ratee: ratee, score: score,
                    milliseconds: 1_300_000_000_000 + minute * 60_000))
        }
        for _ in 0..<300 {
            let rater = Int(random.below(30))
            rate(rater, (rater + 1 + Int(random.below(29))) % 30, 1 + Int32(random.below(5)))
        }
        for newcomer in 100..<110 {
            labels[newcomer] = true
            for _ in 0..<3 { rate(Int(random.below(30)), newcomer, 1 + Int32(random.below(3))) }
        }
        for fraud in 200..<210 {
            labels[fraud] = false
            rate(300 + fraud, fraud, 4)
            rate(400 + fraud, fraud, 4)
            rate(Int(random.below(30)), fraud, -5)
        }
        return RatingFile(ratings: ratings, labels: labels)
    }

    @Test(arguments: [1, 2])
    func `known raters count for more than unknown ones, from the first rating on`(
        seed: Int
    ) throws {
        let report = try RatingTrial(file(seed: UInt64(seed))).run()
        #expect(report.honest == 10 && report.frauds == 10 && report.ratings == 360)
        let standing = try #require(report.rows.first { $0.name == "standing" })
        let plain = try #require(report.rows.first { $0.name == "plain beta bound" })
        let first = try #require(standing.labelled[0])
        #expect(first > 0.9)
        // The plain bound believes the strangers' fours more than the known people's ones.
        #expect(try first > #require(plain.labelled[0]) + 0.3)
        #expect(standing.labelled[1] == 1)
    }

    @Test func `ratings are read from files, with the line that is none`() throws {
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "koinon-ratings-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        func write(_ name: String, _ text: String) throws {
            try Data(text.utf8).write(to: folder.appending(path: name))
        }
        try write("bitcoin_otc_labels.csv", "user,label\n2,1\n3,-1\n")
        try write(
            "bitcoin_otc_ratings.csv.gz",
            "rater,ratee,rating,time\n1,2,4,1289241912.5\n1,3,-10,1289241911\n")
        let file = try RatingFile(folder: folder.path)
        #expect(file.ratings.map(\.ratee) == [3, 2])
        #expect(file.ratings[1].milliseconds == 1_289_241_912_500)
        #expect(file.labels == [2: true, 3: false])
        for bad in ["1,1,4,5", "1,2,11,5", "1,2,4,-1", "1,2,x,5", "1,2,4"] {
            try write("bitcoin_otc_ratings.csv.gz", "rater,ratee,rating,time\n\(bad)\n")
            #expect(throws: ReplayFault.self, "\(bad)") { try RatingFile(folder: folder.path) }
        }
    }

    @Test(arguments: ["2", "0", "-2", "x", "", "-9223372036854775808", "9223372036854775808"])
    func `a label is 1 or -1`(label: String) {
        #expect(throws: ReplayFault.self) {
            try RatingFile(
                ratings: Array("rater,ratee,rating,time\n1,2,4,5\n".utf8),
                labels: Array("user,label\n2,\(label)\n".utf8))
        }
    }

    /// The market of a trial begins before its first rating.
    @Test(arguments: ["0", "0.001", "3599.999", "3600", "3600.001"])
    func `ratings may be as old as time is counted`(seconds: String) throws {
        let file = try RatingFile(
            ratings: Array("rater,ratee,rating,time\n1,2,4,\(seconds)\n".utf8),
            labels: Array("user,label\n".utf8))
        let report = try RatingTrial(file).run()
        #expect(report.ratings == 1 && report.people == 2)
    }

    @Test func `a ring buys little, however large, and an honest year much`() throws {
        let rows = try RingTrial.run(sizes: [4, 20, 40], partners: 24)
        func standing(_ name: String) throws -> UInt32 {
            try #require(rows.first { $0.name == name }).standingPpm
        }
        let small = try standing("ring of 4")
        let large = try standing("ring of 40")
        #expect(small < large && large < 278_936)
        #expect(try standing("ring of 40, 64.00 each time") < 278_936)
        let honest = try standing("honest year, all 24 partners vouched")
        #expect(honest > 2 * large)
        let half = try standing("honest year, half of them vouched")
        #expect(half < honest && half > large * 3 / 2)
        // Three checked accomplices are worth about what three honest partners are.
        #expect(try standing("ring of 40, 3 of it vouched") < 500_000)
    }
}
