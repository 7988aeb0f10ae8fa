import KoinonProtocol

/// What went wrong with a ledger's files, and what to do about it.
public enum StoreFault: Error, Sendable, Equatable {
    /// There is no ledger in this home directory.
    case noLedger(home: String)
    /// A new ledger was asked for where one stands.
    case ledgerExists(home: String)
    /// Another process, or another part of this one, has the ledger open for writing.
    case inUse(home: String, processID: Int32?)
    /// A later version of the program wrote it.
    case newerFormat(found: Int, known: Int)
    /// An earlier version wrote it, and it was opened for reading only or cannot be brought up.
    case olderFormat(found: Int, known: Int, canMigrate: Bool)
    /// Stored bytes are not what was stored. `height` is the block concerned, when known.
    case damaged(what: String, height: Height?, cause: Cause?)
    /// The disk is full, or a quota is used up. Nothing of the batch was stored.
    case diskFull(cause: Cause)
    /// Another program holds the database too long.
    case busy(cause: Cause)
    /// The operating system refused to read or write.
    case inputOutput(what: String, cause: Cause)
    /// A commit failed before in a way that leaves the disk's state unknown.
    case stopped(cause: Cause)
    /// The store was opened for reading only.
    case readOnly
    /// The ledger does not hold what belongs to this block: it was pruned, or the ledger began
    /// later, from a snapshot. Whole blocks follow `base`.
    case notKept(height: Height, base: Height)
    /// A batch does not continue the ledger: a defect of the caller. Nothing was stored.
    case notContinuous(String)

    /// What SQLite or the operating system said.
    public struct Cause: Error, Sendable, Equatable {
        /// SQLite's extended result code, or `errno`.
        public var code: Int32
        public var message: String

        public init(code: Int32, message: String) {
            self.code = code
            self.message = message
        }

        /// Whether the database may not be written (SQLITE_READONLY and its extended codes).
        var isReadOnly: Bool { code & 0xff == 8 }
    }
}

extension StoreFault {
    /// A stable name for programs.
    public var code: String {
        switch self {
        case .noLedger: "no_ledger"
        case .ledgerExists: "ledger_exists"
        case .inUse: "ledger_in_use"
        case .newerFormat: "ledger_format_newer"
        case .olderFormat: "ledger_format_older"
        case .damaged: "ledger_damaged"
        case .diskFull: "disk_full"
        case .busy: "ledger_busy"
        case .inputOutput: "ledger_input_output"
        case .stopped: "ledger_stopped"
        case .readOnly: "ledger_read_only"
        case .notKept: "block_not_kept"
        case .notContinuous: "batch_not_continuous"
        }
    }

    public var message: String {
        switch self {
        case .noLedger(let home): "there is no ledger in \(home)"
        case .ledgerExists(let home): "there is a ledger in \(home) already"
        case .inUse(let home, let processID?):
            "the ledger in \(home) is in use by process \(processID)"
        case .inUse(let home, nil): "the ledger in \(home) is in use by another process"
        case .newerFormat(let found, let known):
            "the ledger has format \(found), written by a newer program; this one knows \(known)"
        case .olderFormat(let found, let known, _):
            "the ledger has format \(found); this program writes \(known)"
        case .damaged(let what, let height?, _): "the ledger is damaged at block \(height): \(what)"
        case .damaged(let what, nil, _): "the ledger is damaged: \(what)"
        case .diskFull: "the disk is full; nothing of the last batch was stored"
        case .busy: "another program holds the ledger's database"
        case .inputOutput(let what, _): what
        case .stopped: "an earlier commit failed and left the state of the disk unknown"
        case .readOnly: "the ledger was opened for reading only"
        case .notKept(let height, let base):
            "block \(height) is not kept here: this ledger has whole blocks from \(base.next) on"
        case .notContinuous(let what): "the batch does not continue the ledger: \(what)"
        }
    }

    public var remedy: String {
        switch self {
        case .noLedger: "create one with `koinon init`, or name its directory with --home"
        case .ledgerExists: "name another directory with --home, or open the ledger as it is"
        case .inUse: "stop that process first; reading beside it is possible"
        case .newerFormat: "use the newer program"
        case .olderFormat(_, _, canMigrate: true):
            "open it once for writing (start the node) to bring it up to date"
        case .olderFormat(_, _, canMigrate: false):
            "use the program that wrote it, or build the ledger anew from its entries"
        case .damaged:
            "keep a copy of the file, check the disk, then restore a backup; "
                + "`koinon verify` names what else differs"
        case .diskFull: "free space on that disk, then go on"
        case .busy: "close the other program, then try again"
        case .inputOutput(_, let cause) where cause.isReadOnly:
            "run it as the user whom the home belongs to, since whoever reads writes beside the "
                + "ledger too; or read a copy of the home"
        case .inputOutput:
            "check that the directory is there, is yours to write, and its disk sound"
        case .stopped: "check the disk and its free space, then start again; whole blocks are kept"
        case .readOnly: "open it for writing"
        case .notKept: "ask a node that keeps all blocks"
        case .notContinuous: "this is a defect of the program; report it with this message"
        }
    }

    /// What lay beneath, when something did.
    public var cause: Cause? {
        switch self {
        case .damaged(_, _, let cause): cause
        case .diskFull(let cause), .busy(let cause), .inputOutput(_, let cause),
            .stopped(let cause):
            cause
        default: nil
        }
    }
}

extension StoreFault: CustomStringConvertible {
    public var description: String {
        let reason = cause.map { " (\($0.message), code \($0.code))" } ?? ""
        return "\(message)\(reason); \(remedy)"
    }
}
