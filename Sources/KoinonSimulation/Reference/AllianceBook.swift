import Foundation
import KoinonLedger
import KoinonProtocol

/// Members, parameters and votes.
struct AllianceBook {
    struct MemberRow {
        var nodeKey: PublicKey
        var account: AccountID
    }

    struct ProposalRow {
        var change: Propose.OneOf_Change?
        var closesAtMs: UInt64
        var isOpen = true
        /// By member: yes or no, the last vote of each.
        var votes: [String: Bool] = [:]
    }

    var parameters = Parameters()
    var members: [String: MemberRow] = [:]
    var proposals: [ProposalID: ProposalRow] = [:]
    /// Node keys that another one has replaced, with whose they were.
    var retiredKeys: [PublicKey: String] = [:]

    func member(actingAs account: AccountID) -> String? {
        members.first { $0.value.account == account }?.key
    }
}

private enum Code {
    static let empty: UInt32 = 100
    static let notAMember: UInt32 = 101
    static let limitedKey: UInt32 = 102
    static let badTitle: UInt32 = 103
    static let badStatementHash: UInt32 = 104
    static let emptyChange: UInt32 = 105
    static let badMemberID: UInt32 = 106
    static let memberExists: UInt32 = 107
    static let badName: UInt32 = 108
    static let badKey: UInt32 = 109
    static let nodeKeyInUse: UInt32 = 110
    static let tooManyMembers: UInt32 = 111
    static let unknownMember: UInt32 = 112
    static let lastMember: UInt32 = 113
    static let unknownParameter: UInt32 = 114
    static let parameterOutOfBounds: UInt32 = 115
    static let unknownProposal: UInt32 = 116
    static let proposalNotOpen: UInt32 = 117
    static let nodeKeyRetired: UInt32 = 118
    static let sameNodeKey: UInt32 = 119
    static let accountExists: UInt32 = 206
}

extension ReferenceLedger {
    mutating func perform(_ action: AllianceAction) throws {
        switch action.action {
        case .propose(let action): try propose(action)
        case .vote(let action): try vote(action)
        case .renewNodeKey(let action): try renew(action)
        case nil: throw Refusal(Code.empty)
        }
    }

    private func votingMember() throws -> String {
        guard let signer, let member = alliance.member(actingAs: signer.account) else {
            throw Refusal(Code.notAMember)
        }
        let key = people.accounts[signer.account]?.keys.first { $0.key == signer.key }
        guard let key, key.limits.isEmpty else { throw Refusal(Code.limitedKey) }
        return member
    }

    private mutating func propose(_ action: Propose) throws {
        let member = try votingMember()
        guard Bounds.isTitle(action.title) else { throw Refusal(Code.badTitle) }
        guard Bounds.isHashOrNothing(action.statementHash) else {
            throw Refusal(Code.badStatementHash)
        }
        var trial = self
        try trial.enact(action.change)
        try cast(true, by: member, on: try putToVote(action.change))
    }

    mutating func putToVote(_ change: Propose.OneOf_Change?) throws -> ProposalID {
        let id: ProposalID = try newID()
        let closes = now + alliance.parameters.votingPeriodMs
        alliance.proposals[id] = AllianceBook.ProposalRow(change: change, closesAtMs: closes)
        timers.set(ReferenceTimer(due: closes, module: 1, kind: 1, subject: id.bytes))
        return id
    }

    private mutating func vote(_ action: Vote) throws {
        let member = try votingMember()
        guard let id = ProposalID(action.proposal), let row = alliance.proposals[id] else {
            throw Refusal(Code.unknownProposal)
        }
        guard row.isOpen, now < row.closesAtMs else { throw Refusal(Code.proposalNotOpen) }
        try cast(action.yes, by: member, on: id)
    }

    private mutating func cast(_ yes: Bool, by member: String, on id: ProposalID) throws {
        alliance.proposals[id]?.votes[member] = yes
        guard let row = alliance.proposals[id] else { return }
        let count = alliance.members.keys.count { row.votes[$0] == true }
        guard count >= alliance.members.count * 2 / 3 + 1 else { return }
        timers.cancel(
            ReferenceTimer(due: row.closesAtMs, module: 1, kind: 1, subject: id.bytes))
        alliance.proposals[id]?.isOpen = false
        var trial = self
        do {
            try trial.enact(row.change)
            self = trial
        } catch is Refusal {
            // The vote stands, the change does not: something came between.
        }
    }

