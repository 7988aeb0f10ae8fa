import KoinonLedger
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

extension Finality {
    /// An entry of the order carries a member's attestation of a block.
    fileprivate mutating func note(_ name: String, of header: BlockHeader, epoch: UInt64 = 0) {
        noteInOrder(Self.attestation(name, of: header), epoch: epoch)
    }

    fileprivate static func attestation(
        _ name: String, of header: BlockHeader, as tag: SigningTag = .attestation
    ) -> Attestation {
        let key = TestHome.nodeKey(of: name)
        let right = key.sign(Attestation.body(of: header), as: .attestation)
        let signature = key.sign(Attestation.body(of: header), as: tag).signature
        return Attestation(
            Envelope(body: right.body, publicKey: right.publicKey, signature: signature),
            chain: header.chain)!
    }
}

@Suite("What the order shows of blocks that it does not close")
struct AttestedAheadTests {
    private static let names = ["alfa", "bravo", "carol", "delta"]
    private let four = HeaderChain.members(names)

    /// Of an alliance whose first blocks are taken up, and of those that come.
    private func begun(
        _ judges: MemberSet, blocks: Int = 2, epoch: UInt64 = 0
    ) -> (finality: Finality, coming: [BlockHeader]) {
        var chain = HeaderChain(judges)
        var finality = Finality(finalHeight: .genesis, judgeSets: [(Height(1), judges)])
        for _ in 0..<blocks { finality.add(chain.next(judges), judgedBy: judges) }
        let coming = (0..<5).map { _ in
            var header = chain.next(judges)
            header.epoch = epoch
            return header
        }
        return (finality, coming)
    }

    @Test(arguments: zip(3...7, [1, 1, 1, 1, 2]))
    func `shows another order once more than may lie have signed them`(
        members: Int, mayLie: Int
    ) {
        let names = Array(MemberID.names.prefix(members))
        var (finality, coming) = begun(HeaderChain.members(names))
        for name in names.prefix(mayLie) {
            // However many: one liar signs what it likes.
            for header in coming { finality.note(name, of: header) }
            #expect(finality.attestedAhead == nil)
        }
        finality.note(names[mayLie], of: coming[1])
        let found = finality.attestedAhead
        #expect(found?.tip == Height(2) && found?.judges == members)
        #expect(found?.attestations.map(\.member.rawValue) == Array(names.prefix(mayLie + 1)))
        let words = "\(mayLie + 1) of \(members) members"
        #expect(found?.description.contains(words) == true)
        #expect(found?.description.contains("shown another order than the others") == true)
        #expect(found?.description.contains("start it again") == true)
        // It may have closed a block without them before it noticed.
        #expect(found?.description.contains("compare that block with another node's") == true)
    }

    /// One false signature could stop the others' nodes for ever.
    @Test(arguments: 1...2) func `takes nobody's word alone`(members: Int) {
        let names = Array(MemberID.names.prefix(members))
        var (finality, coming) = begun(HeaderChain.members(names))
        for header in coming { finality.note(names[members - 1], of: header) }
        #expect(finality.attestedAhead == nil)
    }

    /// It has closed a block without what is hidden: reading anew behind that helps it no more.
    @Test func `tells of a block beside which they have another one`() {
        for others in [["alfa"], ["alfa", "bravo"]] {
            var (finality, coming) = begun(four)
            finality.add(coming[0], judgedBy: four)
            let theirs = HeaderChain.header(
                coming[0].height, coming[0].parent, four, four, time: 99)
            for name in others {
                let verdict = finality.count(
                    Finality.attestation(name, of: theirs), hashAt: { _ in nil })
                #expect(verdict == .elsewhere)
            }
            for name in ["alfa", "bravo"] { finality.note(name, of: coming[1]) }
            let found = finality.attestedAhead
            #expect(found?.tip == coming[0].height)
            #expect(finality.quorumElsewhere == nil)
            // One alone may lie.
            let hasParted = others.count > 1
            #expect(found?.parted == (hasParted ? coming[0].height : nil))
            #expect(found?.description.contains("start it again") == !hasParted)
            #expect(found?.description.contains("It has closed block 3 without") == hasParted)
        }
    }

