import KoinonProtocol
import TestSeeds
import Testing

@testable import KoinonLedger

/// The definition in docs/formats/state-tree.md, word for word: slow and plain.
private struct ReferenceTree {
    var contents: [[UInt8]: [UInt8]] = [:]

    var root: Hash256 {
        let leaves = contents.map { (key: Hash256.sha256($0), value: Hash256.sha256($1)) }
        return Self.hash(leaves, depth: 0)
    }

    static func hash(_ leaves: [(key: Hash256, value: Hash256)], depth: Int) -> Hash256 {
        if leaves.isEmpty { return .zero }
        if leaves.count == 1 {
            return .sha256([0] + leaves[0].key.bytes + leaves[0].value.bytes)
        }
        func goesRight(_ key: Hash256) -> Bool {
            key.bytes[depth / 8] >> UInt8(7 - depth % 8) & 1 == 1
        }
        return .sha256(
            [1] + hash(leaves.filter { !goesRight($0.key) }, depth: depth + 1).bytes
                + hash(leaves.filter { goesRight($0.key) }, depth: depth + 1).bytes)
    }
}

@Suite struct StateTreeTests {
    @Test func `the empty tree and a single leaf are what the format says`() {
        var tree = StateTree()
        #expect(tree.root == .zero)
        tree.apply([(key: [1], value: [2])])
        #expect(
            tree.root
                == .sha256([0] + Hash256.sha256([1]).bytes + Hash256.sha256([2]).bytes))
        #expect(tree.count == 1)
        tree.apply([(key: [1], value: nil)])
        #expect(tree.root == .zero)
        #expect(tree.count == 0)
    }

    @Test(arguments: Seeds.of(0..<12 as Range<UInt64>, casesEach: 60))
    func `random histories have the root of their contents`(seed: UInt64) {
        var generator = SplitMix64(state: seed)
        let keySpace = [3, 20, 300][Int(seed % 3)]
        var tree = StateTree()
        var reference = ReferenceTree()
        for round in 0..<60 {
            let size = Int(generator.next() % 12) * (round % 10 == 9 ? 10 : 1)
            var batch: [(key: [UInt8], value: [UInt8]?)] = []
            for _ in 0..<size {
                let number = Int(generator.next() % UInt64(keySpace))
                let key = Array("key \(number)".utf8)
                let value =
                    generator.next() % 3 == 0 ? nil : [UInt8(truncatingIfNeeded: generator.next())]
                batch.append((key, value))
                reference.contents[key] = value
            }
            tree.apply(batch)
            #expect(tree.root == reference.root, "round \(round)")
            #expect(tree.count == reference.contents.count)
        }
        // Taken away one after the other, nothing remains.
        for key in reference.contents.keys { tree.apply([(key: key, value: nil)]) }
        #expect(tree.root == .zero)
        #expect(tree.count == 0)
    }

    @Test func `deep neighbours collapse as soon as one goes`() {
        // Keys by hash, which share their first 200 bits.
        let one = Hash256(storage: Storage32(1, 2, 3, 1 << 55))
        let other = Hash256(storage: Storage32(1, 2, 3, 1 << 54))
        var tree = StateTree()
        tree.apply([HashedStateChange(key: one, value: .zero)])
        let before = tree.root
        tree.apply([HashedStateChange(key: other, value: .zero)])
        #expect(
            tree.root
                == ReferenceTree.hash([(one, .zero), (other, .zero)], depth: 0))
        tree.apply([HashedStateChange(key: other, value: nil)])
        #expect(tree.root == before)
    }

    @Test func `a copy keeps its contents when the original changes`() {
        var tree = StateTree()
        tree.apply((0..<100).map { (key: [UInt8($0)], value: [0]) })
        let copy = tree
        let before = copy.root
        tree.apply([(key: [1], value: [1])])
        #expect(copy.root == before)
        #expect(tree.root != before)
    }
}

