import KoinonProtocol

@testable import KoinonMachine

extension LeaseScene {
    var record: AccountRecord { Agreements.record(of: bea.account, in: ledger.state) }
}

extension [Event] {
    var settlements: [SettlementRecorded] {
        compactMap { event in
            guard case .settlementRecorded(let recorded) = event.agreements.event else {
                return nil
            }
            return recorded
        }
    }
}

extension Event {
    /// Name of what happened, without its content.
    var kind: String {
        let inner: Any? =
            switch module {
            case .money(let event): event.event
            case .resources(let event): event.event
            case .market(let event): event.event
            case .agreements(let event): event.event
            default: nil
            }
        guard let inner else { return "" }
        return Mirror(reflecting: inner).children.first?.label ?? ""
    }
}
