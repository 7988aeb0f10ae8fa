import KoinonLedger
import KoinonProtocol

/// Keys of the replay's generated accounts. Anyone who reads this can compute them, so
/// that a replay gives the same accounts everywhere: they are for demonstrations alone,
/// and never for accounts that hold anything of worth.
public enum DemoKey {
    /// The key of a rider of an operator: its seed is SHA-256 of "koinon/demo/rider/v1",
    /// 0x00, the operator's member id, 0x00 and the rider's name in the file.
    public static func rider(_ name: String, of member: MemberID) -> SigningKey {
        // A member id holds no zero byte, so that no two pairs are spelled alike.
        let seed = Hash256.sha256(
            tag: "koinon/demo/rider/v1", [Array(member.rawValue.utf8), [0], Array(name.utf8)])
        guard let key = SigningKey(seed: seed.bytes) else {
            preconditionFailure("a digest has the length of a seed")
        }
        return key
    }
}