    mutating func lapse(_ timer: ReferenceTimer) throws {
        guard let id = ProposalID(timer.subject) else { throw Unsure() }
        alliance.proposals[id]?.isOpen = false
    }

    private mutating func enact(_ change: Propose.OneOf_Change?) throws {
        switch change {
        case .admitMember(let change): try admit(change)
        case .expelMember(let change):
            guard Bounds.isSlug(change.id), alliance.members[change.id] != nil else {
                throw Refusal(Code.unknownMember)
            }
            guard alliance.members.count > 1 else { throw Refusal(Code.lastMember) }
            alliance.members[change.id] = nil
        case .setParameter(let change):
            guard let bounds = ParameterBounds.bounds(of: change.name) else {
                throw Refusal(Code.unknownParameter)
            }
            guard bounds.contains(change.value) else { throw Refusal(Code.parameterOutOfBounds) }
            alliance.parameters[change.name] = change.value
        case .liftFlag(let change): try lift(change)
        case nil: throw Refusal(Code.emptyChange)
        // Whether a process is sound is judged by rules that this model does not have; nor does it
        // count blocks, from which on protocol versions hold.
        default: throw Unsure()
        }
    }

    private mutating func renew(_ action: RenewNodeKey) throws {
        let member = try votingMember()
        guard let key = PublicKey(action.nodeKey), Ed25519.isValidPublicKey(key) else {
            throw Refusal(Code.badKey)
        }
        guard let old = alliance.members[member]?.nodeKey, let signer else { throw Unsure() }
        guard key != old else { throw Refusal(Code.sameNodeKey) }
        guard !authors.values.contains(where: { $0.nodeKey == key }) else {
            throw Refusal(Code.nodeKeyInUse)
        }
        guard alliance.retiredKeys[key] == nil else { throw Refusal(Code.nodeKeyRetired) }
        guard people.accounts[signer.account]?.keys.contains(where: { $0.key == key }) != true
        else { throw Refusal(Code.nodeKeyInUse) }
        alliance.retiredKeys[old] = member
        alliance.members[member]?.nodeKey = key
        authors[member]?.nodeKey = key
    }

    mutating func admit(_ change: AdmitMember) throws {
        guard Bounds.isSlug(change.id) else { throw Refusal(Code.badMemberID) }
        guard alliance.members[change.id] == nil else { throw Refusal(Code.memberExists) }
        guard alliance.members.count < 100 else { throw Refusal(Code.tooManyMembers) }
        guard Bounds.isTitle(change.name) else { throw Refusal(Code.badName) }
        guard let nodeKey = PublicKey(change.nodeKey), Ed25519.isValidPublicKey(nodeKey) else {
            throw Refusal(Code.badKey)
        }
        guard !authors.contains(where: { $0.key != change.id && $0.value.nodeKey == nodeKey })
        else { throw Refusal(Code.nodeKeyInUse) }
        guard alliance.retiredKeys[nodeKey] == nil else { throw Refusal(Code.nodeKeyRetired) }
        guard let accountKey = PublicKey(change.accountKey), Ed25519.isValidPublicKey(accountKey)
        else { throw Refusal(Code.badKey) }
        guard accountKey != nodeKey, !authors.values.contains(where: { $0.nodeKey == accountKey })
        else { throw Refusal(Code.nodeKeyInUse) }
        guard alliance.retiredKeys[accountKey] == nil else {
            throw Refusal(Code.nodeKeyRetired)
        }
        let account = AccountID(chain: chain, firstKey: accountKey)
        guard people.accounts[account] == nil else { throw Refusal(Code.accountExists) }
        people.sponsors[change.id, default: AccountBook.Sponsor()].accounts += 1
        people.accounts[account] = AccountBook.Row(firstKey: accountKey, sponsor: change.id)
        alliance.members[change.id] = AllianceBook.MemberRow(nodeKey: nodeKey, account: account)
        if let old = authors[change.id]?.nodeKey, old != nodeKey {
            alliance.retiredKeys[old] = change.id
        }
        // Sequences outlive membership.
        authors[change.id] = Author(
            nodeKey: nodeKey, sequence: authors[change.id]?.sequence ?? 0, clockMs: now)
    }
}
