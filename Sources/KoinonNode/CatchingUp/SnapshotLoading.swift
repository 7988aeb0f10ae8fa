import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// Makes a home's ledger of a snapshot's files.
public struct SnapshotLoading: Sendable {
    let manifest: SnapshotManifest
    let folder: URL

    public init(manifest: SnapshotManifest, folder: URL) {
        self.manifest = manifest
        self.folder = folder
    }

    /// Writes the ledger and rebuilds the state in memory side by side; the ledger takes its
    /// place only when the state is the one that the block's header commits to.
    ///
    /// - Returns: the replica as of the snapshot's block.
    /// - Throws: ``SnapshotFault``, the store's fault, what the disk says.
    public func run(
        into home: URL, genesis: GenesisDocument
    ) async throws -> SharedReplica {
        try manifest.check(genesis: genesis)
        let hashes = try await OwnThread.run { try history() }
        async let rebuilt = OwnThread.run { SharedReplica(try replica(hashes)) }
        let draft = try await OwnThread.run {
            let draft = try LedgerDraft(home: home, genesis: genesis.bytes, base: base(hashes))
            do {
                try write(to: draft)
                return FinishedDraft(draft)
            } catch {
                draft.discard()
                throw error
            }
        }
        do {
            let built = try await rebuilt
            let header = manifest.header
            if header.membersHash != header.nextMembersHash {
                let members = built.read { $0.members }
                try draft.put(StoredMemberChange(header: header, members: members))
            }
            try draft.finish()
            return built
        } catch {
            draft.discard()
            throw error
        }
    }

    private func base(_ hashes: [Hash256]) -> SnapshotBase {
        let proof = manifest.proof
        let height = manifest.header.height
        let changes = proof.memberChanges.filter { $0.header.height <= height }
        var attestations = changes.flatMap { change in
            change.attestations.map {
                StoredAttestation(
                    height: change.header.height, member: $0.member, envelope: $0.envelope)
            }
        }
        if proof.header.height == height, changes.last?.header.height != height {
            attestations += proof.attestations.map {
                StoredAttestation(height: height, member: $0.member, envelope: $0.envelope)
            }
        }
        let records = proof.epochRecords.filter { $0.header.height <= height }
        return SnapshotBase(
            header: manifest.header, pastHashes: hashes,
            changes: Self.changes(changes, records), attestations: attestations,
            epochRecords: records.map { StoredEpochRecord($0) })
    }

    /// Also those that an epoch's base makes, without a quorum of their own.
    private static func changes(
        _ changes: [ProofFile.MemberChange], _ records: [ProofFile.EpochRecord]
    ) -> [StoredMemberChange] {
        var stored = changes.map { StoredMemberChange(header: $0.header, members: $0.members) }
        for record in records {
            guard let next = record.next, !stored.contains(where: { $0.header == record.header })
            else { continue }
            stored.append(StoredMemberChange(header: record.header, members: next.members))
        }
        return stored.sorted { $0.header.height < $1.header.height }
    }

    /// Hashes of all headers before, which the header commits to.
    private func history() throws -> [Hash256] {
        var hashes: [Hash256] = []
        for (number, chunk) in manifest.chunks.enumerated() where chunk.content == .history {
            hashes += try SnapshotChunks.hashes(in: try bytes(of: number))
        }
        guard frontier(hashes).root == manifest.header.historyRoot else {
            throw SnapshotFault.otherState(manifest.header.height)
        }
        return hashes
    }

    private func frontier(_ hashes: [Hash256]) -> MerkleFrontier {
        var frontier = MerkleFrontier()
        for hash in hashes { frontier.append(leafHash: MerkleTree.leafHash(hash.bytes)) }
        return frontier
    }

    private func replica(_ hashes: [Hash256]) throws -> sending Replica {
        let rows = RowSequence(loading: self)
        let replica = Replica(header: manifest.header, history: frontier(hashes), rows: rows)
        if let fault = rows.source.fault { throw fault }
        guard rows.source.count == manifest.rows,
            replica.tree.root == manifest.header.stateRoot,
            replica.members.hash == manifest.header.nextMembersHash
        else { throw SnapshotFault.otherState(manifest.header.height) }
        return replica
    }

    private func write(to draft: LedgerDraft) throws {
        var last: [UInt8]?
        for (number, chunk) in manifest.chunks.enumerated() where chunk.content == .rows {
            try draft.put(
                try SnapshotChunks.rows(in: try bytes(of: number), after: &last),
                writtenAt: manifest.header.height)
        }
    }

    /// - Throws: ``SnapshotFault/wrongChunk(_:)`` when the file is not what the manifest names.
    fileprivate func bytes(of number: Int) throws -> [UInt8] {
        let file = folder.appending(path: SnapshotFolder.chunkName(number))
        let bytes = Array(try Data(contentsOf: file))
        guard bytes.count == manifest.chunks[number].bytes,
            Hash256.sha256(bytes) == manifest.chunks[number].hash
        else { throw SnapshotFault.wrongChunk(number) }
        return bytes
    }
}

/// `@unchecked Sendable`: made on one thread and handed over once, to whoever finishes or
/// discards it.
private struct FinishedDraft: @unchecked Sendable {
    private let draft: LedgerDraft
    init(_ draft: LedgerDraft) { self.draft = draft }
    func put(_ change: StoredMemberChange) throws { try draft.put(change) }
    func finish() throws { try draft.finish() }
    func discard() { draft.discard() }
}

/// The rows of a snapshot's chunks, one chunk in memory at a time; a fault ends them.
private struct RowSequence: Sequence, IteratorProtocol {
    /// Shared with the iterator that reads.
    final class Source {
        let loading: SnapshotLoading
        var number = 0
        var last: [UInt8]?
        var count: UInt64 = 0
        var fault: (any Error)?

        init(_ loading: SnapshotLoading) { self.loading = loading }

        func nextChunk() -> [SnapshotChunks.Row] {
            let chunks = loading.manifest.chunks
            while number < chunks.count, chunks[number].content != .rows { number += 1 }
            guard number < chunks.count, fault == nil else { return [] }
            defer { number += 1 }
            do {
                let rows = try SnapshotChunks.rows(
                    in: try loading.bytes(of: number), after: &last)
                count += UInt64(rows.count)
                return rows
            } catch {
                fault = error
                return []
            }
        }
    }

    let source: Source
    private var rows: [SnapshotChunks.Row] = []
    private var place = 0

    init(loading: SnapshotLoading) { source = Source(loading) }

    mutating func next() -> SnapshotChunks.Row? {
        if place == rows.count {
            rows = source.nextChunk()
            place = 0
            if rows.isEmpty { return nil }
        }
        defer { place += 1 }
        return rows[place]
    }
}
