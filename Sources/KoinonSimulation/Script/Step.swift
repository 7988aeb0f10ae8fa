import KoinonProtocol

/// One thing that happens to a simulated ledger. Steps name what they need by values that do
/// not depend on other steps (absolute times, nonces and ids), so that any of them may be left
/// out: that is what lets a failing script be made shorter.
public enum Step: Equatable, Sendable {
    /// A member appends an entry to the order.
    case entry(EntryStep)
    /// What was executed since the last commit is stored; its rows of state perhaps later.
    case commit(defersRows: Bool)
    /// The store will stop at one of its next writes.
    case crash(CrashStep)
    /// The store is closed in good order and opened again.
    case reopen
}

public struct EntryStep: Equatable, Sendable {
    public var author: String
    public var clockMs: UInt64
    /// 0: the author's next sequence; otherwise so many beside it.
    public var sequenceOffset: Int = 0
    /// Whose node key signs; the author's own when nil.
    public var signedBy: String?
    /// Of another epoch, which has no effect.
    public var epoch: UInt64 = 0
    public var transactions: [TransactionStep] = []
}

public struct TransactionStep: Equatable, Sendable {
    /// Usually the 20 bytes of an account.
    public var sender: [UInt8]
    /// Name of the key that signs.
    public var key: String
    public var nonce: UInt64
    public var expiresAtMs: UInt64
    public var memo = ""
    public var actions: [Action]
    public var flaw: Flaw?

    /// What no one could ever accept, beyond what fields alone can say.
    public enum Flaw: String, Sendable, CaseIterable {
        /// One bit of the signature differs.
        case signature
        /// A field that no message has stands at the end.
        case unknownField = "unknown_field"
        /// Made for another alliance.
        case otherChain = "other_chain"
        /// The body ends too early.
        case cut
        /// More bytes than a transaction may have.
        case oversized
    }
}

public struct CrashStep: Equatable, Sendable {
    /// The process stops before so many writes, syncs, truncations and deletions from now.
    public var operation: Int64
    /// Whether half of that write still happens.
    public var torn = false
    public var loss: Loss
    /// Chooses the sectors that a scattered loss keeps.
    public var seed: UInt64 = 0

    /// What the disk holds afterwards.
    public enum Loss: String, Sendable, CaseIterable {
        /// Every write: only the process ended.
        case nothing
        /// What no sync followed is gone.
        case unsynced
        /// The same, but deleted files stay deleted.
        case unsyncedKeepingDeletions = "unsynced_keeping_deletions"
        /// Of what no sync followed, each sector is there or not.
        case scattered
    }

    public init(operation: Int64, torn: Bool = false, loss: Loss, seed: UInt64 = 0) {
        self.operation = operation
        self.torn = torn
        self.loss = loss
        self.seed = seed
    }
}

/// A whole run on one ledger, complete in itself.
public struct Script: Equatable, Sendable {
    public var setting: Setting
    public var steps: [Step]
}
