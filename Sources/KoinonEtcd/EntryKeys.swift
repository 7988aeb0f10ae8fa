import KoinonLedger
import KoinonProtocol

/// Where an alliance keeps its order in etcd.
///
///     koinon/<chain>/entries/<author>/<sequence, 20 digits>   a packed entry
///     koinon/<chain>/trimmed                                  a revision, decimal
///
/// The place of an entry in the order is the revision that created its key.
package struct EntryKeys: Sendable {
    /// Of everything that belongs to the alliance.
    let root: [UInt8]
    package let entries: [UInt8]
    let trimmed: [UInt8]

    package init(chain: ChainID) {
        root = Array("koinon/\(Hex.encode(chain.bytes))/".utf8)
        entries = root + Array("entries/".utf8)
        trimmed = root + Array("trimmed".utf8)
    }

    /// Behind every key of the entries.
    var entriesEnd: [UInt8] { Self.end(of: entries) }

    /// Of all entries of an author.
    func lane(of author: String) -> [UInt8] { entries + Array(author.utf8) + [Self.slash] }

    /// Behind every key that begins with a prefix that ends in a slash.
    static func end(of prefix: [UInt8]) -> [UInt8] { prefix.dropLast() + [slash + 1] }

    package func key(_ author: String, _ sequence: UInt64) -> [UInt8] {
        let digits = Array(String(sequence).utf8)
        let zeros = [UInt8](repeating: UInt8(ascii: "0"), count: Self.digits - digits.count)
        return lane(of: author) + zeros + digits
    }

    /// A sequence that no author reaches, and behind which one more can still be counted.
    package static let sequenceMaximum = UInt64(Int64.max)

    /// The author and sequence that a key names; nil for one of another form, or beyond
    /// ``sequenceMaximum``.
    package func place(of key: some Collection<UInt8>) -> (author: String, sequence: UInt64)? {
        guard key.starts(with: entries) else { return nil }
        let rest = key.dropFirst(entries.count)
        guard let slash = rest.firstIndex(of: Self.slash) else { return nil }
        let digits = rest[rest.index(after: slash)...]
        guard digits.count == Self.digits, digits.allSatisfy(Self.isDigit),
            let sequence = UInt64(String(decoding: digits, as: UTF8.self)),
            sequence <= Self.sequenceMaximum,
            let author = MemberID(rawValue: String(decoding: rest[..<slash], as: UTF8.self))
        else { return nil }
        return (author.rawValue, sequence)
    }

    private static let slash = UInt8(ascii: "/")
    /// As many as the largest sequence has.
    private static let digits = 20

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
