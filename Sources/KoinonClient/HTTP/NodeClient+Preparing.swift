import Foundation
import KoinonLedger
import KoinonProtocol
import NIOCore

/// A body that a node wrote and that says what was asked for; not signed yet.
///
/// `key.sign(prepared.body, as: .transaction)` makes of it what is sent.
public struct PreparedTransaction: Hashable, Sendable {
    public let body: [UInt8]
    public let chain: ChainID
    public let sender: AccountID
    public let publicKey: PublicKey
    public let nonce: UInt64
    /// After this moment of block time it will be ignored.
    public let expiresAt: Timestamp

    /// SHA-256 of the body: under this it is looked up later.
    public var id: Hash256 { .sha256(body) }

    /// The id of what action `index` will create.
    public func id<Kind>(ofAction index: Int) -> Identifier<Kind> {
        Identifier(
            chain: chain, sender: sender, key: publicKey, nonce: nonce, actionIndex: index)
    }
}

extension NodeClient {
    private struct PreparedAnswer: Decodable { var body: String }

    /// Has the node write the body of a transaction: it knows the next nonce and the time.
    ///
    /// - Parameters:
    ///   - key: that will sign.
    ///   - lifetimeMilliseconds: until it expires; at most 24 hours.
    ///   - memo: at most 140 bytes, public for ever.
    /// - Throws: also ``NodeClientFault/badAnswer(_:)`` when the body says something else.
    public func prepare(
        _ actions: [Action], chain: ChainID, sender: AccountID, key: PublicKey,
        lifetimeMilliseconds: UInt64 = 3_600_000, memo: String = ""
    ) async throws -> PreparedTransaction {
        let forms = actions.map { $0.jsonForm(pretty: false) }.joined(separator: ",")
        let order = """
            {"public_key":"\(key.hex)","sender":"\(sender.text)",\
            "valid_for_ms":\(lifetimeMilliseconds),"memo":\(JSONText.quoted(memo)),\
            "actions":[\(forms)]}
            """
        let response = try await post(
            "/v1/transactions/prepare", ByteBuffer(string: order), type: "application/json",
            limit: .seconds(60))
        let answer: PreparedAnswer = try AnswerForm.decoded(try await bytes(of: response))
        guard let bytes = Data(base64Encoded: answer.body).map(Array.init),
            let body = try? TransactionBody(strict: bytes)
        else { throw NodeClientFault.badAnswer("body: no transaction") }
        // Whoever prepares could write something else.
        guard body.actions == actions, body.memo == memo, ChainID(body.chain) == chain,
            AccountID(body.sender) == sender
        else { throw NodeClientFault.badAnswer("body: not what was to be prepared") }
        return PreparedTransaction(
            body: bytes, chain: chain, sender: sender, publicKey: key, nonce: body.nonce,
            expiresAt: Timestamp(milliseconds: body.expiresAtMs))
    }
}
