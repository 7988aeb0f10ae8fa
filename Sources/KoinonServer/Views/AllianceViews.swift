import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// A company, city or lender that runs the ledger with the others.
public struct MemberView: Codable, Sendable, Equatable {
    public var id: String
    public var name: String
    /// Signs its entries and attestations; 64 hexadecimal digits.
    public var nodeKey: String
    /// When that key was registered.
    public var nodeKeySince: TimeView
    /// Through which it acts.
    public var account: String
    public var admittedAt: TimeView
    /// Accounts that it has opened.
    public var accounts: UInt64
    /// Accounts that it vouches for.
    public var vouches: UInt64
    /// What its clock said last, in the order.
    public var lastClock: TimeView
    /// The newest block among the last ``signedBlocks`` that it has signed.
    public var lastSigned: UInt64?
    public var stateKey: String

    public static let signedBlocks: UInt64 = 64

    /// The newest block that each member has signed, of the last few.
    public static func signed(_ reader: LedgerReader) throws -> [MemberID: UInt64] {
        let tip = try reader.tip().header.height.rawValue
        let first = Height(tip > signedBlocks ? tip - signedBlocks : 0)
        // Ascending by height, so the newest stays.
        return try reader.attestations(above: first).reduce(into: [:]) { signed, one in
            signed[one.member] = one.height.rawValue
        }
    }

    /// All present members, ascending by id; a few dozen at most.
    ///
    /// - Parameter signed: as ``signed(_:)`` tells.
    public static func all(
        in reader: ViewReader, signed: [MemberID: UInt64] = [:]
    ) -> [MemberView] {
        // A key begins when another one ends.
        let renewals = Alliance.retiredNodeKeys.rows(in: reader.state)
            .reduce(into: [String: UInt64]()) { renewals, row in
                renewals[row.value.member] = max(
                    renewals[row.value.member] ?? 0, row.value.retiredAtMs)
            }
        return Alliance.members.rows(in: reader.state).map { id, row in
            MemberView(
                id: id.rawValue, name: row.name, nodeKey: Hex.encode(row.nodeKey),
                nodeKeySince: TimeView(ms: max(row.admittedAtMs, renewals[id.rawValue] ?? 0)),
                account: reader.account(row.account) ?? "",
                admittedAt: TimeView(ms: row.admittedAtMs),
                accounts: Accounts.sponsorState(of: id, in: reader.state).accounts,
                vouches: Reputation.vouchers.get(id, in: reader.state)?.vouches ?? 0,
                lastClock: TimeView(reader.lastClock(of: id)), lastSigned: signed[id],
                stateKey: stateKeyText(Alliance.members.stateKey(id)))
        }.sorted { $0.id < $1.id }
    }
}

/// What the members vote on.
public struct ProposalView: Codable, Sendable, Equatable {
    /// What would change.
    public struct Change: Codable, Sendable, Equatable {
        /// "admit_member", "expel_member", "set_parameter", "adopt_process", "lift_flag" or
        /// "activate_protocol".
        public var kind: String
        /// The member, parameter, process, flag or protocol version.
        public var subject: String
        /// The new value, or a name.
        public var value: String?
    }

    public var id: String
    public var title: String
    public var statementHash: String?
    public var change: Change
    /// A member; absent when a flagged account appealed.
    public var proposer: String?
    public var proposedAt: TimeView
    public var closesAt: TimeView
    /// "open", "adopted", "lapsed" or "failed".
    public var status: String
    public var yes: [String]
    public var no: [String]
    /// How many yes it needs.
    public var needed: Int
    public var members: Int
    public var stateKey: String

    /// Nil when there is no such proposal.
    public static func make(_ id: ProposalID, in reader: ViewReader) -> ProposalView? {
        guard let row = Alliance.proposal(id, in: reader.state) else { return nil }
        let status =
            switch row.status {
            case .adopted: "adopted"
            case .lapsed: "lapsed"
            case .failed: "failed"
            default: "open"
            }
        return ProposalView(
            id: id.text, title: row.content.title,
            statementHash: reader.hash(row.content.statementHash),
            change: change(row.content, reader),
            proposer: row.proposer.isEmpty ? nil : row.proposer,
            proposedAt: TimeView(ms: row.proposedAtMs), closesAt: TimeView(ms: row.closesAtMs),
            status: status, yes: row.yes, no: row.no, needed: reader.members.quorum,
            members: reader.members.members.count,
            stateKey: stateKeyText(Alliance.proposals.stateKey(id)))
    }

    private static func change(_ content: Propose, _ reader: ViewReader) -> Change {
        switch content.change {
        case .admitMember(let it):
            Change(kind: "admit_member", subject: it.id, value: it.name)
        case .expelMember(let it): Change(kind: "expel_member", subject: it.id)
        case .setParameter(let it):
            Change(kind: "set_parameter", subject: it.name, value: String(it.value))
        case .adoptProcess(let it):
            Change(kind: "adopt_process", subject: it.id, value: it.title)
        case .liftFlag(let it):
            Change(kind: "lift_flag", subject: reader.text(it.flag, FlagKind.self) ?? "")
        case .activateProtocol(let it):
            Change(
                kind: "activate_protocol", subject: String(it.version),
                value: String(it.fromHeight))
        case nil: Change(kind: "none", subject: "")
        }
    }
}

/// A unit of account: what an issuer owes.
public struct UnitView: Codable, Sendable, Equatable {
    public var unit: String
    public var title: String
    /// Decimal places of the shown amount.
    public var scale: UInt32
    public var issuer: String
    /// The member that acts through the issuer's account.
    public var member: String?
    public var issued: MoneyView
    public var redeemed: MoneyView
    /// Issued and not redeemed: what accounts and agreements hold together.
    public var circulating: MoneyView
    public var stateKey: String

    /// Ascending by name's length, then name.
    public static func list(
        after cursor: ListCursor?, limit: Int, in reader: ViewReader
    ) -> (rows: [UnitView], next: ListCursor?) {
        ListCursor.page(Money.units, after: cursor, limit: limit, in: reader) { name, row in
            make(name, row, in: reader)
        }
    }

    /// Nil when there is no such unit.
    public static func make(_ name: String, in reader: ViewReader) -> UnitView? {
        Money.unit(name, in: reader.state).map { make(name, $0, in: reader) }
    }

    private static func make(
        _ name: String, _ row: UnitOfAccount, in reader: ViewReader
    ) -> UnitView {
        UnitView(
            unit: name, title: row.title, scale: row.scale,
            issuer: reader.account(row.issuer) ?? "",
            member: AccountID(row.issuer).flatMap {
                Alliance.memberID(actingAs: $0, in: reader.state)?.rawValue
            }, issued: reader.money(row.issuedMinor, name),
            redeemed: reader.money(row.redeemedMinor, name),
            circulating: reader.money(row.issuedMinor - row.redeemedMinor, name),
            stateKey: stateKeyText(Money.units.stateKey(name)))
    }
}

/// A rule that the members may change by vote.
public struct ParameterView: Codable, Sendable, Equatable {
    public var name: String
    public var value: UInt64
    /// What holds when the genesis document says nothing.
    public var standard: UInt64
    public var minimum: UInt64
    public var maximum: UInt64

    /// In the order of `Parameters`.
    public static func all(in reader: ViewReader) -> [ParameterView] {
        let parameters = Alliance.parameters(in: reader.state)
        return ParameterDefinition.all.map { one in
            ParameterView(
                name: one.name, value: parameters[keyPath: one.field], standard: one.standard,
                minimum: one.bounds.lowerBound, maximum: one.bounds.upperBound)
        }
    }
}
