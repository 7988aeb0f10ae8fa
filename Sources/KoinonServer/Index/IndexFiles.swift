import Foundation
import GRDB
import KoinonProtocol

/// The files of an index. Two names take turns, because a file that is open cannot take the
/// name of another with its write-ahead log.
public struct IndexFiles: Sendable {
    private let home: URL

    /// - Parameter home: the node's directory.
    public init(home: URL) { self.home = home }

    private var first: String { home.appending(path: "index.sqlite").path }
    private var second: String { home.appending(path: "index-next.sqlite").path }
    private var request: String { home.appending(path: "index.rebuild").path }

    /// Another process asked for a rebuild: `koinon index rebuild`.
    public var isRebuildRequested: Bool { FileManager.default.fileExists(atPath: request) }

    /// Asks the node that runs on this home to make its index anew.
    public func requestRebuild() throws { try Data().write(to: URL(filePath: request)) }

    /// Removes every file of it; for a home on which no node runs.
    public func removeAll() {
        IndexDatabase.remove(first)
        IndexDatabase.remove(second)
        try? FileManager.default.removeItem(atPath: request)
    }

    /// The file that was in use last, as `index.sqlite`.
    func open(chain: ChainID) throws -> IndexDatabase {
        if FileManager.default.fileExists(atPath: second) {
            let next = try IndexDatabase(path: second, chain: chain)
            let isComplete = (try? next.isComplete()) == true
            // The file alone takes the other name, so its write-ahead log has to be in it.
            try next.pool.writeWithoutTransaction { _ = try $0.checkpoint(.truncate) }
            try next.pool.close()
            if isComplete {
                IndexDatabase.remove(first)
                try FileManager.default.moveItem(atPath: second, toPath: first)
            }
            IndexDatabase.remove(second)
        }
        return try IndexDatabase(path: first, chain: chain)
    }

    func begin(besides database: IndexDatabase, chain: ChainID) throws -> IndexDatabase {
        let path = database.path == first ? second : first
        IndexDatabase.remove(path)
        return try IndexDatabase(path: path, chain: chain)
    }

    /// Readers of the old file go on with what they have open.
    func finish(replacing database: IndexDatabase) {
        IndexDatabase.remove(database.path)
        try? FileManager.default.removeItem(atPath: request)
    }
}
