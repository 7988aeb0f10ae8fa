import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import Testing

@testable import KoinonNode

/// A provider, a borrower with money, and a bike on offer by the lease process.
final class LeaseWorld {
    static let minute: UInt64 = 60_000
    static let hour: UInt64 = 3_600_000

    let home: TestHome
    let alfa: Sender
    let paul: Sender
    let bea: Sender
    let resource: ResourceID
    let offer: OfferID

    /// Four blocks: alfa issues 1,000.00 to Bea; Paul offers his bike at 1.00 for each
    /// half hour begun, deposit 20.00.
    init(on node: Node, of home: TestHome) async throws {
        self.home = home
        alfa = home.member("alfa")
        paul = home.sender("paul")
        bea = home.sender("bea")
        let sponsor = try #require(MemberID(rawValue: "alfa"))
        try await alfa.done(
            .openAccount(
                consent: AccountConsent.signed(by: paul.key, chain: home.chain, sponsor: sponsor)),
            .openAccount(
                consent: AccountConsent.signed(by: bea.key, chain: home.chain, sponsor: sponsor)),
            .registerKind("bike", title: "Bicycle"), to: node)
        try await alfa.done(
            .createUnit("usd", title: "US dollar", scale: 2),
            .issue(unit: "usd", to: bea.account, amount: Amount(minor: 100_000)), to: node)
        resource = paul.builder.nextID(ofAction: 0)
        try await paul.done(
            .registerResource(kind: "bike", title: "A bike", serial: "1"), to: node)
        offer = paul.builder.nextID(ofAction: 0)
        try await paul.done(
            .publishOffer(
                of: resource, title: "By the half hour", unit: "usd",
                tariff: Tariff(price: Amount(minor: 100), stepMilliseconds: 30 * Self.minute)
            ) { offer in
                offer.depositMinor = 2_000
                offer.platformFee = .with {
                    $0.numerator = 5
                    $0.denominator = 100
                }
            }, to: node)
    }

    /// Books for an hour from now and starts, in one block.
    func start(on node: Node) async throws -> AgreementID {
        let agreement: AgreementID = bea.builder.nextID(ofAction: 0)
        try await bea.done(
            .openAgreement(offer: offer, durationMilliseconds: Self.hour),
            .takeTransition("start", of: agreement), to: node)
        return agreement
    }

    /// Books for an hour from now, and leaves it at that.
    func book(on node: Node) async throws -> AgreementID {
        let agreement: AgreementID = bea.builder.nextID(ofAction: 0)
        try await bea.done(
            .openAgreement(offer: offer, durationMilliseconds: Self.hour), to: node)
        return agreement
    }

    func finish(_ agreement: AgreementID, on node: Node) async throws {
        try await bea.done(.takeTransition("finish", of: agreement), to: node)
    }

    func state(of agreement: AgreementID, on node: Node) -> String? {
        node.replica.read { Agreements.agreement(agreement, in: $0.state)?.state }
    }
}
