import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Every rejection of every action, in check order, and who answers when two apply.
@Suite struct ResourcesRejectionTests {
    private static let nobody = Data(repeating: 7, count: 20)
    private static let short = Data(repeating: 7, count: 19)
    private static let hash31 = Data(repeating: 7, count: 31)

    private static func kind(by name: String, _ change: (inout RegisterKind) -> Void) throws
        -> Receipt
    {
        let scene = try LeaseScene()
        var action = RegisterKind.with {
            $0.kind = "bike"
            $0.title = "Bikes"
        }
        change(&action)
        let actor = name == "alfa" ? scene.ledger.member("alfa") : scene.bea
        return try scene.ledger.send(actor, .resources(.registerKind(action)))
    }

    private static func register(_ change: (inout RegisterResource) -> Void) throws -> Receipt {
        let scene = try LeaseScene()
        _ = try scene.ledger.register("First", serial: "1", by: scene.bea)
        var action = RegisterResource.with {
            $0.kind = "bike"
            $0.title = "Another"
            $0.capacity = 1
        }
        change(&action)
        return try scene.ledger.send(scene.bea, .resources(.registerResource(action)))
    }

    private static func update(
        by actor: (LeaseScene) -> Actor = { $0.provider }, retired: Bool = false,
        _ change: (inout UpdateResource) -> Void
    ) throws -> Receipt {
        let scene = try LeaseScene(capacity: 2)
        _ = try scene.book(quantity: 2)
        let id = retired ? try retiredResource(of: scene) : scene.resource
        var action = UpdateResource.with {
            $0.resource = Data(id.bytes)
            $0.title = "Updated"
            $0.capacity = 2
        }
        change(&action)
        return try scene.ledger.send(actor(scene), .resources(.updateResource(action)))
    }

    private static func retiredResource(of scene: LeaseScene) throws -> ResourceID {
        let id = try scene.ledger.register("Old", by: scene.provider)
        try scene.ledger.done(scene.provider, .retire(id))
        return id
    }

    private static func transfer(
        by actor: (LeaseScene) -> Actor = { $0.provider }, retired: Bool = false,
        _ change: (LeaseScene, inout TransferResource) -> Void
    ) throws -> Receipt {
        let scene = try LeaseScene()
        _ = try scene.book()
        let id = retired ? try retiredResource(of: scene) : scene.resource
        var action = TransferResource.with {
            $0.resource = Data(id.bytes)
            $0.to = scene.carl.bytes
        }
        change(scene, &action)
        return try scene.ledger.send(actor(scene), .resources(.transferResource(action)))
    }

    private static func retire(
        withdrawn: Bool = false, by actor: (LeaseScene) -> Actor = { $0.provider },
        _ resource: (LeaseScene) throws -> Data
    ) throws -> Receipt {
        let scene = try LeaseScene()
        _ = try scene.book()
        if withdrawn { try scene.ledger.done(scene.provider, .withdraw(scene.offer)) }
        let bytes = try resource(scene)
        return try scene.ledger.send(
            actor(scene), .resources(.retireResource(.with { $0.resource = bytes })))
    }

    typealias Code = ResourcesRejection

    static let registering: [RejectionRow] = [
        RejectionRow(Code.emptyAction, field: "resources", "no action") {
            let scene = try LeaseScene()
            return try scene.ledger.send(scene.bea, .with { $0.resources = ResourcesAction() })
        },
        RejectionRow(Code.badKindName, field: "kind", "a capital, no title") {
            try kind(by: "alfa") {
                $0.kind = "Bike"
                $0.title = ""
            }
        },
        RejectionRow(Code.badTitle, field: "title", "no title, no member") {
            try kind(by: "bea") { $0.title = "" }
        },
        RejectionRow(Code.notAMember, "no member, and the kind is there") {
            try kind(by: "bea") { _ in }
        },
        RejectionRow(Code.kindExists, field: "kind", "the kind is there") {
            try kind(by: "alfa") { _ in }
        },
        RejectionRow(Code.badTitle, field: "title", "65 bytes, capacity 0") {
            try register {
                $0.title = String(repeating: "x", count: 65)
                $0.capacity = 0
            }
        },
        RejectionRow(Code.capacityOutOfRange, field: "capacity", "0, hash of 31 bytes") {
            try register {
                $0.capacity = 0
                $0.descriptionHash = hash31
            }
        },
        RejectionRow(Code.capacityOutOfRange, field: "capacity", "1,000,001") {
            try register { $0.capacity = 1_000_001 }
        },
        RejectionRow(
            Code.badDescriptionHash, field: "description_hash", "31 bytes, serial too long"
        ) {
            try register {
                $0.descriptionHash = hash31
                $0.serial = String(repeating: "x", count: 65)
            }
        },
        RejectionRow(Code.badSerial, field: "serial", "65 bytes, unknown kind") {
            try register {
                $0.serial = String(repeating: "x", count: 65)
                $0.kind = "boat"
            }
        },
        RejectionRow(Code.badSerial, field: "serial", "a line break in it") {
            try register { $0.serial = "1\n2" }
        },
        RejectionRow(Code.unknownKind, field: "kind", "unknown, serial taken") {
            try register {
                $0.kind = "boat"
                $0.serial = "1"
            }
        },
        RejectionRow(Code.unknownKind, field: "kind", "text too long for a key") {
            try register { $0.kind = String(repeating: "b", count: 300) }
        },
        RejectionRow(Code.serialTaken, field: "serial", "taken") {
            try register { $0.serial = "1" }
        },
    ]

