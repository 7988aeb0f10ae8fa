import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonNode
@testable import KoinonServer
@testable import TestNodes

@Suite("The page of a transaction")
struct ExplorerPageTests {
    @Test func `leads from each id in it to that id's page, and keeps its text`() async throws {
        try await PageWorld.with { world in
            let transactions = try world.served.node.store.read { reader in
                try (1...reader.tip().header.height.rawValue).flatMap { height in
                    try reader.executedTransactions(at: Height(height)).ids
                }
            }
            var pages: [String] = []
            for id in transactions {
                let page = try await world.page("/explorer/transaction/\(id.hex)").text
                #expect(PageCheck.problems(of: page) == [])
                pages.append(page)
            }
            let settled = world.settled
            let link = "<a href=\"/agreement/\(settled)\">\(settled)</a>"
            let page = try #require(
                pages.first { $0.contains("&quot;agreement&quot;: &quot;\(link)&quot;") })
            let text = page.replacing(/<[^>]*>/, with: "")
            #expect(text.contains("&quot;agreement&quot;: &quot;\(settled)&quot;"))
            // Whatever has no page of its own is no link.
            #expect(!page.contains("\">start</a>") && !page.contains("\">finish</a>"))
        }
    }
}

@Suite("The pages of blocks")
struct BlockPageTests {
    @Test func `name who closed a block by one word, and lead to its account`() async throws {
        try await PageWorld.with { world in
            let closed = try world.served.node.store.read { try $0.block(at: Height(3)) }
            let closer = try #require(closed?.header.proposer).rawValue
            let account = world.served.home.member(closer).account
            let link = "<a href=\"/account/\(account)\">\(closer)</a>"
            let list = try await world.page("/explorer").text
            #expect(list.contains("<th scope=\"col\">Closed by</th>"))
            #expect(list.contains("<td>\(link)</td>"))
            let block = try await world.page("/explorer/block/3").text
            let row =
                "<dt>Closed by</dt><dd class=\"id whole\" data-proven=\"proposer\">\(link)</dd>"
            #expect(block.contains(row))
            #expect(!block.contains("<dt>proposer</dt>"))
            #expect(block.contains("Each transaction and each timer"))
            // Nobody closed the first one.
            let first = try await world.page("/explorer/block/0").text
            #expect(
                first.contains(
                    "<dt>Closed by</dt><dd class=\"id whole\" data-proven=\"proposer\"></dd>"))
        }
    }
}
