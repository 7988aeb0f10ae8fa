import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Bea looks for a bike; Paul, who has one, and Carl, who has another, may answer.
final class RequestScene {
    static let hour = LeaseScene.hour

    let lease: LeaseScene
    let request: RequestID
    let carlsBike: ResourceID

    var ledger: TestLedger { lease.ledger }
    var bea: Actor { lease.bea }
    var paul: Actor { lease.provider }
    var carl: Actor { lease.carl }

    /// The request ends in a day.
    init(
        parameters: Parameters = Parameters(), _ change: (inout PublishRequest) -> Void = { _ in }
    ) throws {
        lease = try LeaseScene(parameters: parameters)
        carlsBike = try lease.ledger.register("Carl's bike", by: lease.carl)
        var wish = Self.wish(at: lease.begin)
        change(&wish)
        request = try lease.ledger.ask(wish, by: lease.bea)
    }

    static func wish(at moment: Timestamp) -> PublishRequest {
        .with {
            $0.title = "A bike for an hour"
            $0.kind = "bike"
            $0.unit = "usd"
            $0.budgetMinor = 300
            $0.expiresAtMs = moment.milliseconds + LeaseScene.day
        }
    }

    func at(_ milliseconds: UInt64) -> Timestamp { lease.at(milliseconds) }

    /// 1.00 for each half hour begun, deposit 20.00, unless changed; for an hour from when
    /// it is taken.
    static func answer(
        _ request: RequestID, _ resource: ResourceID, start: Timestamp? = nil,
        for duration: UInt64 = hour, _ change: (inout PublishOffer) -> Void = { _ in }
    ) -> Action {
        .market(
            .answerRequest(
                .with {
                    $0.request = Data(request.bytes)
                    $0.offer = LeaseScene.offer(on: resource)
                    $0.startMs = start?.milliseconds ?? 0
                    $0.durationMs = duration
                    change(&$0.offer)
                }))
    }

    /// Paul's answer, which must succeed.
    func answer(
        start: Timestamp? = nil, for duration: UInt64 = hour,
        _ change: (inout PublishOffer) -> Void = { _ in }
    ) throws -> OfferID {
        try answer(by: paul, lease.resource, start: start, for: duration, change)
    }

    func answer(
        by provider: Actor, _ resource: ResourceID, start: Timestamp? = nil,
        for duration: UInt64 = hour, _ change: (inout PublishOffer) -> Void = { _ in }
    ) throws -> OfferID {
        let events = try ledger.done(
            provider, Self.answer(request, resource, start: start, for: duration, change))
        return try #require(events.lastAnswer)
    }

    func row(_ id: OfferID) -> Answer? { Market.answer(id, in: ledger.state) }
    var requestRow: Request { Market.request(request, in: ledger.state)! }
}

extension TestLedger {
    func ask(_ wish: PublishRequest, by actor: Actor) throws -> RequestID {
        let events = try done(actor, .market(.publishRequest(wish)))
        guard case .requestPublished(let event) = events.first?.market.event else {
            throw Missing.event
        }
        return try #require(RequestID(event.request))
    }
}

extension [Event] {
    /// The answer that the last event tells of.
    var lastAnswer: OfferID? {
        guard case .requestAnswered(let event) = last?.market.event else { return nil }
        return OfferID(event.answer)
    }

    var openedAgreement: AgreementID? {
        lazy.compactMap { event -> AgreementID? in
            guard case .agreementOpened(let opened) = event.agreements.event else { return nil }
            return AgreementID(opened.agreement)
        }.first
    }
}

extension Action {
    static func counter(
        _ answer: OfferID, price: UInt64, deposit: UInt64, start: Timestamp? = nil,
        for duration: UInt64 = LeaseScene.hour
    ) -> Action {
        .market(
            .counterAnswer(
                .with {
                    $0.answer = Data(answer.bytes)
                    $0.priceMinor = price
                    $0.depositMinor = deposit
                    $0.startMs = start?.milliseconds ?? 0
                    $0.durationMs = duration
                }))
    }

    static func yes(to answer: OfferID) -> Action {
        .market(.takeAnswer(.with { $0.answer = Data(answer.bytes) }))
    }

    static func no(to answer: OfferID) -> Action {
        .market(.withdrawAnswer(.with { $0.answer = Data(answer.bytes) }))
    }

    static func withdraw(_ request: RequestID) -> Action {
        .market(.withdrawRequest(.with { $0.request = Data(request.bytes) }))
    }
}
