import KoinonProtocol

/// How much of one resource is taken.
struct ResourceShare: Equatable {
    var resource: ResourceID
    var quantity: UInt64
}

extension PublishOffer {
    /// The offer's resource and all that goes with it, in the order of the offer: what a
    /// unit of an agreement's quantity takes. Only of an offer whose form was checked.
    var shares: [ResourceShare] { ResourceShare.all(resource, also, times: 1) }
}

extension Agreement {
    /// What the agreement promises and uses, in the order of its offer.
    var shares: [ResourceShare] { ResourceShare.all(resource, also, times: UInt64(quantity)) }
}

extension ResourceShare {
    /// At most 10^12 of each: both factors are at most the largest capacity.
    fileprivate static func all(
        _ first: some Collection<UInt8>, _ also: [BundleItem], times quantity: UInt64
    ) -> [ResourceShare] {
        var shares = [ResourceShare(resource: id(first), quantity: quantity)]
        for item in also {
            shares.append(
                ResourceShare(
                    resource: id(item.resource), quantity: quantity * UInt64(max(item.quantity, 1)))
            )
        }
        return shares
    }

    private static func id(_ bytes: some Collection<UInt8>) -> ResourceID {
        guard let id = ResourceID(bytes) else {
            preconditionFailure("an offer or agreement names a resource by no id")
        }
        return id
    }
}

extension Market {
    /// What goes with an offer's resource, by form: few enough, none of them twice.
    static func checkBundle(
        _ also: [BundleItem], besides first: ResourceID
    ) throws(Rejection) -> [ResourceShare] {
        guard also.count <= maximumBundleItems else {
            throw Rejection(MarketRejection.bundleTooLarge, field: "also")
        }
        var shares: [ResourceShare] = []
        for (index, item) in also.enumerated() {
            guard let id = ResourceID(item.resource) else {
                throw Rejection(MarketRejection.malformedID, field: "also[\(index)].resource")
            }
            guard id != first, !shares.contains(where: { $0.resource == id }) else {
                throw Rejection(MarketRejection.resourceTwice, field: "also[\(index)].resource")
            }
            shares.append(ResourceShare(resource: id, quantity: UInt64(max(item.quantity, 1))))
        }
        return shares
    }
}
