import GRDB
import GRDBSQLite

extension StoreFault {
    /// The fault that an SQLite result code stands for (https://www.sqlite.org/rescode.html).
    init(resultCode extended: Int32, message: String) {
        let cause = Cause(code: extended, message: message)
        switch extended & 0xff {
        case SQLITE_CORRUPT, SQLITE_NOTADB, SQLITE_MISMATCH:
            self = .damaged(what: "SQLite cannot read it", height: nil, cause: cause)
        case SQLITE_IOERR where extended == StoreFault.corruptFileSystem:
            self = .damaged(what: "the file system cannot read it", height: nil, cause: cause)
        case SQLITE_FULL:
            self = .diskFull(cause: cause)
        case SQLITE_BUSY, SQLITE_LOCKED:
            self = .busy(cause: cause)
        case SQLITE_ERROR:
            // Our statements are fixed, so a table or column is missing.
            self = .damaged(what: "its tables are not those expected", height: nil, cause: cause)
        default:
            self = .inputOutput(what: "the ledger's database failed", cause: cause)
        }
    }

    /// SQLITE_IOERR_CORRUPTFS; the C macro is an expression that Swift does not import.
    private static let corruptFileSystem = SQLITE_IOERR | (33 << 8)

    /// Faults as they are, SQLite's errors as faults; nil for errors of others.
    init?(_ error: any Error) {
        if let fault = error as? StoreFault {
            self = fault
        } else if let error = error as? DatabaseError {
            self.init(
                resultCode: error.extendedResultCode.rawValue,
                message: error.message ?? "no message")
        } else {
            return nil
        }
    }

    /// Any error as a fault.
    init(wrapping error: any Error) {
        self =
            StoreFault(error)
            ?? .inputOutput(
                what: "the ledger's database failed",
                cause: Cause(code: 0, message: String(describing: error)))
    }
}
