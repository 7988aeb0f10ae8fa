import AsyncHTTPClient
import NIOCore

extension NodeClient {
    /// The bytes of an answer as they come in, however long they take: whoever reads them
    /// keeps the time.
    ///
    /// - Parameter path: with its query, percent-encoded.
    public func stream(
        _ path: String
    ) async throws -> some AsyncSequence<[UInt8], any Error> & Sendable {
        let request = HTTPClientRequest(url: address + path)
        return try await response(to: request, limit: .seconds(86_400)).body
            .map { Array(buffer: $0) }
    }

    /// The heights at which the node has snapshots, descending.
    public func snapshotHeights() async throws -> [UInt64] {
        try AnswerForm.snapshotHeights(
            await get(
                "/v1/sync/snapshots", atMost: AnswerForm.shortBytesMaximum, limit: .seconds(10)))
    }
}
