import Foundation
import KoinonProtocol

/// Units of account and payments.
extension Action {
    private static func money(_ action: MoneyAction.OneOf_Action) -> Action {
        Action.with { $0.money.action = action }
    }

    /// By a member's account, which becomes the issuer.
    ///
    /// - Parameter scale: decimal places of the shown amount, at most 18.
    public static func createUnit(_ unit: String, title: String, scale: Int) -> Action {
        money(
            .createUnit(
                .with {
                    $0.unit = unit
                    $0.title = title
                    // Out of range becomes a scale that the ledger refuses.
                    $0.scale = UInt32(clamping: scale < 0 ? Int.max : scale)
                }))
    }

    /// By the issuer of the unit.
    public static func issue(unit: String, to account: AccountID, amount: Amount) -> Action {
        money(
            .issue(
                .with {
                    $0.unit = unit
                    $0.to = Data(account.bytes)
                    $0.amountMinor = amount.minor
                }))
    }

    public static func transfer(unit: String, to account: AccountID, amount: Amount) -> Action {
        money(
            .transfer(
                .with {
                    $0.unit = unit
                    $0.to = Data(account.bytes)
                    $0.amountMinor = amount.minor
                }))
    }

    /// Gives back to the issuer, who owes outside the ledger.
    public static func redeem(unit: String, amount: Amount) -> Action {
        money(
            .redeem(
                .with {
                    $0.unit = unit
                    $0.amountMinor = amount.minor
                }))
    }
}
