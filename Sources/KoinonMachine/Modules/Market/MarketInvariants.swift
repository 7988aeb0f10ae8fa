import KoinonProtocol

extension Market {
    public static func checkInvariants(in state: some StateReader) -> [String] {
        var violations: [String] = []
        var open: [ResourceID: UInt32] = [:]
        for (id, offer) in offers.rows(in: state) {
            guard let resourceID = ResourceID(offer.terms.resource),
                let resource = Resources.resource(resourceID, in: state)
            else {
                violations.append("offer \(id) is about a resource that is not there")
                continue
            }
            if Agreements.process(offer.terms.process, in: state) == nil {
                violations.append("offer \(id) names a process that is not there")
            }
            if Money.unit(offer.terms.unit, in: state) == nil {
                violations.append("offer \(id) names a unit that is not there")
            }
            if offer.withdrawn { continue }
            open[resourceID, default: 0] += 1
            if offer.provider != resource.owner {
                violations.append("offer \(id) is open, but its provider is not the owner")
            }
        }
        for (id, resource) in Resources.resources.rows(in: state)
        where resource.openOffers != open[id] ?? 0 {
            violations.append(
                "resource \(id) counts \(resource.openOffers) open offers of \(open[id] ?? 0)")
        }
        return violations
    }
}
