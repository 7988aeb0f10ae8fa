import KoinonLedger
import KoinonProtocol

/// Bounds on what a ceremony takes from outside.
public enum RecoveryLimits {
    /// Of a signed statement.
    public static let statementBytes = 8 << 20
    /// Of a record with its statements.
    public static let recordBytes = 256 << 20
    /// Headers in one statement.
    public static let headers = 4_096
    /// Attestations in one statement, or under one header.
    public static let attestations = 10_000
    /// Epochs that one statement speaks of, sets that it names, records that another builds on.
    public static let epochs = 64
    public static let sets = 64
    public static let earlierRecords = 4
    public static let quorums = 16
    public static let statements = 200
}

/// Why a statement, a record or a quorum is not taken, or a ceremony cannot go on; says what
/// to do.
public struct RecoveryFault: Error, Equatable, CustomStringConvertible {
    public var what: String
    public var remedy: String

    public init(_ what: String, remedy: String) {
        self.what = what
        self.remedy = remedy
    }

    public var description: String { "\(what); \(remedy)" }

    static func malformed(_ what: String) -> RecoveryFault {
        RecoveryFault(
            what, remedy: "have the file made again by the member's `koinon alliance recover`")
    }
}
