import struct Foundation.Data
import KoinonProtocol

extension Market {
    /// Publishes terms on which the sender's resource may be used.
    static func publish(_ action: PublishOffer, in context: Context) throws(Rejection) {
        guard let resourceID = ResourceID(action.resource) else {
            throw Rejection(MarketRejection.malformedID, field: "resource")
        }
        try checkForm(of: action)
        let state = context.state
        guard var resource = Resources.resource(resourceID, in: state) else {
            throw Rejection(MarketRejection.unknownResource, field: "resource")
        }
        guard AccountID(resource.owner) == context.sender else {
            throw Rejection(MarketRejection.notOwner, field: "resource")
        }
        guard !resource.retired else {
            throw Rejection(MarketRejection.resourceRetired, field: "resource")
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
        offer.provider = resource.owner
        offer.publishedAtMs = context.now.milliseconds
        offers.set(id, offer, in: state)
        resource.openOffers += 1
        Resources.resources.set(resourceID, resource, in: state)
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
        guard let resourceID = ResourceID(offer.terms.resource),
            var resource = Resources.resource(resourceID, in: context.state)
        else { preconditionFailure("offer \(id) is about a resource that is not there") }
        offer.withdrawn = true
        offers.set(id, offer, in: context.state)
        resource.openOffers -= 1
        Resources.resources.set(resourceID, resource, in: context.state)
        var withdrawn = OfferWithdrawn()
        withdrawn.offer = action.offer
        context.emit(.offerWithdrawn(withdrawn))
    }
}
