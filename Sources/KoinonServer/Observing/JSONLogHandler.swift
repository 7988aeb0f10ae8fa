import Foundation
import KoinonProtocol
import Logging

/// A line of JSON for each message on standard error, for programs that collect logs.
///
/// Values whose name speaks of a secret are left out, whoever logs them.
public struct JSONLogHandler: LogHandler {
    public var logLevel: Logger.Level = .info
    public var metadata: Logger.Metadata = [:]
    private let label: String
    private let write: @Sendable (String) -> Void

    /// - Parameter write: takes a line with its end; standard error when left out.
    public init(label: String, write: (@Sendable (String) -> Void)? = nil) {
        self.label = label
        self.write = write ?? { FileHandle.standardError.write(Data($0.utf8)) }
    }

    public subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { metadata[key] }
        set { metadata[key] = newValue }
    }

    public func log(event: LogEvent) {
        let now = Timestamp(milliseconds: UInt64(max(0, Date().timeIntervalSince1970 * 1000)))
        var members: [(String, JSONValue)] = [
            ("time", .string(now.iso8601)), ("level", .string(event.level.rawValue)),
            ("logger", .string(label)), ("message", .string("\(event.message)")),
        ]
        let all = metadata.merging(event.metadata ?? [:]) { $1 }
        for (key, value) in all.sorted(by: { $0.key < $1.key }) {
            members.append((key, .string(Self.isSecret(key) ? "(left out)" : "\(value)")))
        }
        write(JSONValue.object(members).text + "\n")
    }

    private static let secrets = [
        "secret", "token", "password", "passphrase", "authorization", "cookie", "private", "seed",
    ]

    static func isSecret(_ name: String) -> Bool {
        let name = name.lowercased()
        return secrets.contains { name.contains($0) }
    }
}
