import Foundation
import KoinonProtocol

/// Offers.
extension Action {
    private static func market(_ action: MarketAction.OneOf_Action) -> Action {
        Action.with { $0.market.action = action }
    }

    /// By the owner of the resource. Its id is ``TransactionBuilder/nextID(ofAction:)`` as an
    /// `OfferID`.
    ///
    /// - Parameter terms: fills in the rest: deposit, fee, place, availability, …
    public static func publishOffer(
        of resource: ResourceID, title: String, process: String = "lease", unit: String,
        tariff: Tariff, _ terms: (inout PublishOffer) -> Void = { _ in }
    ) -> Action {
        var offer = PublishOffer()
        offer.resource = Data(resource.bytes)
        offer.title = title
        offer.process = process
        offer.unit = unit
        offer.tariff = tariff
        terms(&offer)
        return publishOffer(offer)
    }

    /// With all its terms, as filled in.
    public static func publishOffer(_ offer: PublishOffer) -> Action {
        market(.publishOffer(offer))
    }

    public static func withdrawOffer(_ offer: OfferID) -> Action {
        market(.withdrawOffer(.with { $0.offer = Data(offer.bytes) }))
    }
}

extension BundleItem {
    /// So many of a resource go with each unit of a bundle.
    public init(_ resource: ResourceID, quantity: UInt32 = 1) {
        self.init()
        self.resource = Data(resource.bytes)
        self.quantity = quantity
    }
}

extension Tariff {
    /// The charge is  max(steps begun, minimum) × price.
    public init(price: Amount, stepMilliseconds: UInt64, minimumSteps: UInt32 = 1) {
        self.init()
        priceMinor = price.minor
        stepMs = stepMilliseconds
        self.minimumSteps = minimumSteps
    }
}
