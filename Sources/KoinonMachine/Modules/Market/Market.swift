import KoinonProtocol

/// Terms on which resources may be used.
public enum Market: Module {
    public static let number: UInt32 = 5
    public static let name = "Market"
    public static var rejections: [any RejectionCode] { MarketRejection.allCases }

    public static func apply(_ action: Action, in context: Context) throws(Rejection) {
        switch action.market.action {
        case .publishOffer(let action): try publish(action, in: context)
        case .withdrawOffer(let action): try withdraw(action, in: context)
        case nil: throw Rejection(MarketRejection.emptyAction, field: "market")
        }
    }
}
