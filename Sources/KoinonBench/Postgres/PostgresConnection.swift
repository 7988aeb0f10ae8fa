import Foundation
import Glibc

/// One connection to the comparison's database; used by one thread.
final class PostgresConnection {
    private let library: LibPQ
    private let connection: OpaquePointer?

    init(_ library: LibPQ, socketFolder: String) throws {
        self.library = library
        connection = library.connect("host=\(socketFolder) dbname=postgres user=postgres")
        guard library.status(connection) == 0 else {
            throw BenchFault("PostgreSQL: \(String(cString: library.errorMessage(connection)))")
        }
    }

    deinit { library.finish(connection) }

    private var lastError: BenchFault {
        BenchFault("PostgreSQL: \(String(cString: library.errorMessage(connection)))")
    }

    func execute(_ sql: String) throws {
        let result = library.exec(connection, sql)
        defer { library.clear(result) }
        guard [LibPQ.Status.commandDone, LibPQ.Status.rows].contains(library.resultStatus(result))
        else { throw lastError }
    }

    /// The first column of the first row.
    func number(_ sql: String) throws -> Int {
        let result = library.exec(connection, sql)
        defer { library.clear(result) }
        guard library.resultStatus(result) == LibPQ.Status.rows,
            let number = Int(String(cString: library.value(result, 0, 0)))
        else { throw lastError }
        return number
    }

    /// Loads rows in the text form of COPY.
    func copy(into table: String, _ parts: Int, _ part: (Int) -> String) throws {
        let begun = library.exec(connection, "COPY \(table) FROM STDIN")
        let status = library.resultStatus(begun)
        library.clear(begun)
        guard status == LibPQ.Status.copyIn else { throw lastError }
        for index in 0..<parts {
            let text = part(index)
            guard library.putCopyData(connection, text, Int32(text.utf8.count)) == 1 else {
                throw lastError
            }
        }
        guard library.putCopyEnd(connection, nil) == 1 else { throw lastError }
        while let result = library.getResult(connection) {
            defer { library.clear(result) }
            guard library.resultStatus(result) == LibPQ.Status.commandDone else { throw lastError }
        }
    }

    /// Runs the prepared statement `pay`; its transaction is its own.
    func pay(_ payment: PostgresPayment) throws {
        let result = payment.withParameters { values, lengths, formats in
            library.execPrepared(connection, "pay", Int32(values.count), values.baseAddress,
                lengths, formats, 1)
        }
        defer { library.clear(result) }
        guard library.resultStatus(result) == LibPQ.Status.rows else { throw lastError }
    }

    /// Runs `pay` for many payments in one transaction, sent without waiting in between.
    ///
    /// - Returns: whether it was committed; false when the database found a deadlock.
    func payTogether(_ payments: ArraySlice<PostgresPayment>) throws -> Bool {
        if payments.isEmpty { return true }
        guard library.enterPipeline(connection) == 1 else { throw lastError }
        // A pipeline up to its sync point is one transaction.
        for payment in payments {
            let sent = payment.withParameters { values, lengths, formats in
                library.sendPrepared(
                    connection, "pay", Int32(values.count), values.baseAddress, lengths, formats,
                    1)
            }
            guard sent == 1 else { throw lastError }
        }
        guard library.pipelineSync(connection) == 1 else { throw lastError }
        var failure: String?
        var isDone = false
        while !isDone {
            // A null pointer ends the results of one statement.
            guard let result = library.getResult(connection) else { continue }
            defer { library.clear(result) }
            switch library.resultStatus(result) {
            case LibPQ.Status.pipelineSync: isDone = true
            case LibPQ.Status.rows, LibPQ.Status.commandDone: break
            default:
                failure = failure ?? String(cString: library.resultError(result))
            }
        }
        guard library.exitPipeline(connection) == 1 else { throw lastError }
        guard let failure else { return true }
        if failure.contains("deadlock") { return false }
        throw BenchFault("PostgreSQL: \(failure)")
    }
}
