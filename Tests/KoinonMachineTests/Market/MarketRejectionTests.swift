import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Every rejection of every action, in check order, and who answers when two apply.
@Suite struct MarketRejectionTests {
    typealias Code = MarketRejection
    private static let nobody = Data(repeating: 7, count: 20)
    private static let short = Data(repeating: 7, count: 19)
    private static let tooMuch = UInt64(Int64.max) + 1
    private static let tooLate = Timestamp.maximum.milliseconds + 1

    private static func publish(
        by actor: (LeaseScene) -> Actor = { $0.provider },
        _ change: (inout PublishOffer) throws -> Void
    ) throws -> Receipt {
        let scene = try LeaseScene()
        var offer = LeaseScene.offer(on: scene.resource)
        try change(&offer)
        return try scene.ledger.send(actor(scene), .market(.publishOffer(offer)))
    }

    private static func publish(arbiters: (LeaseScene) -> [Data], unit: String = "usd") throws
        -> Receipt
    {
        let scene = try LeaseScene()
        var offer = LeaseScene.offer(on: scene.resource)
        offer.unit = unit
        offer.arbiters = arbiters(scene)
        return try scene.ledger.send(scene.provider, .market(.publishOffer(offer)))
    }

    private static func term(_ name: String, _ value: Int64) -> TermValue {
        .with {
            $0.name = name
            $0.value = value
        }
    }

    private static func retired(by actor: (LeaseScene) -> Actor) throws -> Receipt {
        let scene = try LeaseScene()
        let id = try scene.ledger.register("Old", by: scene.provider)
        try scene.ledger.done(scene.provider, .retire(id))
        let offer = LeaseScene.offer(on: id, process: "rent")
        return try scene.ledger.send(actor(scene), .market(.publishOffer(offer)))
    }

    static let form: [RejectionRow] = [
        RejectionRow(Code.emptyAction, field: "market", "no action") {
            let scene = try LeaseScene()
            return try scene.ledger.send(scene.bea, .with { $0.market = MarketAction() })
        },
        RejectionRow(Code.malformedID, field: "resource", "19 bytes, no title") {
            try publish {
                $0.resource = short
                $0.title = ""
            }
        },
        RejectionRow(Code.badTitle, field: "title", "no title, no tariff") {
            try publish {
                $0.title = ""
                $0.clearTariff()
            }
        },
        RejectionRow(Code.tariffMissing, field: "tariff", "no tariff, deposit too large") {
            try publish {
                $0.clearTariff()
                $0.depositMinor = tooMuch
            }
        },
        RejectionRow(Code.badStep, field: "tariff.step_ms", "step 0, price too large") {
            try publish {
                $0.tariff.stepMs = 0
                $0.tariff.priceMinor = tooMuch
            }
        },
        RejectionRow(Code.badStep, field: "tariff.step_ms", "a step beyond the end of time") {
            try publish { $0.tariff.stepMs = tooLate }
        },
        RejectionRow(
            Code.amountTooLarge, field: "tariff.price_minor", "price and deposit too large"
        ) {
            try publish {
                $0.tariff.priceMinor = tooMuch
                $0.depositMinor = tooMuch
            }
        },
        RejectionRow(
            Code.amountTooLarge, field: "deposit_minor", "too large, reduced from the first"
        ) {
            try publish {
                $0.depositMinor = tooMuch
                $0.reducedDeposit = .with { $0.afterSettled = 0 }
            }
        },
        RejectionRow(Code.badReducedDeposit, field: "reduced_deposit", "from the first, fee 1/0") {
            try publish {
                $0.reducedDeposit = .with { $0.afterSettled = 0 }
                $0.platformFee.denominator = 0
            }
        },
        RejectionRow(Code.badReducedDeposit, field: "reduced_deposit", "more than the deposit") {
            try publish {
                $0.reducedDeposit = .with {
                    $0.afterSettled = 1
                    $0.depositMinor = 2_001
                }
            }
        },
        RejectionRow(Code.badFee, field: "platform_fee", "5/0, out of place") {
            try publish {
                $0.platformFee.denominator = 0
                $0.place.latitudeE7 = 900_000_001
            }
        },
        RejectionRow(Code.badFee, field: "platform_fee", "101/100") {
            try publish { $0.platformFee.numerator = 101 }
        },
        RejectionRow(Code.placeOutOfRange, field: "place.latitude_e7", "both too far") {
            try publish {
                $0.place.latitudeE7 = 900_000_001
                $0.place.longitudeE7 = 1_800_000_001
            }
        },
        RejectionRow(Code.placeOutOfRange, field: "place.latitude_e7", "too far south") {
            try publish { $0.place.latitudeE7 = -900_000_001 }
        },
        RejectionRow(
            Code.placeOutOfRange, field: "place.longitude_e7", "too far east, window too late"
        ) {
            try publish {
                $0.place.longitudeE7 = 1_800_000_001
                $0.availableFromMs = tooLate
            }
        },
        RejectionRow(Code.placeOutOfRange, field: "place.longitude_e7", "too far west") {
            try publish { $0.place.longitudeE7 = -1_800_000_001 }
        },
    ]

