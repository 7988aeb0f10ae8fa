import Foundation

/// One person's rating of another, from -10 to 10.
public struct Rating: Sendable, Equatable {
    public var rater: Int
    public var ratee: Int
    public var score: Int32
    /// Since 1970.
    public var milliseconds: UInt64

    public init(rater: Int, ratee: Int, score: Int32, milliseconds: UInt64) {
        self.rater = rater
        self.ratee = ratee
        self.score = score
        self.milliseconds = milliseconds
    }
}

/// Recorded ratings with people's numbers, and who is known as honest or a fraud.
public struct RatingFile: Sendable {
    /// In the order of time.
    public var ratings: [Rating]
    /// True: honest; false: a fraud.
    public var labels: [Int: Bool]

    public init(ratings: [Rating], labels: [Int: Bool]) {
        self.ratings = ratings
        self.labels = labels
    }

    /// Reads `bitcoin_otc_ratings.csv.gz` (rater, ratee, rating, seconds since 1970) and
    /// `bitcoin_otc_labels.csv` (user, label: 1 or -1).
    ///
    /// - Throws: ``CSVFault``; ``ReplayFault`` naming the line that is no rating or label.
    public init(folder: String) throws {
        func reader(_ name: String) throws(CSVFault) -> CSVReader {
            try CSVReader(path: URL(filePath: folder).appending(path: name).path)
        }
        try self.init(
            ratings: reader("bitcoin_otc_ratings.csv.gz"),
            labels: reader("bitcoin_otc_labels.csv"))
    }

    /// Reads both from memory, plain or packed.
    ///
    /// - Throws: ``CSVFault``; ``ReplayFault`` naming the line that is no rating or label.
    public init(ratings: [UInt8], labels: [UInt8]) throws {
        try self.init(
            ratings: CSVReader(bytes: ratings, name: "ratings"),
            labels: CSVReader(bytes: labels, name: "labels"))
    }

    private init(ratings reader: CSVReader, labels labelReader: CSVReader) throws {
        var reader = reader
        let columns = try ["rater", "ratee", "rating", "time"].map { try reader.index(of: $0) }
        var row = CSVRow()
        ratings = []
        while try reader.next(&row) {
            let fields = columns.map { row.count > $0 ? row.text($0) : "" }
            guard let rater = Int(fields[0]), let ratee = Int(fields[1]),
                let score = Int32(fields[2]), (-10...10).contains(score), rater != ratee,
                let seconds = Double(fields[3]), (0...4e9).contains(seconds)
            else {
                throw ReplayFault(
                    description:
                        "\(reader.file), line \(row.line): no rating; give two different numbers of people, -10 to 10, and seconds since 1970"
                )
            }
            ratings.append(
                Rating(
                    rater: rater, ratee: ratee, score: score,
                    milliseconds: UInt64(seconds * 1_000)))
        }
        // Stable, so that ratings of one moment stay as they stand in the file.
        ratings = ratings.enumerated()
            .sorted { ($0.1.milliseconds, $0.0) < ($1.1.milliseconds, $1.0) }.map(\.1)
        labels = try Self.labels(labelReader)
    }

    private static func labels(_ reader: CSVReader) throws -> [Int: Bool] {
        var reader = reader
        let user = try reader.index(of: "user")
        let label = try reader.index(of: "label")
        var row = CSVRow()
        var labels: [Int: Bool] = [:]
        while try reader.next(&row) {
            guard row.count > max(user, label), let person = Int(row.text(user)),
                let value = Int(row.text(label)), value == 1 || value == -1
            else {
                throw ReplayFault(
                    description:
                        "\(reader.file), line \(row.line): no label; give a person's number, and 1 or -1"
                )
            }
            labels[person] = value == 1
        }
        return labels
    }
}
