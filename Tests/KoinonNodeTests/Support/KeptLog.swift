import Logging
import Synchronization

/// What is logged, for tests that read it.
final class KeptLog: Sendable {
    private let messages = Mutex<[String]>([])

    /// Each with its metadata, ascending by key.
    var lines: [String] { messages.withLock { $0 } }

    var logger: Logger { Logger(label: "test") { _ in Handler(log: self) } }

    private struct Handler: LogHandler {
        let log: KeptLog
        var logLevel: Logger.Level = .info
        var metadata: Logger.Metadata = [:]

        subscript(metadataKey key: String) -> Logger.Metadata.Value? {
            get { metadata[key] }
            set { metadata[key] = newValue }
        }

        func log(event: LogEvent) {
            let more = (event.metadata ?? [:]).sorted { $0.key < $1.key }
            let line = (["\(event.message)"] + more.map { "\($0.key)=\($0.value)" })
                .joined(separator: " ")
            log.messages.withLock { $0.append(line) }
        }
    }
}
