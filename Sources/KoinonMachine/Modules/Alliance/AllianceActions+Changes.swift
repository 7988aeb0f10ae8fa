import struct Foundation.Data
import KoinonLedger
import KoinonProtocol

/// What a vote can change: each checks first, so that one function serves the
/// proposal's trial, the vote that decides, and (for members) genesis.
extension Alliance {
    static func enact(_ change: Propose.OneOf_Change?, in context: Context) throws(Rejection) {
        switch change {
        case .admitMember(let change):
            do throws(Rejection) {
                try admit(change, in: context)
            } catch { throw error.inside("admit_member") }
        case .expelMember(let change): try expel(change, in: context)
        case .setParameter(let change): try set(change, in: context)
        case .adoptProcess(let process):
            do throws(Rejection) {
                try Agreements.adopt(process, in: context)
            } catch { throw error.inside("adopt_process") }
            var adopted = ProcessAdopted()
            adopted.process = process.id
            context.emit(.processAdopted(adopted))
        case .liftFlag(let change):
            do throws(Rejection) {
                try Reputation.lift(change, in: context)
            } catch { throw error.inside("lift_flag") }
        case .activateProtocol(let change): try activate(change, in: context)
        case nil: throw Rejection(AllianceRejection.emptyChange, field: "change")
        }
    }

    /// A new member, with an account of its own that it sponsors itself.
    static func admit(_ change: AdmitMember, in context: Context) throws(Rejection) {
        guard let id = MemberID(rawValue: change.id) else {
            throw Rejection(AllianceRejection.badMemberID, field: "id")
        }
        guard member(id, in: context.state) == nil else {
            throw Rejection(AllianceRejection.memberExists, field: "id")
        }
        guard members.rows(limit: maximumMembers, in: context.state).count < maximumMembers else {
            throw Rejection(AllianceRejection.tooManyMembers, field: "id")
        }
        guard TextCheck.isTitle(change.name) else {
            throw Rejection(AllianceRejection.badName, field: "name")
        }
        guard let nodeKey = PublicKey(change.nodeKey), Ed25519.isValidPublicKey(nodeKey) else {
            throw Rejection(AllianceRejection.badKey, field: "node_key")
        }
        try checkUnused(nodeKey, by: id, field: "node_key", in: context)
        guard let accountKey = PublicKey(change.accountKey), Ed25519.isValidPublicKey(accountKey)
        else { throw Rejection(AllianceRejection.badKey, field: "account_key") }
        // Node keys sign entries and attestations, nothing else.
        guard accountKey != nodeKey else {
            throw Rejection(AllianceRejection.nodeKeyInUse, field: "account_key")
        }
        try checkUnused(accountKey, by: nil, field: "account_key", in: context)
        let account = try Accounts.openMemberAccount(key: accountKey, member: id, in: context)

        var member = Member()
        member.id = id.rawValue
        member.name = change.name
        member.nodeKey = Data(nodeKey.bytes)
        member.account = Data(account.bytes)
        member.admittedAtMs = context.now.milliseconds
        members.set(id, member, in: context.state)
        var acting = ActingAccount()
        acting.member = id.rawValue
        actingAccounts.set(account, acting, in: context.state)
        // Sequences outlive membership; the clock begins where the ledger stands.
        var author = CoreRows.authors.get(id, in: context.state) ?? AuthorState()
        retire(author.nodeKey, of: id, for: nodeKey, in: context)
        author.nodeKey = Data(nodeKey.bytes)
        author.silencedAtHeight = 0
        author.lastClockMs = context.now.milliseconds
        CoreRows.authors.set(id, author, in: context.state)
        var admitted = MemberAdmitted()
        admitted.member = id.rawValue
        admitted.nodeKey = Data(nodeKey.bytes)
        admitted.account = Data(account.bytes)
        context.emit(.memberAdmitted(admitted))
    }

    /// Its account stays an account but acts for no member; its author row stays.
    private static func expel(_ change: ExpelMember, in context: Context) throws(Rejection) {
        guard let id = MemberID(rawValue: change.id), let member = member(id, in: context.state),
            let account = AccountID(member.account)
        else { throw Rejection(AllianceRejection.unknownMember, field: "expel_member.id") }
        guard members.rows(limit: 2, in: context.state).count > 1 else {
            throw Rejection(AllianceRejection.lastMember, field: "expel_member.id")
        }
        members.remove(id, in: context.state)
        actingAccounts.remove(account, in: context.state)
        var expelled = MemberExpelled()
        expelled.member = id.rawValue
        context.emit(.memberExpelled(expelled))
    }

    private static func set(_ change: SetParameter, in context: Context) throws(Rejection) {
        guard let definition = ParameterDefinition.named(change.name) else {
            throw Rejection(AllianceRejection.unknownParameter, field: "set_parameter.name")
        }
        guard definition.bounds.contains(change.value) else {
            throw Rejection(
                AllianceRejection.parameterOutOfBounds, field: "set_parameter.value",
                detail: definition.boundsText)
        }
        var parameters = parameters(in: context.state)
        parameters[keyPath: definition.field] = change.value
        parameterRow.set(NoKey(), parameters, in: context.state)
        var set = ParameterSet()
        set.name = change.name
        set.value = change.value
        context.emit(.parameterSet(set))
    }

    /// Another vote may put off, or bring forward, what has not begun.
    private static func activate(
        _ change: ActivateProtocol, in context: Context
    ) throws(Rejection) {
        let version = protocolVersion(at: context.height, in: context.state)
        guard change.version == version + 1 else {
            throw Rejection(
                AllianceRejection.notNextProtocol, field: "activate_protocol.version",
                detail: "\(version + 1)")
        }
        guard change.fromHeight > context.height.rawValue else {
            throw Rejection(
                AllianceRejection.protocolHeightPassed, field: "activate_protocol.from_height",
                detail: "\(context.height)")
        }
        var schedule = ProtocolSchedule()
        schedule.version = version
        schedule.nextVersion = change.version
        schedule.fromHeight = change.fromHeight
        protocolSchedule.set(NoKey(), schedule, in: context.state)
        var decided = ProtocolDecided()
        decided.version = change.version
        decided.fromHeight = change.fromHeight
        context.emit(.protocolDecided(decided))
    }
}
