import AsyncHTTPClient
import Foundation
import NIOCore

extension NodeClient {
    /// The ledger's events in order, without a gap, as long as the connection lasts; open
    /// another one behind the last event to go on.
    ///
    /// - Parameters:
    ///   - id: of the last event that is known, or the height of the last block that is; the
    ///     stream begins behind it.
    ///   - height: where to begin without one; nil begins with the next block. Who wants to miss
    ///     nothing, though the connection may end before the first event, gives one of them.
    ///   - filter: for instance ["module": "money", "account": "koi1…"].
    public func events(
        after id: String? = nil, from height: UInt64? = nil, filter: [String: String] = [:]
    ) async throws -> AsyncThrowingStream<LedgerEvent, any Error> {
        var items = filter.sorted { $0.key < $1.key }.map { URLQueryItem(name: $0, value: $1) }
        if let height { items.append(URLQueryItem(name: "from", value: "\(height)")) }
        var components = URLComponents()
        components.queryItems = items
        var request = HTTPClientRequest(
            url:
                "\(address)/v1/events\(items.isEmpty ? "" : "?\(components.percentEncodedQuery ?? "")")"
        )
        request.headers.add(name: "Accept", value: "text/event-stream")
        if let id { request.headers.add(name: "Last-Event-ID", value: id) }
        // A stream lasts as long as it is wanted.
        let response = try await response(to: request, limit: .seconds(365 * 86_400))
        return AsyncThrowingStream { continuation in
            let reading = Task {
                do {
                    var reader = EventReader()
                    for try await chunk in response.body {
                        for event in try reader.read(Array(buffer: chunk)) {
                            continuation.yield(event)
                        }
                    }
                    continuation.finish()
                } catch {
                    continuation.finish(throwing: error)
                }
            }
            continuation.onTermination = { _ in reading.cancel() }
        }
    }
}
