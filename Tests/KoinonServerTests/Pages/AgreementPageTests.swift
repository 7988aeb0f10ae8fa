import Hummingbird
import KoinonProtocol
import Testing

@testable import KoinonServer
@testable import TestNodes

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

    @Test func `is marked in the menu as the reader's only by the browser that has the key`()
        async throws
    {
        try await PageWorld.with { world in
            let bea = world.lease.bea.account
            for path in ["/agreement/\(world.settled)", "/account/\(bea)"] {
                let page = try await world.page(path).text
                #expect(page.contains("<a href=\"/account\"><svg"), "\(path)")
                let own = try #require(page.firstMatch(of: /data-own-page="([^"]*)"/), "\(path)")
                #expect(own.1.split(separator: " ").contains { $0 == bea.text }, "\(path)")
            }
            let mine = try await world.page("/account").text
            #expect(mine.contains("<a href=\"/account\" aria-current=\"page\">"))
        }
    }

    @Test func `shows the step forward before the ways out`() async throws {
        try await Served.with { served in
            let lease = try await LeaseWorld(on: served.node, of: served.home)
            let booked = try await lease.book(on: served.node)
            func page() async throws -> String {
                try await served.get(
                    "/agreement/\(booked)", headers: [.acceptLanguage: "en", .accept: "text/html"]
                ).text
            }
            let open = try await page()
            #expect(open.contains("<button type=\"submit\">Start</button>"))
            #expect(open.contains("<button type=\"submit\" class=\"second\">Cancel</button>"))
            #expect(!open.contains("<button type=\"submit\">Cancel</button>"))
            try await lease.bea.done(.takeTransition("start", of: booked), to: served.node)
            let active = try await page()
            // It ends the agreement, and settles it.
            #expect(active.contains("<button type=\"submit\">Bring back</button>"))
        }
    }
}
