import KoinonNode
import KoinonProtocol
import KoinonServer
import Logging

/// Everything about a running node that can be set: docs/configuration.md.
struct NodeSettings {
    enum LogFormat: String, CaseIterable { case text, json }

    var server = ServerConfiguration()
    var logLevel = Logger.Level.info
    var logFormat = LogFormat.json
    var poolTransactions = 100_000
    var poolBytes = 256 * 1_048_576
    var retention = OrderRetention()
    var housekeeping = Housekeeping.Rules()
    var certificate = ""
    var key = ""

    /// A pool with these bounds.
    var pool: Pool { Pool(maximumCount: poolTransactions, maximumBytes: poolBytes) }

    /// For commands that tell people in their own words what happens.
    static var quietLogger: Logger {
        Logger(label: "koinon") { _ in SwiftLogNoOpLogHandler() }
    }

    var logger: Logger {
        var logger = Logger(label: "koinon") { [logFormat] label in
            switch logFormat {
            case .text: StreamLogHandler.standardError(label: label)
            case .json: JSONLogHandler(label: label)
            }
        }
        logger.logLevel = logLevel
        return logger
    }
}

/// What is wrong with a setting, and where it was set.
struct SettingFault: Error, CustomStringConvertible {
    var field: String
    /// For instance "KOINON_HTTP_PORT in the environment".
    var source: String
    var problem: String
    var remedy: String

    /// A name that means nothing.
    static func unknown(_ name: String, in source: String, known: [String]) -> SettingFault {
        let all = "docs/configuration.md names them all"
        return SettingFault(
            field: name, source: source, problem: "is no setting",
            remedy: Spelling.nearest(to: name, in: known)
                .map { "write \($0) if you meant that; \(all)" } ?? all)
    }

    var description: String { "\(field) (\(source)): \(problem); \(remedy)" }
}
