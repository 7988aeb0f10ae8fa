import KoinonLedger
import KoinonProtocol
import KoinonStore
import Synchronization

/// ``UncarriedAttestations`` between the committer, which fills it and sees in the order what
/// was carried, and the proposer, which empties it.
final class AttestationOutbox: Sendable {
    private struct State {
        var attestations = UncarriedAttestations()
        /// How often signatures were said to come, and up to which of these they have.
        var expected = 0
        var settled = 0
    }

    private let state = Mutex(State())

    /// How many wait for an entry.
    var count: Int { state.withLock { $0.attestations.waitingCount } }

    /// Whether attestations are being made that will wait soon.
    var isExpecting: Bool { state.withLock { $0.settled < $0.expected } }

    func expect() { state.withLock { $0.expected += 1 } }

    /// How many times were expected so far: what is signed from now on settles them.
    var expected: Int { state.withLock { $0.expected } }

    /// - Parameter expected: what they settle.
    func add(_ attestations: [StoredAttestation], settling expected: Int = 0) {
        state.withLock { state in
            state.attestations.add(attestations)
            state.settled = max(state.settled, expected)
        }
    }

    func take(limit: Int) -> [Signed] { state.withLock { $0.attestations.take(limit: limit) } }

    /// As ``UncarriedAttestations/saw(_:)``.
    func saw(_ attestations: [Signed]) -> [PublicKey: Height] {
        state.withLock { $0.attestations.saw(attestations) }
    }

    /// As if they had not been taken: they are the next.
    func putBack(_ attestations: [Signed]) { state.withLock { $0.attestations.lost(attestations) } }
}
