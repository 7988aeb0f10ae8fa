import KoinonProtocol

/// Terms on which resources may be used, and requests for them.
public enum Market: Module {
    public static let number: UInt32 = 5
    public static let name = "Market"
    public static var rejections: [any RejectionCode] { MarketRejection.allCases }

    public static func apply(_ action: Action, in context: Context) throws(Rejection) {
        switch action.market.action {
        case .publishOffer(let action): try publish(action, in: context)
        case .withdrawOffer(let action): try withdraw(action, in: context)
        case .publishRequest(let action): try publishRequest(action, in: context)
        case .withdrawRequest(let action): try withdrawRequest(action, in: context)
        case .answerRequest(let action): try answer(action, in: context)
        case .counterAnswer(let action): try counter(action, in: context)
        case .takeAnswer(let action): try take(action, in: context)
        case .withdrawAnswer(let action): try withdrawAnswer(action, in: context)
        case nil: throw Rejection(MarketRejection.emptyAction, field: "market")
        }
    }

    public static func fire(_ timer: TimerRecord, in context: Context) throws(Rejection) {
        switch TimerKind(rawValue: timer.kind) {
        case .expire: expire(timer, in: context)
        case nil: preconditionFailure("the market has no timers of kind \(timer.kind)")
        }
    }
}
