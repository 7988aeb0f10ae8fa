import KoinonLedger
import KoinonProtocol

/// Where an alliance keeps the order of an epoch in etcd: each has a log of its own.
///
///     koinon/<chain>/entries/<author>/<epoch>/<sequence>   a packed entry; 20 digits each
///     koinon/<chain>/trimmed/<author>                      <epoch>/<height>, decimal
///
/// The place of an entry in the order is the revision that created its key.
package struct EntryKeys: Sendable {
    /// Of everything that belongs to the alliance.
    let root: [UInt8]
    /// Of all entries, of whichever epoch.
    package let entries: [UInt8]
    /// Of all members' marks.
    package let marks: [UInt8]
    private let epoch: UInt64

    package init(chain: ChainID, epoch: UInt64) {
        root = Array("koinon/\(Hex.encode(chain.bytes))/".utf8)
        entries = root + Array("entries/".utf8)
        marks = root + Array("trimmed/".utf8)
        self.epoch = epoch
    }

    /// Behind every key of the entries.
    var entriesEnd: [UInt8] { Self.end(of: entries) }

    /// Of all that an author has written, in whichever epoch; epochs follow one another.
    func lanes(of author: String) -> [UInt8] { entries + Array(author.utf8) + [Self.slash] }

    /// Of all entries of an author in this epoch.
    package func lane(of author: String) -> [UInt8] {
        lanes(of: author) + Self.wide(epoch) + [Self.slash]
    }

    /// What lies between the entries of these authors, in ranges that ascend; each has a first
    /// key, and an end behind its last.
    package func rangesWithout(_ authors: [String]) -> [(start: [UInt8], end: [UInt8])] {
        var ranges: [(start: [UInt8], end: [UInt8])] = []
        var start = entries
        for lanes in authors.map(lanes(of:)).sorted(by: { $0.lexicographicallyPrecedes($1) }) {
            ranges.append((start, lanes))
            start = Self.end(of: lanes)
        }
        return ranges + [(start, entriesEnd)]
    }

    /// Behind every key that begins with a prefix that ends in a slash.
    static func end(of prefix: [UInt8]) -> [UInt8] { prefix.dropLast() + [slash + 1] }

    package func key(_ author: String, _ sequence: UInt64) -> [UInt8] {
        lane(of: author) + Self.wide(sequence)
    }

    /// A sequence that no author reaches, and behind which one more can still be counted.
    package static let sequenceMaximum = UInt64(Int64.max)

    /// The author and sequence that a key of this epoch names; nil for one of another epoch or
    /// form, or beyond ``sequenceMaximum``.
    package func place(of key: some Collection<UInt8>) -> (author: String, sequence: UInt64)? {
        guard let author = author(of: key) else { return nil }
        let lane = lane(of: author)
        guard key.starts(with: lane) else { return nil }
        let digits = key.dropFirst(lane.count)
        guard digits.count == Self.digits, digits.allSatisfy(Self.isDigit),
            let sequence = UInt64(String(decoding: digits, as: UTF8.self)),
            sequence <= Self.sequenceMaximum
        else { return nil }
        return (author, sequence)
    }

    /// Who may have written a key of the entries, in whichever epoch; nil for nobody.
    func author(of key: some Collection<UInt8>) -> String? {
        guard key.starts(with: entries) else { return nil }
        let rest = key.dropFirst(entries.count)
        guard let slash = rest.firstIndex(of: Self.slash) else { return nil }
        return MemberID(rawValue: String(decoding: rest[..<slash], as: UTF8.self))?.rawValue
    }

    /// Where a member says which entries may be gone.
    package func mark(of author: String) -> [UInt8] { marks + Array(author.utf8) }

    /// What it says there: entries of this epoch's blocks up to a height.
    package func mark(at height: Height) -> String { "\(epoch)/\(height)" }

    /// Whose mark a key is, and the height that it names; nil for one of another epoch or form.
    func mark(
        in value: some Collection<UInt8>, at key: some Collection<UInt8>
    ) -> (member: MemberID, height: Height)? {
        let parts = String(decoding: value, as: UTF8.self).split(
            separator: "/", omittingEmptySubsequences: false)
        guard key.starts(with: marks),
            let member = MemberID(
                rawValue: String(decoding: key.dropFirst(marks.count), as: UTF8.self)),
            parts.count == 2, UInt64(parts[0]) == epoch, let height = UInt64(parts[1])
        else { return nil }
        return (member, Height(height))
    }

    /// Arguments of etcdctl that delete what has no effect behind a missing entry.
    func deletion(of gap: SequenceGap) -> [String] {
        let (from, end) = (key(gap.author, gap.missing), Self.end(of: lane(of: gap.author)))
        return ["del", String(decoding: from, as: UTF8.self), String(decoding: end, as: UTF8.self)]
    }

    private static let slash = UInt8(ascii: "/")
    /// As many as the largest number has.
    private static let digits = 20

    private static func wide(_ number: UInt64) -> [UInt8] {
        let digits = Array(String(number).utf8)
        return [UInt8](repeating: UInt8(ascii: "0"), count: Self.digits - digits.count) + digits
    }

    private static func isDigit(_ byte: UInt8) -> Bool {
        byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
    }
}

/// What an entry's body says of its place, read without decoding the rest of it.
package enum EntryPlace {
    /// Nil for bytes that are no message, or name neither. As in protobuf, the last of
    /// several values counts.
    package static func of(_ body: [UInt8]) -> (author: String, sequence: UInt64)? {
        var author: String?
        var sequence: UInt64?
        var at = 0
        while at < body.count {
            guard let tag = varint(body, &at) else { return nil }
            switch tag & 7 {
            case 0:
                guard let value = varint(body, &at) else { return nil }
                if tag >> 3 == 4 { sequence = value }
            case 1: at += 8
            case 2:
                guard let length = varint(body, &at), length <= UInt64(body.count - at) else {
                    return nil
                }
                let end = at + Int(length)
                if tag >> 3 == 3 { author = String(decoding: body[at..<end], as: UTF8.self) }
                at = end
            case 5: at += 4
            default: return nil
            }
        }
        guard at == body.count, let author, let sequence else { return nil }
        return (author, sequence)
    }

    private static func varint(_ bytes: [UInt8], _ at: inout Int) -> UInt64? {
        var value: UInt64 = 0
        var shift: UInt64 = 0
        while at < bytes.count, shift < 64 {
            let byte = bytes[at]
            at += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte & 0x80 == 0 { return value }
            shift += 7
        }
        return nil
    }
}
