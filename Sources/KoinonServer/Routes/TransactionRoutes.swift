import Hummingbird
import KoinonLedger
import KoinonNode
import KoinonProtocol

/// What became of one transaction.
struct TransactionRoutes {
    let context: ServerContext

    func add(to router: Router<KoinonRequestContext>) {
        router.getApart("/v1/transactions/{id}") { request, requestContext in
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
            let verdict = try verdictWithoutTrace(id, isWaiting: isWaiting)
                .value(finalHeight: progress.finalHeight)
            return .answer(
                at: progress.height, final: progress.finalHeight, [("transaction", verdict)])
        }
        let verdict = Verdict(id, outcome)
            .value(finalHeight: progress.finalHeight, showsReceipt: true)
        var members = [("transaction", verdict)]
        if let envelope {
            let body = try TransactionBody(strict: envelope.body)
            members.append(("public_key", .string(envelope.publicKey.hex)))
            members.append(("signature", .string(Hex.encode(envelope.signature.bytes))))
            members.append(("body", .raw(body.jsonForm(pretty: false))))
        }
        return .answer(at: progress.height, final: progress.finalHeight, members)
    }

    /// Of one that no block has executed.
    private func verdictWithoutTrace(_ id: Hash256, isWaiting: Bool) throws -> Verdict {
        if isWaiting { return Verdict(id, .pending(id)) }
        if let outcome = context.node.recentOutcome(of: id) { return Verdict(id, outcome) }
        throw Problem.notFound(
            "transaction \(id)",
            remedy:
                "refused ones leave no trace, ignored and expired ones none for long: send it again, or check its id"
        )
    }
}
