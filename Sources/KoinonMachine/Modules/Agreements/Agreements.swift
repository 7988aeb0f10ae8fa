import KoinonLedger
import KoinonProtocol

/// What parties agreed about offers, run by processes that are data.
public enum Agreements: Module {
    public static let number: UInt32 = 6
    public static let name = "Agreements"
    public static var rejections: [any RejectionCode] { AgreementsRejection.allCases }

    public static func begin(_ genesis: GenesisDocument, in context: Context) throws(Rejection) {
        for (index, process) in genesis.genesis.processes.enumerated() {
            do throws(Rejection) { try adopt(process, in: context) } catch {
                throw error.inside("processes[\(index)]")
            }
        }
    }

    public static func apply(_ action: Action, in context: Context) throws(Rejection) {
        switch action.agreements.action {
        case .openAgreement(let action): try open(action, in: context)
        case .takeTransition(let action): try take(action, in: context)
        case .offerResale(let action): try offerResale(action, in: context)
        case .withdrawResale(let action): try withdrawResale(action, in: context)
        case .takeResale(let action): try takeResale(action, in: context)
        case nil: throw Rejection(AgreementsRejection.emptyAction, field: "agreements")
        }
    }

    /// Takes the transition whose position in the process is the timer's kind.
    public static func fire(_ timer: TimerRecord, in context: Context) throws(Rejection) {
        guard let id = AgreementID(timer.subject), let run = AgreementRun(id, in: context) else {
            preconditionFailure("a timer is set for an agreement that is not there")
        }
        try run.takeByTimer(Int(timer.kind))
    }
}
