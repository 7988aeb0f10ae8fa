import KoinonLedger
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

@Suite("The attester")
struct AttesterTests {
    private let two = HeaderChain.members("alfa", "bravo")
    private let three = HeaderChain.members("alfa", "bravo", "carol")

    private func makeAttester(hosting names: String..., judges: MemberSet) -> Attester {
        let tip = HeaderChain(judges).header
        return Attester(
            chain: tip.chain,
            hosted: names.map { name in
                let member = HostedMember(
                    id: MemberID(rawValue: name)!, nodeKey: TestHome.nodeKey(of: name))
                return (member, .fresh(member, tip))
            }, finality: Finality(finalHeight: .genesis, judgeSets: [(Height(1), judges)]))
    }

    private func attestation(_ name: String, of header: BlockHeader) -> Signed {
        TestHome.nodeKey(of: name).sign(Attestation.body(of: header), as: .attestation).message
    }

    @Test func `signs each block once for each hosted judge`() throws {
        var chain = HeaderChain(two)
        var attester = makeAttester(hosting: "carol", "bravo", "alfa", judges: two)
        let header = chain.next(two)
        attester.add(header, judgedBy: two)
        let step = attester.sign()
        let signed = step.attestations
        #expect(Set(step.guards.map(\.member)) == [.alfa, .bravo])
        #expect(step.guards.allSatisfy { $0.height == Height(1) && $0.hash == header.hash })
        #expect(Set(signed.map(\.member)) == [.alfa, .bravo])
        for attestation in signed {
            #expect(attestation.envelope.isAuthentic(as: .attestation))
            let read = try #require(Attestation(attestation.envelope, chain: HeaderChain.chain))
            #expect(read.isOf(header))
        }
        #expect(attester.finality.finalHeight == Height(1))
        #expect(attester.sign().isEmpty)
    }

    @Test func `signs no block before it is stored`() {
        var chain = HeaderChain(two)
        var attester = makeAttester(hosting: "alfa", judges: two)
        for _ in 0..<3 { attester.add(chain.next(two), judgedBy: two) }
        let step = attester.sign(through: Height(1))
        #expect(step.attestations.map(\.height) == [Height(1)])
        #expect(step.guards.map(\.height) == [Height(1)])
        #expect(attester.sign(through: Height(1)).isEmpty)
        #expect(
            attester.sign(through: Height(3)).attestations.map(\.height) == [Height(2), Height(3)])
    }

    @Test func `signs for nobody whose node key is another`() {
        var chain = HeaderChain(two)
        let old = HostedMember(id: .alfa, nodeKey: TestHome.key("an old key"))
        var attester = Attester(
            chain: chain.header.chain, hosted: [(old, .fresh(old, chain.header))],
            finality: Finality(finalHeight: .genesis, judgeSets: [(Height(1), two)]))
        attester.add(chain.next(two), judgedBy: two)
        #expect(attester.sign().isEmpty)
    }

    @Test func `signs nothing past an unfinished change, and all of it once that is final`() {
        var chain = HeaderChain(two)
        var attester = makeAttester(hosting: "alfa", judges: two)
        let change = chain.next(two, naming: three)
        attester.add(change, judgedBy: two)
        for _ in 0..<3 { attester.add(chain.next(three), judgedBy: three) }
        #expect(attester.sign().attestations.map(\.height) == [Height(1)])
        #expect(attester.sign().isEmpty)
        let counted = attester.count(carried: attestation("bravo", of: change)) { _ in nil }.stored
        #expect(counted?.member == .bravo)
        #expect(attester.sign().attestations.map(\.height) == [Height(2), Height(3), Height(4)])
        #expect(attester.finality.finalHeight == Height(1))
    }

    @Test func `does not sign again what is stored`() {
        var chain = HeaderChain(two)
        var attester = makeAttester(hosting: "alfa", "bravo", judges: two)
        let header = chain.next(two)
        attester.add(header, judgedBy: two)
        let envelope = TestHome.nodeKey(of: "alfa").sign(
            Attestation.body(of: header), as: .attestation)
        attester.count(StoredAttestation(height: Height(1), member: .alfa, envelope: envelope))
        #expect(attester.sign().attestations.map(\.member) == [.bravo])
        #expect(attester.finality.finalHeight == Height(1))
    }

    @Test func `counts what others attest only if it is of this chain, by a judge, and signed`() {
        var chain = HeaderChain(three)
        var attester = makeAttester(hosting: "alfa", judges: three)
        let first = chain.next(three)
        attester.add(first, judgedBy: three)
        _ = attester.sign()
        var other = first
        other.time = Timestamp(milliseconds: 77)
        var otherEpoch = first
        otherEpoch.epoch = 1
        var otherChain = first
        otherChain.chain = ChainID(Hash256.sha256([1]).bytes)!
        var forged = attestation("bravo", of: first)
        forged.signature[0] ^= 1
        var padded = attestation("bravo", of: first)
        padded.body.append(contentsOf: [0x78, 0x01])
        var epochOnly = AttestationBody()
        epochOnly = try! AttestationBody(strict: Attestation.body(of: first))
        epochOnly.epoch = 1
        let wrongEpoch = TestHome.nodeKey(of: "bravo").sign(epochOnly.encoded, as: .attestation)
        let refused: [(String, Signed)] = [
            ("another block", attestation("bravo", of: other)),
            ("another epoch's header", attestation("bravo", of: otherEpoch)),
            ("another epoch", wrongEpoch.message),
            ("another chain", attestation("bravo", of: otherChain)),
            ("no judge", attestation("mallory", of: first)),
            ("a signature that does not fit", forged),
            ("unknown fields", padded),
            ("an attestation of its own", attestation("alfa", of: first)),
            (
                "signed as an entry",
                TestHome.nodeKey(of: "bravo")
                    .sign(Attestation.body(of: first), as: .entry).message
            ),
            ("nothing", Signed()),
            ("block 0", attestation("bravo", of: HeaderChain(three).header)),
        ]
        for (what, signed) in refused {
            let counted = attester.count(carried: signed) { _ in nil }.stored
            #expect(counted == nil, "\(what)")
            #expect(!attester.finality.hasSigned(.bravo, at: Height(1)), "\(what)")
        }
        for name in ["bravo", "carol"] {
            let counted = attester.count(carried: attestation(name, of: first)) { _ in nil }.stored
            #expect(counted?.height == Height(1))
            #expect(counted?.envelope.message == attestation(name, of: first))
        }
        #expect(attester.finality.finalHeight == Height(1))
        // Late, of a block that is final: still worth storing, by the hash in the store.
        let late = attester.count(carried: attestation("carol", of: first)) { height in
            height == Height(1) ? (first.hash, first.epoch) : nil
        }
        #expect(late.verdict == .known(.carol))
    }
}

extension BranchRule {
    /// Of a member that has signed nothing with its key.
    static func fresh(_ hosted: HostedMember, _ tip: BlockHeader) -> BranchRule {
        BranchRule(
            member: hosted.id, nodeKey: hosted.nodeKey.publicKey,
            record: .fresh(hosted.id, hosted.nodeKey.publicKey), tip: tip, headerAt: { _ in nil })
    }
}
