import KoinonLedger
import KoinonProtocol

extension Alliance {
    /// The present members as they judge blocks, ascending by id.
    public static func memberSet(in state: some StateReader) -> MemberSet {
        MemberSet(
            members.rows(in: state).map { id, member in
                guard let key = PublicKey(member.nodeKey) else {
                    preconditionFailure("the node key of \(id) is no key")
                }
                return MemberSet.Entry(id: id, nodeKey: key)
            })
    }

    public static func member(_ id: MemberID, in state: some StateReader) -> Member? {
        members.get(id, in: state)
    }

    /// Through which the member acts, whatever its keys are; nil when there is no such member.
    public static func account(of member: MemberID, in state: some StateReader) -> AccountID? {
        Self.member(member, in: state).flatMap { AccountID($0.account) }
    }

    /// The member that the account acts for, if it does for any.
    public static func memberID(
        actingAs account: AccountID, in state: some StateReader
    ) -> MemberID? {
        actingAccounts.get(account, in: state).flatMap { MemberID(rawValue: $0.member) }
    }

    /// What holds now, defaults filled in.
    public static func parameters(in state: some StateReader) -> Parameters {
        guard let parameters = parameterRow.get(NoKey(), in: state) else {
            preconditionFailure("the state has no parameters: it did not begin with genesis")
        }
        return parameters
    }

    /// By the rules of which protocol version the block of that height is executed, as far as
    /// is decided. Rules that change with a version ask this.
    public static func protocolVersion(at height: Height, in state: some StateReader) -> UInt64 {
        guard let schedule = protocolSchedule.get(NoKey(), in: state) else { return 1 }
        let hasBegun = schedule.nextVersion > 0 && height.rawValue >= schedule.fromHeight
        return hasBegun ? schedule.nextVersion : schedule.version
    }

    /// The protocol version that is decided and begins above that height, if there is one.
    public static func comingProtocol(
        after height: Height, in state: some StateReader
    ) -> (version: UInt64, from: Height)? {
        guard let schedule = protocolSchedule.get(NoKey(), in: state), schedule.nextVersion > 0,
            schedule.fromHeight > height.rawValue
        else { return nil }
        return (schedule.nextVersion, Height(schedule.fromHeight))
    }

    public static func proposal(_ id: ProposalID, in state: some StateReader) -> Proposal? {
        proposals.get(id, in: state)
    }

    /// Whether enough of the present members say yes: ⌊2n/3⌋+1.
    public static func hasPassed(_ proposal: Proposal, in state: some StateReader) -> Bool {
        let present = memberSet(in: state)
        let yes = present.members.count { proposal.yes.contains($0.id.rawValue) }
        return yes >= present.quorum
    }
}
