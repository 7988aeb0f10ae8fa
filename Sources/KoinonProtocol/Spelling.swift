/// Finds what somebody meant who wrote a name that is none.
public enum Spelling {
    /// Longer texts are no names with a typing error.
    private static let longest = 64

    /// The name that is the fewest letters away, without regard to case; nil when none is near:
    /// at most a third of its letters may be wrong, missing or too many.
    public static func nearest(to text: String, in names: some Sequence<String>) -> String? {
        guard text.utf8.count <= longest else { return nil }
        let written = Array(text.lowercased().utf8)
        let near = names.compactMap { name -> (name: String, distance: Int)? in
            let known = Array(name.lowercased().utf8)
            let distance = distance(written, known)
            return distance * 3 <= max(known.count, 3) ? (name, distance) : nil
        }
        return near.min { $0.distance < $1.distance }?.name
    }

    /// How many bytes have to be changed, put in, taken out or exchanged with their neighbour.
    private static func distance(_ a: [UInt8], _ b: [UInt8]) -> Int {
        // Of the text before the last byte, the text so far, and one byte more.
        var before: [Int] = []
        var row = Array(0...b.count)
        for i in a.indices {
            var next = [i + 1]
            for j in b.indices {
                var least = min(row[j] + (a[i] == b[j] ? 0 : 1), row[j + 1] + 1, next[j] + 1)
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] {
                    least = min(least, before[j - 1] + 1)
                }
                next.append(least)
            }
            (before, row) = (row, next)
        }
        return row[b.count]
    }
}
