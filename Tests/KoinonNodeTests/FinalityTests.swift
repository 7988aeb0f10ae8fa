import KoinonLedger
import KoinonProtocol
import KoinonStore
import Testing

@testable import KoinonNode
@testable import TestNodes

@Suite("Finality")
struct FinalityTests {
    /// ⌊2n/3⌋ + 1 of n.
    @Test(arguments: zip(1...7, [1, 2, 3, 3, 4, 5, 5]))
    func `needs more than two thirds of the judges`(members: Int, quorum: Int) {
        let judges = HeaderChain.members(Array(MemberID.names.prefix(members)))
        #expect(judges.quorum == quorum)
        var chain = HeaderChain(judges)
        var finality = Finality(finalHeight: .genesis)
        finality.add(chain.next(judges), judgedBy: judges)
        for (count, member) in judges.members.enumerated() {
            #expect(finality.finalHeight == (count < quorum ? .genesis : Height(1)))
            finality.count(member.id, at: Height(1))
        }
        #expect(finality.finalHeight == Height(1))
    }

    @Test func `counts each judge once and nobody else`() {
        let judges = HeaderChain.members("alfa", "bravo", "carol")
        var chain = HeaderChain(judges)
        var finality = Finality(finalHeight: .genesis)
        finality.add(chain.next(judges), judgedBy: judges)
        for _ in 0..<3 { finality.count(.alfa, at: Height(1)) }
        finality.count(MemberID(rawValue: "mallory")!, at: Height(1))
        finality.count(.bravo, at: Height(1))
        finality.count(.carol, at: Height(2))
        #expect(finality.finalHeight == .genesis)
        #expect(finality.hasSigned(.alfa, at: Height(1)))
        #expect(!finality.hasSigned(.carol, at: Height(1)))
        finality.count(.carol, at: Height(1))
        #expect(finality.finalHeight == Height(1))
    }

    @Test func `of a block makes its ancestors final, not its descendants`() {
        let judges = HeaderChain.members("alfa", "bravo")
        var chain = HeaderChain(judges)
        var finality = Finality(finalHeight: .genesis)
        for _ in 1...5 { finality.add(chain.next(judges), judgedBy: judges) }
        finality.count(.alfa, at: Height(5))
        finality.count(.bravo, at: Height(1))
        finality.count(.alfa, at: Height(3))
        #expect(finality.finalHeight == .genesis)
        finality.count(.bravo, at: Height(3))
        #expect(finality.finalHeight == Height(3))
        finality.count(.alfa, at: Height(1))
        #expect(finality.finalHeight == Height(3))
        finality.count(.bravo, at: Height(5))
        #expect(finality.finalHeight == Height(5))
    }

    @Test func `of a block beyond an unfinished change of members waits for the change`() {
        let two = HeaderChain.members("alfa", "bravo")
        let three = HeaderChain.members("alfa", "bravo", "carol")
        var chain = HeaderChain(two)
        var finality = Finality(finalHeight: .genesis)
        finality.add(chain.next(two), judgedBy: two)
        #expect(finality.mayAttest(Height(2)))
        finality.add(chain.next(two, naming: three), judgedBy: two)
        finality.add(chain.next(three), judgedBy: three)
        #expect(finality.mayAttest(Height(2)), "the change itself is attested")
        #expect(!finality.mayAttest(Height(3)))
        for member in three.members { finality.count(member.id, at: Height(3)) }
        #expect(finality.finalHeight == .genesis, "nobody final has named these judges")
        // Carol is no judge of the change.
        finality.count(.carol, at: Height(2))
        finality.count(.alfa, at: Height(2))
        #expect(finality.finalHeight == .genesis)
        finality.count(.bravo, at: Height(2))
        #expect(finality.finalHeight == Height(3))
        #expect(finality.mayAttest(Height(4)))
    }

    @Test func `needs each of several changes to have its own quorum`() {
        let one = HeaderChain.members("alfa")
        let two = HeaderChain.members("alfa", "bravo")
        var chain = HeaderChain(one)
        var finality = Finality(finalHeight: .genesis)
        finality.add(chain.next(one, naming: two), judgedBy: one)
        finality.add(chain.next(two, naming: one), judgedBy: two)
        finality.add(chain.next(one), judgedBy: one)
        // The later change first: it opens nothing while the earlier one is open.
        finality.count(.alfa, at: Height(2))
        finality.count(.bravo, at: Height(2))
        finality.count(.alfa, at: Height(3))
        #expect(finality.finalHeight == .genesis)
        #expect(finality.mayAttest(Height(1)))
        #expect(!finality.mayAttest(Height(2)))
        finality.count(.alfa, at: Height(1))
        #expect(finality.finalHeight == Height(3))
        #expect(finality.mayAttest(Height(4)))
    }
}
