import KoinonProtocol

/// The right edge of a growing Merkle tree: enough to append leaves and to know
/// the root, at one hash per append on average and log₂ n hashes per root.
public struct MerkleFrontier: Sendable, Equatable {
    /// Roots of perfect subtrees from left to right: one for each set bit of
    /// ``size``, the highest bit first.
    private var peaks: [Hash256] = []
    public private(set) var size: UInt64 = 0

    public init() {}

    public mutating func append(leafHash: Hash256) {
        var hash = leafHash
        var carry = size
        while carry & 1 == 1, let left = peaks.popLast() {
            hash = MerkleTree.innerHash(left, hash)
            carry >>= 1
        }
        peaks.append(hash)
        size += 1
    }

    /// Equal to ``MerkleTree/root(ofLeafHashes:)`` of all leaves appended.
    public var root: Hash256 {
        guard var root = peaks.last else { return MerkleTree.emptyRoot }
        for left in peaks.dropLast().reversed() { root = MerkleTree.innerHash(left, root) }
        return root
    }
}
