import KoinonProtocol

extension Accounts {
    public static let accounts = Table<AccountID, Account>(prefix: 0x20)
    /// Keys that may never return to the account.
    public static let revokedKeys = Table<Key2<AccountID, PublicKey>, RevokedKey>(prefix: 0x21)
    /// What each sponsor has opened; kept when it is a member no more.
    public static let sponsors = Table<MemberID, SponsorState>(prefix: 0x23)

    enum TimerKind: UInt32 {
        /// The subject is an account whose keys are replaced.
        case recovery = 1
    }

    /// The row is read for every transaction of the account, so it stays small.
    public static let maximumKeys = 16
    public static let maximumLimits = 8
    public static let maximumSponsorships = 64
    /// 365 days.
    public static let maximumRecoveryDelayMilliseconds: UInt64 = 31_536_000_000

    static func setRecoveryTimer(of account: AccountID, due: UInt64, in context: Context) {
        Timers.set(
            due: Timestamp(milliseconds: due), module: number, kind: TimerKind.recovery.rawValue,
            subject: account.bytes, in: context.state)
    }

    static func cancelRecoveryTimer(of account: AccountID, due: UInt64, in context: Context) {
        Timers.cancel(
            due: Timestamp(milliseconds: due), module: number, kind: TimerKind.recovery.rawValue,
            subject: account.bytes, in: context.state)
    }
}

extension Context {
    func emit(_ event: AccountsEvent.OneOf_Event) {
        var wrapped = AccountsEvent()
        wrapped.event = event
        emit(.accounts(wrapped))
    }
}
