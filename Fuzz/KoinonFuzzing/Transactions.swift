import KoinonLedger
import KoinonMachine
import KoinonProtocol

extension FuzzTarget {
    /// A transaction in its packed form.
    public static let transactions = FuzzTarget("transactions", maximumBytes: 66_000) { bytes in
        guard
            let envelope = try taken({ () throws(EnvelopeFault) in try Envelope(packed: bytes) })
        else { return }
        try hold(envelope.packed == bytes, "the packed form is not what was read")
        let signed = try MessageProperties.decode(Signed.self, envelope.message.encoded)
        let sent = try signed.flatMap { signed throws(Violation) in
            try taken { () throws(EnvelopeFault) in try Envelope(signed) }
        }
        try hold(sent == envelope, "the form that travels is not what was packed")

        let body = try MessageProperties.decode(TransactionBody.self, envelope.body)
        guard let chain = body.flatMap({ ChainID($0.chain) }) else { return }
        let checked = try taken { () throws(TransactionFault) in
            try CheckedTransaction(envelope, chain: chain, signature: .doneBefore)
        }
        let signedToo = try taken { () throws(TransactionFault) in
            try CheckedTransaction(envelope, chain: chain)
        }
        guard let checked else {
            return try hold(signedToo == nil, "taken only when the signature is checked")
        }
        try hold(
            (signedToo != nil) == envelope.isAuthentic(as: .transaction),
            "two judgements of one signature")
        try hold(checked.body == body, "the checked body is another")
        try hold(
            bytes.count <= TransactionLimits.bytes && checked.body.nonce > 0
                && (1...TransactionLimits.actions).contains(checked.body.actions.count)
                && checked.body.memo.utf8.count <= TransactionLimits.memoBytes
                && Array(checked.body.sender) == checked.sender.bytes
                && checked.id == .sha256(envelope.body),
            "taken beyond a limit")
    }
}
