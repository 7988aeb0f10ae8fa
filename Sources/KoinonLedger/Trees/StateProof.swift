import KoinonProtocol

/// Shows that a key has a value in the state with a given root, or has none.
public struct StateProof: Hashable, Sendable {
    /// The leaf that stands alone where the key would be.
    public struct OtherLeaf: Hashable, Sendable {
        public var keyHash: Hash256
        public var valueHash: Hash256

        public init(keyHash: Hash256, valueHash: Hash256) {
            self.keyHash = keyHash
            self.valueHash = valueHash
        }
    }

    /// Hashes beside the way down, the one below the root first. At most 256.
    public var siblings: [Hash256]
    /// Only in a proof of absence, and there only if the place is not empty.
    public var otherLeaf: OtherLeaf?

    public init(siblings: [Hash256], otherLeaf: OtherLeaf?) {
        self.siblings = siblings
        self.otherLeaf = otherLeaf
    }

    /// Whether the state with this root has `value` under `key`; nil: has nothing there.
    public func verifies(key: [UInt8], value: [UInt8]?, root: Hash256) -> Bool {
        guard siblings.count <= 256 else { return false }
        let keyHash = Hash256.sha256(key)
        var hash: Hash256
        if let value {
            guard otherLeaf == nil else { return false }
            hash = StateTreeHash.leaf(keyHash: keyHash, valueHash: .sha256(value))
        } else if let otherLeaf {
            guard otherLeaf.keyHash != keyHash,
                (0..<siblings.count).allSatisfy({ otherLeaf.keyHash.bit($0) == keyHash.bit($0) })
            else { return false }
            hash = StateTreeHash.leaf(
                keyHash: otherLeaf.keyHash, valueHash: otherLeaf.valueHash)
        } else {
            hash = StateTreeHash.empty
        }
        for (depth, sibling) in siblings.enumerated().reversed() {
            hash =
                keyHash.bit(depth)
                ? StateTreeHash.inner(sibling, hash) : StateTreeHash.inner(hash, sibling)
        }
        return hash == root
    }
}
