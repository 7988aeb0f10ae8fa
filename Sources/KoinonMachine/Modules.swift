import KoinonProtocol

/// The modules of the machine, in the order of their numbers.
///
/// Adding one touches its folder, this list and the oneofs in `transaction.proto`
/// and `receipt.proto` (CONTRIBUTING.md walks through it).
public enum Modules {
    public static let all: [any Module.Type] = [
        Alliance.self, Accounts.self, Money.self, Resources.self, Market.self, Agreements.self,
    ]

    /// The module that an action belongs to; nil for an action without content.
    static func module(of action: Action) -> (any Module.Type)? {
        switch action.module {
        case .alliance: Alliance.self
        case .accounts: Accounts.self
        case .money: Money.self
        case .resources: Resources.self
        case .market: Market.self
        case .agreements: Agreements.self
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
        all.flatMap { module in
            module.checkInvariants(in: state).map { "\(module.name): \($0)" }
        }
    }
}
