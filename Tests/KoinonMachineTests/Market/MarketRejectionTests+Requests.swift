import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Rejections of requests, in check order.
extension MarketRejectionTests {
    private static let hour = LeaseScene.hour

    private static func ask(
        parameters: Parameters = Parameters(),
        _ change: (inout PublishRequest, Timestamp) -> Void
    ) throws -> Receipt {
        let scene = try LeaseScene(parameters: parameters)
        var wish = RequestScene.wish(at: scene.begin)
        change(&wish, scene.begin)
        return try scene.ledger.send(scene.bea, .market(.publishRequest(wish)))
    }

    private static func withdrawing(
        _ id: Data? = nil, by actor: (RequestScene) -> Actor, twice: Bool = false
    ) throws -> Receipt {
        let scene = try RequestScene()
        if twice { try scene.ledger.done(scene.bea, .withdraw(scene.request)) }
        return try scene.ledger.send(
            actor(scene),
            .market(.withdrawRequest(.with { $0.request = id ?? Data(scene.request.bytes) })))
    }

    static let requests: [RejectionRow] = [
        RejectionRow(Code.badTitle, field: "title", "none, half a hash") {
            try ask { wish, _ in
                wish.title = ""
                wish.textHash = Data(repeating: 1, count: 16)
            }
        },
        RejectionRow(Code.badTextHash, field: "text_hash", "half a hash, out of place") {
            try ask { wish, _ in
                wish.textHash = Data(repeating: 1, count: 16)
                wish.place.latitudeE7 = 900_000_001
            }
        },
        RejectionRow(Code.placeOutOfRange, field: "place.latitude_e7", "too far, radius too") {
            try ask { wish, _ in
                wish.place.latitudeE7 = 900_000_001
                wish.radiusM = .max
            }
        },
        RejectionRow(Code.badRadius, field: "radius_m", "from nowhere, too many") {
            try ask { wish, _ in
                wish.radiusM = 1
                wish.quantity = 1_000_001
            }
        },
        RejectionRow(Code.badRadius, field: "radius_m", "more than half the way round") {
            try ask { wish, _ in
                wish.place = Place()
                wish.radiusM = 20_037_509
            }
        },
        RejectionRow(
            Code.badRequestPeriod, field: "quantity", "more than any capacity, budget too large"
        ) {
            try ask { wish, _ in
                wish.quantity = 1_000_001
                wish.budgetMinor = UInt64(Int64.max) + 1
            }
        },
        RejectionRow(Code.amountTooLarge, field: "budget_minor", "too large, unknown kind") {
            try ask { wish, _ in
                wish.budgetMinor = UInt64(Int64.max) + 1
                wish.kind = "yacht"
            }
        },
        RejectionRow(Code.unknownKind, field: "kind", "unknown, in the past") {
            try ask { wish, begin in
                wish.kind = "yacht"
                wish.startMs = begin.milliseconds - 1
            }
        },
        RejectionRow(Code.badRequestPeriod, field: "start_ms", "1 ms ago, too long") {
            try ask { wish, begin in
                wish.startMs = begin.milliseconds - 1
                wish.durationMs = .max
            }
        },
        RejectionRow(Code.badRequestPeriod, field: "start_ms", "beyond the horizon") {
            try ask(parameters: .with { $0.bookingHorizonMs = hour }) { wish, begin in
                wish.startMs = begin.milliseconds + hour + 1
            }
        },
        RejectionRow(Code.badRequestPeriod, field: "duration_ms", "too long, unknown unit") {
            try ask(parameters: .with { $0.agreementDurationMaximumMs = hour }) { wish, _ in
                wish.durationMs = hour + 1
                wish.unit = "eur"
            }
        },
        RejectionRow(Code.unknownUnit, field: "unit", "unknown, expired") {
            try ask { wish, _ in
                wish.unit = "eur"
                wish.expiresAtMs = 1
            }
        },
        RejectionRow(Code.badExpiry, field: "expires_at_ms", "now") {
            try ask { wish, begin in wish.expiresAtMs = begin.milliseconds }
        },
        RejectionRow(Code.badExpiry, field: "expires_at_ms", "30 days and 1 ms, the 17th") {
            let scene = try LeaseScene()
            for _ in 0..<16 {
                _ = try scene.ledger.ask(RequestScene.wish(at: scene.begin), by: scene.bea)
            }
            var wish = RequestScene.wish(at: scene.begin)
            wish.expiresAtMs = scene.begin.milliseconds + 30 * LeaseScene.day + 1
            return try scene.ledger.send(scene.bea, .market(.publishRequest(wish)))
        },
        RejectionRow(Code.tooManyRequests, "the 17th") {
            let scene = try LeaseScene()
            let wish = RequestScene.wish(at: scene.begin)
            for _ in 0..<16 { _ = try scene.ledger.ask(wish, by: scene.bea) }
            return try scene.ledger.send(scene.bea, .market(.publishRequest(wish)))
        },
        RejectionRow(Code.malformedID, field: "request", "19 bytes") {
            try withdrawing(Data(repeating: 1, count: 19), by: { $0.bea })
        },
        RejectionRow(Code.unknownRequest, field: "request", "unknown") {
            try withdrawing(Data(repeating: 7, count: 20), by: { $0.bea })
        },
        RejectionRow(Code.notCustomer, field: "request", "another's, withdrawn before") {
            try withdrawing(by: { $0.carl }, twice: true)
        },
        RejectionRow(Code.requestClosed, field: "request", "withdrawn before") {
            try withdrawing(by: { $0.bea }, twice: true)
        },
    ]
}
