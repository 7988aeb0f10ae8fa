import Foundation
import KoinonLedger
import KoinonProtocol

/// Disputes, up to their end.
struct DisputeBook {
    struct Row {
        var opener: AccountID
        var openedAt: UInt64
        var claim: Division
        var status = DisputeStatus.evidence
        /// When the present step ends; 0 at the end.
        var dueMs: UInt64 = 0
        /// How much each account submitted.
        var evidence: [AccountID: Int] = [:]
        var seats: [Place] = []
        var firstSeats: [Place] = []
        var decision: Division?
        var isAppealed = false

        var isOpen: Bool { kind != nil }

        /// Which timer ends the present step.
        var kind: UInt32? {
            switch status {
            case .evidence: 1
            case .lot: 2
            case .deciding: 3
            case .decided: 4
            default: nil
            }
        }
    }

    /// Someone who decides; the arbiter when it names no member.
    struct Place {
        var member: String
        var division: Division?
    }

    /// By agreement, in the order in which they came.
    var rows: [AgreementID: [Row]] = [:]
}

private enum Code {
    static let empty: UInt32 = 800
    static let malformedID: UInt32 = 801
    static let badEvidenceHash: UInt32 = 802
    static let unknownAgreement: UInt32 = 803
    static let notDisputable: UInt32 = 804
    static let notAParty: UInt32 = 805
    static let badDenominator: UInt32 = 806
    static let unknownRole: UInt32 = 807
    static let roleTwice: UInt32 = 808
    static let sharesNotWhole: UInt32 = 809
    static let ownershipNotDecided: UInt32 = 810
    static let alreadyDisputed: UInt32 = 811
    static let disputedBefore: UInt32 = 812
    static let noDispute: UInt32 = 813
    static let evidenceClosed: UInt32 = 814
    static let tooMuchEvidence: UInt32 = 815
    static let notDeciding: UInt32 = 816
    static let notJudge: UInt32 = 817
    static let limitedKey: UInt32 = 818
    static let decidedAlready: UInt32 = 819
    static let notAppealable: UInt32 = 820
    static let notOpener: UInt32 = 821
    static let ownDispute: UInt32 = 822
    static let decisionGiven: UInt32 = 823
    static let resourceStolen: UInt32 = 824
}

extension ReferenceLedger {
    mutating func perform(_ action: DisputesAction) throws {
        guard let sender = signer?.account else { throw Unsure() }
        switch action.action {
        case .openDispute(let action): try open(action, by: sender)
        case .submitEvidence(let action): try submit(action, by: sender)
        case .decideDispute(let action): try decide(action, by: sender)
        case .appealDecision(let action): try appeal(action, by: sender)
        case .withdrawDispute(let action): try withdraw(action, by: sender)
        case .concedeDispute(let action): try concede(action, by: sender)
        case nil: throw Refusal(Code.empty)
        }
    }

    private func rule(_ row: AgreementBook.Row) throws -> DisputeRule? {
        guard let process = deals.processes[row.process]?.definition else { throw Unsure() }
        return process.hasDispute ? process.dispute : nil
    }

    private func sides(_ row: AgreementBook.Row) throws -> [AccountID] {
        try rule(row)?.by.compactMap { row.parties[$0] } ?? []
    }

    /// The role for which somebody disputes, or did before selling it on, as only openers can.
    private func side(of account: AccountID, _ row: AgreementBook.Row) throws -> String? {
        let present = try rule(row)?.by.first { row.parties[$0] == account }
        return present ?? deals.processes[row.process]?.role(.opener)
    }

