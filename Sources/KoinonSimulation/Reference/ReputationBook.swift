import Foundation
import KoinonLedger
import KoinonProtocol

/// What is known of accounts, up to what it adds up to: that is told by the sums of
/// docs/formats, which are recomputed elsewhere (Examples/), not by this model.
struct ReputationBook {
    struct Review {
        var phase = ReviewPhase.sealing
        var dueMs: UInt64
        /// By who wrote it.
        var sealed: [AccountID: Data] = [:]
        var opened: Set<AccountID> = []
    }

    struct Flag {
        var account: AccountID
        var member: String
        var evidence: Data
        var isAnswered = false
        var isAppealed = false
        var isOpen = true
    }

    var reviews: [AgreementID: Review] = [:]
    /// Members that vouch for an account.
    var vouches: [AccountID: Set<String>] = [:]
    var flags: [FlagID: Flag] = [:]
    /// Evidence that a vote has judged, by account.
    var judged: [AccountID: Set<Data>] = [:]

    func isFlagged(_ account: AccountID) -> Bool {
        flags.values.contains { $0.account == account && $0.isOpen }
    }
}

private enum Code {
    static let empty: UInt32 = 700
    static let malformedID: UInt32 = 701
    static let unknownAgreement: UInt32 = 702
    static let notSettled: UInt32 = 703
    static let notParty: UInt32 = 704
    static let badHash: UInt32 = 705
    static let alreadySealed: UInt32 = 706
    static let sealingEnded: UInt32 = 707
    static let nothingSealed: UInt32 = 708
    static let sealingNotEnded: UInt32 = 709
    static let alreadyOpened: UInt32 = 710
    static let openingEnded: UInt32 = 711
    static let badScore: UInt32 = 712
    static let badSalt: UInt32 = 713
    static let notWhatWasSealed: UInt32 = 714
    static let notAMember: UInt32 = 715
    static let unknownAccount: UInt32 = 716
    static let alreadyVouched: UInt32 = 717
    static let tooManyVouches: UInt32 = 718
    static let notVouched: UInt32 = 719
    static let badReason: UInt32 = 720
    static let alreadyFlagged: UInt32 = 721
    static let evidenceJudged: UInt32 = 722
    static let unknownFlag: UInt32 = 723
    static let flagNotOpen: UInt32 = 724
    static let notFlagged: UInt32 = 725
    static let alreadyAnswered: UInt32 = 726
    static let alreadyAppealed: UInt32 = 727
    static let notYourFlag: UInt32 = 728
}

extension ReferenceLedger {
    mutating func perform(_ action: ReputationAction) throws {
        guard let sender = signer?.account else { throw Unsure() }
        switch action.action {
        case .sealReview(let action): try seal(action, by: sender)
        case .openReview(let action): try open(action, by: sender)
        case .vouchFor(let action): try vouch(action, by: sender)
        case .withdrawVouch(let action): try withdraw(action, by: sender)
        case .raiseFlag(let action): try raise(action, by: sender)
        case .answerFlag(let action): try answer(action, by: sender)
        case .appealFlag(let action): try appeal(action, by: sender)
        case .withdrawFlag(let action): try withdraw(action, by: sender)
        case nil: throw Refusal(Code.empty)
        }
    }

    // MARK: Reviews

    /// The one who opened the agreement and the one who offered it.
    private func reviewers(of id: AgreementID) throws -> (opener: AccountID, provider: AccountID) {
        guard let row = deals.rows[id], let process = deals.processes[row.process],
            let opener = process.role(.opener).flatMap({ row.parties[$0] }),
            let provider = market.offers[row.offer]?.provider
        else { throw Unsure() }
        return (opener, provider)
    }

    private func timer(_ kind: UInt32, _ id: AgreementID, _ due: UInt64) -> ReferenceTimer {
        ReferenceTimer(due: due, module: 7, kind: kind, subject: id.bytes)
    }

    private mutating func seal(_ action: SealReview, by sender: AccountID) throws {
        guard let id = AgreementID(action.agreement) else { throw Refusal(Code.malformedID) }
        guard let row = deals.rows[id] else { throw Refusal(Code.unknownAgreement) }
        guard row.settledAt != 0 else { throw Refusal(Code.notSettled) }
        let (opener, provider) = try reviewers(of: id)
        guard sender == opener || sender == provider else { throw Refusal(Code.notParty) }
        guard action.reviewHash.count == 32 else { throw Refusal(Code.badHash) }
        let due = row.settledAt + alliance.parameters.reviewSealWindowMs
        var review = trust.reviews[id] ?? ReputationBook.Review(dueMs: due)
        guard review.sealed[sender] == nil else { throw Refusal(Code.alreadySealed) }
        guard review.phase == .sealing, now < review.dueMs else {
            throw Refusal(Code.sealingEnded)
        }
        review.sealed[sender] = action.reviewHash
        trust.reviews[id] = review
        if review.sealed.count == 1 {
            timers.set(timer(1, id, review.dueMs))
        } else {
            timers.cancel(timer(1, id, review.dueMs))
            beginOpening(id)
        }
    }

    private mutating func beginOpening(_ id: AgreementID) {
        let due = now + alliance.parameters.reviewOpenWindowMs
        trust.reviews[id]?.phase = .opening
        trust.reviews[id]?.dueMs = due
        timers.set(timer(2, id, due))
    }

