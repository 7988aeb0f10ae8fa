import Foundation
import GRDB

/// How a ledger's database is opened. The defaults suit every node.
public struct StoreOptions: Sendable {
    /// An SQLite file system registered under this name, in place of the operating
    /// system's: for tests of crashes.
    public var fileSystem: String?
    /// A commit that finds this many 4 KiB pages in the write-ahead log moves them
    /// into the database. Fewer pages: shorter start after a crash, more writing.
    public var checkpointPages: Int

    public init(fileSystem: String? = nil, checkpointPages: Int = 8_192) {
        self.fileSystem = fileSystem
        self.checkpointPages = checkpointPages
    }

    /// What SQLite opens: the path, or a URI when a file system is named.
    func path(_ home: HomeDirectory) -> String {
        guard let fileSystem else { return home.ledger }
        var components = URLComponents()
        components.scheme = "file"
        components.host = ""
        components.path = home.ledger
        components.queryItems = [URLQueryItem(name: "vfs", value: fileSystem)]
        return components.string ?? home.ledger
    }

    /// One connection for all writing.
    ///
    /// Not GRDB's pool, which would set `synchronous` to NORMAL after this and then
    /// lose the last commits with the power.
    var writer: Configuration {
        var configuration = Configuration()
        configuration.label = "koinon.ledger.writer"
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { [checkpointPages] db in
            guard try String.fetchOne(db, sql: "PRAGMA journal_mode = WAL") == "wal" else {
                throw StoreFault.inputOutput(
                    what: "the file system does not support SQLite's write-ahead log",
                    cause: .init(code: 0, message: "journal_mode is not wal"))
            }
            try db.execute(
                sql: """
                    PRAGMA synchronous = FULL;
                    PRAGMA wal_autocheckpoint = \(checkpointPages);
                    PRAGMA journal_size_limit = \(2 * 4_096 * checkpointPages);
                    PRAGMA cache_size = -65536;
                    PRAGMA cell_size_check = ON;
                    """)
        }
        return configuration
    }

    /// Connections that read, several at a time, beside the writer or another process.
    var readers: Configuration {
        var configuration = Configuration()
        configuration.label = "koinon.ledger.reader"
        configuration.readonly = true
        configuration.busyMode = .timeout(10)
        configuration.prepareDatabase { db in
            try db.execute(sql: "PRAGMA cache_size = -8192; PRAGMA cell_size_check = ON")
        }
        return configuration
    }
}
