import Foundation
import KoinonLedger
import KoinonProtocol

/// A signed transaction, ready to be sent.
public struct BuiltTransaction: Hashable, Sendable {
    public let envelope: Envelope
    public let nonce: UInt64
    /// After this moment of block time it will be ignored.
    public let expiresAt: Timestamp

    /// SHA-256 of the body: under this it is looked up later.
    public var id: Hash256 { envelope.bodyHash }
}

/// Why a list of actions makes no transaction.
public enum TransactionBuildingFault: Error, Equatable, CustomStringConvertible {
    case actionCount(Int)
    case memoLength(Int)
    /// Of the packed form.
    case size(Int)
    /// All 2^64 − 1 nonces of the key are used.
    case noncesUsedUp

    public var description: String {
        switch self {
        case .actionCount(let count):
            "a transaction has 1 to \(TransactionLimits.actions) actions, not \(count); "
                + "split it"
        case .memoLength(let count):
            "memo has \(count) bytes; at most \(TransactionLimits.memoBytes) are taken"
        case .size(let count):
            "the transaction has \(count) bytes; at most \(TransactionLimits.bytes) are taken; "
                + "split it"
        case .noncesUsedUp:
            "the key has no nonce left; rotate it"
        }
    }
}

/// Makes signed transactions of one account and key, one nonce after the other.
///
/// What an action creates has an id that is known before anything is sent, so one
/// transaction can book and start:
///
/// ```swift
/// let agreement: AgreementID = builder.nextID(ofAction: 0)
/// let sent = try builder.build(
///     [.openAgreement(offer: offer, start: nil, durationMilliseconds: 1_800_000),
///      .takeTransition("start", of: agreement)],
///     now: now)
/// ```
public struct TransactionBuilder: Sendable {
    public let chain: ChainID
    public let sender: AccountID
    public let key: SigningKey
    /// The nonce of the next transaction. Nonces start at 1; gaps below 1,024 are harmless.
    public var nextNonce: UInt64
    /// From `now` until a transaction expires.
    public var lifetimeMilliseconds: UInt64

    /// - Parameters:
    ///   - nextNonce: one more than the highest that this key used for the account.
    ///   - lifetimeMilliseconds: at most 24 hours count.
    public init(
        chain: ChainID, sender: AccountID, key: SigningKey, nextNonce: UInt64 = 1,
        lifetimeMilliseconds: UInt64 = 3_600_000
    ) {
        self.chain = chain
        self.sender = sender
        self.key = key
        self.nextNonce = nextNonce
        self.lifetimeMilliseconds = lifetimeMilliseconds
    }

    /// The id of what action `index` of the next transaction will create.
    public func nextID<Kind>(ofAction index: Int) -> Identifier<Kind> {
        Identifier(
            chain: chain, sender: sender, key: key.publicKey, nonce: nextNonce,
            actionIndex: index)
    }

    /// Signs the actions with the next nonce and moves on to the one after.
    ///
    /// - Parameters:
    ///   - now: the present ledger time, from which the lifetime counts.
    ///   - memo: at most 140 bytes, public for ever.
    /// - Throws: ``TransactionBuildingFault``; the nonce is then not used.
    public mutating func build(
        _ actions: [Action], now: Timestamp, memo: String = ""
    ) throws(TransactionBuildingFault) -> BuiltTransaction {
        guard (1...TransactionLimits.actions).contains(actions.count) else {
            throw .actionCount(actions.count)
        }
        guard memo.utf8.count <= TransactionLimits.memoBytes else {
            throw .memoLength(memo.utf8.count)
        }
        guard nextNonce < .max else { throw .noncesUsedUp }
        let lifetime = min(lifetimeMilliseconds, TransactionLimits.lifetimeMilliseconds)
        let (end, overflow) = now.milliseconds.addingReportingOverflow(lifetime)
        let expiresAt = overflow ? .maximum : min(Timestamp(milliseconds: end), .maximum)
        var body = TransactionBody()
        body.chain = Data(chain.bytes)
        body.sender = Data(sender.bytes)
        body.nonce = nextNonce
        body.expiresAtMs = expiresAt.milliseconds
        body.actions = actions
        body.memo = memo
        let envelope = key.sign(body.encoded, as: .transaction)
        let size = PublicKey.byteCount + Signature.byteCount + envelope.body.count
        guard size <= TransactionLimits.bytes else { throw .size(size) }
        defer { nextNonce += 1 }
        return BuiltTransaction(envelope: envelope, nonce: nextNonce, expiresAt: expiresAt)
    }
}