    private mutating func open(_ action: OpenReview, by sender: AccountID) throws {
        guard let id = AgreementID(action.agreement) else { throw Refusal(Code.malformedID) }
        guard deals.rows[id] != nil else { throw Refusal(Code.unknownAgreement) }
        let (opener, provider) = try reviewers(of: id)
        guard let review = trust.reviews[id], sender == opener || sender == provider,
            let sealed = review.sealed[sender]
        else { throw Refusal(Code.nothingSealed) }
        guard review.phase != .sealing else { throw Refusal(Code.sealingNotEnded) }
        guard !review.opened.contains(sender) else { throw Refusal(Code.alreadyOpened) }
        guard review.phase == .opening, now < review.dueMs else {
            throw Refusal(Code.openingEnded)
        }
        guard action.score >= -10, action.score <= 10 else { throw Refusal(Code.badScore) }
        guard action.salt.count == 32 else { throw Refusal(Code.badSalt) }
        guard Bounds.isHashOrNothing(action.textHash) else { throw Refusal(Code.badHash) }
        var bytes = Array("koinon/review/v1".utf8) + [0] + id.bytes + sender.bytes
        bytes += action.salt + [UInt8(truncatingIfNeeded: action.score)]
        bytes += action.textHash.isEmpty ? Array(repeating: 0, count: 32) : Array(action.textHash)
        guard Data(Hash256.sha256(bytes).bytes) == sealed else {
            throw Refusal(Code.notWhatWasSealed)
        }
        trust.reviews[id]?.opened.insert(sender)
        guard review.opened.count + 1 == review.sealed.count else { return }
        timers.cancel(timer(2, id, review.dueMs))
        trust.reviews[id]?.phase = .closed
    }

    mutating func endReviewWindow(_ timer: ReferenceTimer) throws {
        guard let id = AgreementID(timer.subject), trust.reviews[id] != nil else { throw Unsure() }
        if timer.kind == 1 { beginOpening(id) } else { trust.reviews[id]?.phase = .closed }
    }

    // MARK: Vouches

    private func member(_ sender: AccountID) throws -> String {
        guard let member = alliance.member(actingAs: sender) else {
            throw Refusal(Code.notAMember)
        }
        return member
    }

    private func account(_ bytes: Data) throws -> AccountID {
        guard let account = AccountID(bytes) else { throw Refusal(Code.malformedID) }
        guard people.accounts[account] != nil else { throw Refusal(Code.unknownAccount) }
        return account
    }

    private mutating func vouch(_ action: VouchFor, by sender: AccountID) throws {
        let (member, account) = (try member(sender), try account(action.account))
        guard trust.vouches[account]?.contains(member) != true else {
            throw Refusal(Code.alreadyVouched)
        }
        let count = trust.vouches.values.count { $0.contains(member) }
        guard UInt64(count) < alliance.parameters.vouchesPerMember else {
            throw Refusal(Code.tooManyVouches)
        }
        trust.vouches[account, default: []].insert(member)
    }

    private mutating func withdraw(_ action: WithdrawVouch, by sender: AccountID) throws {
        let (member, account) = (try member(sender), try account(action.account))
        guard trust.vouches[account]?.remove(member) != nil else { throw Refusal(Code.notVouched) }
    }

    // MARK: Flags

    private mutating func raise(_ action: RaiseFlag, by sender: AccountID) throws {
        let (member, account) = (try member(sender), try account(action.account))
        guard action.evidenceHash.count == 32 else { throw Refusal(Code.badHash) }
        guard Bounds.isSlug(action.reason) else { throw Refusal(Code.badReason) }
        let isThere = trust.flags.values.contains {
            $0.isOpen && $0.account == account && $0.member == member
        }
        guard !isThere else { throw Refusal(Code.alreadyFlagged) }
        guard trust.judged[account]?.contains(action.evidenceHash) != true else {
            throw Refusal(Code.evidenceJudged)
        }
        trust.flags[try newID()] = ReputationBook.Flag(
            account: account, member: member, evidence: action.evidenceHash)
    }

    private func openFlag(_ bytes: Data) throws -> (FlagID, ReputationBook.Flag) {
        guard let id = FlagID(bytes) else { throw Refusal(Code.malformedID) }
        guard let flag = trust.flags[id] else { throw Refusal(Code.unknownFlag) }
        guard flag.isOpen else { throw Refusal(Code.flagNotOpen) }
        return (id, flag)
    }

    private mutating func answer(_ action: AnswerFlag, by sender: AccountID) throws {
        let (id, flag) = try openFlag(action.flag)
        guard flag.account == sender else { throw Refusal(Code.notFlagged) }
        guard action.answerHash.count == 32 else { throw Refusal(Code.badHash) }
        guard !flag.isAnswered else { throw Refusal(Code.alreadyAnswered) }
        trust.flags[id]?.isAnswered = true
    }

    private mutating func appeal(_ action: AppealFlag, by sender: AccountID) throws {
        let (id, flag) = try openFlag(action.flag)
        guard flag.account == sender else { throw Refusal(Code.notFlagged) }
        guard !flag.isAppealed else { throw Refusal(Code.alreadyAppealed) }
        trust.flags[id]?.isAppealed = true
        var lift = LiftFlag()
        lift.flag = action.flag
        _ = try putToVote(.liftFlag(lift))
    }

    private mutating func withdraw(_ action: WithdrawFlag, by sender: AccountID) throws {
        let member = try member(sender)
        let (id, flag) = try openFlag(action.flag)
        guard flag.member == member else { throw Refusal(Code.notYourFlag) }
        trust.flags[id]?.isOpen = false
    }

    /// What members decide about a flag.
    mutating func lift(_ change: LiftFlag) throws {
        let (id, flag) = try openFlag(change.flag)
        trust.flags[id]?.isOpen = false
        trust.judged[flag.account, default: []].insert(flag.evidence)
    }
}
