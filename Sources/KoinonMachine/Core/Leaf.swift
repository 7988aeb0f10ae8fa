import KoinonLedger
import KoinonProtocol

/// Content of the leaves of a block's transactions tree.
public enum Leaf {
    /// 0x00 ‖ encoded `TimerRecord`.
    public static func timer(_ timer: TimerRecord) -> [UInt8] { [0] + timer.encoded }
    /// 0x01 ‖ packed signed transaction.
    public static func transaction(_ envelope: Envelope) -> [UInt8] { [1] + envelope.packed }

    /// The leaf hash of ``transaction(_:)``, without putting its bytes together.
    static func hash(_ envelope: Envelope) -> Hash256 {
        var hasher = SHA256Hasher()
        hasher.update(0 as UInt8)
        hasher.update(1 as UInt8)
        hasher.update(packed: envelope)
        return hasher.finalize()
    }
}
