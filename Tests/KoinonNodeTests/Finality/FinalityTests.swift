import KoinonLedger
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

extension Finality {
    /// Counts a member's attestation of the block that this chain has at that height.
    @discardableResult
    mutating func count(_ name: MemberID, of header: BlockHeader) -> Verdict {
        let envelope = TestHome.nodeKey(of: name.rawValue).sign(
            Attestation.body(of: header), as: .attestation)
        return count(Attestation(envelope, chain: header.chain)!, hashAt: { _ in nil })
    }
}

@Suite("Finality")
struct FinalityTests {
    private let two = HeaderChain.members("alfa", "bravo")
    private let three = HeaderChain.members("alfa", "bravo", "carol")

    /// ⌊2n/3⌋ + 1 of n.
    @Test(arguments: zip(1...7, [1, 2, 3, 3, 4, 5, 5]))
    func `needs more than two thirds of the judges`(members: Int, quorum: Int) {
        let judges = HeaderChain.members(Array(MemberID.names.prefix(members)))
        #expect(judges.quorum == quorum)
        var chain = HeaderChain(judges)
        var finality = Finality(finalHeight: .genesis)
        let header = chain.next(judges)
        finality.add(header, judgedBy: judges)
        for (count, member) in judges.members.enumerated() {
            #expect(finality.finalHeight == (count < quorum ? .genesis : Height(1)))
            #expect(finality.count(member.id, of: header) == .counted(member.id))
        }
        #expect(finality.finalHeight == Height(1))
    }

    @Test func `counts each judge once and nobody else`() {
        var chain = HeaderChain(three)
        var finality = Finality(finalHeight: .genesis)
        let header = chain.next(three)
        finality.add(header, judgedBy: three)
        #expect(finality.count(.alfa, of: header) == .counted(.alfa))
        #expect(finality.count(.alfa, of: header) == .known(.alfa))
        #expect(finality.count(MemberID(rawValue: "mallory")!, of: header) == .ignored)
        finality.count(.bravo, of: header)
        #expect(finality.finalHeight == .genesis)
        #expect(finality.signers(at: Height(1)) == [.alfa, .bravo])
        #expect(!finality.hasSigned(.carol, at: Height(1)))
        finality.count(.carol, of: header)
        #expect(finality.finalHeight == Height(1))
    }

    @Test func `of a block makes its ancestors final, not its descendants`() {
        var chain = HeaderChain(two)
        var finality = Finality(finalHeight: .genesis)
        let headers = (1...5).map { _ in chain.next(two) }
        for header in headers { finality.add(header, judgedBy: two) }
        finality.count(.alfa, of: headers[4])
        finality.count(.bravo, of: headers[0])
        finality.count(.alfa, of: headers[2])
        #expect(finality.finalHeight == .genesis)
        finality.count(.bravo, of: headers[2])
        #expect(finality.finalHeight == Height(3))
        finality.count(.alfa, of: headers[0])
        #expect(finality.finalHeight == Height(3))
        finality.count(.bravo, of: headers[4])
        #expect(finality.finalHeight == Height(5))
    }

    @Test func `of a block beyond an unfinished change of members waits for the change`() {
        var chain = HeaderChain(two)
        var finality = Finality(finalHeight: .genesis)
        finality.add(chain.next(two), judgedBy: two)
        #expect(finality.mayAttest(Height(2)))
        let change = chain.next(two, naming: three)
        finality.add(change, judgedBy: two)
        let beyond = chain.next(three)
        finality.add(beyond, judgedBy: three)
        #expect(finality.mayAttest(Height(2)), "the change itself is attested")
        #expect(!finality.mayAttest(Height(3)))
        for member in three.members { finality.count(member.id, of: beyond) }
        #expect(finality.finalHeight == .genesis, "nobody final has named these judges")
        #expect(finality.count(.carol, of: change) == .ignored, "she is no judge of the change")
        finality.count(.alfa, of: change)
        #expect(finality.finalHeight == .genesis)
        finality.count(.bravo, of: change)
        #expect(finality.finalHeight == Height(3))
        #expect(finality.mayAttest(Height(4)))
    }

    @Test func `needs each of several changes to have its own quorum`() {
        let one = HeaderChain.members("alfa")
        var chain = HeaderChain(one)
        var finality = Finality(finalHeight: .genesis)
        let headers = [
            chain.next(one, naming: two), chain.next(two, naming: one), chain.next(one),
        ]
        for (header, judges) in zip(headers, [one, two, one]) {
            finality.add(header, judgedBy: judges)
        }
        // The later change first: it opens nothing while the earlier one is open.
        finality.count(.alfa, of: headers[1])
        finality.count(.bravo, of: headers[1])
        finality.count(.alfa, of: headers[2])
        #expect(finality.finalHeight == .genesis)
        #expect(finality.mayAttest(Height(1)))
        #expect(!finality.mayAttest(Height(2)))
        finality.count(.alfa, of: headers[0])
        #expect(finality.finalHeight == Height(3))
        #expect(finality.mayAttest(Height(4)))
    }

