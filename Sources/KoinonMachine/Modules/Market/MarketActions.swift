import struct Foundation.Data
import KoinonProtocol

extension Market {
    /// Publishes terms on which the sender's resources may be used.
    static func publish(_ action: PublishOffer, in context: Context) throws(Rejection) {
        let offer = try checkedOffer(action, in: context)
        let id: OfferID = context.newID()
        offers.set(id, offer, in: context.state)
        countOpen(offer, id, by: 1, in: context)
        emitPublished(id, offer, in: context)
    }

    /// What the sender's terms come to as an offer, if nothing is wrong with them.
    static func checkedOffer(
        _ terms: PublishOffer, in context: Context
    ) throws(Rejection) -> Offer {
        guard let resourceID = ResourceID(terms.resource) else {
            throw Rejection(MarketRejection.malformedID, field: "resource")
        }
        try checkForm(of: terms)
        let also = try checkBundle(terms.also, besides: resourceID)
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
        guard let process = Agreements.runnableProcess(terms.process, in: state) else {
            throw Rejection(MarketRejection.unknownProcess, field: "process")
        }
        try checkTerms(of: terms, declaredBy: process)
        try checkArbiters(of: terms, in: context)
        guard Money.unit(terms.unit, in: state) != nil else {
            throw Rejection(MarketRejection.unknownUnit, field: "unit")
        }
        let platform =
            terms.platform.isEmpty
            ? Accounts.sponsor(of: context.sender, in: state) : MemberID(rawValue: terms.platform)
        guard let platform, Alliance.member(platform, in: state) != nil else {
            throw Rejection(MarketRejection.unknownPlatform, field: "platform")
        }
        var offer = Offer()
        offer.terms = terms
        // The sponsor may change; the offer goes on being made through this member.
        offer.terms.platform = platform.rawValue
        offer.provider = Data(context.sender.bytes)
        offer.publishedAtMs = context.now.milliseconds
        return offer
    }

    static func emitPublished(_ id: OfferID, _ offer: Offer, in context: Context) {
        var published = OfferPublished()
        published.offer = Data(id.bytes)
        published.resource = offer.terms.resource
        published.provider = offer.provider
        published.platform = offer.terms.platform
        context.emit(.offerPublished(published))
    }

    /// Closes the offer to new agreements; those that run go on under its terms.
    static func withdraw(_ action: WithdrawOffer, in context: Context) throws(Rejection) {
        guard let id = OfferID(action.offer) else {
            throw Rejection(MarketRejection.malformedID, field: "offer")
        }
        guard let offer = offer(id, in: context.state) else {
            throw Rejection(MarketRejection.unknownOffer, field: "offer")
        }
        guard AccountID(offer.provider) == context.sender else {
            throw Rejection(MarketRejection.notProvider, field: "offer")
        }
        guard !offer.withdrawn else {
            throw Rejection(MarketRejection.alreadyWithdrawn, field: "offer")
        }
        close(id, offer, in: context)
    }

    /// Withdraws every offer on a resource that leaves its owner.
    static func withdrawAll(on resource: ResourceID, in context: Context) {
        for (key, _) in openOffers.rows(under: resource, in: context.state) {
            guard let offer = offer(key.b, in: context.state) else {
                preconditionFailure("offer \(key.b) is open and not there")
            }
            close(key.b, offer, in: context)
        }
    }

    private static func close(_ id: OfferID, _ offer: Offer, in context: Context) {
        var offer = offer
        offer.withdrawn = true
        offers.set(id, offer, in: context.state)
        countOpen(offer, id, by: -1, in: context)
        var withdrawn = OfferWithdrawn()
        withdrawn.offer = Data(id.bytes)
        context.emit(.offerWithdrawn(withdrawn))
    }

    /// Keeps each resource's count and list of the offers on it that are open.
    private static func countOpen(
        _ offer: Offer, _ id: OfferID, by change: Int32, in context: Context
    ) {
        for share in offer.terms.shares {
            guard var resource = Resources.resource(share.resource, in: context.state) else {
                preconditionFailure("an offer is about a resource that is not there")
            }
            resource.openOffers = UInt32(Int32(resource.openOffers) + change)
            Resources.resources.set(share.resource, resource, in: context.state)
            let key = Key2(share.resource, id)
            if offer.withdrawn {
                openOffers.remove(key, in: context.state)
            } else {
                openOffers.set(key, MarketMarker(), in: context.state)
            }
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
