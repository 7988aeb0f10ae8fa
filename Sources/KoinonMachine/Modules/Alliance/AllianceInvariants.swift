import KoinonProtocol

extension Alliance {
    public static func checkInvariants(in state: some StateReader) -> [String] {
        var violations: [String] = []
        let present = members.rows(in: state)
        if present.isEmpty { violations.append("there is no member") }
        if Set(present.map(\.value.nodeKey)).count != present.count {
            violations.append("two members have one node key")
        }
        for (id, member) in present {
            if member.id != id.rawValue { violations.append("the row of \(id) names \(member.id)") }
            if CoreRows.authors.get(id, in: state)?.nodeKey != member.nodeKey {
                violations.append("member \(id) signs entries with another key than its own")
            }
            if let key = PublicKey(member.nodeKey), retiredNodeKeys.contains(key, in: state) {
                violations.append("member \(id) signs with a key that was replaced")
            }
            guard let account = AccountID(member.account) else {
                violations.append("member \(id) has no account")
                continue
            }
            if memberID(actingAs: account, in: state) != id {
                violations.append("the account of \(id) does not act for it")
            }
            if Accounts.account(account, in: state) == nil {
                violations.append("the account of \(id) is not open")
            }
        }
        if actingAccounts.rows(in: state).count != present.count {
            violations.append("an account acts for a member that is none")
        }
        let parameters = parameters(in: state)
        for definition in ParameterDefinition.all
        where !definition.bounds.contains(parameters[keyPath: definition.field]) {
            violations.append("parameter \(definition.name) is out of bounds")
        }
        if let schedule = protocolSchedule.get(NoKey(), in: state),
            schedule.version == 0 || schedule.nextVersion != schedule.version + 1
        {
            violations.append("protocol \(schedule.nextVersion) follows \(schedule.version)")
        }
        return violations + proposalViolations(in: state)
    }

    private static func proposalViolations(in state: some StateReader) -> [String] {
        var violations: [String] = []
        var open = 0
        for (id, proposal) in proposals.rows(in: state) {
            let votes = proposal.yes + proposal.no
            if Set(votes).count != votes.count {
                violations.append("a member voted twice on \(id)")
            }
            if proposal.yes != proposal.yes.sorted() || proposal.no != proposal.no.sorted() {
                violations.append("the votes on \(id) are not ascending")
            }
            guard proposal.status == .open else { continue }
            open += 1
            let lapses = Timers.isSet(
                due: Timestamp(milliseconds: proposal.closesAtMs), module: number,
                kind: TimerKind.lapse.rawValue, subject: id.bytes, in: state)
            if !lapses { violations.append("proposal \(id) is open for ever") }
        }
        if Timers.all(of: number, in: state).count != open {
            violations.append("a timer is set for a proposal that is not open")
        }
        return violations
    }
}
