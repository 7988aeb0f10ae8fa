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
        guard let row = accounts.get(account, in: state) else { return false }
        return row.keys.contains { PublicKey($0.publicKey) == key }
    }

    /// Whether a transaction with this nonce could still be executed.
    public static func isNonceFresh(
        _ nonce: UInt64, sender: AccountID, key: PublicKey, in state: some StateReader
    ) -> Bool {
        (nonceWindows.get(Key2(sender, key), in: state) ?? NonceWindow()).isFresh(nonce)
    }

    static func useNonce(
        _ nonce: UInt64, sender: AccountID, key: PublicKey, in state: StateOverlay
    ) {
        var window = nonceWindows.get(Key2(sender, key), in: state) ?? NonceWindow()
        window.use(nonce)
        nonceWindows.set(Key2(sender, key), window, in: state)
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
