import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol

/// People who settle agreements and review each other, each step a transaction of its own
/// account through the machine.
public final class TrialMarket {
    public static let kind = "trade"
    static let unit = "usd"
    private static let hour: UInt64 = 3_600_000
    private static let actionsPerTransaction = 50

    let alliance: MemoryAlliance
    private var member: TransactionBuilder
    private var people: [TransactionBuilder] = []
    /// What somebody offers at a price, from the first time it is wanted.
    private var offers: [Offering: OfferID] = [:]
    private let fee: Fraction?
    private var salt: UInt64 = 0

    private struct Offering: Hashable {
        var person: Int
        var priceMinor: UInt64
    }

    /// - Parameters:
    ///   - money: what each account begins with, in cents.
    ///   - fee: the platform's share of each price.
    public init(
        name: String, people count: Int, money: UInt64, fee: Fraction? = nil, at time: Timestamp
    ) throws {
        alliance = try MemoryAlliance(name: name, at: time)
        let chain = alliance.replica.chain
        func builder(_ key: SigningKey) -> TransactionBuilder {
            TransactionBuilder(
                chain: chain, sender: AccountID(chain: chain, firstKey: key.publicKey), key: key)
        }
        member = builder(MemoryAlliance.accountKey(of: alliance.member))
        self.fee = fee
        let supply = Amount(minor: money * UInt64(count))
        try act(
            [
                .createUnit(Self.unit, title: "US dollar", scale: 2),
                .issue(unit: Self.unit, to: member.sender, amount: supply),
                .registerKind(Self.kind, title: "Trade"),
            ], at: time)
        people = (0..<count).map { builder(DemoKey.rider("\($0)", of: alliance.member)) }
        for first in stride(from: 0, to: count, by: Self.actionsPerTransaction) {
            let part = people[first..<min(first + Self.actionsPerTransaction, count)]
            try act(
                part.map { person in
                    .openAccount(
                        consent: AccountConsent.signed(
                            by: person.key, chain: chain, sponsor: alliance.member))
                }, at: time)
            try act(
                part.map {
                    .transfer(unit: Self.unit, to: $0.sender, amount: Amount(minor: money))
                }, at: time)
        }
    }

    public func account(of person: Int) -> AccountID { people[person].sender }

    /// The machine's answer, in the kind of all that is traded here.
    public func standing(of person: Int, at time: Timestamp? = nil) -> Standing {
        Reputation.standing(
            of: account(of: person), kind: Self.kind, at: time ?? alliance.time,
            in: alliance.replica.state)
    }

    public func vouch(for persons: some Sequence<Int>, at time: Timestamp) throws {
        for person in persons { try act([.vouch(for: account(of: person))], at: time) }
    }

    private func act(_ actions: [Action], at time: Timestamp) throws {
        try alliance.block(at: time, [try member.build(actions, now: time)])
    }

    private func offer(of person: Int, price: UInt64, at time: Timestamp) throws -> OfferID {
        let key = Offering(person: person, priceMinor: price)
        if let known = offers[key] { return known }
        let resource: ResourceID = people[person].nextID(ofAction: 0)
        let offer: OfferID = people[person].nextID(ofAction: 1)
        let built = try people[person].build(
            [
                .registerResource(kind: Self.kind, title: "Trade", capacity: 1_000_000),
                .publishOffer(
                    of: resource, title: "Trade", unit: Self.unit,
                    tariff: Tariff(price: Amount(minor: price), stepMilliseconds: Self.hour)
                ) { terms in
                    if let fee = self.fee { terms.platformFee = fee }
                },
            ], now: time)
        try alliance.block(at: time, [built])
        offers[key] = offer
        return offer
    }

    /// One agreement, booked, used and settled at once, with both reviews sealed and opened.
    ///
    /// - Parameters:
    ///   - scores: of the customer about the provider, and the other way round; 0 says
    ///     nothing.
    public func settle(
        customer: Int, provider: Int, price: UInt64, scores: (Int32, Int32), at time: Timestamp
    ) throws {
        let offer = try offer(of: provider, price: price, at: time)
        let agreement: AgreementID = people[customer].nextID(ofAction: 0)
        let first = review(of: agreement, by: customer, scores.0)
        let second = review(of: agreement, by: provider, scores.1)
        try alliance.block(
            at: time,
            [
                try people[customer].build(
                    [
                        .openAgreement(
                            offer: offer, start: nil, durationMilliseconds: Self.hour),
                        .takeTransition("start", of: agreement),
                        .takeTransition("finish", of: agreement), first.sealed,
                    ], now: time),
                try people[provider].build([second.sealed, second.opened], now: time),
                try people[customer].build([first.opened], now: time),
            ])
    }

    private func review(
        of agreement: AgreementID, by person: Int, _ score: Int32
    ) -> (sealed: Action, opened: Action) {
        // Nobody has to be kept from guessing here; a real client draws it at random.
        salt += 1
        let salt = Hash256.sha256(Array("\(salt)".utf8)).bytes
        let hash = SealedReview.hash(
            agreement: agreement, reviewer: account(of: person), salt: salt, score: score,
            textHash: nil)
        return (
            .sealReview(of: agreement, hash: hash),
            .openReview(of: agreement, score: score, salt: salt)
        )
    }
}
