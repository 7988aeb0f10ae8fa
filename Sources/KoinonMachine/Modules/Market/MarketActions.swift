import struct Foundation.Data
import KoinonProtocol

extension Market {
    /// Publishes terms on which the sender's resource may be used.
    static func publish(_ action: PublishOffer, in context: Context) throws(Rejection) {
        guard let resourceID = ResourceID(action.resource) else {
            throw Rejection(MarketRejection.malformedID, field: "resource")
        }
        try checkForm(of: action)
        let also = try checkBundle(action.also, besides: resourceID)
        let state = context.state
        try checkOwn(resourceID, field: "resource", in: context)
        for (index, share) in also.enumerated() {
            let place = "also[\(index)]"
            let resource = try checkOwn(share.resource, field: "\(place).resource", in: context)
            guard share.quantity <= UInt64(resource.capacity) else {
                throw Rejection(
                    MarketRejection.bundleQuantityTooLarge, field: "\(place).quantity",
                    detail: "capacity \(resource.capacity)")
            }
        }
        guard let process = Agreements.runnableProcess(action.process, in: state) else {
            throw Rejection(MarketRejection.unknownProcess, field: "process")
        }
        try checkTerms(of: action, declaredBy: process)
        guard Money.unit(action.unit, in: state) != nil else {
            throw Rejection(MarketRejection.unknownUnit, field: "unit")
        }
        let platform =
            action.platform.isEmpty
            ? Accounts.sponsor(of: context.sender, in: state) : MemberID(rawValue: action.platform)
        guard let platform, Alliance.member(platform, in: state) != nil else {
            throw Rejection(MarketRejection.unknownPlatform, field: "platform")
        }

        let id: OfferID = context.newID()
        var offer = Offer()
        offer.terms = action
        // The sponsor may change; the offer goes on being made through this member.
        offer.terms.platform = platform.rawValue
        offer.provider = Data(context.sender.bytes)
        offer.publishedAtMs = context.now.milliseconds
        offers.set(id, offer, in: state)
        countOpen(offer, by: 1, in: context)
        var published = OfferPublished()
        published.offer = Data(id.bytes)
        published.resource = action.resource
        published.provider = offer.provider
        published.platform = platform.rawValue
        context.emit(.offerPublished(published))
    }

    /// Closes the offer to new agreements; those that run go on under its terms.
    static func withdraw(_ action: WithdrawOffer, in context: Context) throws(Rejection) {
        guard let id = OfferID(action.offer) else {
            throw Rejection(MarketRejection.malformedID, field: "offer")
        }
        guard var offer = offer(id, in: context.state) else {
            throw Rejection(MarketRejection.unknownOffer, field: "offer")
        }
        guard AccountID(offer.provider) == context.sender else {
            throw Rejection(MarketRejection.notProvider, field: "offer")
        }
        guard !offer.withdrawn else {
            throw Rejection(MarketRejection.alreadyWithdrawn, field: "offer")
        }
        offer.withdrawn = true
        offers.set(id, offer, in: context.state)
        countOpen(offer, by: -1, in: context)
        var withdrawn = OfferWithdrawn()
        withdrawn.offer = action.offer
        context.emit(.offerWithdrawn(withdrawn))
    }

    /// Keeps each resource's count of the offers on it that are open.
    private static func countOpen(_ offer: Offer, by change: Int32, in context: Context) {
        for share in offer.terms.shares {
            guard var resource = Resources.resource(share.resource, in: context.state) else {
                preconditionFailure("an offer is about a resource that is not there")
            }
            resource.openOffers = UInt32(Int32(resource.openOffers) + change)
            Resources.resources.set(share.resource, resource, in: context.state)
        }
    }

    /// The resource, if it is there, the sender's and not retired.
    @discardableResult
    private static func checkOwn(
        _ id: ResourceID, field: String, in context: Context
    ) throws(Rejection) -> Resource {
        guard let resource = Resources.resource(id, in: context.state) else {
            throw Rejection(MarketRejection.unknownResource, field: field)
        }
        guard AccountID(resource.owner) == context.sender else {
            throw Rejection(MarketRejection.notOwner, field: field)
        }
        guard !resource.retired else {
            throw Rejection(MarketRejection.resourceRetired, field: field)
        }
        return resource
    }
}
