import Foundation
import KoinonNode
import KoinonProtocol
import Logging

/// Wakes the reader when etcd has something new of others. A hint only: the reader looks once
/// a second anyhow.
struct Watcher: Sendable {
    let client: EtcdClient
    let keys: EntryKeys
    /// Whose entries are appended here: what they are need not come back.
    let authors: [MemberID]
    let values: WatchedValues
    let news: Signal
    let logger: Logger

    private static let tick = Duration.seconds(1)

    private struct Ended: Error, CustomStringConvertible {
        var description: String
    }

    /// Watches until the task is cancelled.
    ///
    /// - Parameter revision: that was read last; nil for nobody knows.
    func run(from revision: UInt64?) async {
        // Once: what it brings is there for those who come behind. Later ones begin with
        // what is new, since the reader asks for the rest.
        var start = revision.map { $0 + 1 } ?? 0
        var failures = 0
        while !Task.isCancelled {
            let begun = ContinuousClock.now
            do { try await watch(from: start) } catch {
                if Task.isCancelled { return }
                logger.info("etcd watch ended", metadata: ["reason": "\(error)"])
            }
            start = 0
            news.wake()
            failures = begun.duration(to: .now) > Self.tick ? 1 : failures + 1
            do { try await Task.sleep(for: Backoff.pause(afterFailures: failures)) } catch {
                return
            }
        }
    }

    /// Until it ends, or calls go to another server.
    private func watch(from revision: UInt64) async throws {
        let connection = client.connection
        try await withThrowingTaskGroup(of: Void.self) { group in
            defer { group.cancelAll() }
            for (start, end) in keys.rangesWithout(authors.map(\.rawValue)) {
                group.addTask {
                    try await connection.watch(request(start, end, from: revision)) {
                        try take($0)
                    }
                    throw Ended(description: "the server ended it")
                }
            }
            group.addTask {
                while client.connection === connection {
                    try await Task.sleep(for: Self.tick)
                    news.wake()
                }
                throw Ended(description: "another server is asked now")
            }
            try await group.next()
        }
    }

    private func request(
        _ start: [UInt8], _ end: [UInt8], from revision: UInt64
    ) -> EtcdWatchRequest {
        var request = EtcdWatchRequest()
        request.createRequest.key = Data(start)
        request.createRequest.rangeEnd = Data(end)
        request.createRequest.startRevision = Int64(clamping: revision)
        return request
    }

    private func take(_ response: EtcdWatchResponse) throws {
        guard !response.canceled else {
            throw Ended(
                description: response.compactRevision > 0
                    ? "history before revision \(response.compactRevision) is compacted"
                    : response.cancelReason)
        }
        for event in response.events
        where event.type == .put && event.kv.createRevision == event.kv.modRevision {
            values.add(
                Array(event.kv.key), created: UInt64(clamping: event.kv.createRevision),
                Array(event.kv.value))
        }
        if !response.events.isEmpty { news.wake() }
    }
}
