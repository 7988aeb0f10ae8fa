import KoinonLedger
import KoinonProtocol

extension Accounts {
    public static func account(_ id: AccountID, in state: some StateReader) -> Account? {
        accounts.get(id, in: state)
    }

    /// Whether the key may sign for the account now.
    public static func isActive(
        _ key: PublicKey, for account: AccountID, in state: some StateReader
    ) -> Bool {
        signingKey(key, of: account, in: state) != nil
    }

    /// The highest nonce that the key has used for the account; 0 before its first transaction.
    public static func highestNonce(
        of key: PublicKey, for account: AccountID, in state: some StateReader
    ) -> UInt64 {
        accounts.get(account, in: state)?.keys.first { PublicKey($0.publicKey) == key }?
            .window.highest ?? 0
    }

    /// Nil when the key may not sign for the account.
    static func signingKey(
        _ key: PublicKey, of account: AccountID, in state: some StateReader
    ) -> SigningKeyRow? {
        accounts.bytes(account, in: state).flatMap { SigningKeyRow(key, in: $0) }
    }

    /// Uses a nonce that ``SigningKeyRow/isFresh(_:)`` allows.
    static func useNonce(
        _ nonce: UInt64, sender: AccountID, key: PublicKey, in state: StateOverlay
    ) {
        guard let row = signingKey(key, of: sender, in: state) else {
            preconditionFailure("the key of a transaction about to be executed is active")
        }
        accounts.set(sender, bytes: row.using(nonce), in: state)
    }

    /// The member through which the account is in the alliance now; perhaps one that was expelled.
    public static func sponsor(of account: AccountID, in state: some StateReader) -> MemberID? {
        accounts.get(account, in: state)?.sponsorships.last.flatMap {
            MemberID(rawValue: $0.sponsor)
        }
    }

    public static func sponsorState(
        of member: MemberID, in state: some StateReader
    ) -> SponsorState {
        sponsors.get(member, in: state) ?? SponsorState()
    }

    /// Whether the running action was signed by an active key that has no limits.
    static func signsWithoutLimit(in context: Context) -> Bool {
        guard let account = accounts.get(context.sender, in: context.state) else { return false }
        return account.keys.contains {
            PublicKey($0.publicKey) == context.signingKey && $0.limits.isEmpty
        }
    }
}