    static let times: [RejectionRow] = [
        RejectionRow(
            Code.badAvailability, field: "available_from_ms", "both beyond the end of time"
        ) {
            try publish {
                $0.availableFromMs = tooLate
                $0.availableUntilMs = tooLate + 1
            }
        },
        RejectionRow(
            Code.badAvailability, field: "available_until_ms", "no longer than its beginning"
        ) {
            try publish {
                $0.availableFromMs = 5
                $0.availableUntilMs = 5
            }
        },
        RejectionRow(Code.badAvailability, field: "available_until_ms", "too late, durations too") {
            try publish {
                $0.availableUntilMs = tooLate
                $0.durationMinimumMs = tooLate
            }
        },
        RejectionRow(Code.badDurationBounds, field: "duration_minimum_ms", "both too long") {
            try publish {
                $0.durationMinimumMs = tooLate
                $0.durationMaximumMs = tooLate
            }
        },
        RejectionRow(
            Code.badDurationBounds, field: "duration_maximum_ms", "below the minimum, terms twice"
        ) {
            try publish {
                $0.durationMinimumMs = 2
                $0.durationMaximumMs = 1
                $0.terms = [term("grace_ms", 1), term("grace_ms", 1)]
            }
        },
        RejectionRow(Code.badDurationBounds, field: "duration_maximum_ms", "too long") {
            try publish { $0.durationMaximumMs = tooLate }
        },
        RejectionRow(Code.termsNotAscending, field: "terms", "twice the same, unknown resource") {
            try publish {
                $0.terms = [term("grace_ms", 1), term("grace_ms", 1)]
                $0.resource = nobody
            }
        },
        RejectionRow(Code.termsNotAscending, field: "terms", "descending") {
            try publish { $0.terms = [term("late_fee", 1), term("grace_ms", 1)] }
        },
    ]

