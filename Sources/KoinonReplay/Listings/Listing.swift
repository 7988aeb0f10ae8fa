import KoinonProtocol

/// One row, ready to be offered.
public struct Listing: Hashable, Sendable {
    /// Where its row begins in the file, from 1.
    public var line: Int
    /// Its id in the file; the resource's serial number with its host.
    public var id: String
    /// The host's id in the file, which does not go onto the ledger.
    public var host: String
    /// 1 to 64 bytes without control characters.
    public var title: String
    public var kind: String
    /// Of one night.
    public var price: Amount
    /// 1 to 365.
    public var minimumNights: UInt32
    /// Rounded.
    public var place: Place?
}

/// A line that is not offered.
public struct RefusedListing: Hashable, Sendable {
    public var line: Int
    /// The column that the reason is about, if it is about one.
    public var column: String?
    public var reason: ListingRefusal
}

enum ListingText {
    /// A title as the ledger takes it: what steers terminals becomes a space, runs of spaces
    /// one, and the rest is cut to 64 bytes between characters. Empty when nothing is left.
    static func title(_ text: String, isControl: (String) -> Bool) -> String {
        var words: [String] = [""]
        for scalar in text.unicodeScalars {
            if scalar == " " || isControl(String(scalar)) {
                words.append("")
            } else {
                words[words.count - 1].unicodeScalars.append(scalar)
            }
        }
        let clean = words.filter { !$0.isEmpty }.joined(separator: " ")
        let cut = clean.shortened(toBytes: 64)
        return cut.last == " " ? String(cut.dropLast()) : cut
    }

    /// To so many decimals of a degree, the nearer one, away from zero when in the middle.
    static func rounded(_ degreesE7: Int64, decimals: Int) -> Int32 {
        var unit: Int64 = 10_000_000
        for _ in 0..<decimals { unit /= 10 }
        let half = degreesE7 < 0 ? -unit / 2 : unit / 2
        return Int32((degreesE7 + half) / unit * unit)
    }
}
