import KoinonLedger
import KoinonProtocol

/// Who the members are, what they may change by vote, and how they vote.
public enum Alliance: Module {
    public static let number: UInt32 = 1
    public static let name = "Alliance"
    public static var rejections: [any RejectionCode] { AllianceRejection.allCases }

    public static func begin(_ genesis: GenesisDocument, in context: Context) throws(Rejection) {
        let content = genesis.genesis
        guard TextCheck.isTitle(content.name) else {
            throw Rejection(AllianceRejection.badTitle, field: "name")
        }
        let parameters = try ParameterDefinition.complete(content.parameters)
        parameterRow.set(NoKey(), parameters, in: context.state)
        for (index, member) in content.members.enumerated() {
            var admission = AdmitMember()
            admission.id = member.id
            admission.name = member.name
            admission.nodeKey = member.nodeKey
            admission.accountKey = member.accountKey
            do throws(Rejection) { try admit(admission, in: context) } catch {
                throw error.inside("members[\(index)]")
            }
        }
    }

    public static func apply(_ action: Action, in context: Context) throws(Rejection) {
        switch action.alliance.action {
        case .propose(let action): try propose(action, in: context)
        case .vote(let action): try vote(action, in: context)
        case .renewNodeKey(let action): try renewNodeKey(action, in: context)
        case nil: throw Rejection(AllianceRejection.emptyAction, field: "alliance")
        }
    }

    public static func fire(_ timer: TimerRecord, in context: Context) throws(Rejection) {
        switch TimerKind(rawValue: timer.kind) {
        case .lapse: lapse(timer, in: context)
        case nil: preconditionFailure("the alliance has no timers of kind \(timer.kind)")
        }
    }
}
