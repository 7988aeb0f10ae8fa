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

    /// So many changes at most are taken level by level: what that needs stays in the
    /// processor's cache.
    private static let byLevelsMaximum = 512

    /// Applies `changes[range]`, ascending by key and all in this subtree at `depth`;
    /// returns what stands there afterwards.
    mutating func apply(
        _ changes: [HashedStateChange], range: Range<Int>, to subtree: StateSubtree, depth: Int
    ) -> StateSubtree {
        if range.isEmpty { return subtree }
        if range.count == 1, let settled = settle(changes[range.lowerBound], at: subtree.node) {
            if settled.isEmpty { return .empty }
            return StateSubtree(hash: hash(ofLeaf: settled), node: settled)
        }
        if (2...Self.byLevelsMaximum).contains(range.count) {
            return applyByLevels(changes, range: range, to: subtree, depth: depth)
        }
        var (left, right) = sides(of: subtree, depth: depth)
        let middle = Self.firstIndex(in: range, of: changes, withBitAt: depth)
        left = apply(changes, range: range.lowerBound..<middle, to: left, depth: depth + 1)
        right = apply(changes, range: middle..<range.upperBound, to: right, depth: depth + 1)
        if let joined = joinWithoutInner(left, right, inPlaceOf: subtree.node) { return joined }
        return StateSubtree(
            hash: StateTreeHash.inner(left.hash, right.hash),
            node: setInner(left, right, inPlaceOf: subtree.node))
    }

    /// What stands on both sides of a place that is to have an inner node; a leaf moves down
    /// to the side of its own key.
    func sides(of subtree: StateSubtree, depth: Int) -> (left: StateSubtree, right: StateSubtree) {
        let node = subtree.node
        if node.isEmpty { return (.empty, .empty) }
        if node.isLeaf {
            return leaves[node.index].keyHash.bit(depth) ? (.empty, subtree) : (subtree, .empty)
        }
        return (inners[node.index].left, inners[node.index].right)
    }

    static func firstIndex(
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

    func isLeaf(_ node: StateTreeNode, _ keyHash: Hash256) -> Bool {
        node.isLeaf && leaves[node.index].keyHash == keyHash
    }

    private func hash(ofLeaf node: StateTreeNode) -> Hash256 {
        let leaf = leaves[node.index]
        return StateTreeHash.leaf(keyHash: leaf.keyHash, valueHash: leaf.valueHash)
    }

    /// Carries out a change that ends at this place and gives what stands there then; nil
    /// when it goes on below.
    mutating func settle(_ change: HashedStateChange, at node: StateTreeNode) -> StateTreeNode? {
        if node.isEmpty { return change.value.map { newLeaf(change.key, $0) } ?? .empty }
        guard node.isLeaf else { return nil }
        guard leaves[node.index].keyHash == change.key else {
            return change.value == nil ? node : nil
        }
        guard let value = change.value else {
            freeLeaves.append(UInt32(node.index))
            return .empty
        }
        leaves[node.index].valueHash = value
        return node
    }

    private mutating func newLeaf(_ keyHash: Hash256, _ valueHash: Hash256) -> StateTreeNode {
        let leaf = Leaf(keyHash: keyHash, valueHash: valueHash)
        if let free = freeLeaves.popLast() {
            leaves[Int(free)] = leaf
            return StateTreeNode(leaf: Int(free))
        }
        leaves.append(leaf)
        return StateTreeNode(leaf: leaves.count - 1)
    }

    /// What stands over two subtrees when that is no inner node, since there are less than
    /// two leaves below; an old inner one is given up then. Nil: it is an inner one.
    mutating func joinWithoutInner(
        _ left: StateSubtree, _ right: StateSubtree, inPlaceOf old: StateTreeNode
    ) -> StateSubtree? {
        guard
            right.node.isEmpty && (left.node.isEmpty || left.node.isLeaf)
                || left.node.isEmpty && right.node.isLeaf
        else { return nil }
        if !old.isEmpty, !old.isLeaf { freeInners.append(UInt32(old.index)) }
        return right.node.isEmpty ? left : right
    }

    /// An inner node over two subtrees, in the old one's place if that was one.
    mutating func setInner(
        _ left: StateSubtree, _ right: StateSubtree, inPlaceOf old: StateTreeNode
    ) -> StateTreeNode {
        let inner = Inner(left: left, right: right)
        let oldInner = old.isEmpty || old.isLeaf ? nil : old.index
        if let index = oldInner ?? freeInners.popLast().map({ Int($0) }) {
            inners[index] = inner
            return StateTreeNode(inner: index)
        }
        inners.append(inner)
        return StateTreeNode(inner: inners.count - 1)
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