    private mutating func open(_ action: OpenDispute, by sender: AccountID) throws {
        guard let id = AgreementID(action.agreement) else { throw Refusal(Code.malformedID) }
        guard action.evidenceHash.count == 32 else { throw Refusal(Code.badEvidenceHash) }
        guard let row = deals.rows[id] else { throw Refusal(Code.unknownAgreement) }
        guard !row.isDisputed else { throw Refusal(Code.alreadyDisputed) }
        guard let rule = try rule(row), rule.states.contains(row.state) else {
            throw Refusal(Code.notDisputable)
        }
        guard try sides(row).contains(sender) else { throw Refusal(Code.notAParty) }
        let side = try side(of: sender, row)
        for before in disputes.rows[id] ?? [] where try self.side(of: before.opener, row) == side {
            throw Refusal(Code.disputedBefore)
        }
        try check(action.claim, row)
        timers.cancelAll(module: 6, subject: id.bytes)
        deals.rows[id]?.isDisputed = true
        disputes.rows[id, default: []].append(
            DisputeBook.Row(
                opener: sender, openedAt: now, claim: action.claim, evidence: [sender: 1]))
        enter(.evidence, id, until: now + alliance.parameters.disputeEvidenceMs)
    }

    /// Fractions of roles that the process has, each once, which sum to 1.
    private func check(_ division: Division, _ row: AgreementBook.Row) throws {
        guard (1...1_000_000_000).contains(division.denominator) else {
            throw Refusal(Code.badDenominator)
        }
        var sum: UInt64 = 0
        var seen: Set<String> = []
        for share in division.shares {
            guard row.parties[share.role] != nil else { throw Refusal(Code.unknownRole) }
            guard seen.insert(share.role).inserted else { throw Refusal(Code.roleTwice) }
            guard share.numerator <= division.denominator,
                sum + share.numerator <= division.denominator
            else { throw Refusal(Code.sharesNotWhole) }
            sum += share.numerator
        }
        guard sum == division.denominator else { throw Refusal(Code.sharesNotWhole) }
        if division.handOver, try rule(row)?.ownershipTo.isEmpty != false {
            throw Refusal(Code.ownershipNotDecided)
        }
    }

    private func running(_ bytes: Data) throws -> (AgreementID, DisputeBook.Row, AgreementBook.Row)
    {
        guard let id = AgreementID(bytes) else { throw Refusal(Code.malformedID) }
        guard let dispute = disputes.rows[id]?.last, dispute.isOpen, let row = deals.rows[id] else {
            throw Refusal(Code.noDispute)
        }
        return (id, dispute, row)
    }

    private mutating func change(_ id: AgreementID, _ body: (inout DisputeBook.Row) -> Void) {
        guard let last = disputes.rows[id]?.indices.last, var row = disputes.rows[id]?[last] else {
            return
        }
        body(&row)
        disputes.rows[id]?[last] = row
    }

    /// Ends a step and begins the next.
    private mutating func enter(_ status: DisputeStatus, _ id: AgreementID, until due: UInt64) {
        timers.cancelAll(module: 8, subject: id.bytes)
        let due = min(due, Bounds.endOfTime)
        change(id) { row in
            row.status = status
            row.dueMs = due
        }
        guard let kind = disputes.rows[id]?.last?.kind else { return }
        timers.set(ReferenceTimer(due: due, module: 8, kind: kind, subject: id.bytes))
    }

    private mutating func submit(_ action: SubmitEvidence, by sender: AccountID) throws {
        guard AgreementID(action.agreement) != nil else { throw Refusal(Code.malformedID) }
        guard action.evidenceHash.count == 32 else { throw Refusal(Code.badEvidenceHash) }
        let (id, dispute, row) = try running(action.agreement)
        guard try sides(row).contains(sender) else { throw Refusal(Code.notAParty) }
        guard dispute.status == .evidence, now < dispute.dueMs else {
            throw Refusal(Code.evidenceClosed)
        }
        guard dispute.evidence[sender] ?? 0 < 16 else { throw Refusal(Code.tooMuchEvidence) }
        change(id) { $0.evidence[sender, default: 0] += 1 }
    }

