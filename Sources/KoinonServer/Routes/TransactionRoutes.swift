import Hummingbird
import KoinonLedger
import KoinonNode
import KoinonProtocol

/// What became of one transaction.
struct TransactionRoutes {
    let context: ServerContext

    func add(to router: Router<KoinonRequestContext>) {
        router.get("/v1/transactions/{id}") { request, requestContext in
            Answer.json(try transaction(try Query(request, requestContext).hash("id")))
        }
    }

    private func transaction(_ id: Hash256) throws -> JSONValue {
        // Asked before the store: what leaves the pool is in the store by then.
        let isWaiting = context.node.isWaiting(id)
        let progress = context.node.progress.current
        let found = try context.store.read { reader in
            try reader.outcome(of: id).map { ($0, try reader.signedTransaction(id)?.0) }
        }
        guard let (outcome, envelope) = found else {
            guard isWaiting else {
                throw Problem.notFound(
                    "transaction \(id)",
                    remedy:
                        "refused, ignored and expired ones leave no trace: send it again, or check its id"
                )
            }
            return [
                "height": .number(progress.height.rawValue),
                "transaction": Verdict(id, .pending(id)).value(finalHeight: progress.finalHeight),
            ]
        }
        var members: [(String, JSONValue)] = [
            ("height", .number(progress.height.rawValue)),
            (
                "transaction",
                Verdict(id, outcome).value(finalHeight: progress.finalHeight, showsReceipt: true)
            ),
        ]
        if let envelope {
            let body = try TransactionBody(strict: envelope.body)
            members.append(("public_key", .string(envelope.publicKey.hex)))
            members.append(("signature", .string(Hex.encode(envelope.signature.bytes))))
            members.append(("body", .raw(body.jsonForm(pretty: false))))
        }
        return .object(members)
    }
}
