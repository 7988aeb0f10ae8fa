import KoinonLedger
import KoinonProtocol
import KoinonStore

/// Attestations of the members hosted here that the order has not shown yet.
///
/// An entry takes them along; they stay here until the order shows them, and are carried
/// again when that entry was lost, for instance in a crash. Every height of every member is
/// carried, also below what is final here: another node may lack it for a block that changes
/// the members.
public struct UncarriedAttestations: Sendable {
    private struct Item {
        var attestation: StoredAttestation
        /// In an entry that is under way.
        var isUnderWay = false
    }

    private let carriesAgain: Bool
    private var items: [Signature: Item] = [:]
    /// Those not under way, in the order in which they are to go.
    private var waiting: [Signature] = []
    /// The highest block attested with each key.
    private var highest: [PublicKey: Height] = [:]

    public init(rules: AllianceRules = .standard) {
        carriesAgain = rules.carriesAgain
    }

    /// How many wait for an entry.
    public var waitingCount: Int { waiting.count }

    /// How many the order has not shown, those under way included.
    public var count: Int { items.count }

    public mutating func add(_ attestations: [StoredAttestation]) {
        for attestation in attestations {
            let signature = attestation.envelope.signature
            guard items[signature] == nil else { continue }
            items[signature] = Item(attestation: attestation)
            waiting.append(signature)
            let key = attestation.envelope.publicKey
            highest[key] = max(highest[key] ?? .genesis, attestation.height)
        }
    }

    /// The next ones for an entry, oldest first; they are under way from now on.
    public mutating func take(limit: Int) -> [Signed] {
        let taken = waiting.prefix(limit)
        waiting.removeFirst(taken.count)
        return taken.compactMap { signature in
            items[signature]?.isUnderWay = true
            return items[signature]?.attestation.envelope.message
        }
    }

    /// The order has shown these, in whosever entry.
    ///
    /// - Returns: for each key that one of them belongs to, up to which height the order has
    ///   shown all of its attestations.
    public mutating func saw(_ attestations: [Signed]) -> [PublicKey: Height] {
        var keys: Set<PublicKey> = []
        var wasWaiting = false
        for signed in attestations {
            guard !items.isEmpty, let signature = Signature(signed.signature),
                let item = items[signature], item.attestation.envelope.message == signed
            else { continue }
            items[signature] = nil
            wasWaiting = wasWaiting || !item.isUnderWay
            keys.insert(item.attestation.envelope.publicKey)
        }
        if wasWaiting { waiting.removeAll { items[$0] == nil } }
        guard !keys.isEmpty else { return [:] }
        var through = highest.filter { keys.contains($0.key) }
        for item in items.values {
            let key = item.attestation.envelope.publicKey
            guard let height = through[key], item.attestation.height <= height else { continue }
            through[key] = Height(item.attestation.height.rawValue - 1)
        }
        return through
    }

    /// The entry that had taken these is lost: they go first into the next one.
    public mutating func lost(_ attestations: [Signed]) {
        guard carriesAgain else { return }
        let back = attestations.compactMap { Signature($0.signature) }.filter { signature in
            guard items[signature]?.isUnderWay == true else { return false }
            items[signature]?.isUnderWay = false
            return true
        }
        waiting.insert(contentsOf: back, at: 0)
    }
}
