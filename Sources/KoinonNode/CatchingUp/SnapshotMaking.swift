import Foundation
import KoinonLedger
import KoinonProtocol
import KoinonStore

extension SnapshotFolder {
    /// Takes a snapshot of the state up to which a store's rows are written, beside a node that
    /// goes on meanwhile; returns once its block is final.
    ///
    /// One view of SQLite is held while the rows are read, so that the write-ahead log grows
    /// for as long, and nothing waits.
    /// - Parameter limit: how long the block may take to become final.
    /// - Returns: the snapshot's height.
    /// - Throws: ``SnapshotFault``, the store's fault, what the disk says.
    @discardableResult
    public func make(
        of store: LedgerStore, genesis: GenesisDocument, limit: Duration = .seconds(60)
    ) async throws -> Height {
        let making = url.appending(
            path: "making-\(UUID().uuidString)", directoryHint: .isDirectory)
        try create(making)
        defer {
            // It is gone when all went well.
            try? FileManager.default.removeItem(at: making)
        }
        let (height, writer, rows) = try await OwnThread.run {
            try write(store, into: making)
        }
        let proof = try await proof(of: height, store, genesis, limit)
        try writer.finish(SnapshotManifest(proof: proof, rows: rows, chunks: writer.chunks))
        do {
            try FileManager.default.moveItem(at: making, to: folder(at: height))
        } catch {
            throw (try heights().contains(height)) ? SnapshotFault.exists(height) : error
        }
        return height
    }

    private func write(
        _ store: LedgerStore, into folder: URL
    ) throws -> (Height, SnapshotWriter, rows: UInt64) {
        try store.read { reader in
            let height = try reader.indexedHeight()
            guard height > .genesis else { throw SnapshotFault.nothingYet }
            guard try !heights().contains(height) else { throw SnapshotFault.exists(height) }
            var writer = SnapshotWriter(folder: folder)
            var bytes: [UInt8] = []
            for (index, hash) in try reader.headerHashes(below: height).enumerated() {
                bytes += hash.bytes
                guard (index + 1).isMultiple(of: SnapshotChunks.hashesPerChunk) else { continue }
                try writer.add(bytes, .history)
                bytes = []
            }
            try writer.add(bytes, .history)
            bytes = []
            var rows: UInt64 = 0
            try reader.forEachStateRow { row in
                SnapshotChunks.append((row.key, row.value), to: &bytes)
                rows += 1
                guard bytes.count >= SnapshotChunks.rowBytesAim else { return }
                try writer.add(bytes, .rows)
                bytes.removeAll(keepingCapacity: true)
            }
            try writer.add(bytes, .rows)
            return (height, writer, rows)
        }
    }

    /// Asked for in views of their own: what makes the block final may come later.
    private func proof(
        of height: Height, _ store: LedgerStore, _ genesis: GenesisDocument, _ limit: Duration
    ) async throws -> ProofFile {
        let deadline = ContinuousClock.now.advanced(by: limit)
        while true {
            do { return try store.prove(block: height, genesis: genesis) } catch
                ProofMakingFault.notFinal
            {
                guard ContinuousClock.now < deadline else { throw SnapshotFault.notFinal(height) }
                try await Task.sleep(for: .milliseconds(100))
            }
        }
    }
}
