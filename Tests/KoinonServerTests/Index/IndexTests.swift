import Foundation
import GRDB
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import Testing

@testable import KoinonServer
@testable import TestNodes

@Suite("The index")
struct IndexTests {
    /// Everything in it, as text.
    private func dump(_ index: SearchIndex) throws -> [String] {
        try index.database.pool.read { db in
            var lines: [String] = []
            for table in [
                "lists", "movements", "offers", "offer_items", "titled", "keys", "hours",
                "hours_money", "offers_place", "offers_text", "titles", "requests",
                "requests_text",
            ] {
                let isText = table.hasSuffix("_text") || table == "titles"
                let key = isText ? "rowid, *" : "*"
                let rows = try Row.fetchAll(db, sql: "SELECT \(key) FROM \(table)")
                lines += rows.map { "\(table) \($0.databaseValues)" }.sorted()
            }
            return lines
        }
    }

    private func index(_ node: Node, _ home: TestHome) throws -> SearchIndex {
        try SearchIndex(home: home.home.directory, node: node, logger: silent)
    }

    private var paths: [String] { ["index.sqlite", "index.sqlite-wal", "index.sqlite-shm"] }

    @Test func `goes on where it stopped, and can be deleted`() async throws {
        let home = try TestHome()
        try await home.running { node in
            var random = SeededRandom(seed: 3)
            let world = try await OfferWorld(count: 40, on: node, of: home, random: &random)
            do {
                let first = try index(node, home)
                try await first.catchUp()
            }
            try await world.disturb(30, on: node, of: home, random: &random)
            let resumed = try index(node, home)
            #expect(try resumed.height() < node.tip.height.rawValue)
            try await resumed.catchUp()
            #expect(try resumed.height() == node.tip.height.rawValue)
            let before = try dump(resumed)
            #expect(before.count > 200)

            try resumed.database.pool.close()
            for path in paths {
                try? FileManager.default.removeItem(
                    at: home.home.directory.appending(path: path))
            }
            let anew = try index(node, home)
            #expect(try anew.height() == 0)
            try await anew.catchUp()
            #expect(try dump(anew) == before)
        }
    }

    @Test func `is made anew beside the one that answers`() async throws {
        let home = try TestHome()
        try await home.running { node in
            var random = SeededRandom(seed: 4)
            let world = try await OfferWorld(count: 30, on: node, of: home, random: &random)
            let first = try index(node, home)
            try await first.catchUp()
            let path = first.database.path
            // Something that the ledger does not say.
            try await first.database.pool.write { db in
                try db.execute(sql: "DELETE FROM offers WHERE number % 2 = 0")
            }
            let damaged = try dump(first)
            first.requestRebuild()
            #expect(first.isRebuilding)
            try await first.catchUp()
            #expect(!first.isRebuilding)
            #expect(first.database.path != path)
            #expect(!FileManager.default.fileExists(atPath: path))
            let sound = try dump(first)
            #expect(sound.count > damaged.count)
            // A new process takes the new file under the old name.
            let next = try index(node, home)
            #expect(next.database.path == path)
            #expect(try dump(next) == sound)
            try await world.disturb(5, on: node, of: home, random: &random)
            try await next.catchUp()
            #expect(try next.search(OfferQuery()).rows.count > 0)
        }
    }

    @Test func `is begun anew when its file is none, or of another ledger`() async throws {
        let home = try TestHome()
        try await home.running { node in
            _ = try await LeaseWorld(on: node, of: home)
            let file = home.home.directory.appending(path: "index.sqlite")
            try Data("this is no database, and long enough to be read as one".utf8).write(to: file)
            let first = try index(node, home)
            try await first.catchUp()
            #expect(try first.search(OfferQuery()).rows.count == 1)
            try await first.database.pool.write { db in
                try db.execute(sql: "UPDATE meta SET value = 'another' WHERE name = 'chain'")
            }
            try first.database.pool.close()
            let second = try index(node, home)
            #expect(try second.height() == 0)
            try await second.catchUp()
            try await second.database.pool.write { db in
                try db.execute(sql: "UPDATE meta SET value = 999999 WHERE name = 'height'")
            }
            try second.database.pool.close()
            let third = try index(node, home)
            #expect(try third.height() == 0)
        }
    }

