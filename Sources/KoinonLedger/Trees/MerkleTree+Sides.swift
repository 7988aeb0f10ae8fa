import KoinonProtocol

/// Paths that say at each step on which side the sibling stands, for trees whose
/// size and index stand nowhere else: each part of such a path is bound by the root.
extension MerkleTree {
    public enum Side: String, Sendable {
        case left, right
    }

    public struct Step: Hashable, Sendable {
        public var side: Side
        public var sibling: Hash256
    }

    /// From the leaf upward.
    ///
    /// - Precondition: `index` is that of a leaf.
    public static func sidedPath(leafHashes: [Hash256], index: Int) -> [Step] {
        var siblings = inclusionPath(leafHashes: leafHashes, index: index)[...]
        var steps: [Step] = []
        var index = index
        var count = leafHashes.count
        while count > 1, let sibling = siblings.first {
            // The last node of an odd level has no sibling there and rises.
            if index ^ 1 < count {
                steps.append(Step(side: index.isMultiple(of: 2) ? .right : .left, sibling: sibling))
                siblings.removeFirst()
            }
            index /= 2
            count = (count + 1) / 2
        }
        return steps
    }

    /// The root that the leaf and the steps lead to.
    public static func root(fromLeafHash leafHash: Hash256, steps: [Step]) -> Hash256 {
        steps.reduce(leafHash) { hash, step in
            step.side == .left ? innerHash(step.sibling, hash) : innerHash(hash, step.sibling)
        }
    }
}
