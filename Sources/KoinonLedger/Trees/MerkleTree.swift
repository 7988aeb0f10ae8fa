import KoinonProtocol

/// Merkle trees as RFC 6962 §2.1 and RFC 9162 §2.1 define them: leaf hash
/// SHA-256(0x00 ‖ leaf), inner SHA-256(0x01 ‖ left ‖ right), the root of nothing
/// SHA-256 of no bytes.
public enum MerkleTree {
    public static let emptyRoot = Hash256.sha256([])

    public static func leafHash(_ leaf: [UInt8]) -> Hash256 {
        var hasher = SHA256Hasher()
        hasher.update(0 as UInt8)
        hasher.update(leaf)
        return hasher.finalize()
    }

    /// The leaf hash of a leaf that is itself a hash, as in the history tree.
    public static func leafHash(_ leaf: Hash256) -> Hash256 {
        var hasher = SHA256Hasher()
        hasher.update(0 as UInt8)
        hasher.update(leaf)
        return hasher.finalize()
    }

    static func innerHash(_ left: Hash256, _ right: Hash256) -> Hash256 {
        .sha256(prefix: 1, left, right)
    }

    public static func root(ofLeaves leaves: [[UInt8]]) -> Hash256 {
        root(ofLeafHashes: leaves.map { leafHash($0) })
    }

    public static func root(ofLeafHashes hashes: [Hash256]) -> Hash256 {
        root(of: hashes[...])
    }

    private static func root(of hashes: ArraySlice<Hash256>) -> Hash256 {
        guard !hashes.isEmpty else { return emptyRoot }
        var level = Array(hashes)
        while level.count > 1 { level = parents(of: level) }
        return level[0]
    }

    /// Pairs neighbours; one without a neighbour rises unchanged. Repeating this gives
    /// the tree of the RFC, whose left subtree has the largest power of two below n leaves.
    private static func parents(of level: [Hash256]) -> [Hash256] {
        var parents: [Hash256] = []
        parents.reserveCapacity((level.count + 1) / 2)
        for left in stride(from: 0, to: level.count - 1, by: 2) {
            parents.append(innerHash(level[left], level[left + 1]))
        }
        if !level.count.isMultiple(of: 2), let last = level.last { parents.append(last) }
        return parents
    }

    /// The hashes that lead from a leaf to the root, nearest the leaf first (RFC 9162 §2.1.3.1).
    ///
    /// - Precondition: `index` is that of a leaf.
    public static func inclusionPath(leafHashes: [Hash256], index: Int) -> [Hash256] {
        precondition(leafHashes.indices.contains(index), "the leaf is in the tree")
        var path: [Hash256] = []
        var level = leafHashes
        var index = index
        while level.count > 1 {
            let sibling = index ^ 1
            if sibling < level.count { path.append(level[sibling]) }
            level = parents(of: level)
            index /= 2
        }
        return path
    }

    /// Whether the leaf stands at `index` in the tree of `size` leaves with this root
    /// (RFC 9162 §2.1.3.2). The path must have exactly the right length.
    public static func verifyInclusion(
        leafHash: Hash256, index: UInt64, size: UInt64, path: [Hash256], root: Hash256
    ) -> Bool {
        guard index < size else { return false }
        var node = index
        var last = size - 1
        var hash = leafHash
        for sibling in path {
            guard last != 0 else { return false }
            if node & 1 == 1 || node == last {
                hash = innerHash(sibling, hash)
                if node & 1 == 0 { rise(&node, &last, while: { $0 & 1 == 0 && $0 != 0 }) }
            } else {
                hash = innerHash(hash, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && hash == root
    }

    private static func rise(
        _ node: inout UInt64, _ last: inout UInt64, while condition: (UInt64) -> Bool
    ) {
        while condition(node) {
            node >>= 1
            last >>= 1
        }
    }

    /// The hashes that show the tree over the first `oldSize` leaves to be a beginning
    /// of the tree over all (RFC 9162 §2.1.4.1).
    ///
    /// - Precondition: 0 < `oldSize` ≤ number of leaves.
    public static func consistencyPath(leafHashes: [Hash256], oldSize: Int) -> [Hash256] {
        precondition((1...leafHashes.count).contains(oldSize), "the old tree is a beginning")
        return subproof(leafHashes[...], oldSize: oldSize, oldRootIsKnown: true)
    }

    private static func subproof(
        _ hashes: ArraySlice<Hash256>, oldSize: Int, oldRootIsKnown: Bool
    ) -> [Hash256] {
        if oldSize == hashes.count { return oldRootIsKnown ? [] : [root(of: hashes)] }
        var split = 1
        while split * 2 < hashes.count { split *= 2 }
        let left = hashes.prefix(split)
        let right = hashes.dropFirst(split)
        if oldSize <= split {
            return subproof(left, oldSize: oldSize, oldRootIsKnown: oldRootIsKnown)
                + [root(of: right)]
        }
        return subproof(right, oldSize: oldSize - split, oldRootIsKnown: false)
            + [root(of: left)]
    }

    /// Whether the tree with `oldRoot` is a beginning of the tree with `newRoot`
    /// (RFC 9162 §2.1.4.2). Sizes of 0 prove nothing and are refused.
    public static func verifyConsistency(
        oldSize: UInt64, newSize: UInt64, oldRoot: Hash256, newRoot: Hash256, path: [Hash256]
    ) -> Bool {
        guard oldSize > 0, oldSize <= newSize else { return false }
        if oldSize == newSize { return path.isEmpty && oldRoot == newRoot }
        guard !path.isEmpty else { return false }
        var path = path[...]
        // The old tree is a perfect subtree: its root starts the path by itself.
        if oldSize & (oldSize - 1) == 0 { path = [oldRoot] + path }
        guard let first = path.popFirst() else { return false }
        var node = oldSize - 1
        var last = newSize - 1
        rise(&node, &last, while: { $0 & 1 == 1 })
        var old = first
        var new = first
        for sibling in path {
            guard last != 0 else { return false }
            if node & 1 == 1 || node == last {
                old = innerHash(sibling, old)
                new = innerHash(sibling, new)
                if node & 1 == 0 { rise(&node, &last, while: { $0 & 1 == 0 && $0 != 0 }) }
            } else {
                new = innerHash(new, sibling)
            }
            node >>= 1
            last >>= 1
        }
        return last == 0 && old == oldRoot && new == newRoot
    }
}
