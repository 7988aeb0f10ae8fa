import KoinonLedger
import KoinonProtocol

/// Accounts of people, devices and members: keys that come and go, and a sponsor.
public enum Accounts: Module {
    public static let number: UInt32 = 2
    public static let name = "Accounts"
    public static var rejections: [any RejectionCode] { AccountsRejection.allCases }

    public static func apply(_ action: Action, in context: Context) throws(Rejection) {
        switch action.accounts.action {
        case .openAccount(let action): try openAccount(action, in: context)
        case .addKey(let action): try addKey(action, in: context)
        case .rotateKey(let action): try rotateKey(action, in: context)
        case .revokeKey(let action): try revokeKey(action, in: context)
        case .setRecovery(let action): try setRecovery(action, in: context)
        case .startRecovery(let action): try startRecovery(action, in: context)
        case .cancelRecovery: try cancelRecovery(in: context)
        case .requestSponsor(let action): try requestSponsor(action, in: context)
        case .acceptSponsored(let action): try acceptSponsored(action, in: context)
        case nil: throw Rejection(AccountsRejection.emptyAction, field: "accounts")
        }
    }

    public static func fire(_ timer: TimerRecord, in context: Context) throws(Rejection) {
        switch TimerKind(rawValue: timer.kind) {
        case .recovery: completeRecovery(timer, in: context)
        case nil: preconditionFailure("accounts have no timers of kind \(timer.kind)")
        }
    }
}
