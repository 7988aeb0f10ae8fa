import KoinonLedger
import KoinonNode
import KoinonProtocol

extension FuzzTarget {
    /// The file of a node key's guard; once as it stands, and once with the right checksum.
    public static let guards = FuzzTarget(
        "guards", maximumBytes: GuardRecord.bytesMaximum, madeSeeds: GuardProperties.seeds
    ) { bytes in
        try GuardProperties.check(bytes)
        let checksum = "sha256 \(Hash256.sha256(bytes))\n"
        try GuardProperties.check(bytes + Array(checksum.utf8))
    }
}

private enum GuardProperties {
    static let keys = ["alfa", "bravo"].map { FuzzWorldBuilder.key("node of \($0)").publicKey }
    static let members = ["alfa", "bravo"].compactMap { MemberID(rawValue: $0) }

    static func check(_ bytes: [UInt8]) throws(Violation) {
        guard let record = GuardRecord(encoded: bytes, of: members[0], keys[0]) else { return }
        try hold(record.encoded == bytes, "a guard is not written as it was read")
        try hold(bytes.count <= GuardRecord.bytesMaximum, "a guard beyond its limit")
        try hold(
            GuardRecord(encoded: bytes, of: members[1], keys[0]) == nil
                && GuardRecord(encoded: bytes, of: members[0], keys[1]) == nil,
            "a guard counts for another member or key")
        for place in bytes.indices {
            var other = bytes
            other[place] ^= 1
            try hold(
                GuardRecord(encoded: other, of: members[0], keys[0]) == nil,
                "a guard counts though byte \(place) is another")
        }
    }

    @Sendable static func seeds() -> [[UInt8]] {
        let fresh = GuardRecord.fresh(members[0], keys[0])
        var used = GuardRecord(
            member: members[0], nodeKey: keys[0], epoch: 3, height: Height(1_204),
            hash: .sha256([7]))
        used.carriedThrough = Height(1_201)
        var barred = used
        barred.isBarred = true
        let whole = [fresh, used, barred].map(\.encoded)
        // Without the last line, which the target adds.
        return whole + whole.map { Array($0.dropLast("sha256 ".count + 64 + 1)) }
    }
}
