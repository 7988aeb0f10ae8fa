import struct Foundation.Data
import KoinonLedger
import KoinonProtocol

/// Fraud flags: seen by all from the block that raises them.
extension Reputation {
    static func raise(_ action: RaiseFlag, in context: Context) throws(Rejection) {
        let member = try actingMember(in: context)
        let account = try knownAccount(action.account, in: context)
        guard let evidence = Hash256(action.evidenceHash) else {
            throw Rejection(ReputationRejection.badHash, field: "evidence_hash")
        }
        guard Slug.isValid(action.reason) else {
            throw Rejection(ReputationRejection.badReason, field: "reason")
        }
        guard !openFlags.contains(Key2(account, member), in: context.state) else {
            throw Rejection(ReputationRejection.alreadyFlagged, field: "account")
        }
        guard !judged.contains(Key2(account, evidence), in: context.state) else {
            throw Rejection(ReputationRejection.evidenceJudged, field: "evidence_hash")
        }
        let id: FlagID = context.newID()
        var flag = FraudFlag()
        flag.account = action.account
        flag.member = member.rawValue
        flag.reason = action.reason
        flag.evidenceHash = action.evidenceHash
        flag.raisedAtMs = context.now.milliseconds
        flags.set(id, flag, in: context.state)
        var open = OpenFlag()
        open.flag = Data(id.bytes)
        openFlags.set(Key2(account, member), open, in: context.state)
        var raised = FlagRaised()
        raised.flag = Data(id.bytes)
        raised.account = action.account
        raised.member = member.rawValue
        raised.reason = action.reason
        raised.evidenceHash = action.evidenceHash
        context.emit(.flagRaised(raised))
    }

    static func answer(_ action: AnswerFlag, in context: Context) throws(Rejection) {
        var (id, flag) = try ownOpenFlag(action.flag, in: context)
        guard action.answerHash.count == Hash256.zero.bytes.count else {
            throw Rejection(ReputationRejection.badHash, field: "answer_hash")
        }
        guard flag.answerHash.isEmpty else {
            throw Rejection(ReputationRejection.alreadyAnswered, field: "flag")
        }
        flag.answerHash = action.answerHash
        flag.answeredAtMs = context.now.milliseconds
        flags.set(id, flag, in: context.state)
        var answered = FlagAnswered()
        answered.flag = action.flag
        answered.account = flag.account
        answered.answerHash = action.answerHash
        context.emit(.flagAnswered(answered))
    }

    /// Puts the flag to the members' vote; it stands until they have decided.
    static func appeal(_ action: AppealFlag, in context: Context) throws(Rejection) {
        var (id, flag) = try ownOpenFlag(action.flag, in: context)
        guard flag.proposal.isEmpty else {
            throw Rejection(ReputationRejection.alreadyAppealed, field: "flag")
        }
        let (proposal, closes) = Alliance.putToVote(
            .with {
                $0.title = "Lift a fraud flag"
                $0.statementHash = flag.answerHash
                $0.liftFlag.flag = Data(id.bytes)
            }, proposer: nil, in: context)
        flag.proposal = Data(proposal.bytes)
        flags.set(id, flag, in: context.state)
        var appealed = FlagAppealed()
        appealed.flag = action.flag
        appealed.account = flag.account
        appealed.proposal = flag.proposal
        appealed.closesAtMs = closes
        context.emit(.flagAppealed(appealed))
    }

    static func withdraw(_ action: WithdrawFlag, in context: Context) throws(Rejection) {
        let member = try actingMember(in: context)
        let (id, flag) = try openFlag(action.flag, in: context)
        guard flag.member == member.rawValue else {
            throw Rejection(ReputationRejection.notYourFlag, field: "flag")
        }
        end(flag, id, as: .withdrawn, in: context)
        var withdrawn = FlagWithdrawn()
        withdrawn.flag = action.flag
        withdrawn.account = flag.account
        withdrawn.member = flag.member
        context.emit(.flagWithdrawn(withdrawn))
    }

    /// What an adopted proposal does: the flag ends, and its evidence raises no other.
    static func lift(_ change: LiftFlag, in context: Context) throws(Rejection) {
        let (id, flag) = try openFlag(change.flag, in: context)
        end(flag, id, as: .lifted, in: context)
        guard let account = AccountID(flag.account), let evidence = Hash256(flag.evidenceHash)
        else { preconditionFailure("flag \(id) has fields of another length") }
        var record = JudgedEvidence()
        record.flag = change.flag
        judged.set(Key2(account, evidence), record, in: context.state)
        var lifted = FlagLifted()
        lifted.flag = change.flag
        lifted.account = flag.account
        context.emit(.flagLifted(lifted))
    }

    private static func end(
        _ flag: FraudFlag, _ id: FlagID, as status: FlagStatus, in context: Context
    ) {
        guard let account = AccountID(flag.account), let member = MemberID(rawValue: flag.member)
        else { preconditionFailure("flag \(id) is about no account or by no member") }
        var flag = flag
        flag.status = status
        flag.closedAtMs = context.now.milliseconds
        flags.set(id, flag, in: context.state)
        openFlags.remove(Key2(account, member), in: context.state)
    }

    private static func openFlag(
        _ bytes: Data, in context: Context
    ) throws(Rejection) -> (FlagID, FraudFlag) {
        guard let id = FlagID(bytes) else {
            throw Rejection(ReputationRejection.malformedID, field: "flag")
        }
        guard let flag = flag(id, in: context.state) else {
            throw Rejection(ReputationRejection.unknownFlag, field: "flag")
        }
        guard flag.status == .open else {
            throw Rejection(ReputationRejection.flagNotOpen, field: "flag")
        }
        return (id, flag)
    }

    /// An open flag on the sender's account.
    private static func ownOpenFlag(
        _ bytes: Data, in context: Context
    ) throws(Rejection) -> (FlagID, FraudFlag) {
        let (id, flag) = try openFlag(bytes, in: context)
        guard AccountID(flag.account) == context.sender else {
            throw Rejection(ReputationRejection.notFlagged, field: "flag")
        }
        return (id, flag)
    }
}
