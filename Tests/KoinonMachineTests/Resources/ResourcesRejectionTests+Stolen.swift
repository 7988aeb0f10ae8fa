import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Reports of theft, and what a report or a sale keeps an owner from.
extension ResourcesRejectionTests {
    /// A bike of the provider's that nobody booked and that is not on offer.
    private static func idle() throws -> LeaseScene {
        let scene = try LeaseScene(
            process: LeaseProcess.definition, others: [StandardProcesses.sale])
        try scene.ledger.done(scene.provider, .withdraw(scene.offer))
        return scene
    }

    private static func idleAndStolen() throws -> LeaseScene {
        let scene = try idle()
        try scene.ledger.done(scene.provider, .reportStolen(scene.resource))
        return scene
    }

    private static func recover(_ resource: Data, _ scene: LeaseScene) throws -> Receipt {
        try scene.ledger.send(
            scene.bea, .resources(.reportRecovered(.with { $0.resource = resource })))
    }

    private static func report(
        by actor: (LeaseScene) throws -> Actor = { $0.provider }, hash: Data = Action.evidence,
        of resource: (LeaseScene) throws -> Data = { Data($0.resource.bytes) }
    ) throws -> Receipt {
        let scene = try idle()
        let id = try resource(scene)
        return try scene.ledger.send(
            try actor(scene),
            .resources(
                .reportStolen(
                    .with {
                        $0.resource = id
                        $0.evidenceHash = hash
                    })))
    }

    private static func retire(_ scene: LeaseScene) throws -> Data {
        try scene.ledger.done(scene.provider, .retire(scene.resource))
        return Data(scene.resource.bytes)
    }

    static let stolen: [RejectionRow] = [
        RejectionRow(Code.malformedID, field: "resource", "19 bytes, no evidence") {
            try report(hash: Data(), of: { _ in Data(repeating: 7, count: 19) })
        },
        RejectionRow(Code.badEvidenceHash, field: "evidence_hash", "none, unknown resource") {
            try report(hash: Data(), of: { _ in Data(repeating: 7, count: 20) })
        },
        RejectionRow(Code.unknownResource, field: "resource", "unknown, by anybody") {
            try report(by: { $0.bea }, of: { _ in Data(repeating: 7, count: 20) })
        },
        RejectionRow(Code.notOwnerNorMember, "neither owner nor member, retired") {
            try report(by: { $0.bea }, of: retire)
        },
        RejectionRow(Code.resourceRetired, field: "resource", "retired") {
            try report(of: retire)
        },
        RejectionRow(Code.alreadyReported, field: "resource", "reported by a member before") {
            try report(of: { scene in
                try scene.ledger.done(scene.ledger.member("alfa"), .reportStolen(scene.resource))
                return Data(scene.resource.bytes)
            })
        },
        RejectionRow(Code.malformedID, field: "resource", "recovered: 19 bytes") {
            try recover(Data(repeating: 7, count: 19), idle())
        },
        RejectionRow(Code.unknownResource, field: "resource", "recovered: unknown") {
            try recover(Data(repeating: 7, count: 20), idle())
        },
        RejectionRow(Code.notReported, field: "resource", "recovered: never reported, another's") {
            let scene = try idle()
            return try recover(Data(scene.resource.bytes), scene)
        },
        RejectionRow(Code.notReporter, field: "resource", "recovered: by another") {
            let scene = try idleAndStolen()
            return try recover(Data(scene.resource.bytes), scene)
        },
        RejectionRow(Code.notReporter, field: "resource", "by the owner, a member reported it") {
            let scene = try idle()
            try scene.ledger.done(scene.ledger.member("alfa"), .reportStolen(scene.resource))
            return try scene.ledger.send(scene.provider, .reportRecovered(scene.resource))
        },
        RejectionRow(Code.resourceStolen, field: "resource", "given away, reported stolen") {
            let scene = try idleAndStolen()
            return try scene.ledger.send(scene.provider, .transfer(scene.resource, to: scene.carl))
        },
        RejectionRow(Code.resourceStolen, field: "resource", "retired, reported stolen") {
            let scene = try idleAndStolen()
            return try scene.ledger.send(scene.provider, .retire(scene.resource))
        },
        RejectionRow(Code.bookingsOpen, field: "resource", "given away, booked and stolen") {
            let scene = try LeaseScene()
            _ = try scene.book()
            try scene.ledger.done(scene.provider, .withdraw(scene.offer))
            try scene.ledger.done(scene.provider, .reportStolen(scene.resource))
            return try scene.ledger.send(scene.provider, .transfer(scene.resource, to: scene.carl))
        },
        RejectionRow(Code.bookingsOpen, field: "resource", "described anew while it is sold") {
            let scene = try LeaseScene(process: StandardProcesses.sale)
            _ = try scene.book()
            return try scene.ledger.send(
                scene.provider,
                .resources(
                    .updateResource(
                        .with {
                            $0.resource = Data(scene.resource.bytes)
                            $0.title = "A better bike"
                            $0.capacity = 1
                        })))
        },
        RejectionRow(Code.bookingsOpen, field: "resource", "given away while a licence runs") {
            let scene = try LeaseScene(process: StandardProcesses.licence)
            _ = try scene.book()
            try scene.ledger.done(scene.provider, .withdraw(scene.offer))
            return try scene.ledger.send(scene.provider, .transfer(scene.resource, to: scene.carl))
        },
        RejectionRow(Code.capacityPromised, field: "capacity", "1, but 2 licences run") {
            let scene = try LeaseScene(capacity: 3, process: StandardProcesses.licence)
            _ = try scene.book(quantity: 2)
            return try scene.ledger.send(
                scene.provider,
                .resources(
                    .updateResource(
                        .with {
                            $0.resource = Data(scene.resource.bytes)
                            $0.title = "Less"
                            $0.capacity = 1
                        })))
        },
    ]
}
