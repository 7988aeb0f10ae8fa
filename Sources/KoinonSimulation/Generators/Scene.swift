import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol

/// What generators draw from: the random numbers, and the ledger as it stands.
///
/// Lists are in the order of ids, never in that of a dictionary, so that a seed says all.
final class Scene {
    var random: SplitMix64
    private(set) var world: World
    private(set) var accounts: [AccountID] = []
    private(set) var members: [String] = []
    private(set) var units: [String] = []
    private(set) var kinds: [String] = []
    private(set) var things: [ResourceID] = []
    private(set) var offers: [OfferID] = []
    /// Those that have not ended.
    private(set) var agreements: [AgreementID] = []
    private(set) var endedAgreements: [AgreementID] = []
    private(set) var openProposals: [ProposalID] = []
    private(set) var openRequests: [(RequestID, Request)] = []
    private(set) var openAnswers: [(OfferID, Answer)] = []
    private(set) var openFlags: [(FlagID, FraudFlag)] = []
    private(set) var settledAgreements: [AgreementID] = []
    /// Those with a sealed review that may still be opened.
    private(set) var reviewedAgreements: [AgreementID] = []
    /// What earlier actions of the transaction being made will create.
    var freshThings: [(id: ResourceID, owner: AccountID)] = []
    /// Agreements that an action of the entry being made goes on with.
    var touched: Set<AgreementID> = []
    private var names = 0

    init(_ world: World, random: SplitMix64) {
        self.world = world
        self.random = random
        refresh()
    }

    var ledger: ReferenceLedger { world.reference }
    var now: UInt64 { world.timeMs }
    var state: CommittedState { world.shadow.state }

    func refresh() {
        let ledger = world.reference
        accounts = ledger.people.accounts.keys.sorted()
        members = ledger.alliance.members.keys.sorted()
        units = ledger.money.units.keys.sorted()
        kinds = ledger.things.kinds.sorted()
        things = ledger.things.rows.keys.sorted()
        offers = ledger.market.offers.keys.sorted()
        openProposals = ledger.alliance.proposals.filter(\.value.isOpen).keys.sorted()
        let all = ledger.deals.rows.keys.sorted()
        agreements = all.filter { !hasEnded($0) }
        endedAgreements = all.filter(hasEnded)
        freshThings = []
        touched = []
        refreshFromState()
    }

    private func refreshFromState() {
        openRequests = Market.requests.rows(in: state).filter { $0.value.state == .open }
        openAnswers = Market.answers.rows(in: state)
        openFlags = Reputation.flags.rows(in: state).filter { $0.value.status == .open }
        settledAgreements = ledger.deals.rows.filter { $0.value.settledAt != 0 }.keys.sorted()
        reviewedAgreements = Reputation.reviews.rows(in: state)
            .filter { $0.value.phase != .closed }.map(\.key)
    }

    private func hasEnded(_ id: AgreementID) -> Bool {
        guard let row = ledger.deals.rows[id], let process = ledger.deals.processes[row.process],
            let state = process.definition.states.first(where: { $0.name == row.state })
        else { return true }
        return state.final
    }

    // MARK: Choices

    /// True with so many chances in a hundred.
    func chance(_ percent: Int) -> Bool { random.below(100) < percent }

    /// Any account; now and then one that is not there.
    func anyAccount() -> AccountID {
        if chance(2) { return AccountID(truncating: Hash256.sha256(tag: "nobody", [[7]])) }
        return random.pick(accounts) ?? AccountID(truncating: .zero)
    }

    func memberAccount() -> AccountID? {
        random.pick(members).flatMap { ledger.alliance.members[$0]?.account }
    }

    /// A name that nothing has yet.
    func newName(_ prefix: String) -> String {
        names += 1
        return "\(prefix)\(world.height)-\(names)"
    }

    /// A new key, known by its name from now on.
    func newKey() -> SigningKey { world.keys.key(newName("key ")) }

    func title() -> String {
        chance(96) ? random.pick("Blue", "Red", "Long", "Old") : String(repeating: "t", count: 65)
    }

    /// Small amounts mostly, the balance to the last part at times, and the edges.
    func amount(of account: AccountID? = nil, unit: String = "") -> UInt64 {
        switch random.below(40) {
        case 0: return 0
        case 1: return Bounds.largestAmount - UInt64(random.below(3))
        case 2: return random.pick(Bounds.largestAmount + 1, UInt64.max)
        case 3...6:
            guard let account else { return 1 }
            return ledger.money.balance(account, unit) &+ UInt64(random.below(3)) &- 1
        default: return random.within(1...400)
        }
    }

    /// A length of time from a minute to some days, often a round one.
    func duration() -> UInt64 {
        let minute: UInt64 = 60_000
        switch random.below(10) {
        case 0: return random.within(1...minute)
        case 1...6: return random.within(1...24) * 10 * minute
        case 7, 8: return random.within(1...48) * 60 * minute
        default: return random.within(minute...(5 * Bounds.day))
        }
    }

    /// A value within bounds: near the ends or near the lower one.
    func value(within bounds: ClosedRange<Int64>, default standard: Int64) -> Int64 {
        let width = UInt64(bounds.upperBound &- bounds.lowerBound)
        switch random.below(8) {
        case 0: return bounds.lowerBound
        case 1: return bounds.upperBound
        case 2, 3: return standard
        case 4: return bounds.lowerBound &+ Int64(random.within(0...width))
        default: return bounds.lowerBound &+ Int64(random.within(0...min(width, 600_000)))
        }
    }

    /// A name of a key that may sign for the account, an unlimited one if there must be.
    func keyName(for account: AccountID, unlimited: Bool) -> String? {
        let keys = ledger.people.accounts[account]?.keys ?? []
        let fitting = keys.filter { !unlimited || $0.limits.isEmpty }
        return random.pick(fitting.isEmpty ? keys : fitting).flatMap {
            world.keys.name(of: $0.key)
        }
    }
}
