import Foundation
import KoinonLedger
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// A provider, two borrowers with money, and one resource on offer by the lease process.
final class LeaseScene {
    static let minute: UInt64 = 60_000
    static let hour: UInt64 = 3_600_000
    static let day: UInt64 = 86_400_000

    let ledger: TestLedger
    let provider: Actor
    let bea: Actor
    let carl: Actor
    private(set) var resource: ResourceID
    private(set) var offer: OfferID
    /// When the offer was published, at which the tests begin.
    let begin: Timestamp

    /// 1.00 for each half hour begun, 5% to the platform, deposit 20.00.
    init(
        capacity: UInt32 = 1, terms: [String: Int64] = [:], parameters: Parameters = Parameters(),
        process: ProcessDefinition = LeaseProcess.definition, others: [ProcessDefinition] = [],
        members: [String] = ["alfa", "bravo"],
        _ change: (inout PublishOffer) -> Void = { _ in }
    ) throws {
        ledger = try TestLedger(
            members: members, parameters: parameters, processes: [process] + others)
        try ledger.createUnit()
        provider = try ledger.open("paul", sponsor: "bravo")
        bea = try ledger.open("bea")
        carl = try ledger.open("carl")
        try ledger.issue(100_000, to: bea)
        try ledger.issue(100_000, to: carl)
        try ledger.done(ledger.member("alfa"), .registerKind("bike"))
        resource = try ledger.register("A bike", capacity: capacity, by: provider)
        begin = ledger.time
        var publish = Self.offer(on: resource, process: process.id, terms: terms)
        change(&publish)
        offer = try ledger.publish(publish, by: provider)
    }

    static func offer(
        on resource: ResourceID, process: String = "lease", terms: [String: Int64] = [:]
    ) -> PublishOffer {
        .with {
            $0.resource = Data(resource.bytes)
            $0.title = "A bike by the half hour"
            $0.process = process
            $0.unit = "usd"
            $0.tariff = .with {
                $0.priceMinor = 100
                $0.stepMs = 30 * minute
                $0.minimumSteps = 1
            }
            $0.depositMinor = 2_000
            $0.platformFee = .with {
                $0.numerator = 5
                $0.denominator = 100
            }
            $0.terms = terms.sorted { $0.key < $1.key }.map { name, value in
                TermValue.with {
                    $0.name = name
                    $0.value = value
                }
            }
        }
    }

    /// A moment so many milliseconds after the beginning.
    func at(_ milliseconds: UInt64) -> Timestamp { begin.later(by: milliseconds) }

    /// Opens an agreement, which must succeed. Without a start it begins now.
    func book(
        by actor: Actor? = nil, start: Timestamp? = nil, for duration: UInt64 = hour,
        quantity: UInt32 = 1, at moment: Timestamp? = nil
    ) throws -> AgreementID {
        let action = Action.open(offer, start: start, for: duration, quantity: quantity)
        let events = try ledger.done(actor ?? bea, action, at: moment)
        return try #require(events.firstAgreement)
    }

    func tryBooking(
        by actor: Actor? = nil, start: Timestamp? = nil, for duration: UInt64 = hour,
        quantity: UInt32 = 1, at moment: Timestamp? = nil
    ) throws -> Receipt {
        try ledger.send(
            actor ?? bea, .open(offer, start: start, for: duration, quantity: quantity), at: moment)
    }

    @discardableResult
    func take(
        _ transition: String, _ agreement: AgreementID, by actor: Actor? = nil,
        at moment: Timestamp? = nil
    ) throws -> [Event] {
        try ledger.done(actor ?? bea, .take(transition, agreement), at: moment)
    }

    func tryTaking(
        _ transition: String, _ agreement: AgreementID, by actor: Actor? = nil,
        at moment: Timestamp? = nil
    ) throws -> Receipt {
        try ledger.send(actor ?? bea, .take(transition, agreement), at: moment)
    }

    func agreement(_ id: AgreementID) -> Agreement {
        Agreements.agreement(id, in: ledger.state)!
    }

    func state(of id: AgreementID) -> String { agreement(id).state }

    func held(in id: AgreementID) -> UInt64 {
        Money.held(in: id, unit: "usd", in: ledger.state).minor
    }

    var resourceRow: Resource { Resources.resource(resource, in: ledger.state)! }

    /// Balances of provider, Bea and the platform's account.
    var money: [UInt64] {
        [
            ledger.balance(provider), ledger.balance(bea), ledger.balance(ledger.member("bravo")),
        ]
    }
}

extension TestLedger {
    func register(
        _ title: String, kind: String = "bike", capacity: UInt32 = 1, serial: String = "",
        by actor: Actor
    ) throws -> ResourceID {
        let events = try done(
            actor,
            .resources(
                .registerResource(
                    .with {
                        $0.kind = kind
                        $0.title = title
                        $0.capacity = capacity
                        $0.serial = serial
                    })))
        guard case .resourceRegistered(let event) = events.first?.resources.event else {
            throw Missing.event
        }
        return try #require(ResourceID(event.resource))
    }

    func publish(_ offer: PublishOffer, by actor: Actor) throws -> OfferID {
        let events = try done(actor, .market(.publishOffer(offer)))
        guard case .offerPublished(let event) = events.first?.market.event else {
            throw Missing.event
        }
        return try #require(OfferID(event.offer))
    }

    enum Missing: Error { case event }
}

extension [Event] {
    /// The agreement that the first event opened.
    var firstAgreement: AgreementID? {
        guard case .agreementOpened(let event) = first?.agreements.event else { return nil }
        return AgreementID(event.agreement)
    }
}

extension Action {
    static func registerKind(_ kind: String) -> Action {
        .resources(
            .registerKind(
                .with {
                    $0.kind = kind
                    $0.title = kind
                }))
    }

    static func open(
        _ offer: OfferID, start: Timestamp? = nil, for duration: UInt64, quantity: UInt32 = 1,
        arbiter: Actor? = nil
    ) -> Action {
        .agreements(
            .openAgreement(
                .with {
                    $0.offer = Data(offer.bytes)
                    $0.startMs = start?.milliseconds ?? 0
                    $0.durationMs = duration
                    $0.quantity = quantity
                    if let arbiter { $0.arbiter = arbiter.bytes }
                }))
    }

    static func take(_ transition: String, _ agreement: AgreementID) -> Action {
        .agreements(
            .takeTransition(
                .with {
                    $0.agreement = Data(agreement.bytes)
                    $0.transition = transition
                }))
    }

    static func withdraw(_ offer: OfferID) -> Action {
        .market(.withdrawOffer(.with { $0.offer = Data(offer.bytes) }))
    }
}
