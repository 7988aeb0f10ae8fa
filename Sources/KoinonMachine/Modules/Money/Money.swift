import KoinonProtocol

/// Units of account, what each account has of them, and what agreements hold.
public enum Money: Module {
    public static let number: UInt32 = 3
    public static let name = "Money"
    public static var rejections: [any RejectionCode] { MoneyRejection.allCases }

    public static func apply(_ action: Action, in context: Context) throws(Rejection) {
        switch action.money.action {
        case .createUnit(let action): try createUnit(action, in: context)
        case .issue(let action): try issue(action, in: context)
        case .transfer(let action): try transfer(action, in: context)
        case .redeem(let action): try redeem(action, in: context)
        case nil: throw Rejection(MoneyRejection.emptyAction, field: "money")
        }
    }
}