    @Test func `shows it also where they have gone on far beyond`() {
        var (finality, _) = begun(four)
        let far = HeaderChain.header(
            Height(2 + 10 * Finality.ahead), .zero, four, four, time: 9)
        finality.note("bravo", of: far)
        finality.note("carol", of: far)
        #expect(finality.attestedAhead != nil)
    }

    /// Every block of a batch of entries is added before what the entries carry is looked at.
    @Test func `says nothing of blocks that entries up to there have closed`() {
        var (finality, coming) = begun(four)
        for header in coming { finality.add(header, judgedBy: four) }
        for name in Self.names {
            for header in coming { finality.note(name, of: header) }
        }
        #expect(finality.attestedAhead == nil)
    }

    /// As a liar's stays that signed one far ahead.
    @Test func `forgets what its chain has come up to`() {
        var (finality, coming) = begun(four)
        finality.note("alfa", of: coming[0])
        finality.add(coming[0], judgedBy: four)
        finality.note("bravo", of: coming[1])
        finality.add(coming[1], judgedBy: four)
        finality.note("carol", of: coming[4])
        #expect(finality.attestedAhead == nil)
        finality.note("alfa", of: coming[3])
        #expect(finality.attestedAhead?.attestations.map(\.member) == [.alfa, .carol])
    }

    @Test func `takes nobody's word without a signature, and not that of strangers`() {
        var (finality, coming) = begun(four)
        finality.noteInOrder(
            Finality.attestation("alfa", of: coming[0], as: .entry), epoch: 0)
        for name in ["bravo", "mallory", "zulu"] { finality.note(name, of: coming[0]) }
        #expect(finality.attestedAhead == nil)
        finality.note("alfa", of: coming[0])
        #expect(finality.attestedAhead != nil)
    }

    /// Those of blocks that a ceremony dropped are carried on.
    @Test func `says nothing by what was signed in another epoch`() {
        for (signed, read) in [(0, 1), (1, 0), (1, 2)] as [(UInt64, UInt64)] {
            var (finality, coming) = begun(four, epoch: signed)
            for name in Self.names {
                for header in coming { finality.note(name, of: header, epoch: read) }
            }
            #expect(finality.attestedAhead == nil)
        }
    }

    /// Who signed a record that did not come about has signed its base in the new epoch, without
    /// having read it there; anybody may put that into the order.
    @Test func `takes one signature of each behind a ceremony for that of a base`() {
        var (finality, coming) = begun(four, epoch: 1)
        for name in Self.names {
            finality.note(name, of: coming[0], epoch: 1)
            finality.note(name, of: coming[0], epoch: 1)
        }
        #expect(finality.attestedAhead == nil)
        finality.note("bravo", of: coming[1], epoch: 1)
        #expect(finality.attestedAhead == nil)
        finality.note("carol", of: coming[2], epoch: 1)
        #expect(finality.attestedAhead?.attestations.map(\.member) == [.bravo, .carol])
        #expect(finality.attestedAhead?.attestations.map(\.attestation.height).max() == Height(5))
    }

    /// Who judges behind a change of members is known with the block after it: until then those
    /// before count, who read the order too. One who is new to it counts with the next block.
    @Test func `goes by the members who judge as far as is known`() {
        let five = HeaderChain.members(Self.names + ["echo"])
        var chain = HeaderChain(four)
        var finality = Finality(finalHeight: .genesis, judgeSets: [(Height(1), four)])
        finality.add(chain.next(four, naming: five), judgedBy: four)
        var known = finality
        let coming = (0..<3).map { _ in chain.next(five) }
        known.add(coming[0], judgedBy: five)
        for name in ["alfa", "echo"] { finality.note(name, of: coming[1]) }
        #expect(finality.attestedAhead == nil)
        for name in ["alfa", "echo"] { known.note(name, of: coming[1]) }
        #expect(known.attestedAhead?.judges == 5)
        finality.note("bravo", of: coming[1])
        #expect(finality.attestedAhead?.judges == 4)
        #expect(finality.attestedAhead?.attestations.map(\.member) == [.alfa, .bravo])
    }

