/// Bounds on what one transaction may be (docs/formats/limits.md).
public enum TransactionLimits {
    /// Of its packed form: public key, signature and body.
    public static let bytes = 65_536
    public static let actions = 100
    public static let memoBytes = 140
    /// How far ahead of block time a transaction may expire.
    public static let lifetimeMilliseconds: UInt64 = 86_400_000
}
