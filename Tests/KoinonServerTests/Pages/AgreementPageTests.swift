import KoinonProtocol
import Testing

@testable import KoinonServer

@Suite("The page of an agreement")
struct AgreementPageTests {
    @Test func `names a deposit as held only while it is, and leads to what came back`()
        async throws
    {
        try await PageWorld.with { world in
            let ended = try await world.page("/agreement/\(world.settled)").text
            #expect(ended.contains("<dt>Set aside</dt><dd>nothing any more</dd>"))
            #expect(ended.contains("<dt>Deposit at booking</dt>"))
            #expect(!ended.contains("<dt>Deposit</dt>"))
            let movements = "/account/\(world.lease.bea.account)#money"
            #expect(ended.contains("<a href=\"\(movements)\">Movements (borrower)</a>"))
            let open = try await world.page("/agreement/\(world.disputed)").text
            #expect(open.contains("<dt>Deposit</dt>"))
            #expect(!open.contains("Deposit at booking"))
            #expect(!open.contains("Movements (borrower)"))
        }
    }
}