    /// A renewed key is another member's as far as this chain knows.
    @Test func `does not know keys that blocks to come register`() {
        var (finality, coming) = begun(four)
        finality.note("alfa", of: coming[2])
        finality.note("another key of bravo", of: coming[2])
        #expect(finality.attestedAhead == nil)
    }

    /// A silenced member is one of those who lie: it does not make the others more.
    @Test func `counts who is silenced among those who may lie`() {
        var chain = HeaderChain(four)
        var finality = Finality(finalHeight: .genesis, judgeSets: [(Height(1), four)])
        finality.add(chain.next(four), judgedBy: four, silenced: [.carol])
        let coming = [chain.next(four), chain.next(four)]
        for header in coming { finality.note("carol", of: header) }
        #expect(finality.attestedAhead == nil)
        finality.note("alfa", of: coming[0])
        #expect(finality.attestedAhead != nil)
    }

    private func attester() -> Attester {
        Attester(
            chain: HeaderChain.chain, hosted: [],
            finality: Finality(finalHeight: .genesis, judgeSets: [(Height(1), four)]))
    }

    /// Behind a restart the place in the order may be an earlier one, and a peer or a file has no
    /// place in it: what is known from there says nothing.
    @Test func `says nothing where the attestations did not come from the order that is read`() {
        var chain = HeaderChain(four)
        let coming = (0..<3).map { _ in chain.next(four) }
        var attester = attester()
        for name in Self.names {
            for header in coming {
                let signed = Finality.attestation(name, of: header).envelope
                let seen = attester.count(carried: signed.message) { _ in nil }
                #expect(seen.verdict == .early)
            }
        }
        #expect(attester.finality.attestedAhead == nil)
        // One that the order shows as well is one.
        let signed = Finality.attestation("alfa", of: coming[0]).envelope
        _ = attester.count(carried: signed.message, inOrderOf: 0) { _ in nil }
        #expect(attester.finality.attestedAhead == nil)
    }

    /// Signing runs beside the batches that come: what the last one closed is not to be signed when
    /// the same batch showed that entries are missing.
    @Test func `lets nothing more be signed`() {
        var chain = HeaderChain(four)
        let carol = HostedMember(id: .carol, nodeKey: TestHome.nodeKey(of: "carol"))
        var attester = Attester(
            chain: HeaderChain.chain, hosted: [(carol, .fresh(carol, chain.header))],
            finality: Finality(finalHeight: .genesis, judgeSets: [(Height(1), four)]))
        attester.add(chain.next(four), judgedBy: four)
        #expect(attester.sign().attestations.map(\.height) == [Height(1)])
        attester.add(chain.next(four), judgedBy: four)
        let coming = chain.next(four)
        for name in ["alfa", "bravo"] {
            let signed = Finality.attestation(name, of: coming).envelope
            _ = attester.count(carried: signed.message, inOrderOf: 0) { _ in nil }
        }
        #expect(attester.finality.attestedAhead?.tip == Height(2))
        #expect(attester.sign().isEmpty)
    }

    @Test func `is seen by the attester in what entries carry, in whosever`() {
        var chain = HeaderChain(four)
        let coming = (0..<2).map { _ in chain.next(four) }
        var attester = attester()
        for name in ["delta", "bravo"] {
            let signed = Finality.attestation(name, of: coming[1]).envelope
            let seen = attester.count(carried: signed.message, inOrderOf: 0) { _ in nil }
            #expect(seen.verdict == .early)
        }
        let found = attester.finality.attestedAhead
        #expect(found?.tip == .genesis)
        #expect(found?.attestations.map(\.member.rawValue) == ["bravo", "delta"])
    }
}