@Suite struct StateProofTests {
    private func tree(of count: Int) -> StateTree {
        var tree = StateTree()
        tree.apply((0..<count).map { (key: Array("key \($0)".utf8), value: [UInt8($0)]) })
        return tree
    }

    @Test(arguments: [0, 1, 2, 3, 50, 200])
    func `presence and absence are shown, and never the opposite`(count: Int) {
        let tree = tree(of: count)
        for number in 0..<count + 40 {
            let key = Array("key \(number)".utf8)
            let value: [UInt8]? = number < count ? [UInt8(number)] : nil
            let proof = tree.prove(key: key)
            #expect(proof.verifies(key: key, value: value, root: tree.root), "\(number)")
            #expect(!proof.verifies(key: key, value: [255], root: tree.root), "\(number)")
            if value != nil {
                #expect(!proof.verifies(key: key, value: nil, root: tree.root), "\(number)")
                #expect(!proof.verifies(key: key + [0], value: value, root: tree.root))
            }
            #expect(!proof.verifies(key: key, value: value, root: .sha256([1])))
        }
    }

    @Test func `every changed hash of a proof is noticed`() {
        let tree = tree(of: 50)
        for number in 0..<100 {
            let key = Array("key \(number)".utf8)
            let value: [UInt8]? = number < 50 ? [UInt8(number)] : nil
            let proof = tree.prove(key: key)
            for index in proof.siblings.indices {
                var changed = proof
                changed.siblings[index] = .sha256(changed.siblings[index].bytes)
                #expect(!changed.verifies(key: key, value: value, root: tree.root))
                changed = proof
                changed.siblings.remove(at: index)
                #expect(!changed.verifies(key: key, value: value, root: tree.root))
            }
            if proof.otherLeaf != nil {
                var changed = proof
                changed.otherLeaf?.keyHash = .sha256([1])
                #expect(!changed.verifies(key: key, value: value, root: tree.root))
                changed = proof
                changed.otherLeaf?.valueHash = .sha256([1])
                #expect(!changed.verifies(key: key, value: value, root: tree.root))
                changed.otherLeaf = nil
                #expect(!changed.verifies(key: key, value: value, root: tree.root))
            } else {
                var changed = proof
                changed.otherLeaf = .init(keyHash: .sha256(key), valueHash: .sha256([9]))
                #expect(!changed.verifies(key: key, value: value, root: tree.root))
            }
        }
    }

    @Test func `a present key is not shown absent by its own leaf or another's`() {
        let tree = tree(of: 8)
        let key = Array("key 3".utf8)
        var proof = tree.prove(key: key)
        proof.otherLeaf = .init(keyHash: .sha256(key), valueHash: .sha256([3]))
        #expect(!proof.verifies(key: key, value: nil, root: tree.root))
        // A proof for elsewhere does not carry over: its leaf stands under other bits.
        for number in 0..<8 where number != 3 {
            var elsewhere = tree.prove(key: Array("key \(number)".utf8))
            elsewhere.otherLeaf = .init(
                keyHash: .sha256(Array("key \(number)".utf8)),
                valueHash: .sha256([UInt8(number)]))
            #expect(!elsewhere.verifies(key: key, value: nil, root: tree.root))
        }
    }

    /// No honest tree has such a node; a root made up by a quorum could.
    @Test func `a leaf that stands under another key's bits shows nothing`() {
        let key = (0...).lazy.map { Array("key \($0)".utf8) }
            .first { !Hash256.sha256($0).bit(0) }!
        let other = (0...).lazy.map { Array("other \($0)".utf8) }
            .first { Hash256.sha256($0).bit(0) }!
        let leaf = StateProof.OtherLeaf(keyHash: .sha256(other), valueHash: .sha256([1]))
        let sibling = Hash256.sha256([2])
        let root = StateTreeHash.inner(
            StateTreeHash.leaf(keyHash: leaf.keyHash, valueHash: leaf.valueHash), sibling)
        let proof = StateProof(siblings: [sibling], otherLeaf: leaf)
        #expect(!proof.verifies(key: key, value: nil, root: root))
    }
}
