import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol

/// Steps as the signed bytes that a ledger takes.
extension World {
    func envelope(of step: EntryStep) -> Envelope {
        var body = EntryBody()
        body.chain = Data(genesis.chain.bytes)
        body.epoch = step.epoch
        body.author = step.author
        body.sequence = sequence(of: step)
        body.clockMs = step.clockMs
        body.transactions = step.transactions.map { envelope(of: $0).message }
        let signer = Setting.nodeKey(of: step.signedBy ?? step.author)
        return keys.key(signer).sign(body.encoded, as: .entry)
    }

    func sequence(of step: EntryStep) -> UInt64 {
        let last = reference.authors[step.author]?.sequence ?? 0
        let wanted = Int64(last) + 1 + Int64(step.sequenceOffset)
        return UInt64(max(0, wanted))
    }

    func envelope(of step: TransactionStep) -> Envelope {
        step.envelope(chain: genesis.chain, keys: keys)
    }

    /// Whether no one could ever accept one of the transactions, by the plain rules of
    /// docs/formats/transaction.md.
    func isVoid(_ steps: [TransactionStep]) -> Bool {
        for (index, step) in steps.enumerated() {
            if step.flaw != nil || step.nonce == 0 || step.sender.count != 20 { return true }
            if step.actions.isEmpty || step.actions.count > 100 { return true }
            if step.actions.contains(where: { $0.module == nil }) { return true }
            if step.memo.utf8.count > 140 { return true }
            // The id is the body's hash, whoever signs it.
            if steps[..<index].contains(where: { $0.hasBody(of: step) }) { return true }
            if envelope(of: step).packed.count > 65_536 { return true }
        }
        return false
    }
}

extension TransactionStep {
    /// The signed bytes that a ledger takes.
    func envelope(chain: ChainID, keys: KeyChest) -> Envelope {
        var body = TransactionBody()
        body.chain = Data(chain.bytes)
        body.sender = Data(sender)
        body.nonce = nonce
        body.expiresAtMs = expiresAtMs
        body.actions = actions
        body.memo = memo
        if flaw == .otherChain { body.chain[0] ^= 1 }
        var bytes = body.encoded
        switch flaw {
        // Field 15 of no type that a transaction has: a tag and one byte.
        case .unknownField: bytes += [0x78, 0x01]
        case .cut: bytes.removeLast()
        case .oversized:
            body.memo = String(repeating: "m", count: TransactionLimits.bytes)
            bytes = body.encoded
        default: break
        }
        let envelope = keys.key(key).sign(bytes, as: .transaction)
        guard flaw == .signature else { return envelope }
        var signature = envelope.signature.bytes
        signature[3] ^= 1
        return Envelope(
            body: envelope.body, publicKey: envelope.publicKey,
            signature: Signature(signature) ?? envelope.signature)
    }

    fileprivate func hasBody(of other: TransactionStep) -> Bool {
        sender == other.sender && nonce == other.nonce && expiresAtMs == other.expiresAtMs
            && memo == other.memo && actions == other.actions
    }
}