    @Test func `follows a node as a service`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let first = try index(node, home)
            let following = Task { await first.run() }
            let world = try await LeaseWorld(on: node, of: home)
            while try first.height() < node.tip.height.rawValue { await Task.yield() }
            #expect(try first.search(OfferQuery()).rows.map(\.id) == [world.offer.text])
            following.cancel()
            await following.value
        }
    }

    @Test func `lists what belongs to an account, newest first`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let world = try await LeaseWorld(on: node, of: home)
            let old = try await world.start(on: node)
            home.clock.advance(20 * LeaseWorld.minute)
            try await world.finish(old, on: node)
            let new = try await world.book(on: node)
            let first = try index(node, home)
            try await first.catchUp()
            for account in [world.bea.account, world.paul.account, world.alfa.account] {
                let page: ListPage<AgreementSummaryView> = try first.page(
                    of: .agreements(of: account), limit: 10
                ) { AgreementSummaryView.make($0, in: $1) }
                #expect(page.rows.map(\.id) == [new.text, old.text])
            }
            let owned: ListPage<ResourceView> = try first.page(
                of: .resources(of: world.paul.account), limit: 10
            ) { ResourceView.make($0, in: $1) }
            #expect(owned.rows.map(\.id) == [world.resource.text])
        }
    }

    /// What came in and went out has to be what is there.
    @Test func `has every movement of an account`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let world = try await LeaseWorld(on: node, of: home)
            for _ in 0..<3 {
                let agreement = try await world.start(on: node)
                home.clock.advance(50 * LeaseWorld.minute)
                try await world.finish(agreement, on: node)
            }
            try await world.bea.done(
                .transfer(unit: "usd", to: world.paul.account, amount: Amount(minor: 77)), to: node)
            _ = try await world.book(on: node)
            let first = try index(node, home)
            try await first.catchUp()
            for account in [world.bea.account, world.paul.account, world.alfa.account] {
                var rows: [MovementView] = []
                var before: Int64?
                repeat {
                    let page = try first.movements(of: account, before: before, limit: 3)
                    rows += page.rows
                    before = page.next.flatMap { SearchIndex.position(cursor: $0) }
                } while before != nil
                let sum = rows.reduce(0) {
                    $0 + ($1.incoming ? 1 : -1) * (Int($1.amount.minor) ?? 0)
                }
                let balance = node.look { Money.balance(of: account, unit: "usd", in: $0.state) }
                #expect(sum == Int(balance.minor))
                #expect(rows.map(\.height) == rows.map(\.height).sorted(by: >))
            }
        }
    }

    @Test func `tells what a text means`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let world = try await LeaseWorld(on: node, of: home)
            let first = try index(node, home)
            try await first.catchUp()
            func what(_ text: String) throws -> [String] { try first.lookup(text).rows.map(\.what) }
            #expect(try what(world.bea.account.text) == ["account"])
            #expect(try what(world.resource.text) == ["resource"])
            #expect(try what(" \(world.offer.text) ") == ["offer"])
            #expect(try what(world.bea.key.publicKey.hex) == ["account"])
            #expect(try what("usd") == ["unit"])
            #expect(try what("lease") == ["process"])
            #expect(try what("alfa") == ["member"])
            #expect(try what("1") == ["block"])
            #expect(try what("99999999").isEmpty)
            for height in [Height.genesis, Height(1), node.tip.height] {
                let hash = try #require(
                    try node.store.read { try $0.block(at: height)?.hash })
                let found = try first.lookup(hash.hex).rows
                #expect(found == [LookupView(what: "block", id: "\(height)")])
            }
            #expect(try what("half hour") == ["offer"])
            #expect(try what("a bike") == ["resource"])
            #expect(try what("nothing like it").isEmpty)
        }
    }

    @Test func `follows thefts and new titles`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let world = try await LeaseWorld(on: node, of: home)
            let first = try index(node, home)
            func found(_ text: String?) async throws -> Int {
                try await first.catchUp()
                var query = OfferQuery()
                query.text = text
                return try first.search(query).rows.count
            }
            #expect(try await found("hour bike") == 1)
            try await world.paul.done(
                .updateResource(world.resource, title: "A tandem", capacity: 1), to: node)
            #expect(try await found("tandem") == 1)
            try await world.paul.done(
                .reportStolen(world.resource, evidenceHash: Hash256.sha256([1])), to: node)
            #expect(try await found(nil) == 0)
            try await world.paul.done(.reportRecovered(world.resource), to: node)
            #expect(try await found("tandem") == 1)
            try await world.paul.done(.withdrawOffer(world.offer), to: node)
            #expect(try await found(nil) == 0)
        }
    }

    @Test func `counts what happens by the hour`() async throws {
        let home = try TestHome()
        try await home.running { node in
            let world = try await LeaseWorld(on: node, of: home)
            let agreement = try await world.start(on: node)
            home.clock.advance(20 * LeaseWorld.minute)
            try await world.finish(agreement, on: node)
            let first = try index(node, home)
            try await first.catchUp()
            let view = try first.statistics(hours: 2).value
            #expect(view.openOffers == 1)
            #expect(view.agreements == 1)
            #expect(view.hours.map(\.opened).reduce(0, +) == 1)
            #expect(view.hours.map(\.settled).reduce(0, +) >= 1)
            // The charge of one step: 95 to the provider, 5 to the platform.
            #expect(view.moved.map(\.amount.minor) == ["100"])
        }
    }
}
