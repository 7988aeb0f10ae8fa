import AsyncHTTPClient

extension NodeClient {
    /// What any path gives, from a node that is not believed: no larger and no later than said.
    ///
    /// - Parameter limit: for the whole answer, in whole seconds.
    func get(_ path: String, atMost bytes: Int, limit: Duration) async throws -> [UInt8] {
        let request = HTTPClientRequest(url: address + path)
        let response = try await response(to: request, limit: limit)
        return try await self.bytes(of: response, atMost: bytes)
    }
}
