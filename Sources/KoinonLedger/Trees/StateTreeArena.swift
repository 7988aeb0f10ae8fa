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

/// The nodes of a state tree in flat arrays; places given up are used again.
struct StateTreeArena: Sendable {
    private struct Leaf: Sendable {
        var keyHash: Hash256
        var valueHash: Hash256
        var hash: Hash256

        init(keyHash: Hash256, valueHash: Hash256) {
            self.keyHash = keyHash
            self.valueHash = valueHash
            hash = StateTreeHash.leaf(keyHash: keyHash, valueHash: valueHash)
        }
    }

    private struct Inner: Sendable {
        var left: StateTreeNode
        var right: StateTreeNode
        var hash: Hash256
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

    func hash(of node: StateTreeNode) -> Hash256 {
        if node.isEmpty { return StateTreeHash.empty }
        return node.isLeaf ? leaves[node.index].hash : inners[node.index].hash
    }

    /// Applies `changes[range]`, ascending by key and all in the subtree `node` at
    /// `depth`; returns what stands there afterwards.
    mutating func apply(
        _ changes: [HashedStateChange], range: Range<Int>, to node: StateTreeNode, depth: Int
    ) -> StateTreeNode {
        if range.isEmpty { return node }
        if range.count == 1 {
            let change = changes[range.lowerBound]
            if node.isEmpty { return change.value.map { newLeaf(change.key, $0) } ?? .empty }
            if node.isLeaf, leaves[node.index].keyHash == change.key {
                return replace(leaf: node, by: change.value)
            }
            if node.isLeaf, change.value == nil { return node }
        }
        var left = StateTreeNode.empty
        var right = StateTreeNode.empty
        if node.isLeaf {
            // It moves down to the side of its own key.
            if leaves[node.index].keyHash.bit(depth) { right = node } else { left = node }
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

    private mutating func newLeaf(_ keyHash: Hash256, _ valueHash: Hash256) -> StateTreeNode {
        let leaf = Leaf(keyHash: keyHash, valueHash: valueHash)
        if let free = freeLeaves.popLast() {
            leaves[Int(free)] = leaf
            return StateTreeNode(leaf: Int(free))
        }
        leaves.append(leaf)
        return StateTreeNode(leaf: leaves.count - 1)
    }

    private mutating func replace(leaf node: StateTreeNode, by valueHash: Hash256?)
        -> StateTreeNode
    {
        guard let valueHash else {
            freeLeaves.append(UInt32(node.index))
            return .empty
        }
        leaves[node.index] = Leaf(keyHash: leaves[node.index].keyHash, valueHash: valueHash)
        return node
    }

    /// The node over two subtrees: an inner one only if there are two leaves below.
    private mutating func join(
        _ left: StateTreeNode, _ right: StateTreeNode, inPlaceOf old: StateTreeNode
    ) -> StateTreeNode {
        let oldInner = old.isEmpty || old.isLeaf ? nil : old.index
        if right.isEmpty && (left.isEmpty || left.isLeaf) || left.isEmpty && right.isLeaf {
            if let oldInner { freeInners.append(UInt32(oldInner)) }
            return right.isEmpty ? left : right
        }
        let inner = Inner(
            left: left, right: right,
            hash: StateTreeHash.inner(hash(of: left), hash(of: right)))
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
            siblings.append(hash(of: goesRight ? inner.left : inner.right))
            node = goesRight ? inner.right : inner.left
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
