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
        return try await decoded(bytes(of: response))
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
        let lines = try await bytes(of: response).split(separator: UInt8(ascii: "\n"))
        return try lines.map { line in
            // What is wrong with one message comes as problem details in its place.
            if let problem = try? JSONDecoder().decode(NodeProblem.self, from: Data(line)) {
                throw NodeClientFault.problem(problem)
            }
            return try decoded(Array(line))
        }
    }

    private static func query(_ wait: Wait, _ limit: Duration) -> String {
        let (seconds, attoseconds) = limit.components
        let milliseconds = seconds * 1_000 + attoseconds / 1_000_000_000_000_000
        return "?wait=\(wait.rawValue)&timeout_ms=\(milliseconds)"
    }
}

extension NodeClient {
    private struct NextNonce: Decodable {
        var next_nonce: String
    }

    /// One more than the highest nonce that blocks hold of this key for the account.
    public func nextNonce(of key: PublicKey, for account: AccountID) async throws -> UInt64 {
        let answer: NextNonce = try await decoded(
            get("/v1/nonces/\(key.hex)?account=\(account.text)"))
        guard let nonce = UInt64(answer.next_nonce) else {
            throw NodeClientFault.badAnswer("next_nonce: \(answer.next_nonce)")
        }
        return nonce
    }

    /// The receipt of an executed transaction; nil while it has none.
    public func receipt(of id: Hash256) async throws -> Receipt? {
        let bytes = try await get("/v1/transactions/\(id.hex)")
        let answer = try JSONSerialization.jsonObject(with: Data(bytes)) as? [String: Any]
        guard let transaction = answer?["transaction"] as? [String: Any],
            let receipt = transaction["receipt"]
        else { return nil }
        return try Receipt(
            jsonForm: Array(try JSONSerialization.data(withJSONObject: receipt)))
    }
}
