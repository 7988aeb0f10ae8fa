import Testing

@testable import KoinonNode

@Suite struct GatheringTests {
    @Test func `nothing waits before anything was appended, nor behind a small append`() {
        var gathering = Gathering()
        #expect(gathering.rest(at: 0) == nil)
        gathering.began(Gathering.manyTransactions - 1, at: 100)
        #expect(gathering.rest(at: 100) == nil)
    }

    @Test func `behind a large append the next waits until its time has passed, and no longer`() {
        var gathering = Gathering()
        gathering.began(Gathering.manyTransactions, at: 100)
        #expect(gathering.rest(at: 100) == .milliseconds(4))
        #expect(gathering.rest(at: 103) == .milliseconds(1))
        #expect(gathering.rest(at: 104) == nil)
        gathering.began(1, at: 104)
        #expect(gathering.rest(at: 104) == nil)
    }

    @Test func `behind a very large append the next waits twice as long`() {
        var gathering = Gathering()
        gathering.began(Gathering.veryManyTransactions - 1, at: 100)
        #expect(gathering.rest(at: 104) == nil)
        gathering.began(Gathering.veryManyTransactions, at: 104)
        #expect(gathering.rest(at: 104) == .milliseconds(8))
        #expect(gathering.rest(at: 111) == .milliseconds(1))
        #expect(gathering.rest(at: 112) == nil)
    }

    @Test func `an append of attestations alone ends no waiting, and begins none`() {
        var gathering = Gathering()
        gathering.began(Gathering.manyTransactions, at: 100)
        gathering.began(0, at: 102)
        #expect(gathering.rest(at: 102) == .milliseconds(2))
        #expect(gathering.rest(at: 104) == nil)
    }
}
