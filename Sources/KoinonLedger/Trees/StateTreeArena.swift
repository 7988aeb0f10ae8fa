import KoinonProtocol

/// Refers to a node of the state tree: nothing, a leaf or an inner node.
struct StateTreeNode: Equatable, Sendable {
    private var bits: UInt32

    static let empty = StateTreeNode(bits: 0)
    private static let leafFlag: UInt32 = 1 << 31

    private init(bits: UInt32) { self.bits = bits }
    /// Indices begin at 1, so that 0 stands for nothing.
    init(leaf index: Int) { bits = UInt32(index + 1) | Self.leafFlag }
    init(inner index: Int) {
        precondition(index < Self.leafFlag - 1, "a state tree has at most 2^31 inner nodes")
        bits = UInt32(index + 1)
    }

    var isEmpty: Bool { bits == 0 }
    var isLeaf: Bool { bits & Self.leafFlag != 0 }
    var index: Int { Int(bits & ~Self.leafFlag) - 1 }
}

/// A node and its hash, which is kept in the node above: so an update visits the
/// nodes on its way only, not their siblings, and memory is what an update waits for.
struct StateSubtree: Sendable {
    var hash: Hash256
    var node: StateTreeNode

    static let empty = StateSubtree(hash: StateTreeHash.empty, node: .empty)
}

/// The nodes of a state tree in flat arrays; places given up are used again.
struct StateTreeArena: Sendable {
    private struct Leaf: Sendable {
        var keyHash: Hash256
        var valueHash: Hash256
    }

    private struct Inner: Sendable {
        var left: StateSubtree
        var right: StateSubtree

        var hash: Hash256 { StateTreeHash.inner(left.hash, right.hash) }
    }

    private var leaves: [Leaf] = []
    private var inners: [Inner] = []
    private var freeLeaves: [UInt32] = []
    private var freeInners: [UInt32] = []

    var leafCount: Int { leaves.count - freeLeaves.count }

    /// Avoids growing step by step when a batch is larger than the whole tree.
    mutating func reserve(leaves additional: Int) {
        guard additional > leaves.count else { return }
        leaves.reserveCapacity(leaves.count + additional)
        inners.reserveCapacity(inners.count + additional * 3 / 2)
    }

    /// Applies `changes[range]`, ascending by key and all in this subtree at `depth`;
    /// returns what stands there afterwards.
    mutating func apply(
        _ changes: [HashedStateChange], range: Range<Int>, to subtree: StateSubtree, depth: Int
    ) -> StateSubtree {
        if range.isEmpty { return subtree }
        let node = subtree.node
        if range.count == 1 {
            let change = changes[range.lowerBound]
            if node.isEmpty { return change.value.map { newLeaf(change.key, $0) } ?? .empty }
            if node.isLeaf, leaves[node.index].keyHash == change.key {
                return replace(leaf: node, by: change.value)
            }
            if node.isLeaf, change.value == nil { return subtree }
        }
        var left = StateSubtree.empty
        var right = StateSubtree.empty
        if node.isLeaf {
            // It moves down to the side of its own key.
            if leaves[node.index].keyHash.bit(depth) { right = subtree } else { left = subtree }
        } else if !node.isEmpty {
            (left, right) = (inners[node.index].left, inners[node.index].right)
        }
        let middle = Self.firstIndex(in: range, of: changes, withBitAt: depth)
        left = apply(changes, range: range.lowerBound..<middle, to: left, depth: depth + 1)
        right = apply(changes, range: middle..<range.upperBound, to: right, depth: depth + 1)
        return join(left, right, inPlaceOf: node)
    }

    private static func firstIndex(
        in range: Range<Int>, of changes: [HashedStateChange], withBitAt depth: Int
    ) -> Int {
        var low = range.lowerBound
        var high = range.upperBound
        while low < high {
            let middle = (low + high) / 2
            if changes[middle].key.bit(depth) { high = middle } else { low = middle + 1 }
        }
        return low
    }

    private mutating func newLeaf(_ keyHash: Hash256, _ valueHash: Hash256) -> StateSubtree {
        let leaf = Leaf(keyHash: keyHash, valueHash: valueHash)
        let hash = StateTreeHash.leaf(keyHash: keyHash, valueHash: valueHash)
        if let free = freeLeaves.popLast() {
            leaves[Int(free)] = leaf
            return StateSubtree(hash: hash, node: StateTreeNode(leaf: Int(free)))
        }
        leaves.append(leaf)
        return StateSubtree(hash: hash, node: StateTreeNode(leaf: leaves.count - 1))
    }

    private mutating func replace(leaf node: StateTreeNode, by valueHash: Hash256?)
        -> StateSubtree
    {
        guard let valueHash else {
            freeLeaves.append(UInt32(node.index))
            return .empty
        }
        leaves[node.index].valueHash = valueHash
        let keyHash = leaves[node.index].keyHash
        return StateSubtree(
            hash: StateTreeHash.leaf(keyHash: keyHash, valueHash: valueHash), node: node)
    }

    /// The node over two subtrees: an inner one only if there are two leaves below.
    private mutating func join(
        _ left: StateSubtree, _ right: StateSubtree, inPlaceOf old: StateTreeNode
    ) -> StateSubtree {
        let oldInner = old.isEmpty || old.isLeaf ? nil : old.index
        if right.node.isEmpty && (left.node.isEmpty || left.node.isLeaf)
            || left.node.isEmpty && right.node.isLeaf
        {
            if let oldInner { freeInners.append(UInt32(oldInner)) }
            return right.node.isEmpty ? left : right
        }
        let inner = Inner(left: left, right: right)
        if let index = oldInner ?? freeInners.popLast().map({ Int($0) }) {
            inners[index] = inner
            return StateSubtree(hash: inner.hash, node: StateTreeNode(inner: index))
        }
        inners.append(inner)
        return StateSubtree(hash: inner.hash, node: StateTreeNode(inner: inners.count - 1))
    }

    func prove(keyHash: Hash256, from top: StateTreeNode) -> StateProof {
        var siblings: [Hash256] = []
        var node = top
        while !node.isEmpty && !node.isLeaf {
            let inner = inners[node.index]
            let goesRight = keyHash.bit(siblings.count)
            siblings.append(goesRight ? inner.left.hash : inner.right.hash)
            node = goesRight ? inner.right.node : inner.left.node
        }
        guard node.isLeaf, leaves[node.index].keyHash != keyHash else {
            return StateProof(siblings: siblings, otherLeaf: nil)
        }
        let other = leaves[node.index]
        return StateProof(
            siblings: siblings,
            otherLeaf: .init(keyHash: other.keyHash, valueHash: other.valueHash))
    }
}
