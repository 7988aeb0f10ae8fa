import KoinonLedger
import KoinonProtocol

extension Alliance {
    /// The present members.
    public static let members = Table<MemberID, Member>(prefix: 0x10)
    /// Which member an account acts for; one row a member.
    public static let actingAccounts = Table<AccountID, ActingAccount>(prefix: 0x11)
    /// One row, written at genesis with every default filled in.
    public static let parameterRow = Table<NoKey, Parameters>(prefix: 0x12)
    /// Every proposal ever made.
    public static let proposals = Table<ProposalID, Proposal>(prefix: 0x13)

    /// Node keys that another one has replaced: they never return, to nobody.
    public static let retiredNodeKeys = Table<PublicKey, RetiredNodeKey>(prefix: 0x14)

    /// One row once a vote has decided anything about it.
    static let protocolSchedule = Table<NoKey, ProtocolSchedule>(prefix: 0x15)

    enum TimerKind: UInt32 {
        /// The subject is a proposal whose time to vote ends.
        case lapse = 1
    }

    /// More would make the rows of votes and the headers' signatures unwieldy.
    public static let maximumMembers = GenesisDocument.membersMaximum

    static func setLapse(of proposal: ProposalID, at time: Timestamp, in context: Context) {
        Timers.set(
            due: time, module: number, kind: TimerKind.lapse.rawValue, subject: proposal.bytes,
            in: context.state)
    }

    static func cancelLapse(of proposal: ProposalID, at time: Timestamp, in context: Context) {
        Timers.cancel(
            due: time, module: number, kind: TimerKind.lapse.rawValue, subject: proposal.bytes,
            in: context.state)
    }
}

extension Context {
    func emit(_ event: AllianceEvent.OneOf_Event) {
        var wrapped = AllianceEvent()
        wrapped.event = event
        emit(.alliance(wrapped))
    }
}
