import Foundation
import Glibc

/// The part of PostgreSQL's client library that the comparison needs, looked up when it
/// runs: nobody else has to have it.
struct LibPQ: @unchecked Sendable {
    // Immutable addresses of functions that libpq documents as safe for one connection a
    // thread, which is how they are used.
    let connect: @convention(c) (UnsafePointer<CChar>) -> OpaquePointer?
    let status: @convention(c) (OpaquePointer?) -> Int32
    let errorMessage: @convention(c) (OpaquePointer?) -> UnsafePointer<CChar>
    let finish: @convention(c) (OpaquePointer?) -> Void
    let exec: @convention(c) (OpaquePointer?, UnsafePointer<CChar>) -> OpaquePointer?
    let execPrepared:
        @convention(c) (
            OpaquePointer?, UnsafePointer<CChar>, Int32,
            UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?,
            Int32
        ) -> OpaquePointer?
    let sendPrepared:
        @convention(c) (
            OpaquePointer?, UnsafePointer<CChar>, Int32,
            UnsafePointer<UnsafePointer<CChar>?>?, UnsafePointer<Int32>?, UnsafePointer<Int32>?,
            Int32
        ) -> Int32
    let enterPipeline: @convention(c) (OpaquePointer?) -> Int32
    let exitPipeline: @convention(c) (OpaquePointer?) -> Int32
    let pipelineSync: @convention(c) (OpaquePointer?) -> Int32
    let getResult: @convention(c) (OpaquePointer?) -> OpaquePointer?
    let resultStatus: @convention(c) (OpaquePointer?) -> Int32
    let resultError: @convention(c) (OpaquePointer?) -> UnsafePointer<CChar>
    let value: @convention(c) (OpaquePointer?, Int32, Int32) -> UnsafePointer<CChar>
    let clear: @convention(c) (OpaquePointer?) -> Void
    let putCopyData: @convention(c) (OpaquePointer?, UnsafePointer<CChar>, Int32) -> Int32
    let putCopyEnd: @convention(c) (OpaquePointer?, UnsafePointer<CChar>?) -> Int32

    /// - Throws: ``BenchFault`` when the library is not installed.
    init() throws {
        guard let handle = dlopen("libpq.so.5", RTLD_NOW) else {
            throw BenchFault("libpq.so.5 is missing; apt-get install postgresql")
        }
        func symbol<Function>(_ name: String, as type: Function.Type) throws -> Function {
            guard let address = dlsym(handle, name) else {
                throw BenchFault("libpq.so.5 has no \(name); it needs PostgreSQL 14 or later")
            }
            return unsafeBitCast(address, to: type)
        }
        connect = try symbol("PQconnectdb", as: type(of: connect))
        status = try symbol("PQstatus", as: type(of: status))
        errorMessage = try symbol("PQerrorMessage", as: type(of: errorMessage))
        finish = try symbol("PQfinish", as: type(of: finish))
        exec = try symbol("PQexec", as: type(of: exec))
        execPrepared = try symbol("PQexecPrepared", as: type(of: execPrepared))
        sendPrepared = try symbol("PQsendQueryPrepared", as: type(of: sendPrepared))
        enterPipeline = try symbol("PQenterPipelineMode", as: type(of: enterPipeline))
        exitPipeline = try symbol("PQexitPipelineMode", as: type(of: exitPipeline))
        pipelineSync = try symbol("PQpipelineSync", as: type(of: pipelineSync))
        getResult = try symbol("PQgetResult", as: type(of: getResult))
        resultStatus = try symbol("PQresultStatus", as: type(of: resultStatus))
        resultError = try symbol("PQresultErrorMessage", as: type(of: resultError))
        value = try symbol("PQgetvalue", as: type(of: value))
        clear = try symbol("PQclear", as: type(of: clear))
        putCopyData = try symbol("PQputCopyData", as: type(of: putCopyData))
        putCopyEnd = try symbol("PQputCopyEnd", as: type(of: putCopyEnd))
    }

    /// Of `ExecStatusType`.
    enum Status {
        static let commandDone: Int32 = 1
        static let rows: Int32 = 2
        static let copyIn: Int32 = 4
        static let pipelineSync: Int32 = 10
    }
}
