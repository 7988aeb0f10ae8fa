import KoinonLedger
import KoinonProtocol

/// Attestations that count for no block of this chain, or not yet: their block has not come,
/// or it is another than this chain's.
///
/// Bounded for each key, so that a member that signs without end takes nobody else's room.
struct StrayAttestations: Sendable {
    private struct Place: Hashable {
        var height: Height
        var epoch: UInt64
    }

    /// Attestations of one key that are kept; beyond them the highest go.
    static let keptOfOneKey = 256

    private var byKey: [PublicKey: [Place: Attestation]] = [:]

    /// The one that the key made at this height in this epoch, if it is kept.
    func attestation(by key: PublicKey, at height: Height, epoch: UInt64) -> Attestation? {
        byKey[key]?[Place(height: height, epoch: epoch)]
    }

    /// The lowest that the key made below a height in this epoch.
    func lowest(by key: PublicKey, below height: Height, epoch: UInt64) -> Attestation? {
        byKey[key]?.values.filter { $0.height < height && $0.epoch == epoch }
            .min { $0.height < $1.height }
    }

    mutating func keep(_ attestation: Attestation) {
        let place = Place(height: attestation.height, epoch: attestation.epoch)
        byKey[attestation.publicKey, default: [:]][place] = attestation
        guard let kept = byKey[attestation.publicKey], kept.count > Self.keptOfOneKey,
            let highest = kept.keys.max(by: {
                ($0.height, $0.epoch) < ($1.height, $1.epoch)
            })
        else { return }
        byKey[attestation.publicKey]?[highest] = nil
    }

    mutating func drop(_ attestation: Attestation) {
        let place = Place(height: attestation.height, epoch: attestation.epoch)
        byKey[attestation.publicKey]?[place] = nil
        if byKey[attestation.publicKey]?.isEmpty == true { byKey[attestation.publicKey] = nil }
    }

    /// Those of a height, ascending by key and epoch.
    func all(at height: Height) -> [Attestation] {
        byKey.values.flatMap { $0.filter { $0.key.height == height }.map(\.value) }
            .sorted { ($0.publicKey, $0.epoch) < ($1.publicKey, $1.epoch) }
    }

    /// Forgets those below a height.
    mutating func forget(below height: Height) {
        for (key, kept) in byKey {
            let left = kept.filter { $0.key.height >= height }
            if left.count < kept.count { byKey[key] = left.isEmpty ? nil : left }
        }
    }
}