    private mutating func decide(_ action: DecideDispute, by sender: AccountID) throws {
        let (id, dispute, row) = try running(action.agreement)
        guard dispute.status == .deciding, now < dispute.dueMs else {
            throw Refusal(Code.notDeciding)
        }
        let place = dispute.seats.firstIndex { seat in
            seat.member.isEmpty
                ? AccountID(row.arbiter) == sender
                : alliance.members[seat.member]?.account == sender
        }
        guard let place else { throw Refusal(Code.notJudge) }
        let key = people.accounts[sender]?.keys.first { $0.key == signer?.key }
        guard let key, key.limits.isEmpty else { throw Refusal(Code.limitedKey) }
        guard dispute.seats[place].division == nil else { throw Refusal(Code.decidedAlready) }
        try check(action.division, row)
        change(id) { $0.seats[place].division = action.division }
        guard let after = disputes.rows[id]?.last else { return }
        if after.seats.allSatisfy({ $0.division != nil }) { try conclude(id) }
    }

    private mutating func appeal(_ action: AppealDecision, by sender: AccountID) throws {
        guard AgreementID(action.agreement) != nil else { throw Refusal(Code.malformedID) }
        guard action.evidenceHash.count == 32 else { throw Refusal(Code.badEvidenceHash) }
        let (id, dispute, row) = try running(action.agreement)
        guard try sides(row).contains(sender) else { throw Refusal(Code.notAParty) }
        guard dispute.status == .decided, now < dispute.dueMs else {
            throw Refusal(Code.notAppealable)
        }
        change(id) { row in
            row.evidence[sender, default: 0] += 1
            row.isAppealed = true
            row.firstSeats = row.seats
            row.seats = []
        }
        enter(.lot, id, until: timeMs + 1)
    }

    private mutating func withdraw(_ action: WithdrawDispute, by sender: AccountID) throws {
        let (id, dispute, _) = try running(action.agreement)
        guard dispute.opener == sender else { throw Refusal(Code.notOpener) }
        guard dispute.decision == nil else { throw Refusal(Code.decisionGiven) }
        guard let process = deals.processes[deals.rows[id]?.process ?? ""] else { throw Unsure() }
        thaw(id, as: .withdrawn)
        if let row = deals.rows[id] { try arm(id, row, process) }
    }

    private mutating func concede(_ action: ConcedeDispute, by sender: AccountID) throws {
        let (id, dispute, row) = try running(action.agreement)
        guard try sides(row).contains(sender) else { throw Refusal(Code.notAParty) }
        guard dispute.opener != sender else { throw Refusal(Code.ownDispute) }
        guard dispute.decision == nil else { throw Refusal(Code.decisionGiven) }
        guard !dispute.claim.handOver || !isStolen(row) else {
            throw Refusal(Code.resourceStolen)
        }
        try close(id, as: .conceded, by: dispute.claim)
    }
}

/// What timers and decisions lead to.
extension ReferenceLedger {
    mutating func endDisputeStep(_ timer: ReferenceTimer) throws {
        guard let id = AgreementID(timer.subject), let dispute = disputes.rows[id]?.last,
            let row = deals.rows[id], dispute.kind == timer.kind
        else { throw Unsure() }
        switch timer.kind {
        case 1:
            if row.arbiter.isEmpty {
                enter(.lot, id, until: timeMs + 1)
            } else {
                change(id) { $0.seats = [DisputeBook.Place(member: "")] }
                enter(.deciding, id, until: now + alliance.parameters.disputeDecisionMs)
            }
        case 2:
            let drawn = lot(id, dispute, row)
            change(id) { $0.seats = drawn.map { DisputeBook.Place(member: $0) } }
            if drawn.isEmpty { return try conclude(id) }
            enter(.deciding, id, until: now + alliance.parameters.disputeDecisionMs)
        case 3: try conclude(id)
        default: try carryOut(id)
        }
    }