    @Test func `counts what came before its block when the block comes`() {
        var chain = HeaderChain(three)
        var finality = Finality(finalHeight: .genesis, judgeSets: [(Height(1), three)])
        let headers = (1...3).map { _ in chain.next(three) }
        for header in headers {
            #expect(finality.count(.alfa, of: header) == .early)
            #expect(finality.count(.bravo, of: header) == .early)
        }
        #expect(finality.count(MemberID(rawValue: "mallory")!, of: headers[2]) == .ignored)
        finality.count(.carol, of: headers[1])
        finality.add(headers[0], judgedBy: three)
        #expect(finality.signers(at: Height(1)) == [.alfa, .bravo])
        #expect(finality.finalHeight == .genesis)
        finality.add(headers[1], judgedBy: three)
        #expect(finality.finalHeight == Height(2))
    }

    @Test func `keeps nothing too far ahead, and of each key no more than its share`() throws {
        let judges = HeaderChain.members("alfa")
        var finality = Finality(finalHeight: .genesis, judgeSets: [(Height(1), judges)])
        func header(_ height: UInt64) -> BlockHeader {
            HeaderChain.header(Height(height), .zero, judges, judges, time: height)
        }
        #expect(finality.count(.alfa, of: header(Finality.ahead)) == .early)
        #expect(finality.count(.alfa, of: header(Finality.ahead + 1)) == .ignored)
        let kept = UInt64(StrayAttestations.keptOfOneKey)
        var strays = StrayAttestations()
        for height in (1...kept + 40).reversed() {
            let envelope = TestHome.nodeKey(of: "alfa").sign(
                Attestation.body(of: header(height)), as: .attestation)
            strays.keep(try #require(Attestation(envelope, chain: HeaderChain.chain)))
        }
        #expect(strays.all(at: Height(kept)).count == 1)
        #expect(strays.all(at: Height(kept + 1)).isEmpty)
    }

    @Test func `stops at a quorum on another block, whether it came before or after its own`() {
        for comesEarly in [true, false] {
            var chain = HeaderChain(three)
            var finality = Finality(finalHeight: .genesis, judgeSets: [(Height(1), three)])
            let own = chain.next(three)
            var other = own
            other.time = Timestamp(milliseconds: 99)
            if !comesEarly { finality.add(own, judgedBy: three) }
            for member in [MemberID.alfa, .bravo] { finality.count(member, of: other) }
            #expect(finality.quorumElsewhere == nil)
            finality.count(.carol, of: other)
            if comesEarly {
                #expect(finality.quorumElsewhere == nil, "nothing is known of this chain's block")
                finality.add(own, judgedBy: three)
            }
            let found = finality.quorumElsewhere
            #expect(found?.height == Height(1))
            #expect(found?.own == own.hash)
            #expect(found?.theirs == other.hash)
            #expect(found?.attestations.map(\.member) == [.alfa, .bravo, .carol])
            #expect(finality.finalHeight == .genesis)
        }
    }

    /// The other branch has not taken part in this chain's change of members.
    @Test func `sees a quorum elsewhere by the set that judged before a change`() {
        var chain = HeaderChain(two)
        var finality = Finality(finalHeight: .genesis, judgeSets: [(Height(1), two)])
        finality.add(chain.next(two, naming: three), judgedBy: two)
        finality.add(chain.next(three), judgedBy: three)
        let other = HeaderChain.header(Height(2), .zero, two, two, time: 50)
        finality.count(.alfa, of: other)
        #expect(finality.quorumElsewhere == nil)
        finality.count(.bravo, of: other)
        #expect(finality.quorumElsewhere?.judges == 2)
    }

    @Test func `finds who signs two blocks of one height, in whichever order`() {
        var chain = HeaderChain(three)
        let own = chain.next(three)
        var others = [own, own]
        others[0].time = Timestamp(milliseconds: 98)
        others[1].time = Timestamp(milliseconds: 99)
        let orders = [
            [own, others[0]], [others[0], own], [others[0], others[1]],
        ]
        for signed in orders {
            for addsFirst in [true, false] {
                var finality = Finality(finalHeight: .genesis, judgeSets: [(Height(1), three)])
                if addsFirst { finality.add(own, judgedBy: three) }
                for header in signed {
                    finality.count(.bravo, of: header)
                    finality.count(.bravo, of: header)
                    finality.count(.alfa, of: signed[0])
                }
                if !addsFirst { finality.add(own, judgedBy: three) }
                let found = finality.takeContradictions()
                #expect(found.map(\.publicKey) == [TestHome.nodeKey(of: "bravo").publicKey])
                #expect(found.allSatisfy { $0.isAuthentic })
                #expect(
                    found.map { Set([$0.first.blockHash, $0.second.blockHash]) }
                        == [Set(signed.map(\.hash))])
                #expect(finality.takeContradictions().isEmpty)
            }
        }
    }

