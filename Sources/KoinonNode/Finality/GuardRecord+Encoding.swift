import KoinonLedger
import KoinonProtocol

/// The text of a guard's file (docs/formats/guard.md).
extension GuardRecord {
    private static let format = "koinon/guard/v1"
    package static let bytesMaximum = 1_024

    package var encoded: [UInt8] {
        let text = """
            \(Self.format)
            member \(member)
            node_key \(nodeKey)
            epoch \(epoch)
            height \(height)
            hash \(hash)
            barred \(isBarred)
            carried_through \(carriedThrough)

            """
        return Array((text + "sha256 \(Hash256.sha256(Array(text.utf8)))\n").utf8)
    }

    /// Nil for anything but exactly what ``encoded`` is of this member and key.
    package init?(encoded bytes: [UInt8], of member: MemberID, _ nodeKey: PublicKey) {
        guard bytes.count <= Self.bytesMaximum else { return nil }
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n")
        var values: [Substring: Substring] = [:]
        for line in lines.dropFirst() {
            guard let space = line.firstIndex(of: " ") else { return nil }
            values[line[..<space]] = line[line.index(after: space)...]
        }
        guard let epoch = values["epoch"].flatMap({ UInt64($0) }),
            let height = values["height"].flatMap({ UInt64($0) }),
            let hash = values["hash"].flatMap({ Hex.decode(String($0)) }).flatMap({ Hash256($0) }),
            let carried = values["carried_through"].flatMap({ UInt64($0) })
        else { return nil }
        self.init(
            member: member, nodeKey: nodeKey, epoch: epoch, height: Height(height), hash: hash)
        isBarred = values["barred"] == "true"
        carriedThrough = Height(carried)
        guard encoded == bytes else { return nil }
    }
}
