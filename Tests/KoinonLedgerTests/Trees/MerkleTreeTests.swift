import Foundation
import KoinonProtocol
import Testing

@testable import KoinonLedger

@Suite struct MerkleTreeTests {
    private struct InclusionVector: Decodable {
        var file: String
        var leafIdx: UInt64
        var treeSize: UInt64
        var root: Data?
        var leafHash: Data?
        var proof: [Data]?
        var wantErr: Bool
    }

    private struct ConsistencyVector: Decodable {
        var file: String
        var size1: UInt64
        var size2: UInt64
        var root1: Data?
        var root2: Data?
        var proof: [Data]?
        var wantErr: Bool
    }

    /// Nil when one is no hash: such a proof is refused for its form.
    private func hashes(_ data: [Data]?) -> [Hash256]? {
        let hashes = (data ?? []).compactMap { Hash256($0) }
        return hashes.count == data?.count ?? 0 ? hashes : nil
    }

    @Test func `published inclusion proofs are judged as published`() throws {
        let vectors = try VectorFile.decode(
            [InclusionVector].self, from: "rfc6962_inclusion.json")
        #expect(vectors.count == 53)
        for vector in vectors {
            var verdict = false
            if let leaf = Hash256(vector.leafHash ?? Data()),
                let root = Hash256(vector.root ?? Data()), let path = hashes(vector.proof)
            {
                verdict = MerkleTree.verifyInclusion(
                    leafHash: leaf, index: vector.leafIdx, size: vector.treeSize, path: path,
                    root: root)
            }
            #expect(verdict == !vector.wantErr, "\(vector.file)")
        }
    }

    @Test func `published consistency proofs are judged as published`() throws {
        let vectors = try VectorFile.decode(
            [ConsistencyVector].self, from: "rfc6962_consistency.json")
        #expect(vectors.count == 43)
        for vector in vectors {
            var verdict = false
            if let old = Hash256(vector.root1 ?? Data()), let new = Hash256(vector.root2 ?? Data()),
                let path = hashes(vector.proof)
            {
                verdict = MerkleTree.verifyConsistency(
                    oldSize: vector.size1, newSize: vector.size2, oldRoot: old, newRoot: new,
                    path: path)
            }
            #expect(verdict == !vector.wantErr, "\(vector.file)")
        }
    }

    private struct TiledLog: Decodable {
        struct Checkpoint: Decodable {
            var size: Int
            var checkpoint: String
        }
        var entriesUTF8: [String]
        var checkpoints: [Checkpoint]

        enum CodingKeys: String, CodingKey {
            case entriesUTF8 = "entries_utf8"
            case checkpoints
        }
    }

    @Test func `the roots of a published tiled log are ours at every size`() throws {
        let log = try VectorFile.decode(TiledLog.self, from: "tlog_tiles_small_log.json")
        #expect(log.checkpoints.count == 16)
        var frontier = MerkleFrontier()
        for checkpoint in log.checkpoints {
            let text = checkpoint.checkpoint.split(separator: "\n")[2]
            let root = try #require(Data(base64Encoded: String(text)).flatMap { Hash256($0) })
            let leaves = log.entriesUTF8.prefix(checkpoint.size).map { Array($0.utf8) }
            #expect(MerkleTree.root(ofLeaves: Array(leaves)) == root, "size \(checkpoint.size)")
            #expect(frontier.root == root, "size \(checkpoint.size)")
            #expect(frontier.size == UInt64(checkpoint.size))
            if checkpoint.size < log.entriesUTF8.count {
                frontier.append(
                    leafHash: MerkleTree.leafHash(Array(log.entriesUTF8[checkpoint.size].utf8)))
            }
        }
    }

    /// RFC 6962 §2.1, word for word.
    private func referenceRoot(_ leaves: ArraySlice<Hash256>) -> Hash256 {
        if leaves.isEmpty { return .sha256([]) }
        if leaves.count == 1 { return leaves[leaves.startIndex] }
        var split = 1
        while split * 2 < leaves.count { split *= 2 }
        return .sha256(
            [1] + referenceRoot(leaves.prefix(split)).bytes
                + referenceRoot(leaves.dropFirst(split)).bytes)
    }

    @Test func `roots, paths and frontier agree with the definition up to 70 leaves`() {
        let leaves = (0..<70).map { MerkleTree.leafHash([UInt8($0)]) }
        var frontier = MerkleFrontier()
        for size in 1...70 {
            frontier.append(leafHash: leaves[size - 1])
            let some = Array(leaves.prefix(size))
            let root = referenceRoot(some[...])
            #expect(MerkleTree.root(ofLeafHashes: some) == root)
            #expect(frontier.root == root)
            for index in 0..<size {
                let path = MerkleTree.inclusionPath(leafHashes: some, index: index)
                func verdict(_ leaf: Hash256, _ place: Int, _ path: [Hash256]) -> Bool {
                    MerkleTree.verifyInclusion(
                        leafHash: leaf, index: UInt64(place), size: UInt64(size), path: path,
                        root: root)
                }
                #expect(verdict(some[index], index, path), "\(index) of \(size)")
                #expect(!verdict(some[index], index + 1, path), "\(index) of \(size)")
                #expect(!verdict(.zero, index, path), "\(index) of \(size)")
                #expect(!verdict(some[index], index, path + [.zero]), "\(index) of \(size)")
            }
            for old in 1...size {
                let path = MerkleTree.consistencyPath(leafHashes: some, oldSize: old)
                let oldRoot = MerkleTree.root(ofLeafHashes: Array(some.prefix(old)))
                func verdict(_ oldRoot: Hash256, _ path: [Hash256]) -> Bool {
                    MerkleTree.verifyConsistency(
                        oldSize: UInt64(old), newSize: UInt64(size), oldRoot: oldRoot,
                        newRoot: root, path: path)
                }
                #expect(verdict(oldRoot, path), "\(old) of \(size)")
                #expect(!verdict(.zero, path), "\(old) of \(size)")
                #expect(!verdict(oldRoot, path + [.zero]), "\(old) of \(size)")
            }
        }
    }
}