    /// Members by the hash of the block before, those of the first round last.
    private func lot(
        _ id: AgreementID, _ dispute: DisputeBook.Row, _ row: AgreementBook.Row
    ) -> [String] {
        let parties = Set(row.parties.values)
        let eligible = alliance.members.filter { !parties.contains($0.value.account) }.map(\.key)
        let round: UInt8 = dispute.isAppealed ? 1 : 0
        func rank(_ member: String) -> [UInt8] {
            let tag = Array("koinon/lot/v1".utf8) + [0]
            let text = parent.bytes + id.bytes + [0, 0, 0, round] + Array(member.utf8)
            let sat = dispute.firstSeats.contains { $0.member == member }
            return [sat ? 1 : 0] + Hash256.sha256(tag + text).bytes
        }
        let order = eligible.map { (rank($0), $0) }.sorted {
            $0.0.lexicographicallyPrecedes($1.0)
        }
        return order.prefix(Int(alliance.parameters.disputePanelSize)).map(\.1)
    }

    fileprivate mutating func conclude(_ id: AgreementID) throws {
        guard let dispute = disputes.rows[id]?.last, let row = deals.rows[id] else {
            throw Unsure()
        }
        let given = dispute.seats.compactMap(\.division)
        if given.isEmpty {
            if dispute.decision == nil { return try close(id, as: .undecided, by: nil) }
            return try carryOut(id)
        }
        let decision = try middle(of: given, row)
        change(id) { $0.decision = decision }
        if dispute.isAppealed { return try carryOut(id) }
        enter(.decided, id, until: now + alliance.parameters.disputeAppealMs)
    }

    /// The lower median by what the opener of the agreement gets.
    private func middle(of divisions: [Division], _ row: AgreementBook.Row) throws -> Division {
        guard let opener = deals.processes[row.process]?.role(.opener) else { throw Unsure() }
        func share(_ division: Division) -> UInt64 {
            division.shares.first { $0.role == opener }?.numerator ?? 0
        }
        // By insertion, so that equal ones stay in the order of their seats.
        var order: [Division] = []
        for division in divisions {
            let place = order.firstIndex {
                UInt128(share($0)) * UInt128(division.denominator)
                    > UInt128(share(division)) * UInt128($0.denominator)
            }
            order.insert(division, at: place ?? order.count)
        }
        return order[(order.count - 1) / 2]
    }

    private mutating func carryOut(_ id: AgreementID) throws {
        guard let dispute = disputes.rows[id]?.last, let decision = dispute.decision,
            let row = deals.rows[id]
        else { throw Unsure() }
        let isBarred = decision.handOver && isStolen(row)
        try close(id, as: isBarred ? .undecided : .resolved, by: isBarred ? nil : decision)
    }

    private mutating func thaw(_ id: AgreementID, as status: DisputeStatus) {
        timers.cancelAll(module: 8, subject: id.bytes)
        let since = disputes.rows[id]?.last?.openedAt ?? now
        change(id) { row in
            row.status = status
            row.dueMs = 0
        }
        deals.rows[id]?.isDisputed = false
        deals.rows[id]?.frozenMs += now - since
    }

    fileprivate mutating func close(
        _ id: AgreementID, as status: DisputeStatus, by division: Division?
    ) throws {
        thaw(id, as: status)
        guard let row = deals.rows[id], let rule = try rule(row),
            let process = deals.processes[row.process]
        else { throw Unsure() }
        var way = AgreementWay(to: rule.resolvedTo, remainderTo: rule.remainderTo)
        if let division {
            way.settles = true
            if division.handOver {
                var effect = Effect()
                effect.transferOwnership.to = rule.ownershipTo
                way.add(effect, 0)
            }
            let held = UInt128(money.held(id, row.unit))
            for role in process.definition.roles {
                guard let share = division.shares.first(where: { $0.role == role.name }) else {
                    continue
                }
                var effect = Effect()
                effect.pay.to = role.name
                let part = held * UInt128(share.numerator) / UInt128(division.denominator)
                way.add(effect, UInt64(part))
            }
        } else {
            do {
                let amounts = try amounts(of: rule.undecided, id, row)
                for (effect, amount) in zip(rule.undecided, amounts) { way.add(effect, amount) }
            } catch is Refusal {
                // It must end, with what can be reckoned or without.
            }
        }
        try enter(way, id, row)
    }
}
