import KoinonProtocol

/// What is known of accounts from those who settled agreements with them, and from members.
public enum Reputation: Module {
    public static let number: UInt32 = 7
    public static let name = "Reputation"
    public static var rejections: [any RejectionCode] { ReputationRejection.allCases }

    public static func apply(_ action: Action, in context: Context) throws(Rejection) {
        switch action.reputation.action {
        case .sealReview(let action): try seal(action, in: context)
        case .openReview(let action): try open(action, in: context)
        case .vouchFor(let action): try vouch(action, in: context)
        case .withdrawVouch(let action): try withdraw(action, in: context)
        case .raiseFlag(let action): try raise(action, in: context)
        case .answerFlag(let action): try answer(action, in: context)
        case .appealFlag(let action): try appeal(action, in: context)
        case .withdrawFlag(let action): try withdraw(action, in: context)
        case nil: throw Rejection(ReputationRejection.emptyAction, field: "reputation")
        }
    }

    public static func fire(_ timer: TimerRecord, in context: Context) throws(Rejection) {
        guard let id = AgreementID(timer.subject), var reviews = reviews(of: id, in: context.state)
        else { preconditionFailure("a timer is set for reviews that are not there") }
        switch TimerKind(rawValue: timer.kind) {
        case .sealingEnds: beginOpening(&reviews, of: id, in: context)
        case .openingEnds: close(&reviews, of: id, in: context)
        case nil: preconditionFailure("reputation has no timers of kind \(timer.kind)")
        }
    }
}
