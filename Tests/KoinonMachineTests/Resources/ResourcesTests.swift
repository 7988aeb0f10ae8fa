import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

@Suite struct ResourcesTests {
    @Test func `a resource keeps who registered it and where it has been`() throws {
        let scene = try LeaseScene()
        let ledger = scene.ledger
        let id = try ledger.register("A drill", serial: "D-7", by: scene.bea)
        #expect(
            Resources.resource(serial: "D-7", issuer: scene.bea.account, in: ledger.state) == id)
        let events = try ledger.done(
            scene.bea, .transfer(id, to: scene.carl), at: scene.at(1_000))
        #expect(events.map(\.kind) == ["resourceTransferred", "custodyMoved"])
        let row = try #require(Resources.resource(id, in: ledger.state))
        #expect(row.owner == scene.carl.bytes)
        #expect(row.issuer == scene.bea.bytes)
        #expect(row.serial == "D-7")
        try ledger.done(scene.carl, .retire(id), at: scene.at(2_000))
        let history = Resources.custodyHistory(of: id, in: ledger.state)
        #expect(history.map(\.reason) == [.registered, .transferred, .retired])
        #expect(history.map(\.holder) == [scene.bea.bytes, scene.carl.bytes, scene.carl.bytes])
        #expect(
            Array(history.map(\.timeMs).suffix(2)) == [
                scene.at(1_000).milliseconds, scene.at(2_000).milliseconds,
            ])
        #expect(
            Resources.custodyHistory(of: id, from: 1, limit: 1, in: ledger.state) == [history[1]])
        #expect(try #require(Resources.resource(id, in: ledger.state)).retired)
    }

    @Test func `a serial number is unique for who registers, and stays taken`() throws {
        let scene = try LeaseScene()
        let first = try scene.ledger.register("A drill", serial: "7", by: scene.bea)
        let other = try scene.ledger.register("A saw", serial: "7", by: scene.carl)
        #expect(first != other)
        try scene.ledger.done(scene.bea, .retire(first))
        let again = try scene.ledger.send(scene.bea, .registerDrill(serial: "7"))
        #expect(again.code == ResourcesRejection.serialTaken.rawValue)
        _ = try scene.ledger.register("No number", by: scene.bea)
        _ = try scene.ledger.register("None either", by: scene.bea)
    }

    @Test func `an update replaces title, capacity and description`() throws {
        let scene = try LeaseScene()
        let hash = Data(repeating: 9, count: 32)
        try scene.ledger.done(
            scene.provider, .update(scene.resource, capacity: 1_000_000, hash: hash))
        let row = scene.resourceRow
        #expect(row.title == "Updated")
        #expect(row.capacity == 1_000_000)
        #expect(row.descriptionHash == hash)
    }

    @Test func `the capacity may fall to what is promised or used at one moment`() throws {
        let scene = try LeaseScene(capacity: 10)
        let hour = LeaseScene.hour
        // At most 3 at a time: 2 + 1 overlap, 3 stand alone.
        _ = try scene.book(start: scene.at(hour), for: 2 * hour, quantity: 2)
        _ = try scene.book(start: scene.at(2 * hour), for: 2 * hour, quantity: 1)
        _ = try scene.book(start: scene.at(4 * hour), for: hour, quantity: 3)
        let below = try scene.ledger.send(scene.provider, .update(scene.resource, capacity: 2))
        #expect(below.code == ResourcesRejection.capacityPromised.rawValue)
        try scene.ledger.done(scene.provider, .update(scene.resource, capacity: 3))
    }

    @Test func `overdue uses count for the capacity that is needed`() throws {
        let scene = try LeaseScene(capacity: 3)
        let hour = LeaseScene.hour
        // One promised at a time, but the first is late and the second has begun.
        let overdue = try scene.book(by: scene.carl, for: hour)
        try scene.take("start", overdue, by: scene.carl)
        let next = try scene.book(start: scene.at(hour))
        try scene.take("start", next, at: scene.at(hour))
        let below = try scene.ledger.send(scene.provider, .update(scene.resource, capacity: 1))
        #expect(below.code == ResourcesRejection.capacityPromised.rawValue)
        try scene.ledger.done(scene.provider, .update(scene.resource, capacity: 2))
    }

    @Test func `a lent resource cannot be given away until it is back`() throws {
        let scene = try LeaseScene()
        let id = try scene.book()
        try scene.take("start", id)
        try scene.ledger.done(scene.provider, .withdraw(scene.offer))
        let early = try scene.ledger.send(scene.provider, .transfer(scene.resource, to: scene.carl))
        #expect(early.code == ResourcesRejection.bookingsOpen.rawValue)
        try scene.take("finish", id)
        try scene.ledger.done(scene.provider, .transfer(scene.resource, to: scene.carl))
    }
}

extension Action {
    static func registerDrill(serial: String) -> Action {
        .resources(
            .registerResource(
                .with {
                    $0.kind = "bike"
                    $0.title = "A drill"
                    $0.capacity = 1
                    $0.serial = serial
                }))
    }

    static func update(
        _ resource: ResourceID, title: String = "Updated", capacity: UInt32, hash: Data = Data()
    ) -> Action {
        .resources(
            .updateResource(
                .with {
                    $0.resource = Data(resource.bytes)
                    $0.title = title
                    $0.capacity = capacity
                    $0.descriptionHash = hash
                }))
    }
}
