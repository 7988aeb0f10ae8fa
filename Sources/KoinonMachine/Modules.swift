import KoinonProtocol

/// The modules of the machine, in the order of their numbers.
///
/// Adding one touches its folder, this list and the oneofs in `transaction.proto`
/// and `receipt.proto` (CONTRIBUTING.md walks through it).
public enum Modules {
    public static let all: [any Module.Type] = [
        Alliance.self, Accounts.self, Money.self, Resources.self, Market.self, Agreements.self,
        Reputation.self,
        Disputes.self,
    ]

    /// The number of the module that an action belongs to; nil for an action without content.
    static func number(of action: Action) -> UInt32? {
        switch action.module {
        case .alliance: Alliance.number
        case .accounts: Accounts.number
        case .money: Money.number
        case .resources: Resources.number
        case .market: Market.number
        case .agreements: Agreements.number
        case .reputation: Reputation.number
        case .disputes: Disputes.number
        case nil: nil
        }
    }

    /// Every rejection of every module, by code.
    public static let rejectionMeanings: [UInt32: RejectionMeaning] = {
        var meanings: [UInt32: RejectionMeaning] = [:]
        for module in all {
            for rejection in module.rejections {
                let meaning = RejectionMeaning(
                    code: rejection.rawValue, module: module.name, name: rejection.name,
                    remedy: rejection.remedy)
                let previous = meanings.updateValue(meaning, forKey: meaning.code)
                precondition(previous == nil, "code \(meaning.code) stands for two rejections")
            }
        }
        return meanings
    }()

    /// What contradicts what in the state, over all modules; empty when all is well.
    public static func invariantViolations(in state: some StateReader) -> [String] {
        ModuleList.standard.invariantViolations(in: state)
    }
}
