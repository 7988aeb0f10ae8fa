import KoinonLedger
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

@Suite("Attestations until the order shows them")
struct UncarriedAttestationsTests {
    private let judges = HeaderChain.members("alfa", "bravo")

    private func attestation(_ name: MemberID, _ height: UInt64) -> StoredAttestation {
        let header = HeaderChain.header(Height(height), .zero, judges, judges, time: height)
        return StoredAttestation(
            height: Height(height), member: name,
            envelope: TestHome.nodeKey(of: name.rawValue).sign(
                Attestation.body(of: header), as: .attestation))
    }

    @Test func `go into entries in order, once, and again when an entry is lost`() {
        var uncarried = UncarriedAttestations()
        let all = (1...5).map { attestation(.alfa, $0) }
        uncarried.add(all)
        uncarried.add(all)
        #expect(uncarried.waitingCount == 5)
        let first = uncarried.take(limit: 2)
        #expect(first == all[..<2].map(\.envelope.message))
        let second = uncarried.take(limit: 10)
        #expect(second == all[2...].map(\.envelope.message))
        #expect(uncarried.take(limit: 10).isEmpty)
        #expect(uncarried.count == 5, "they have no place yet")
        uncarried.lost(first)
        uncarried.lost(first)
        #expect(uncarried.take(limit: 10) == first)
        _ = uncarried.saw(second)
        uncarried.lost(second)
        #expect(uncarried.waitingCount == 0, "what the order showed is not lost")
        _ = uncarried.saw(first)
        #expect(uncarried.count == 0)
    }

    @Test func `tell up to which height the order has shown all of a key`() {
        var uncarried = UncarriedAttestations()
        let alfa = (1...5).map { attestation(.alfa, $0) }
        uncarried.add(alfa)
        uncarried.add([attestation(.bravo, 3)])
        let key = TestHome.nodeKey(of: "alfa").publicKey
        let (one, two) = (alfa.map(\.envelope.message), attestation(.carol, 9).envelope.message)
        #expect(uncarried.saw([two]).isEmpty, "somebody else's")
        #expect(uncarried.saw([one[1], one[4]]) == [key: .genesis])
        #expect(uncarried.saw([one[0]]) == [key: Height(2)])
        #expect(uncarried.saw([one[0]]).isEmpty)
        #expect(uncarried.saw([one[2], one[3]]) == [key: Height(5)])
        #expect(uncarried.waitingCount == 1)
    }

    @Test func `take a signature for carried only if it is the same, byte for byte`() {
        var uncarried = UncarriedAttestations()
        let one = attestation(.alfa, 1)
        uncarried.add([one])
        var forged = one.envelope.message
        forged.body.append(0)
        #expect(uncarried.saw([forged, Signed()]).isEmpty)
        #expect(uncarried.count == 1)
    }
}
