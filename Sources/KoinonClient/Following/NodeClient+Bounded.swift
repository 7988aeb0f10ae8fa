import AsyncHTTPClient
import KoinonLedger
import KoinonProtocol
import NIOCore

extension NodeClient {
    /// What any path gives, from a node that is not believed: no larger and no later than said.
    ///
    /// - Parameter limit: for the whole answer, in whole seconds.
    func get(_ path: String, atMost bytes: Int, limit: Duration) async throws -> [UInt8] {
        let request = HTTPClientRequest(url: address + path)
        let response = try await response(to: request, limit: limit)
        do {
            return Array(buffer: try await response.body.collect(upTo: bytes))
        } catch is NIOTooManyBytesError {
            throw NodeClientFault.badAnswer("more than \(bytes) bytes")
        } catch {
            throw NodeClientFault.unreachable(address, cause: error)
        }
    }
}
