import KoinonProtocol

/// What happens when the parties of an agreement do not agree any more: it is frozen,
/// and an arbiter or members drawn by lot divide what it holds.
public enum Disputes: Module {
    public static let number: UInt32 = 8
    public static let name = "Disputes"
    public static var rejections: [any RejectionCode] { DisputesRejection.allCases }

    public static func apply(_ action: Action, in context: Context) throws(Rejection) {
        switch action.disputes.action {
        case .openDispute(let action): try open(action, in: context)
        case .submitEvidence(let action): try submit(action, in: context)
        case .decideDispute(let action): try decide(action, in: context)
        case .appealDecision(let action): try appeal(action, in: context)
        case .withdrawDispute(let action): try withdraw(action, in: context)
        case .concedeDispute(let action): try concede(action, in: context)
        case nil: throw Rejection(DisputesRejection.emptyAction, field: "disputes")
        }
    }

    public static func fire(_ timer: TimerRecord, in context: Context) throws(Rejection) {
        guard let id = AgreementID(timer.subject), let run = DisputeRun(id, in: context) else {
            preconditionFailure("a timer is set for a dispute that is not open")
        }
        switch TimerKind(rawValue: timer.kind) {
        case .evidenceEnds: try run.endEvidence()
        case .lotIsDrawn: try run.drawLot()
        case .decisionEnds: try run.conclude()
        case .appealEnds: try run.carryOut()
        case nil: preconditionFailure("disputes have no timers of kind \(timer.kind)")
        }
    }
}
