import KoinonProtocol

/// The authenticated map from state keys to values: a compact sparse Merkle tree
/// (docs/formats/state-tree.md), held in memory.
///
/// A key's place is the bits of SHA-256(key), the highest first. A subtree without
/// leaves hashes to 32 zero bytes, a subtree with one leaf is that leaf, any other
/// is an inner node. So the root depends on the contents only, not on the way there.
///
/// Nodes lie in two flat arrays and refer to each other by 32-bit indices: 80 bytes
/// an inner node, 64 a leaf, about 1.44 inner nodes a leaf. A copy of the tree
/// shares them until one of the two changes, and then copies all: do not keep copies
/// of a large tree. Design after Diem's Jellyfish Merkle tree (Gao, Hu, Wu, 2021).
public struct StateTree: Sendable {
    private var arena = StateTreeArena()
    private var top = StateSubtree.empty

    public init() {}

    /// How many keys have a value.
    public var count: Int { arena.leafCount }

    /// 32 zero bytes for the empty tree.
    public var root: Hash256 { top.hash }

    /// Sets and removes values; of changes to one key the last counts.
    ///
    /// Hashes each touched inner node once, however many changes lie under it.
    public mutating func apply(_ changes: [(key: [UInt8], value: [UInt8]?)]) {
        apply(changes.map { HashedStateChange(key: $0.key, value: $0.value) })
    }

    /// The same for changes hashed before, perhaps on several threads.
    public mutating func apply(_ changes: [HashedStateChange]) {
        guard !changes.isEmpty else { return }
        let sorted = Self.sortedWithoutRepetition(changes)
        arena.reserve(leaves: sorted.count)
        top = arena.apply(sorted, range: 0..<sorted.count, to: top, depth: 0)
    }

    private static func sortedWithoutRepetition(_ changes: [HashedStateChange])
        -> [HashedStateChange]
    {
        let order = changes.indices.sorted {
            let (one, other) = (changes[$0].key, changes[$1].key)
            return one == other ? $0 < $1 : one < other
        }
        var sorted: [HashedStateChange] = []
        sorted.reserveCapacity(changes.count)
        for index in order {
            if let last = sorted.last, last.key == changes[index].key { sorted.removeLast() }
            sorted.append(changes[index])
        }
        return sorted
    }

    /// What shows the key's value, or that it has none, to whoever knows the root.
    public func prove(key: [UInt8]) -> StateProof {
        arena.prove(keyHash: .sha256(key), from: top.node)
    }
}

/// A change of state by its hashes.
public struct HashedStateChange: Sendable {
    /// SHA-256 of the key.
    public var key: Hash256
    /// SHA-256 of the value; nil: the key loses its value.
    public var value: Hash256?

    public init(key: Hash256, value: Hash256?) {
        self.key = key
        self.value = value
    }

    public init(key: [UInt8], value: [UInt8]?) {
        self.key = .sha256(key)
        self.value = value.map { .sha256($0) }
    }
}

/// The node hashes of the state tree.
enum StateTreeHash {
    static let empty = Hash256.zero

    static func leaf(keyHash: Hash256, valueHash: Hash256) -> Hash256 {
        .sha256(prefix: 0, keyHash, valueHash)
    }

    static func inner(_ left: Hash256, _ right: Hash256) -> Hash256 {
        .sha256(prefix: 1, left, right)
    }
}

extension Hash256 {
    /// Bit `index` counted from the highest of the first byte: the way down at that depth.
    func bit(_ index: Int) -> Bool {
        let word =
            switch index >> 6 {
            case 0: storage.word0
            case 1: storage.word1
            case 2: storage.word2
            default: storage.word3
            }
        return word >> UInt64(63 - index & 63) & 1 == 1
    }
}