    /// Whichever of the two comes first, and whether the chain has come so far or not.
    @Test func `finds a key that signs on two branches at different heights`() throws {
        for comesFirst in ["aside", "on the chain"] {
            for comesEarly in [true, false] {
                var chain = HeaderChain(three)
                let headers = (1...3).map { _ in chain.next(three) }
                var other = headers[0]
                other.time = Timestamp(milliseconds: 99)
                var finality = Finality(finalHeight: .genesis, judgeSets: [(Height(1), three)])
                if !comesEarly {
                    for header in headers { finality.add(header, judgedBy: three) }
                }
                let signed = comesFirst == "aside" ? [other, headers[2]] : [headers[2], other]
                for header in signed { finality.count(.bravo, of: header) }
                if comesEarly {
                    for header in headers { finality.add(header, judgedBy: three) }
                }
                let found = finality.takeBranches()
                #expect(found.map(\.publicKey) == [TestHome.nodeKey(of: "bravo").publicKey])
                #expect(found.map(\.aside.blockHash) == [other.hash])
                #expect(found.map(\.onChain.blockHash) == [headers[2].hash])
                #expect(finality.takeBranches().isEmpty && finality.takeContradictions().isEmpty)
            }
        }
    }

    @Test func `takes no member for a liar that signs one branch after the other epoch's`() {
        var chain = HeaderChain(three)
        let headers = (1...2).map { _ in chain.next(three) }
        var other = headers[0]
        other.time = Timestamp(milliseconds: 99)
        other.epoch = 1
        var finality = Finality(finalHeight: .genesis, judgeSets: [(Height(1), three)])
        for header in headers { finality.add(header, judgedBy: three) }
        for header in [other, headers[1], headers[0]] { finality.count(.bravo, of: header) }
        // Another member's lie is not this one's.
        other.epoch = 0
        finality.count(.carol, of: other)
        #expect(finality.takeBranches().isEmpty)
    }

    @Test func `takes no signature for granted`() {
        var chain = HeaderChain(two)
        var finality = Finality(finalHeight: .genesis, judgeSets: [(Height(1), two)])
        let own = chain.next(two)
        var other = own
        other.time = Timestamp(milliseconds: 99)
        func forged(_ header: BlockHeader) -> Attestation {
            let key = TestHome.nodeKey(of: "alfa")
            let right = key.sign(Attestation.body(of: header), as: .attestation)
            let wrong = key.sign(Attestation.body(of: header), as: .entry)
            return Attestation(
                Envelope(
                    body: right.body, publicKey: right.publicKey, signature: wrong.signature),
                chain: header.chain)!
        }
        #expect(finality.count(forged(own), hashAt: { _ in nil }) == .ignored)
        finality.add(own, judgedBy: two)
        #expect(finality.signers(at: Height(1)).isEmpty)
        #expect(finality.count(forged(own), hashAt: { _ in nil }) == .ignored)
        #expect(finality.count(forged(other), hashAt: { _ in nil }) == .ignored)
        finality.count(.alfa, of: own)
        #expect(finality.count(forged(other), hashAt: { _ in nil }) == .ignored)
        #expect(finality.takeContradictions().isEmpty)
    }

    @Test func `does not count a silenced judge, and does not make the quorum smaller`() {
        let four = HeaderChain.members("alfa", "bravo", "carol", "delta")
        var chain = HeaderChain(four)
        var finality = Finality(finalHeight: .genesis, judgeSets: [(Height(1), four)])
        let header = chain.next(four)
        finality.add(header, judgedBy: four, silenced: [.carol])
        for member in [MemberID.alfa, .bravo] { finality.count(member, of: header) }
        #expect(finality.count(.carol, of: header) == .silenced(.carol))
        #expect(finality.finalHeight == .genesis)
        finality.count(MemberID(rawValue: "delta")!, of: header)
        #expect(finality.finalHeight == Height(1))
    }
}
