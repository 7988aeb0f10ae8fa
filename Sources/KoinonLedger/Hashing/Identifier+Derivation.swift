import KoinonProtocol

extension Identifier {
    /// The id of what an action creates, known before the transaction is sent:
    /// the first 20 bytes of
    /// SHA-256(tag ‖ 0x00 ‖ chain ‖ sender ‖ key ‖ nonce u64 ‖ action index u32), big endian.
    ///
    /// A key's nonce is used at most once, so no two actions share an id.
    ///
    /// - Parameters:
    ///   - key: the key that signed the transaction.
    ///   - actionIndex: place of the action in its transaction, from 0.
    public init(
        chain: ChainID, sender: AccountID, key: PublicKey, nonce: UInt64, actionIndex: Int
    ) {
        var hasher = SHA256Hasher(tag: Kind.tag)
        hasher.update(chain)
        hasher.update(sender.bytes)
        hasher.update(key)
        hasher.update(bigEndian: nonce)
        hasher.update(bigEndian: UInt32(truncatingIfNeeded: actionIndex))
        self.init(truncating: hasher.finalize())
    }
}

extension Identifier where Kind == AccountKind {
    /// The first 20 bytes of SHA-256("koinon/account/v1" ‖ 0x00 ‖ chain ‖ first key).
    ///
    /// Keys come and go, the id stays.
    public init(chain: ChainID, firstKey: PublicKey) {
        var hasher = SHA256Hasher(tag: AccountKind.tag)
        hasher.update(chain)
        hasher.update(firstKey)
        self.init(truncating: hasher.finalize())
    }
}
