import KoinonLedger
import KoinonProtocol

/// One part of the machine: a folder in Modules/ that reads like every other.
public protocol Module: SendableMetatype {
    /// Its number in the oneofs of `Action` and `Event`; tables and codes count from it.
    static var number: UInt32 { get }
    static var name: String { get }
    /// Every code that its actions may be rejected with.
    static var rejections: [any RejectionCode] { get }

    /// Sets up the rows that a new alliance begins with.
    static func begin(_ genesis: GenesisDocument, in context: Context) throws(Rejection)
    /// Checks in documented order, then applies; a rejection undoes the whole transaction.
    static func apply(_ action: Action, in context: Context) throws(Rejection)
    /// Does what a timer of this module is for. A rejection leaves only its receipt.
    static func fire(_ timer: TimerRecord, in context: Context) throws(Rejection)
    /// Sentences about rows that contradict each other; empty when all is well.
    static func checkInvariants(in state: some StateReader) -> [String]
}

extension Module {
    public static func begin(_ genesis: GenesisDocument, in context: Context) throws(Rejection) {}
    public static func fire(_ timer: TimerRecord, in context: Context) throws(Rejection) {}
    public static func checkInvariants(in state: some StateReader) -> [String] { [] }
}
