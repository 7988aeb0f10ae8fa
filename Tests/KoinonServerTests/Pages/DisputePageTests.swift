import Foundation
import KoinonClient
import KoinonProtocol
import Testing

@testable import KoinonNode
@testable import KoinonServer
@testable import TestNodes

/// What the page of a disputed agreement offers, and to whom, from its opening to its end.
@Suite struct DisputePageTests {
    private static let day: UInt64 = 86_400_000

    private static let division = Division.with {
        $0.denominator = 100
        $0.shares = [
            .with {
                $0.role = "borrower"
                $0.numerator = 100
            }
        ]
    }

    /// Forms of an action on the page, each by the account that it is for.
    private static func owners(of action: String, in html: String) -> Set<String> {
        let parts = html.components(separatedBy: "data-action=\"\(action)\"")
        return Set(
            zip(parts, parts.dropFirst()).compactMap { before, after in
                // On the form itself, or on what folds it away.
                owner(in: String(after.prefix { $0 != ">" }), last: false)
                    ?? owner(in: before, last: true)
            })
    }

    private static func owner(in text: String, last: Bool) -> String? {
        let found = text.components(separatedBy: "data-owner=\"").dropFirst()
        return (last ? found.last : found.first).map { String($0.prefix { $0 != "\"" }) }
    }

    @Test func `Each step shows its forms to those who may take it, and until when`()
        async throws
    {
        try await PageWorld.with { world in
            let node = world.served.node
            let home = world.served.home
            let (bea, paul) = (world.lease.bea.account.text, world.lease.paul.account.text)
            let judge = home.member("bravo")
            func page() async throws -> String {
                try await world.page("/agreement/\(world.disputed)").text
            }
            // What closes a block and lets due timers run.
            func pass(_ time: UInt64) async throws {
                home.clock.advance(time)
                try await judge.done(
                    .registerKind("kind-\(home.clock.now.milliseconds)", title: "x"), to: node)
            }
            var html = try await page()
            #expect(Self.owners(of: "submit_evidence", in: html) == [bea, paul])
            #expect(Self.owners(of: "withdraw_dispute", in: html) == [bea])
            #expect(Self.owners(of: "concede_dispute", in: html) == [paul])
            #expect(Self.owners(of: "decide_dispute", in: html) == [])
            #expect(html.contains("Evidence is collected"))

            try await pass(3 * Self.day + 1)
            try await pass(1_000)
            html = try await page()
            #expect(html.contains("Being decided"))
            #expect(Self.owners(of: "submit_evidence", in: html) == [])
            #expect(Self.owners(of: "decide_dispute", in: html) == [judge.account.text])
            #expect(html.contains("not decided yet"))

            try await judge.done(
                .decideDispute(of: world.disputed, Self.division), to: node)
            html = try await page()
            #expect(Self.owners(of: "appeal_decision", in: html) == [bea, paul])
            #expect(Self.owners(of: "decide_dispute", in: html) == [])
            #expect(html.contains("<dt>Decided</dt><dd>100 % to the borrower</dd>"))

            try await pass(3 * Self.day + 1)
            html = try await page()
            #expect(html.contains("The decision was carried out."))
            #expect(Self.owners(of: "appeal_decision", in: html) == [])
            #expect(html.contains("Decided in a dispute · here now"))
        }
    }

    @Test func `Evidence is shown where the node has it, and named where not`() async throws {
        try await PageWorld.with { world in
            let path = "/agreement/\(world.disputed)"
            #expect(try await world.page(path).text.contains("not at this node"))
            try world.served.context.content?.put(Array("evidence".utf8))
            let html = try await world.page(path).text
            #expect(html.contains("<p class=\"prose\">evidence</p>"))
            #expect(!html.contains("not at this node"))
        }
    }
}
