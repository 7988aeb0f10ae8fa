import Foundation
import Hummingbird
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import NIOCore

/// Turns actions as people write them into a body to be signed, for clients without protobuf.
struct PrepareRoutes {
    let context: ServerContext

    func add(to router: Router<KoinonRequestContext>) {
        router.post("/v1/transactions/prepare") { request, requestContext in
            guard try ContentKind(request) == .json else { throw ContentKind.unsupported }
            return Answer.json(
                try await context.bodies.collect(request, requestContext, upTo: 1_048_576) {
                    try prepare(Array(buffer: $0))
                })
        }
        router.get("/v1/nonces/{public_key}") { request, requestContext in
            Answer.json(try nonce(Query(request, requestContext)))
        }
    }

    /// The next nonce of a key, by what blocks hold: what waits in the pool does not count.
    private func nonce(_ query: Query) throws -> JSONValue {
        guard let key = PublicKey(Hex.decode(query.path("public_key")) ?? []) else {
            throw Problem.badField(
                "public_key", "is no public key", remedy: "write its 32 bytes in hexadecimal")
        }
        let account = try account(query.text("account"), key)
        let (height, nonce) = context.replica.read { replica in
            (
                replica.header.height,
                Accounts.highestNonce(of: key, for: account, in: replica.state)
            )
        }
        return .answer(
            at: height, final: context.node.finalHeight,
            [
                ("account", .string(account.text)), ("public_key", .string(key.hex)),
                ("next_nonce", .string(String(nonce + 1))),
            ])
    }

    /// What is not in the actions' own JSON form.
    private struct Order: Decodable {
        var public_key: String
        var sender: String?
        var nonce: UInt64?
        var valid_for_ms: UInt64?
        var memo: String?
    }

    private func prepare(_ bytes: [UInt8]) throws -> JSONValue {
        let order: Order
        do {
            order = try JSONDecoder().decode(Order.self, from: Data(bytes))
        } catch let error as DecodingError {
            throw Problem(error)
        }
        guard let key = PublicKey(Hex.decode(order.public_key) ?? []) else {
            throw Problem.badField(
                "public_key", "is no public key", remedy: "write its 32 bytes in hexadecimal")
        }
        let sender = try account(order.sender, key)
        var body = TransactionBody()
        body.actions = try SubmissionForm.actions(inOrder: bytes)
        body.chain = Data(context.node.chain.bytes)
        body.sender = Data(sender.bytes)
        body.nonce =
            order.nonce
            ?? context.replica.read { Accounts.highestNonce(of: key, for: sender, in: $0.state) }
            + 1
        body.expiresAtMs = try expiry(order.valid_for_ms)
        body.memo = order.memo ?? ""
        try check(body)
        return answer(body, key, sender)
    }

    private func account(_ text: String?, _ key: PublicKey) throws -> AccountID {
        guard let text else { return context.node.genesis.accountID(of: key) }
        guard let account = AccountID(text: text) else {
            throw Problem.badField(
                "sender", "\"\(text.prefix(80))\" is no account id",
                remedy: "they begin with koi1; leave it out for the key's own account")
        }
        return account
    }

    private func expiry(_ lifetime: UInt64?) throws -> UInt64 {
        let lifetime = lifetime ?? 3_600_000
        guard (1...TransactionLimits.lifetimeMilliseconds).contains(lifetime) else {
            throw Problem.badField(
                "valid_for_ms", "\(lifetime) is not from 1 to 24 hours",
                remedy: "give milliseconds, at most \(TransactionLimits.lifetimeMilliseconds)")
        }
        // Ledger time may run ahead of the node's clock, or stand behind it.
        let now = max(context.node.now, context.replica.read { $0.header.time })
        return min(now.milliseconds + lifetime, Timestamp.maximum.milliseconds)
    }

    private func check(_ body: TransactionBody) throws {
        guard body.memo.utf8.count <= TransactionLimits.memoBytes else {
            throw Problem.badField(
                "memo", "has \(body.memo.utf8.count) bytes",
                remedy: "write at most \(TransactionLimits.memoBytes)")
        }
        guard body.nonce > 0 else {
            throw Problem.badField("nonce", "is 0", remedy: "nonces start at 1; or leave it out")
        }
        let size = body.encoded.count + PublicKey.byteCount + Signature.byteCount
        guard size <= TransactionLimits.bytes else {
            throw Problem.badField(
                "actions", "make a transaction of \(size) bytes",
                remedy: "at most \(TransactionLimits.bytes) are taken; split it")
        }
    }

    private func answer(
        _ body: TransactionBody, _ key: PublicKey, _ sender: AccountID
    ) -> JSONValue {
        let bytes = body.encoded
        let ids = body.actions.indices.map { index in
            Self.createdID(of: body, key, sender, context.node.chain, index)
                .map { JSONValue.string($0) } ?? .null
        }
        return .answer(
            at: context.replica.read { $0.header.height }, final: context.node.finalHeight,
            [
                ("id", .string(Hash256.sha256(bytes).hex)),
                ("body", .string(Data(bytes).base64EncodedString())),
                ("signing_tag", .string(SigningTag.transaction.rawValue)),
                ("chain", .string(context.node.chain.hex)), ("sender", .string(sender.text)),
                ("public_key", .string(key.hex)), ("nonce", .string(String(body.nonce))),
                ("expires_at", .time(Timestamp(milliseconds: body.expiresAtMs))),
                ("created_ids", .array(ids)),
            ])
    }

    /// The id of what the action creates; nil when it creates nothing that has one.
    private static func createdID(
        of body: TransactionBody, _ key: PublicKey, _ sender: AccountID, _ chain: ChainID,
        _ index: Int
    ) -> String? {
        func id<Kind>(_ kind: Identifier<Kind>.Type) -> String {
            Identifier<Kind>(
                chain: chain, sender: sender, key: key, nonce: body.nonce, actionIndex: index
            ).text
        }
        switch body.actions[index].module {
        case .market(let market):
            switch market.action {
            case .publishOffer, .answerRequest: return id(OfferID.self)
            case .publishRequest: return id(RequestID.self)
            default: return nil
            }
        case .resources(let resources):
            if case .registerResource = resources.action { return id(ResourceID.self) }
        case .agreements(let agreements):
            if case .openAgreement = agreements.action { return id(AgreementID.self) }
        case .alliance(let alliance):
            if case .propose = alliance.action { return id(ProposalID.self) }
        case .reputation(let reputation):
            if case .raiseFlag = reputation.action { return id(FlagID.self) }
        default: break
        }
        return nil
    }
}
