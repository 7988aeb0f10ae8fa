import KoinonLedger
import KoinonNode
import KoinonProtocol

extension FuzzTarget {
    /// The files of a snapshot as another member's node sends them: the same bytes as a
    /// manifest, as rows of state and as hashes of headers.
    public static let snapshots = FuzzTarget(
        "snapshots", maximumBytes: 32_768, madeSeeds: SnapshotProperties.seeds
    ) { bytes in
        try SnapshotProperties.checkManifest(bytes)
        try SnapshotProperties.checkRows(bytes)
        try SnapshotProperties.checkHashes(bytes)
    }
}

private enum SnapshotProperties {
    static func checkManifest(_ bytes: [UInt8]) throws(Violation) {
        func read(_ bytes: [UInt8]) throws(Violation) -> SnapshotManifest? {
            try taken { () throws(SnapshotFault) in try SnapshotManifest(encoded: bytes) }
        }
        guard let manifest = try read(bytes) else { return }
        let written = manifest.encoded
        let again = try read(written)
        try hold(again == manifest, "a manifest reads otherwise when written again")
        try hold(again?.encoded == written, "a manifest is written in more than one form")
        let sizes = 1...SnapshotManifest.chunkBytesMaximum
        try hold(
            manifest.chunks.count <= SnapshotManifest.chunksMaximum
                && manifest.chunks.allSatisfy { sizes.contains($0.bytes) },
            "a manifest beyond a limit")
        let facts = ProofFacts.shared
        let proven: Void? = try taken { () throws(SnapshotFault) in
            try manifest.check(genesis: facts.genesis)
        }
        guard proven != nil else { return }
        let history = manifest.chunks.filter { $0.content == .history }
        try hold(
            facts.headers.contains(manifest.header),
            "a manifest shows a header that no member signed")
        try hold(
            history.reduce(0) { $0 + UInt64($1.bytes) } / 32 == manifest.header.height.rawValue
                && manifest.chunks.starts(with: history),
            "a manifest names other hashes than one of each header before")
    }

    static func checkRows(_ bytes: [UInt8]) throws(Violation) {
        func read(
            _ bytes: [UInt8], after last: inout [UInt8]?
        ) throws(Violation) -> [SnapshotChunks.Row]? {
            do throws(SnapshotFault) {
                return try SnapshotChunks.rows(in: bytes, after: &last)
            } catch {
                try hold(!error.description.isEmpty, "a fault without a text")
                return nil
            }
        }
        func write(_ rows: some Sequence<SnapshotChunks.Row>) -> [UInt8] {
            rows.reduce(into: []) { SnapshotChunks.append($1, to: &$0) }
        }
        var last: [UInt8]?
        guard let rows = try read(bytes, after: &last), let first = rows.first else { return }
        try hold(write(rows) == bytes, "rows are not written as they were read")
        try hold(
            zip(rows, rows.dropFirst()).allSatisfy { $0.key.lexicographicallyPrecedes($1.key) }
                && last == rows.last?.key, "rows do not ascend")
        // In two chunks they are the same.
        let (front, back) = (rows.prefix(rows.count / 2), rows.dropFirst(rows.count / 2))
        var key: [UInt8]?
        let parts = [try read(write(front), after: &key), try read(write(back), after: &key)]
        try hold(
            write(parts.flatMap { $0 ?? [] }) == bytes && key == last,
            "rows read otherwise in two chunks")
        var itself: [UInt8]? = first.key
        try hold(try read(bytes, after: &itself) == nil, "a row follows itself")
    }

    static func checkHashes(_ bytes: [UInt8]) throws(Violation) {
        let hashes = try taken { () throws(SnapshotFault) in
            try SnapshotChunks.hashes(in: bytes)
        }
        try hold(
            hashes.map { $0.flatMap(\.bytes) == bytes } ?? !bytes.count.isMultiple(of: 32),
            "hashes are not written as they were read")
    }

    @Sendable static func seeds() throws -> [[UInt8]] {
        let world = FuzzWorld.shared
        func chunk(_ rows: some Sequence<SnapshotChunks.Row>) -> [UInt8] {
            rows.reduce(into: []) { SnapshotChunks.append($1, to: &$0) }
        }
        let rows = chunk(world.rows.prefix(40))
        let hashes = world.blocks.prefix(8).flatMap(\.header.hash.bytes)
        let manifests = ProofFacts.shared.blockProofs.map { proof in
            let height = Int(proof.header.height.rawValue)
            let history = SnapshotManifest.Chunk(
                content: .history, bytes: 32 * height, hash: .sha256(hashes))
            let state = SnapshotManifest.Chunk(
                content: .rows, bytes: rows.count, hash: .sha256(rows))
            return SnapshotManifest(proof: proof, rows: 40, chunks: [history, state, state])
                .encoded
        }
        return manifests + [rows, chunk(world.rows.suffix(3)), hashes]
    }
}
