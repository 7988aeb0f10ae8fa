import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Rejections that only an offer on several resources can get, in check order.
extension MarketRejectionTests {
    /// Offers the bike and what `also` makes of a second resource of capacity 4.
    private static func bundle(
        secondBy owner: (LeaseScene) -> Actor = { $0.provider },
        retire: Bool = false, _ change: (inout PublishOffer) -> Void = { _ in },
        also: (LeaseScene, ResourceID) -> [BundleItem]
    ) throws -> Receipt {
        let scene = try LeaseScene()
        let second = try scene.ledger.register("Helmets", capacity: 4, by: owner(scene))
        if retire { try scene.ledger.done(owner(scene), .retire(second)) }
        var offer = LeaseScene.offer(on: scene.resource)
        offer.also = also(scene, second)
        change(&offer)
        return try scene.ledger.send(scene.provider, .market(.publishOffer(offer)))
    }

    private static func id(_ number: UInt8) -> ResourceID {
        ResourceID(Data(repeating: number, count: 20))!
    }

    static let bundles: [RejectionRow] = [
        RejectionRow(Code.termsNotAscending, field: "terms", "terms twice, 16 more") {
            try bundle({ $0.terms = [TermValue(), TermValue()] }) { _, _ in
                (0..<16).map { .item(id($0)) }
            }
        },
        RejectionRow(Code.bundleTooLarge, field: "also", "16 more, of them one twice") {
            try bundle { _, second in
                [.item(second), .item(second)] + (0..<14).map { .item(id($0)) }
            }
        },
        RejectionRow(Code.malformedID, field: "also[0].resource", "no id, then one twice") {
            try bundle { _, second in [BundleItem(), .item(second), .item(second)] }
        },
        RejectionRow(Code.resourceTwice, field: "also[1].resource", "twice, then no id") {
            try bundle { _, second in [.item(second), .item(second), BundleItem()] }
        },
        RejectionRow(
            Code.resourceTwice, field: "also[0].resource", "the first again, and it is unknown"
        ) {
            try bundle({ $0.resource = Data(id(7).bytes) }) { _, _ in [.item(id(7))] }
        },
        RejectionRow(Code.unknownResource, field: "resource", "neither is there") {
            try bundle({ $0.resource = Data(id(7).bytes) }) { _, _ in [.item(id(8))] }
        },
        RejectionRow(
            Code.bundleQuantityTooLarge, field: "also[0].quantity", "5 of 4, then one not there"
        ) {
            try bundle { _, second in [.item(second, 5), .item(id(7))] }
        },
        RejectionRow(Code.unknownResource, field: "also[1].resource", "not there") {
            try bundle { _, second in [.item(second, 4), .item(id(7))] }
        },
        RejectionRow(Code.notOwner, field: "also[0].resource", "another's, retired, too much") {
            try bundle(secondBy: { $0.carl }, retire: true) { _, second in [.item(second, 5)] }
        },
        RejectionRow(
            Code.resourceRetired, field: "also[0].resource", "retired, too much, unknown process"
        ) {
            try bundle(retire: true, { $0.process = "rent" }) { _, second in [.item(second, 5)] }
        },
        RejectionRow(
            Code.bundleQuantityTooLarge, field: "also[0].quantity", "too much, unknown process"
        ) {
            try bundle({ $0.process = "rent" }) { _, second in [.item(second, .max)] }
        },
    ]
}

extension BundleItem {
    static func item(_ resource: ResourceID, _ quantity: UInt32 = 0) -> BundleItem {
        .with {
            $0.resource = Data(resource.bytes)
            $0.quantity = quantity
        }
    }
}
