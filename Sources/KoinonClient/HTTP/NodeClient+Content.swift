import AsyncHTTPClient
import KoinonLedger
import KoinonProtocol
import NIOCore

extension NodeClient {
    /// Leaves a description (UTF-8) or a picture (JPEG, PNG or WebP) with the node.
    ///
    /// - Returns: the SHA-256 by which the ledger names it.
    /// - Throws: ``NodeClientFault/problem(_:)`` with code `unknownType`, `bodyTooLarge`,
    ///   `contentFull`, or `deleted` for what the operator has deleted.
    @discardableResult
    public func putContent(_ content: [UInt8]) async throws -> Hash256 {
        var request = HTTPClientRequest(url: address + "/v1/content")
        request.method = .PUT
        request.body = .bytes(ByteBuffer(bytes: content))
        _ = try await bytes(of: try await response(to: request, limit: .seconds(60)))
        return .sha256(content)
    }

    /// A description or picture, which the node may get from another one first.
    ///
    /// - Throws: ``NodeClientFault/problem(_:)`` with code `notFound` or `deleted`;
    ///   ``NodeClientFault/badAnswer(_:)`` for bytes with another hash.
    public func content(_ hash: Hash256) async throws -> [UInt8] {
        let content = try await get("/v1/content/\(hash.hex)")
        guard Hash256.sha256(content) == hash else {
            throw NodeClientFault.badAnswer("content: not the bytes of \(hash)")
        }
        return content
    }
}
