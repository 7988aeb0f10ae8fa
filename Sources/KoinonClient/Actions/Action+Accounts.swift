import Foundation
import KoinonLedger
import KoinonProtocol

/// Accounts, their keys, recovery and sponsors.
extension Action {
    private static func accounts(_ action: AccountsAction.OneOf_Action) -> Action {
        Action.with { $0.accounts.action = action }
    }

    /// By a member's account, with ``AccountConsent/signed(by:chain:sponsor:)``.
    public static func openAccount(consent: Envelope) -> Action {
        accounts(.openAccount(.with { $0.consent = consent.message }))
    }

    /// - Parameter limits: what the key may spend a UTC day, by unit; empty for a full key.
    public static func addKey(
        _ key: PublicKey, limits: [(unit: String, perDay: Amount)] = []
    ) -> Action {
        accounts(
            .addKey(
                .with {
                    $0.publicKey = Data(key.bytes)
                    $0.limits = limits.map { limit in
                        .with {
                            $0.unit = limit.unit
                            $0.perDayMinor = limit.perDay.minor
                        }
                    }
                }))
    }

    /// The key that signs this is revoked; `key` takes its place and its limits.
    public static func rotateKey(to key: PublicKey) -> Action {
        accounts(.rotateKey(.with { $0.publicKey = Data(key.bytes) }))
    }

    /// For ever.
    public static func revokeKey(_ key: PublicKey) -> Action {
        accounts(.revokeKey(.with { $0.publicKey = Data(key.bytes) }))
    }

    /// - Parameter account: who may replace all keys after the delay; nil removes it.
    public static func setRecovery(
        to account: AccountID?, delayMilliseconds: UInt64 = 0
    ) -> Action {
        accounts(
            .setRecovery(
                .with {
                    if let account { $0.account = Data(account.bytes) }
                    $0.delayMs = delayMilliseconds
                }))
    }

    /// By the recovery account.
    public static func startRecovery(of account: AccountID, newKey: PublicKey) -> Action {
        accounts(
            .startRecovery(
                .with {
                    $0.account = Data(account.bytes)
                    $0.publicKey = Data(newKey.bytes)
                }))
    }

    /// By any current key of the account under recovery.
    public static func cancelRecovery() -> Action {
        accounts(.cancelRecovery(CancelRecovery()))
    }

    /// By the account that wishes to move.
    public static func requestSponsor(_ sponsor: MemberID) -> Action {
        accounts(.requestSponsor(.with { $0.sponsor = sponsor.rawValue }))
    }

    /// By the account of the wished sponsor.
    public static func acceptSponsored(_ account: AccountID) -> Action {
        accounts(.acceptSponsored(.with { $0.account = Data(account.bytes) }))
    }
}
