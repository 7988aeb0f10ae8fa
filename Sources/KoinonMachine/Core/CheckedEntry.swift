import struct Foundation.Data
import KoinonLedger
import KoinonProtocol

/// Bounds on what one entry may be.
public enum EntryLimits {
    /// Packed: body, key and signature.
    public static let bytes = 1_048_576
    public static let attestations = 10_000
    /// Evidence that is looked at; four signatures take a fraction of a millisecond.
    public static let contradictions = 16
}

/// Why an entry cannot be taken at all: it does not even use up a sequence number.
public enum EntryFault: Error, Equatable, Sendable, CustomStringConvertible {
    case tooLarge(bytes: Int)
    case malformed(String)
    case wrongChain
    case wrongEpoch(UInt64)
    case badAuthor(String)
    case badSignature

    public var description: String {
        switch self {
        case .tooLarge(let bytes): "entry: \(bytes) bytes; at most \(EntryLimits.bytes)"
        case .malformed(let detail): "entry body: \(detail)"
        case .wrongChain: "chain: made for another alliance"
        case .wrongEpoch(let epoch): "epoch: \(epoch) is not the one that runs"
        case .badAuthor(let author): "author: \"\(author)\" is no member name"
        case .badSignature: "signature: does not fit the entry"
        }
    }
}

/// An entry whose own form and signature hold.
///
/// When one of its transactions could never be accepted by anyone, the entry is
/// void whole: it uses its author's sequence and does nothing else.
public struct CheckedEntry: Sendable {
    public let envelope: Envelope
    public let author: MemberID
    public let sequence: UInt64
    public let clock: Timestamp
    /// In the order of execution; empty when void.
    public let transactions: [CheckedTransaction]
    /// Attestations count wherever they are seen, in a void entry too.
    public let attestations: [Signed]
    /// It asks members to state their clocks.
    public let asksForClocks: Bool
    /// Node keys that contradicted themselves, as the entry shows; ascending.
    public let contradictors: [PublicKey]
    /// What makes it void; evidence against its author.
    public let void: String?

    /// An entry that this node has just made of transactions it has checked.
    public init(
        own envelope: Envelope, author: MemberID, sequence: UInt64, clock: Timestamp,
        transactions: [CheckedTransaction], attestations: [Signed], asksForClocks: Bool = false,
        contradictors: [PublicKey] = []
    ) {
        self.envelope = envelope
        self.author = author
        self.sequence = sequence
        self.clock = clock
        self.transactions = transactions
        self.attestations = attestations
        self.asksForClocks = asksForClocks
        self.contradictors = contradictors
        void = nil
    }

    /// Whether it says nothing but its author's clock and attestations: nobody answers it.
    public var isBare: Bool { transactions.isEmpty && !asksForClocks }

    /// Checks everything that needs no state.
    ///
    /// - Parameter isKnown: whether this node checked that transaction's signature before.
    /// - Throws: ``EntryFault``
    public init(
        _ envelope: Envelope, chain: ChainID, epoch: UInt64,
        signature: CheckedTransaction.SignatureCheck = .now,
        isKnown: (Envelope) -> Bool = { _ in false }
    ) throws(EntryFault) {
        guard envelope.body.count + 96 <= EntryLimits.bytes else {
            throw .tooLarge(bytes: envelope.body.count + 96)
        }
        let body: EntryBody
        do throws(MessageFault) { body = try EntryBody(strict: envelope.body) } catch {
            throw .malformed(error.description)
        }
        guard ChainID(body.chain) == chain else { throw .wrongChain }
        guard body.epoch == epoch else { throw .wrongEpoch(body.epoch) }
        guard let author = MemberID(rawValue: body.author) else { throw .badAuthor(body.author) }
        if signature == .now, !envelope.isAuthentic(as: .entry) { throw .badSignature }
        self.envelope = envelope
        self.author = author
        sequence = body.sequence
        clock = Timestamp(milliseconds: min(body.clockMs, Timestamp.maximum.milliseconds))
        attestations = Array(body.attestations.prefix(EntryLimits.attestations))
        asksForClocks = body.asksForClocks
        contradictors = Set(
            body.contradictions.prefix(EntryLimits.contradictions).compactMap { pair in
                Self.contradictor(pair, chain: chain)
            }
        ).sorted()
        do throws(VoidReason) {
            transactions = try Self.check(body.transactions, chain: chain, isKnown: isKnown)
            void = nil
        } catch {
            transactions = []
            void = error.text
        }
    }

    /// The key that signed two attestations which no honest member makes.
    private static func contradictor(_ pair: ContradictingPair, chain: ChainID) -> PublicKey? {
        guard let first = try? Envelope(pair.first), let second = try? Envelope(pair.second),
            first.publicKey == second.publicKey,
            let one = try? AttestationBody(strict: first.body),
            let other = try? AttestationBody(strict: second.body),
            ChainID(one.chain) == chain, ChainID(other.chain) == chain,
            one.epoch == other.epoch,
            let hash = Hash256(one.blockHash), let otherHash = Hash256(other.blockHash),
            one.height == other.height
                ? hash != otherHash
                : standsAside(Height(one.height), hash, of: Height(other.height), otherHash, pair),
            first.isAuthentic(as: .attestation), second.isAuthentic(as: .attestation)
        else { return nil }
        return first.publicKey
    }

    /// Whether the pair shows that a block is not the one before another at its height.
    private static func standsAside(
        _ height: Height, _ hash: Hash256, of later: Height, _ laterHash: Hash256,
        _ pair: ContradictingPair
    ) -> Bool {
        guard height < later, let header = try? BlockHeader(encoded: Array(pair.header)),
            header.height == later, header.hash == laterHash,
            let ancestor = Hash256(pair.ancestor), ancestor != hash
        else { return false }
        let path = pair.path.compactMap { Hash256($0) }
        return path.count == pair.path.count
            && MerkleTree.verifyInclusion(
                leafHash: MerkleTree.leafHash(ancestor), index: height.rawValue,
                size: later.rawValue, path: path, root: header.historyRoot)
    }

    private struct VoidReason: Error { var text: String }

    private static func check(
        _ signed: [Signed], chain: ChainID, isKnown: (Envelope) -> Bool
    ) throws(VoidReason) -> [CheckedTransaction] {
        var checked: [CheckedTransaction] = []
        checked.reserveCapacity(signed.count)
        var seen: Set<Hash256> = []
        for (index, message) in signed.enumerated() {
            do {
                let envelope = try Envelope(message)
                let transaction = try CheckedTransaction(
                    envelope, chain: chain, signature: isKnown(envelope) ? .doneBefore : .now)
                guard seen.insert(transaction.id).inserted else {
                    throw VoidReason(text: "transactions[\(index)]: the same id twice in one entry")
                }
                checked.append(transaction)
            } catch let reason as VoidReason {
                throw reason
            } catch {
                throw VoidReason(text: "transactions[\(index)]: \(error)")
            }
        }
        return checked
    }
}
