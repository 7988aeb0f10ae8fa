import KoinonProtocol

extension Resources {
    public static func checkInvariants(in state: some StateReader) -> [String] {
        var violations: [String] = []
        var serialCount = 0
        var custodyCount: UInt64 = 0
        for (id, resource) in resources.rows(in: state) {
            guard let owner = AccountID(resource.owner), let issuer = AccountID(resource.issuer)
            else {
                violations.append("resource \(id) has no owner or issuer")
                continue
            }
            if Accounts.account(owner, in: state) == nil {
                violations.append("the owner of resource \(id) has no account")
            }
            if kind(resource.kind, in: state) == nil {
                violations.append("resource \(id) is of a kind that is not there")
            }
            if !(1...maximumCapacity).contains(resource.capacity) {
                violations.append("resource \(id) has capacity \(resource.capacity)")
            }
            if !resource.serial.isEmpty {
                serialCount += 1
                if self.resource(serial: resource.serial, issuer: issuer, in: state) != id {
                    violations.append("the serial number of resource \(id) leads elsewhere")
                }
            }
            custodyCount += resource.custodyRecords
            let steps = custody.rows(under: id, in: state).map(\.key.b)
            if steps != Array(0..<resource.custodyRecords) {
                violations.append("the custody history of resource \(id) has gaps")
            }
            if resource.retired, resource.openOffers > 0 || resource.openBookings > 0 {
                violations.append("resource \(id) is retired but offered or booked")
            }
        }
        if serials.rows(in: state).count != serialCount {
            violations.append("a serial number leads to no resource")
        }
        if UInt64(custody.rows(in: state).count) != custodyCount {
            violations.append("there is custody of a resource that is not there")
        }
        return violations
    }
}
