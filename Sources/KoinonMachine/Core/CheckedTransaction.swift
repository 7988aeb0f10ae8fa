import KoinonLedger
import KoinonProtocol

/// Why no one could ever accept these bytes as a transaction of this chain.
public enum TransactionFault: Error, Equatable, Sendable, CustomStringConvertible {
    case tooLarge(bytes: Int)
    case malformed(String)
    case wrongChain
    case senderLength(Int)
    case nonceZero
    case actionCount(Int)
    case emptyAction(index: Int)
    case memoTooLong(bytes: Int)
    case badSignature

    public var description: String {
        switch self {
        case .tooLarge(let bytes):
            "transaction: \(bytes) bytes; at most \(TransactionLimits.bytes), so split it"
        case .malformed(let detail): "body: \(detail)"
        case .wrongChain: "chain: made for another alliance; use this alliance's genesis file"
        case .senderLength(let count): "sender: \(count) bytes; an account id has 20"
        case .nonceZero: "nonce: 0; nonces start at 1"
        case .actionCount(let count):
            "actions: \(count); a transaction has 1 to \(TransactionLimits.actions)"
        case .emptyAction(let index): "actions[\(index)]: says nothing; name one action"
        case .memoTooLong(let bytes): "memo: \(bytes) bytes; at most \(TransactionLimits.memoBytes)"
        case .badSignature:
            "signature: does not fit the body and key; sign again with the right key"
        }
    }
}

/// A transaction whose form, size, chain and signature hold; only the state can still say no.
///
/// A class, since it goes through many hands, and its parts would be counted at each.
public final class CheckedTransaction: Sendable {
    public let envelope: Envelope
    /// SHA-256 of the body.
    public let id: Hash256
    public let body: TransactionBody
    public let sender: AccountID

    public var key: PublicKey { envelope.publicKey }

    /// Whether the signature still has to be checked, or was by this node before.
    public enum SignatureCheck: Sendable {
        case now
        case doneBefore
    }

    /// Checks everything that needs no state.
    ///
    /// - Throws: the first ``TransactionFault`` in the order of its cases.
    public init(
        _ envelope: Envelope, chain: ChainID, signature: SignatureCheck = .now
    ) throws(TransactionFault) {
        guard envelope.body.count + 96 <= TransactionLimits.bytes else {
            throw .tooLarge(bytes: envelope.body.count + 96)
        }
        do throws(MessageFault) {
            body = try TransactionBody(strict: envelope.body)
        } catch {
            throw .malformed(error.description)
        }
        guard ChainID(body.chain) == chain else { throw .wrongChain }
        guard let sender = AccountID(body.sender) else { throw .senderLength(body.sender.count) }
        guard body.nonce > 0 else { throw .nonceZero }
        guard (1...TransactionLimits.actions).contains(body.actions.count) else {
            throw .actionCount(body.actions.count)
        }
        for (index, action) in body.actions.enumerated() where Modules.number(of: action) == nil {
            throw .emptyAction(index: index)
        }
        guard body.memo.utf8.count <= TransactionLimits.memoBytes else {
            throw .memoTooLong(bytes: body.memo.utf8.count)
        }
        if signature == .now, !envelope.isAuthentic(as: .transaction) { throw .badSignature }
        self.envelope = envelope
        self.sender = sender
        id = envelope.bodyHash
    }
}
