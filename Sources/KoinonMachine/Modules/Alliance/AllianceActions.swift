import struct Foundation.Data
import KoinonLedger
import KoinonProtocol

extension Alliance {
    /// Opens a vote on one change; the proposer's yes is the first vote.
    static func propose(_ action: Propose, in context: Context) throws(Rejection) {
        let member = try votingMember(in: context)
        guard TextCheck.isTitle(action.title) else {
            throw Rejection(AllianceRejection.badTitle, field: "title")
        }
        guard TextCheck.isHashOrEmpty(action.statementHash) else {
            throw Rejection(AllianceRejection.badStatementHash, field: "statement_hash")
        }
        // A change that could not be made now is not worth a vote.
        try context.trial { context throws(Rejection) in try enact(action.change, in: context) }

        let (id, _) = putToVote(action, proposer: member, in: context)
        guard let proposal = proposal(id, in: context.state) else {
            preconditionFailure("proposal \(id) was made and is not there")
        }
        cast(yes: true, by: member, on: id, proposal, in: context)
    }

    /// Opens the vote; nobody has voted yet.
    ///
    /// - Parameter proposer: nil when someone has a right to a vote who is no member.
    /// - Returns: the proposal, and when voting ends, in milliseconds.
    static func putToVote(
        _ content: Propose, proposer: MemberID?, in context: Context
    ) -> (ProposalID, closesAt: UInt64) {
        let id: ProposalID = context.newID()
        let period = parameters(in: context.state).votingPeriodMs
        var proposal = Proposal()
        proposal.content = content
        proposal.proposer = proposer?.rawValue ?? ""
        proposal.proposedAtMs = context.now.milliseconds
        proposal.closesAtMs = context.now.milliseconds + period
        proposals.set(id, proposal, in: context.state)
        setLapse(of: id, at: Timestamp(milliseconds: proposal.closesAtMs), in: context)
        var made = ProposalMade()
        made.proposal = Data(id.bytes)
        made.proposer = proposal.proposer
        made.closesAtMs = proposal.closesAtMs
        context.emit(.proposalMade(made))
        return (id, proposal.closesAtMs)
    }

    /// Votes, or votes again: the last vote of a member counts.
    static func vote(_ action: Vote, in context: Context) throws(Rejection) {
        let member = try votingMember(in: context)
        guard let id = ProposalID(action.proposal), let proposal = proposal(id, in: context.state)
        else { throw Rejection(AllianceRejection.unknownProposal, field: "proposal") }
        // Its timer may still wait behind others when many are due.
        guard proposal.status == .open, context.now.milliseconds < proposal.closesAtMs else {
            throw Rejection(AllianceRejection.proposalNotOpen, field: "proposal")
        }
        cast(yes: action.yes, by: member, on: id, proposal, in: context)
    }

    /// The member for which the signing key may vote.
    static func votingMember(in context: Context) throws(Rejection) -> MemberID {
        guard let member = memberID(actingAs: context.sender, in: context.state) else {
            throw Rejection(AllianceRejection.notAMember)
        }
        guard Accounts.signsWithoutLimit(in: context) else {
            throw Rejection(AllianceRejection.limitedKey)
        }
        return member
    }

    /// Records the vote, then counts: ⌊2n/3⌋+1 of the present members make the change.
    private static func cast(
        yes: Bool, by member: MemberID, on id: ProposalID, _ proposal: Proposal, in context: Context
    ) {
        var proposal = proposal
        proposal.yes.removeAll { $0 == member.rawValue }
        proposal.no.removeAll { $0 == member.rawValue }
        // Slugs are ASCII, so that Swift's order of strings is that of their bytes.
        if yes {
            proposal.yes = (proposal.yes + [member.rawValue]).sorted()
        } else {
            proposal.no = (proposal.no + [member.rawValue]).sorted()
        }
        proposals.set(id, proposal, in: context.state)
        var cast = VoteCast()
        cast.proposal = Data(id.bytes)
        cast.member = member.rawValue
        cast.yes = yes
        context.emit(.voteCast(cast))

        guard hasPassed(proposal, in: context.state) else { return }
        cancelLapse(of: id, at: Timestamp(milliseconds: proposal.closesAtMs), in: context)
        do throws(Rejection) {
            try context.whole { context throws(Rejection) in
                try enact(proposal.content.change, in: context)
            }
            close(id, proposal, as: .adopted, in: context)
        } catch {
            // Something decided meanwhile stands in its way; the vote itself is valid.
            close(id, proposal, as: .failed, in: context)
        }
    }

    static func lapse(_ timer: TimerRecord, in context: Context) {
        guard let id = ProposalID(timer.subject), let proposal = proposal(id, in: context.state),
            proposal.status == .open
        else { preconditionFailure("a timer is set for a proposal that is not open") }
        close(id, proposal, as: .lapsed, in: context)
    }

    private static func close(
        _ id: ProposalID, _ proposal: Proposal, as status: ProposalStatus, in context: Context
    ) {
        var proposal = proposal
        proposal.status = status
        proposals.set(id, proposal, in: context.state)
        var closed = ProposalClosed()
        closed.proposal = Data(id.bytes)
        closed.status = status
        context.emit(.proposalClosed(closed))
    }
}
