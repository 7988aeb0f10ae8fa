import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol

/// What a client is told of a transaction, in every answer that speaks of one.
public struct Verdict: Sendable {
    public enum Status: String, Sendable, CaseIterable {
        /// Waits for a block, or for that block to be durable.
        case pending
        /// Not taken; leaves no trace.
        case refused
        /// In a block's entry, without effect; the nonce is free.
        case ignored
        case done
        /// In a block with a code; no other effect, the nonce is used.
        case rejected
        /// Its time ran out before a block took it.
        case expired
    }

    public var id: Hash256
    public var status: Status
    public var height: Height?
    public var leaf: Int?
    public var receipt: Receipt?
    /// Stable name of why, for what is neither done nor on its way.
    public var code: String?
    /// In words.
    public var meaning: String?
    public var remedy: String?
    /// The part of the transaction that a refusal or rejection is about.
    public var field: String?
    /// Whether the pool was full: the same bytes may be taken a moment later.
    public var isPoolFull = false

    init(id: Hash256, status: Status) {
        self.id = id
        self.status = status
    }

    public init(_ id: Hash256, _ status: Node.SubmissionStatus) {
        self.init(id: id, status: .pending)
        switch status {
        case .pending: break
        case .unknown:
            code = "outcomeUnknown"
            meaning = "the node stopped before the outcome was known"
            remedy = "send the same bytes again, here or to another node"
        case .refused(let refusal): set(refusal)
        case .settled(_, let outcome): set(outcome)
        }
    }

    public init(_ id: Hash256, _ outcome: TransactionOutcome) {
        self.init(id: id, status: .done)
        set(outcome)
    }

    private mutating func set(_ refusal: Refusal) {
        status = .refused
        code = refusal.code
        meaning = refusal.description
        switch refusal {
        case .fault(let fault):
            remedy = "make the transaction anew; docs/formats/transaction.md says of what form"
            meaning = fault.description
        case .ignored(let reason):
            if reason == .expired { status = .expired }
            meaning = "the ledger would ignore it now: \(reason.rawValue)"
            remedy = reason.remedy
        case .poolFull:
            isPoolFull = true
            remedy = "send the same bytes again in a moment"
        case .hostsNoMember: remedy = "send it to another member's node"
        }
    }

    private mutating func set(_ outcome: TransactionOutcome) {
        switch outcome {
        case .executed(let height, let leaf, let receipt):
            self.height = height
            self.leaf = leaf
            self.receipt = receipt
            status = receipt.code == 0 ? .done : .rejected
            guard receipt.code != 0 else { return }
            let known = Modules.rejectionMeanings[receipt.code]
            code = known?.name ?? "code\(receipt.code)"
            // May quote the transaction, for instance a name that nobody knows.
            let quoted = JSONText.harmless(receipt.detail, atMost: 66)
            let detail = quoted.isEmpty ? "" : ": \(quoted)"
            meaning = "action \(receipt.actionIndex) was rejected, \(code ?? "")\(detail)"
            remedy = known?.remedy
            let place = "actions[\(receipt.actionIndex)]"
            field = receipt.field.isEmpty ? place : "\(place).\(receipt.field)"
        case .ignored(let height, let reason):
            status = .ignored
            self.height = height
            code = reason.rawValue
            meaning = "the block ignored it: \(reason.rawValue)"
            remedy = reason.remedy
        case .expired:
            status = .expired
            code = IgnoredReason.expired.rawValue
            meaning = "its time ran out before a block took it"
            remedy = IgnoredReason.expired.remedy
        }
    }

    /// - Parameters:
    ///   - finalHeight: the chain's, for what is in a block.
    ///   - showsReceipt: whether with the receipt's events.
    public func value(finalHeight: Height, showsReceipt: Bool = false) -> JSONValue {
        var members: [(String, JSONValue)] = [
            ("id", .string(id.hex)), ("status", .string(status.rawValue)),
        ]
        if let height {
            members.append(("height", .number(height.rawValue)))
            if let leaf { members.append(("leaf", .number(leaf))) }
            members.append(("final", .bool(height <= finalHeight)))
        }
        if let receipt, receipt.code != 0 {
            members.append(("receipt_code", .number(UInt64(receipt.code))))
        }
        for (name, text) in [
            ("code", code), ("meaning", meaning), ("field", field), ("remedy", remedy),
        ] {
            if let text { members.append((name, .string(text))) }
        }
        if showsReceipt, let receipt {
            members.append(("receipt", .raw(receipt.jsonForm(pretty: false))))
        }
        return .object(members)
    }
}
