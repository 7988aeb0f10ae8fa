import CSHA256
import KoinonProtocol

/// Hashes many nodes of one kind together, which the processor does faster than one after
/// the other.
struct NodeHashes {
    private static let hasInstructions = koinon_sha256_is_available()
    private let prefix: UInt8
    /// Eight numbers for each node: left and right.
    private var pairs: [UInt64] = []
    private(set) var hashes: [Hash256] = []

    /// - Parameter prefix: that of leaves or of inner nodes.
    init(prefix: UInt8) {
        self.prefix = prefix
    }

    mutating func add(_ left: Hash256, _ right: Hash256) {
        append(left.storage)
        append(right.storage)
    }

    private mutating func append(_ hash: Storage32) {
        pairs.append(hash.word0)
        pairs.append(hash.word1)
        pairs.append(hash.word2)
        pairs.append(hash.word3)
    }

    /// Reckons ``hashes`` of what was added, in that order, and begins anew.
    mutating func reckon() {
        let count = pairs.count / 8
        hashes.removeAll(keepingCapacity: true)
        defer { pairs.removeAll(keepingCapacity: true) }
        guard Self.hasInstructions else {
            for start in stride(from: 0, to: pairs.count, by: 8) {
                hashes.append(.sha256(prefix: prefix, hash(at: start), hash(at: start + 4)))
            }
            return
        }
        let words = [UInt64](unsafeUninitializedCapacity: 4 * count) { buffer, initialized in
            if let address = buffer.baseAddress {
                koinon_sha256_nodes(prefix, pairs, count, address)
            }
            initialized = 4 * count
        }
        for start in stride(from: 0, to: words.count, by: 4) {
            hashes.append(
                Hash256(
                    storage: Storage32(
                        words[start], words[start + 1], words[start + 2], words[start + 3])))
        }
    }

    private func hash(at start: Int) -> Hash256 {
        Hash256(
            storage: Storage32(pairs[start], pairs[start + 1], pairs[start + 2], pairs[start + 3]))
    }
}

/// One inner place that an update goes through.
struct StateTreeVisit {
    /// Its changes: at least two, or one that does not end at this place.
    var range: Range<Int>
    /// What stands here before.
    var before: StateSubtree
    var left = StateSubtree.empty
    var right = StateSubtree.empty
    /// The visits below, on the next level; nil where the side is settled.
    var leftVisit: Int?
    var rightVisit: Int?
}

/// A side of a visit where a leaf changes, whose hash is still to be reckoned.
private struct ChangedLeaf {
    var level: Int
    var visit: Int
    var isRight: Bool
}

/// Changed leaves, whose hashes are reckoned together.
private struct ChangedLeaves {
    var hashes = NodeHashes(prefix: 0)
    var leaves: [ChangedLeaf] = []
}

extension StateTreeArena {
    /// Applies `changes[range]`, two or more, as ``apply(_:range:to:depth:)`` says: goes
    /// down level by level and hashes them upwards, all nodes of a level together. On the
    /// way down the processor waits for many nodes at once instead of one after the other.
    mutating func applyByLevels(
        _ changes: [HashedStateChange], range: Range<Int>, to subtree: StateSubtree, depth: Int
    ) -> StateSubtree {
        var changed = ChangedLeaves()
        var levels = [[StateTreeVisit(range: range, before: subtree)]]
        while let last = levels.indices.last, !levels[last].isEmpty {
            let below = descend(&levels[last], last, changes, depth + last, &changed)
            levels.append(below)
        }
        levels.removeLast()
        changed.hashes.reckon()
        for (leaf, hash) in zip(changed.leaves, changed.hashes.hashes) {
            if leaf.isRight {
                levels[leaf.level][leaf.visit].right.hash = hash
            } else {
                levels[leaf.level][leaf.visit].left.hash = hash
            }
        }
        return ascend(levels)
    }

    /// Splits the visits of a level to both sides; gives those of the next.
    private mutating func descend(
        _ visits: inout [StateTreeVisit], _ level: Int, _ changes: [HashedStateChange],
        _ depth: Int, _ changed: inout ChangedLeaves
    ) -> [StateTreeVisit] {
        var below: [StateTreeVisit] = []
        below.reserveCapacity(visits.count * 3 / 2)
        for index in visits.indices {
            let range = visits[index].range
            let (left, right) = sides(of: visits[index].before, depth: depth)
            let middle = Self.firstIndex(in: range, of: changes, withBitAt: depth)
            let place = ChangedLeaf(level: level, visit: index, isRight: false)
            if let settled = settle(
                changes, range.lowerBound..<middle, left, place, &changed)
            {
                visits[index].left = settled
            } else {
                visits[index].leftVisit = below.count
                below.append(StateTreeVisit(range: range.lowerBound..<middle, before: left))
            }
            let other = ChangedLeaf(level: level, visit: index, isRight: true)
            if let settled = settle(
                changes, middle..<range.upperBound, right, other, &changed)
            {
                visits[index].right = settled
            } else {
                visits[index].rightVisit = below.count
                below.append(StateTreeVisit(range: middle..<range.upperBound, before: right))
            }
        }
        return below
    }

    /// What becomes of a side whose changes end there; nil when they go on below.
    private mutating func settle(
        _ changes: [HashedStateChange], _ range: Range<Int>, _ subtree: StateSubtree,
        _ place: ChangedLeaf, _ changed: inout ChangedLeaves
    ) -> StateSubtree? {
        if range.isEmpty { return subtree }
        guard range.count == 1 else { return nil }
        let change = changes[range.lowerBound]
        guard let node = settle(change, at: subtree.node) else { return nil }
        guard let value = change.value, node.isLeaf,
            node != subtree.node || isLeaf(node, change.key)
        else { return node == subtree.node ? subtree : .empty }
        changed.hashes.add(change.key, value)
        changed.leaves.append(place)
        return StateSubtree(hash: .zero, node: node)
    }

    /// Joins the visits of each level, from the lowest up; gives what stands at the top.
    private mutating func ascend(_ levels: [[StateTreeVisit]]) -> StateSubtree {
        var inners = NodeHashes(prefix: 1)
        var below: [StateSubtree] = []
        for visits in levels.reversed() {
            var results: [StateSubtree] = []
            var unhashed: [Int] = []
            results.reserveCapacity(visits.count)
            for visit in visits {
                let left = visit.leftVisit.map { below[$0] } ?? visit.left
                let right = visit.rightVisit.map { below[$0] } ?? visit.right
                if let joined = joinWithoutInner(left, right, inPlaceOf: visit.before.node) {
                    results.append(joined)
                } else {
                    let node = setInner(left, right, inPlaceOf: visit.before.node)
                    inners.add(left.hash, right.hash)
                    unhashed.append(results.count)
                    results.append(StateSubtree(hash: .zero, node: node))
                }
            }
            inners.reckon()
            for (result, hash) in zip(unhashed, inners.hashes) { results[result].hash = hash }
            below = results
        }
        return below[0]
    }
}
