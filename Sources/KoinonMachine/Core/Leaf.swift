import KoinonLedger
import KoinonProtocol

/// Content of the leaves of a block's transactions tree.
public enum Leaf {
    /// 0x00 ‖ encoded `TimerRecord`.
    public static func timer(_ timer: TimerRecord) -> [UInt8] { [0] + timer.encoded }
    /// 0x01 ‖ packed signed transaction.
    public static func transaction(_ envelope: Envelope) -> [UInt8] { [1] + envelope.packed }
}
