import Foundation
import KoinonMachine
import KoinonProtocol

/// What parties agreed, where it stands, and what can happen next.
public struct AgreementView: Codable, Sendable, Equatable {
    public struct Party: Codable, Sendable, Equatable {
        public var role: String
        /// "provider", "opener" or "platform".
        public var source: String
        public var account: String
    }
    public struct State: Codable, Sendable, Equatable {
        public var name: String
        /// In the words of the process.
        public var title: String
        public var isFinal: Bool
    }
    /// The opener would leave on these terms.
    public struct Resale: Codable, Sendable, Equatable {
        public var price: MoneyView
        /// From when on time is sold; absent: the whole.
        public var from: TimeView?
        public var until: TimeView?
    }

    public var id: String
    public var offer: NamedView
    /// The resource and what goes with it, for each of the quantity.
    public var resource: NamedView
    public var also: [OfferView.Item]
    public var process: String
    public var processTitle: String
    public var parties: [Party]
    public var state: State
    public var openedAt: TimeView
    public var enteredAt: TimeView
    public var start: TimeView
    public var end: TimeView
    public var quantity: UInt32
    public var unit: String
    /// What this customer had to leave.
    public var deposit: MoneyView
    /// Set aside now.
    public var held: MoneyView
    public var usedFrom: TimeView?
    public var usedUntil: TimeView?
    public var settledAt: TimeView?
    /// What it paid to others than the opener.
    public var settled: MoneyView?
    /// Who decides disputes; absent: members by lot.
    public var arbiter: String?
    public var disputed: Bool
    public var uses: UInt64
    public var resale: Resale?
    /// What can happen next, tried on the present state; with `caller`, of parties only what
    /// the caller may do.
    public var next: [TransitionView]
    public var dispute: DisputeView?
    public var reviews: AgreementReviewsView?
    public var stateKey: String

    /// - Parameters:
    ///   - now: when what comes next is tried; the last block's time if that is later.
    ///   - caller: leaves out what other parties may do.
    /// - Returns: nil when there is no such agreement.
    public static func make(
        _ id: AgreementID, at now: Timestamp, caller: AccountID? = nil, in reader: ViewReader
    ) -> AgreementView? {
        guard let row = Agreements.agreement(id, in: reader.state) else { return nil }
        let process = reader.process(row.process)
        let parties = parties(of: row, process)
        let held = Money.held(in: id, unit: row.unit, in: reader.state)
        let offer = OfferID(row.offer).flatMap { Market.offer($0, in: reader.state) }
        return AgreementView(
            id: id.text, offer: reader.offer(row.offer) ?? NamedView(id: "", title: ""),
            resource: reader.resource(row.resource) ?? NamedView(id: "", title: ""),
            also: offer.map { Array(OfferView.items(of: $0.terms, in: reader).dropFirst()) } ?? [],
            process: row.process, processTitle: process?.title ?? "", parties: parties,
            state: state(row.state, process), openedAt: TimeView(ms: row.openedAtMs),
            enteredAt: TimeView(ms: row.enteredAtMs), start: TimeView(ms: row.startMs),
            end: TimeView(ms: row.endMs), quantity: row.quantity, unit: row.unit,
            deposit: reader.money(row.depositMinor, row.unit),
            held: reader.money(held.minor, row.unit),
            usedFrom: TimeView(unlessZero: row.usedFromMs),
            usedUntil: TimeView(unlessZero: row.usedUntilMs),
            settledAt: TimeView(unlessZero: row.settledAtMs),
            settled: row.settledAtMs > 0 ? reader.money(row.settledMinor, row.unit) : nil,
            arbiter: reader.account(row.arbiter), disputed: row.disputed, uses: row.uses,
            resale: row.hasResale
                ? Resale(
                    price: reader.money(row.resale.priceMinor, row.unit),
                    from: TimeView(unlessZero: row.resale.fromMs),
                    until: TimeView(unlessZero: row.resale.untilMs)) : nil,
            next: TransitionView.next(
                of: id, unit: row.unit, parties: parties, process, at: now, caller: caller, reader),
            dispute: DisputeView.make(id, in: reader),
            reviews: AgreementReviewsView.make(id, in: reader),
            stateKey: stateKeyText(Agreements.agreements.stateKey(id)))
    }

    private static func parties(of row: Agreement, _ process: ProcessDefinition?) -> [Party] {
        zip(process?.roles ?? [], row.parties).map { role, account in
            Party(
                role: role.name, source: role.source.word,
                account: AccountID(account)?.text ?? "")
        }
    }

    static func state(_ name: String, _ process: ProcessDefinition?) -> State {
        let definition = process?.states.first { $0.name == name }
        return State(
            name: name, title: definition?.title ?? "", isFinal: definition?.final ?? false)
    }
}

extension RoleSource {
    var word: String {
        switch self {
        case .provider: "provider"
        case .opener: "opener"
        case .platform: "platform"
        case .UNRECOGNIZED(let number): String(number)
        }
    }
}

/// An agreement in a list.
public struct AgreementSummaryView: Codable, Sendable, Equatable {
    public var id: String
    public var title: String
    public var resource: NamedView
    public var process: String
    public var parties: [AgreementView.Party]
    public var state: AgreementView.State
    public var start: TimeView
    public var end: TimeView
    public var held: MoneyView
    public var settled: MoneyView?
    public var disputed: Bool

    public static func make(_ id: AgreementID, in reader: ViewReader) -> AgreementSummaryView? {
        guard let row = Agreements.agreement(id, in: reader.state) else { return nil }
        let process = reader.process(row.process)
        let held = Money.held(in: id, unit: row.unit, in: reader.state)
        return AgreementSummaryView(
            id: id.text, title: reader.offer(row.offer)?.title ?? "",
            resource: reader.resource(row.resource) ?? NamedView(id: "", title: ""),
            process: row.process,
            parties: zip(process?.roles ?? [], row.parties).map { role, account in
                AgreementView.Party(
                    role: role.name, source: role.source.word,
                    account: AccountID(account)?.text ?? "")
            }, state: AgreementView.state(row.state, process), start: TimeView(ms: row.startMs),
            end: TimeView(ms: row.endMs), held: reader.money(held.minor, row.unit),
            settled: row.settledAtMs > 0 ? reader.money(row.settledMinor, row.unit) : nil,
            disputed: row.disputed)
    }
}