    static let state: [RejectionRow] = [
        RejectionRow(Code.unknownResource, field: "resource", "unknown, unknown process") {
            try publish {
                $0.resource = nobody
                $0.process = "rent"
            }
        },
        RejectionRow(Code.notOwner, field: "resource", "another's, retired") {
            try retired { $0.bea }
        },
        RejectionRow(Code.resourceRetired, field: "resource", "retired, unknown process") {
            try retired { $0.provider }
        },
        RejectionRow(Code.unknownProcess, field: "process", "unknown, with a term") {
            try publish {
                $0.process = "rent"
                $0.terms = [term("what", 1)]
            }
        },
        RejectionRow(Code.unknownProcess, field: "process", "text too long for a key") {
            try publish { $0.process = String(repeating: "x", count: 300) }
        },
        RejectionRow(Code.termOutOfBounds, field: "terms[0].value", "below, then an unknown term") {
            try publish { $0.terms = [term("grace_ms", -1), term("what", 1)] }
        },
        RejectionRow(Code.termOutOfBounds, field: "terms[1].value", "above") {
            try publish { $0.terms = [term("grace_ms", 1), term("on_request", 2)] }
        },
        RejectionRow(Code.unknownTerm, field: "terms[0].name", "unknown, unknown unit") {
            try publish {
                $0.terms = [term("what", 1)]
                $0.unit = "eur"
            }
        },
        RejectionRow(Code.unknownUnit, field: "unit", "unknown, unknown platform") {
            try publish {
                $0.unit = "eur"
                $0.platform = "delta"
            }
        },
        RejectionRow(Code.unknownPlatform, field: "platform", "no member") {
            try publish { $0.platform = "delta" }
        },
        RejectionRow(Code.unknownPlatform, field: "platform", "no name at all for a member") {
            try publish { $0.platform = "De Lta" }
        },
        RejectionRow(Code.unknownPlatform, field: "platform", "the owner's sponsor left") {
            let scene = try LeaseScene()
            try scene.expelPlatform()
            return try scene.ledger.send(
                scene.provider, .market(.publishOffer(LeaseScene.offer(on: scene.resource))))
        },
    ]

    private static func withdraw(
        twice: Bool = false, by actor: (LeaseScene) -> Actor,
        _ change: (inout WithdrawOffer) -> Void
    ) throws -> Receipt {
        let scene = try LeaseScene()
        if twice { try scene.ledger.done(scene.provider, .withdraw(scene.offer)) }
        var action = WithdrawOffer.with { $0.offer = Data(scene.offer.bytes) }
        change(&action)
        return try scene.ledger.send(actor(scene), .market(.withdrawOffer(action)))
    }

    static let arbiters: [RejectionRow] = [
        RejectionRow(Code.tooManyArbiters, field: "arbiters", "nine, unknown unit") {
            try publish(arbiters: { Array(repeating: $0.bea.bytes, count: 9) }, unit: "eur")
        },
        RejectionRow(Code.badArbiter, field: "arbiters[1]", "an id of 19 bytes, unknown unit") {
            try publish(arbiters: { [$0.bea.bytes, short] }, unit: "eur")
        },
        RejectionRow(Code.badArbiter, field: "arbiters[0]", "nobody's account") {
            try publish(arbiters: { _ in [nobody] })
        },
        RejectionRow(Code.badArbiter, field: "arbiters[0]", "the provider's own") {
            try publish(arbiters: { [$0.provider.bytes] })
        },
        RejectionRow(Code.badArbiter, field: "arbiters[2]", "named twice") {
            try publish(arbiters: { [$0.bea.bytes, $0.carl.bytes, $0.bea.bytes] })
        },
    ]

    static let withdrawing: [RejectionRow] = [
        RejectionRow(Code.malformedID, field: "offer", "19 bytes") {
            try withdraw(by: { $0.bea }) { $0.offer = short }
        },
        RejectionRow(Code.unknownOffer, field: "offer", "unknown") {
            try withdraw(by: { $0.bea }) { $0.offer = nobody }
        },
        RejectionRow(Code.notProvider, field: "offer", "another's, withdrawn before") {
            try withdraw(twice: true, by: { $0.bea }) { _ in }
        },
        RejectionRow(Code.alreadyWithdrawn, field: "offer", "withdrawn before") {
            try withdraw(twice: true, by: { $0.provider }) { _ in }
        },
    ]

    static let all =
        form + times + state + arbiters + withdrawing + bundles + requests + answers
        + trust

    @Test(arguments: all)
    func `what violates a condition is rejected with its code and field`(row: RejectionRow) throws {
        try row.check()
    }

    @Test func `every rejection has a row`() {
        expectRows(for: MarketRejection.self, in: Self.all)
    }
}