    static let updating: [RejectionRow] = [
        RejectionRow(Code.malformedID, field: "resource", "19 bytes, no title") {
            try update {
                $0.resource = short
                $0.title = ""
            }
        },
        RejectionRow(Code.badTitle, field: "title", "no title, capacity 0") {
            try update {
                $0.title = ""
                $0.capacity = 0
            }
        },
        RejectionRow(Code.capacityOutOfRange, field: "capacity", "0, hash of 31 bytes") {
            try update {
                $0.capacity = 0
                $0.descriptionHash = hash31
            }
        },
        RejectionRow(Code.badDescriptionHash, field: "description_hash", "31 bytes, unknown") {
            try update {
                $0.descriptionHash = hash31
                $0.resource = nobody
            }
        },
        RejectionRow(Code.unknownResource, field: "resource", "unknown") {
            try update { $0.resource = nobody }
        },
        RejectionRow(Code.notOwner, field: "resource", "another's, retired") {
            try update(by: { $0.bea }, retired: true) { _ in }
        },
        RejectionRow(Code.resourceRetired, field: "resource", "retired") {
            try update(retired: true) { _ in }
        },
        RejectionRow(Code.capacityPromised, field: "capacity", "1, but 2 are promised") {
            try update { $0.capacity = 1 }
        },
        RejectionRow(Code.malformedID, field: "resource", "both ids of 19 bytes") {
            try transfer {
                $1.resource = short
                $1.to = short
            }
        },
        RejectionRow(Code.malformedID, field: "to", "19 bytes, unknown resource") {
            try transfer {
                $1.resource = nobody
                $1.to = short
            }
        },
        RejectionRow(Code.unknownResource, field: "resource", "unknown, to nobody") {
            try transfer {
                $1.resource = nobody
                $1.to = nobody
            }
        },
        RejectionRow(Code.notOwner, field: "resource", "another's, retired, to nobody") {
            try transfer(by: { $0.bea }, retired: true) { $1.to = nobody }
        },
        RejectionRow(Code.resourceRetired, field: "resource", "retired, to nobody") {
            try transfer(retired: true) { $1.to = nobody }
        },
        RejectionRow(Code.unknownAccount, field: "to", "to nobody, on offer") {
            try transfer { $1.to = nobody }
        },
        RejectionRow(Code.alreadyOwner, field: "to", "to oneself, on offer") {
            try transfer { $1.to = $0.provider.bytes }
        },
        RejectionRow(Code.offersOpen, field: "resource", "on offer and booked") {
            try transfer { _, _ in }
        },
    ]

    static let retiring: [RejectionRow] = [
        RejectionRow(Code.malformedID, field: "resource", "19 bytes") { try retire { _ in short } },
        RejectionRow(Code.unknownResource, field: "resource", "unknown") {
            try retire { _ in nobody }
        },
        RejectionRow(Code.notOwner, field: "resource", "another's, on offer") {
            try retire(by: { $0.bea }) { Data($0.resource.bytes) }
        },
        RejectionRow(Code.resourceRetired, field: "resource", "retired before") {
            try retire { Data(try retiredResource(of: $0).bytes) }
        },
        RejectionRow(Code.offersOpen, field: "resource", "on offer and booked") {
            try retire { Data($0.resource.bytes) }
        },
        RejectionRow(Code.bookingsOpen, field: "resource", "booked") {
            try retire(withdrawn: true) { Data($0.resource.bytes) }
        },
    ]

    @Test(arguments: registering + updating + retiring + stolen)
    func `what violates a condition is rejected with its code and field`(row: RejectionRow) throws {
        try row.check()
    }

    @Test func `every rejection has a row`() {
        expectRows(
            for: ResourcesRejection.self,
            in: Self.registering + Self.updating + Self.retiring + Self.stolen
                + DisputesRejectionTests.elsewhere)
    }
}
