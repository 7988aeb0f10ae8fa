import KoinonClient
import KoinonProtocol

/// The plan in the ledger's own words.
extension TripPlan {
    /// Registers resource `index`; by the account of its operator.
    public func registration(ofResource index: Int) -> Action {
        let resource = resources[index]
        return .registerResource(
            kind: operators[resource.operator].mapping.resources.kind, title: resource.title,
            capacity: resource.capacity, serial: resource.serial)
    }

    /// Offers resource `index` for lease on its operator's terms; by the same account,
    /// after it was registered as `id`.
    ///
    /// - Parameter platform: the member through which it is offered; nil for the operator.
    public func offer(
        ofResource index: Int, as id: ResourceID, through platform: MemberID? = nil
    ) -> Action {
        let resource = resources[index]
        let planned = operators[resource.operator]
        let lease = planned.lease
        return .publishOffer(
            of: id, title: resource.title, unit: lease.unit.id,
            tariff: Tariff(
                price: lease.tariff.price, stepMilliseconds: lease.tariff.stepMilliseconds,
                minimumSteps: lease.tariff.minimumSteps)
        ) { offer in
            offer.platform = (platform ?? planned.member).rawValue
            offer.depositMinor = lease.deposit.minor
            if let reduced = lease.reducedDeposit {
                offer.reducedDeposit.afterSettled = reduced.afterSettled
                offer.reducedDeposit.depositMinor = reduced.deposit.minor
            }
            if lease.platformFee.numerator > 0 {
                offer.platformFee.numerator = lease.platformFee.numerator
                offer.platformFee.denominator = lease.platformFee.denominator
            }
            if let place = resource.place { offer.place = place }
        }
    }

    /// Books trip `index` from the time of the block on; by the account of its rider.
    public func booking(ofTrip index: Int, on offer: OfferID) -> Action {
        .openAgreement(offer: offer, durationMilliseconds: trips[index].agreedMilliseconds)
    }
}
