import CFaultVFS
import GRDB
import Testing

@testable import KoinonStore

/// The disk of the crash tests has to lose things, or they would prove nothing.
@Suite("The disk that fails")
struct FaultDiskTests {
    let disk: FaultDisk

    init() throws { disk = try FaultDisk() }

    private func withDatabase<Result>(_ body: (Database) throws -> Result) throws -> Result {
        let queue = try DatabaseQueue(path: "file:/test.sqlite?vfs=\(disk.name)")
        let result = Swift.Result { try queue.writeWithoutTransaction(body) }
        try queue.close()
        return try result.get()
    }

    /// Commits ten rows one by one; the process stops before it closes the database.
    private func writeTenRows(journal: String, synchronous: String) throws {
        try withDatabase { db in
            try db.execute(sql: "PRAGMA synchronous = \(synchronous)")
            try db.execute(sql: "PRAGMA journal_mode = \(journal)")
            try db.execute(sql: "CREATE TABLE t (n INTEGER)")
            for n in 0..<10 { try db.execute(sql: "INSERT INTO t VALUES (?)", arguments: [n]) }
            disk.stop(at: 1)
        }
    }

    private func rows() throws -> Int? {
        try withDatabase { db in
            try db.tableExists("t") ? Int.fetchOne(db, sql: "SELECT count(*) FROM t") : nil
        }
    }

    @Test(arguments: [
        ("FULL", FAULT_PROCESS_STOPPED, 10), ("FULL", FAULT_POWER_LOST, 10),
        ("FULL", FAULT_POWER_LOST_DELETIONS_KEPT, 10), ("FULL", FAULT_POWER_LOST_SCATTERED, 10),
        ("OFF", FAULT_PROCESS_STOPPED, 10), ("OFF", FAULT_POWER_LOST, nil),
    ])
    func `what was not synced outlives the process and not the power`(
        synchronous: String, restart: fault_restart, expected: Int?
    ) throws {
        try writeTenRows(journal: "WAL", synchronous: synchronous)
        #expect(disk.hasStopped)
        try disk.restart(restart)
        #expect(try rows() == expected)
    }

    @Test func `a disk that writes in an order of its own leaves one thing or another`() throws {
        var outcomes: Set<String> = []
        for seed in 0..<30 as Range<UInt64> {
            try writeTenRows(journal: "WAL", synchronous: "OFF")
            try disk.restart(FAULT_POWER_LOST_SCATTERED, seed: seed)
            do {
                outcomes.insert("\(try rows() ?? -1)")
            } catch is DatabaseError {
                outcomes.insert("damaged")
            }
            try disk.reset()
        }
        #expect(outcomes.count > 2, "\(outcomes)")
    }

    /// Only `synchronous=EXTRA` syncs the directory after a rollback journal's
    /// deletion; with FULL the journal may come back and undo the last commit
    /// (https://www.sqlite.org/pragma.html#pragma_synchronous).
    @Test(arguments: [
        ("FULL", FAULT_POWER_LOST, 9), ("FULL", FAULT_POWER_LOST_DELETIONS_KEPT, 10),
        ("EXTRA", FAULT_POWER_LOST, 10), ("FULL", FAULT_PROCESS_STOPPED, 10),
    ])
    func `a deleted file comes back with the power unless its directory was synced`(
        synchronous: String, restart: fault_restart, expected: Int
    ) throws {
        try writeTenRows(journal: "DELETE", synchronous: synchronous)
        try disk.restart(restart)
        #expect(try rows() == expected)
    }

    /// Without a journal a torn page shows.
    @Test(arguments: [(FAULT_STOP_BEFORE, false), (FAULT_STOP_TORN, true)])
    func `a torn write leaves its first half`(stop: fault_stop, expected: Bool) throws {
        var foundMixed = false
        for operation in 1...6 as ClosedRange<Int64> {
            try withDatabase { db in
                try db.execute(sql: "PRAGMA journal_mode = OFF")
                try db.execute(sql: "CREATE TABLE t (text TEXT)")
                try db.execute(
                    sql: "INSERT INTO t VALUES (?)",
                    arguments: [String(repeating: "a", count: 3_900)])
                disk.stop(at: operation, stop)
                let update = String(repeating: "b", count: 3_900)
                do {
                    try db.execute(sql: "UPDATE t SET text = ?", arguments: [update])
                } catch is DatabaseError where disk.hasStopped {}
            }
            try disk.restart(FAULT_PROCESS_STOPPED)
            let text = try withDatabase { try String.fetchOne($0, sql: "SELECT text FROM t") }
            foundMixed = foundMixed || Set(text ?? "") == ["a", "b"]
            try disk.reset()
        }
        #expect(foundMixed == expected)
    }

    @Test func `after the stop nothing works until the restart`() throws {
        try writeTenRows(journal: "WAL", synchronous: "FULL")
        #expect(throws: DatabaseError.self) { try rows() }
        #expect(disk.openFiles == 0)
        try disk.restart(FAULT_PROCESS_STOPPED)
        #expect(try rows() == 10)
    }
}
