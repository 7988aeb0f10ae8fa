import KoinonLedger
import KoinonProtocol

/// The people of a benchmark: keys that are computed from their number, so that a
/// million of them need no memory.
public struct Crowd: Sendable {
    public let chain: ChainID

    public init(chain: ChainID) {
        self.chain = chain
    }

    /// The key of person `index`. Anybody can compute it.
    public static func key(_ index: Int) -> SigningKey {
        var number = UInt64(index).bigEndian
        let bytes = withUnsafeBytes(of: &number) { Array($0) }
        guard let key = SigningKey(seed: Hash256.sha256(tag: "koinon/bench/key/v1", [bytes]).bytes)
        else { preconditionFailure("a digest has the length of a seed") }
        return key
    }

    public func account(of key: SigningKey) -> AccountID {
        AccountID(chain: chain, firstKey: key.publicKey)
    }
}

/// A generator whose numbers depend on the seed alone (SplitMix64, Steele et al., 2014).
public struct SeededGenerator: RandomNumberGenerator, Sendable {
    private var state: UInt64

    public init(seed: UInt64) {
        state = seed
    }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }
}
