import KoinonProtocol

extension Market {
    public static func checkInvariants(in state: some StateReader) -> [String] {
        var violations: [String] = []
        var open: [ResourceID: UInt32] = [:]
        var openCount = 0
        let processes = Set(Agreements.processes.rows(in: state).map(\.key))
        for (id, offer) in offers.rows(in: state) {
            // By the bytes of the row, without the code that the actions use.
            let bundle = ([offer.terms.resource] + offer.terms.also.map(\.resource)).compactMap {
                ResourceID($0)
            }
            let resources = bundle.compactMap { Resources.resource($0, in: state) }
            if resources.count != 1 + offer.terms.also.count {
                violations.append("offer \(id) is about a resource that is not there")
                continue
            }
            if !processes.contains(offer.terms.process) {
                violations.append("offer \(id) names a process that is not there")
            }
            if Money.unit(offer.terms.unit, in: state) == nil {
                violations.append("offer \(id) names a unit that is not there")
            }
            if bundle.contains(where: {
                openOffers.contains(Key2($0, id), in: state) == offer.withdrawn
            }) {
                violations.append("offer \(id) is open on one list and not on the other")
            }
            if offer.withdrawn { continue }
            openCount += bundle.count
            for resource in bundle { open[resource, default: 0] += 1 }
            if resources.contains(where: { $0.owner != offer.provider }) {
                violations.append("offer \(id) is open, but its provider is not the owner")
            }
        }
        if openOffers.rows(in: state).count != openCount {
            violations.append("an offer is listed as open and is none")
        }
        for (id, resource) in Resources.resources.rows(in: state)
        where resource.openOffers != open[id] ?? 0 {
            violations.append(
                "resource \(id) counts \(resource.openOffers) open offers of \(open[id] ?? 0)")
        }
        return violations + requestViolations(in: state)
    }
}
