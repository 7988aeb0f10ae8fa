import Foundation
import KoinonLedger
import KoinonProtocol
import NIOCore

extension NodeClient {
    /// Sends one transaction. Sending the same bytes again is harmless: they get the outcome of
    /// the first time.
    ///
    /// - Parameter limit: after that an outcome that is not there yet is pending.
    public func submit(
        _ envelope: Envelope, wait: Wait = .durable, limit: Duration = .seconds(30)
    ) async throws -> Submission {
        let response = try await post(
            "/v1/transactions\(Self.query(wait, limit))",
            ByteBuffer(bytes: envelope.message.encoded), type: "application/x-protobuf",
            limit: limit + .seconds(30))
        return try await AnswerForm.submission(bytes(of: response))
    }

    /// Sends many transactions in one request, taken in this order; an answer for each, in the
    /// same order.
    public func submit(
        _ envelopes: [Envelope], wait: Wait = .durable, limit: Duration = .seconds(30)
    ) async throws -> [Submission] {
        var body: [UInt8] = []
        for envelope in envelopes {
            let message = envelope.message.encoded
            body.append(varint: UInt64(message.count))
            body += message
        }
        let response = try await post(
            "/v1/transactions/bulk\(Self.query(wait, limit))", ByteBuffer(bytes: body),
            type: "application/x-protobuf", limit: limit + .seconds(60))
        return try await AnswerForm.submissions(bytes(of: response))
    }

    private static func query(_ wait: Wait, _ limit: Duration) -> String {
        let (seconds, attoseconds) = limit.components
        let milliseconds = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
        return "?wait=\(wait.rawValue)&timeout_ms=\(milliseconds)"
    }
}

extension NodeClient {
    /// One more than the highest nonce that blocks hold of this key for the account.
    public func nextNonce(of key: PublicKey, for account: AccountID) async throws -> UInt64 {
        try await AnswerForm.nextNonce(get("/v1/nonces/\(key.hex)?account=\(account.text)"))
    }

    /// The receipt of an executed transaction; nil while it has none.
    public func receipt(of id: Hash256) async throws -> Receipt? {
        try await AnswerForm.receipt(get("/v1/transactions/\(id.hex)"))
    }
}
