import Foundation
import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Every rejection of every action, in check order, and who answers when two apply.
@Suite struct AgreementsRejectionTests {
    static let hour = LeaseScene.hour
    static let nobody = Data(repeating: 7, count: 20)

    private static func open(
        _ scene: LeaseScene, by actor: Actor? = nil, at moment: Timestamp? = nil,
        _ change: (inout OpenAgreement) -> Void
    ) throws -> Receipt {
        var action = OpenAgreement.with {
            $0.offer = Data(scene.offer.bytes)
            $0.durationMs = hour
        }
        change(&action)
        return try scene.ledger.send(
            actor ?? scene.bea, .agreements(.openAgreement(action)), at: moment)
    }

    static let opening: [RejectionRow] = [
        RejectionRow(AgreementsRejection.emptyAction, field: "agreements", "no action") {
            let scene = try LeaseScene()
            return try scene.ledger.send(scene.bea, .with { $0.agreements = AgreementsAction() })
        },
        RejectionRow(AgreementsRejection.malformedID, field: "offer", "an offer id of 19 bytes") {
            try open(LeaseScene()) { $0.offer = Data(repeating: 1, count: 19) }
        },
        RejectionRow(AgreementsRejection.unknownOffer, field: "offer", "an offer that is not there")
        {
            try open(LeaseScene()) { $0.offer = nobody }
        },
        RejectionRow(
            AgreementsRejection.offerWithdrawn, field: "offer", "withdrawn, by its own provider"
        ) {
            let scene = try LeaseScene()
            try scene.ledger.done(scene.provider, .withdraw(scene.offer))
            return try open(scene, by: scene.provider) { _ in }
        },
        RejectionRow(AgreementsRejection.ownOffer, field: "offer", "one's own offer, platform gone")
        {
            let scene = try LeaseScene()
            try scene.expelPlatform()
            return try open(scene, by: scene.provider) { _ in }
        },
        RejectionRow(
            AgreementsRejection.platformGone, field: "offer", "platform gone, quantity 2 of 1"
        ) {
            let scene = try LeaseScene()
            try scene.expelPlatform()
            return try open(scene) { $0.quantity = 2 }
        },
        RejectionRow(AgreementsRejection.quantityTooLarge, field: "quantity", "2 of 1, no duration")
        {
            try open(LeaseScene()) {
                $0.quantity = 2
                $0.durationMs = 0
            }
        },
        RejectionRow(
            AgreementsRejection.durationOutOfRange, field: "duration_ms", "0 ms, in the past"
        ) {
            try open(LeaseScene()) {
                $0.durationMs = 0
                $0.startMs = 1
            }
        },
        RejectionRow(
            AgreementsRejection.durationOutOfRange, field: "duration_ms", "below the offer's"
        ) {
            try open(LeaseScene { $0.durationMinimumMs = hour }) { $0.durationMs = hour - 1 }
        },
        RejectionRow(
            AgreementsRejection.durationOutOfRange, field: "duration_ms", "above the offer's"
        ) {
            try open(LeaseScene { $0.durationMaximumMs = hour }) { $0.durationMs = hour + 1 }
        },
        RejectionRow(
            AgreementsRejection.durationOutOfRange, field: "duration_ms", "above the alliance's"
        ) {
            let scene = try LeaseScene(parameters: .with { $0.agreementDurationMaximumMs = hour }) {
                $0.durationMaximumMs = 2 * hour
            }
            return try open(scene) { $0.durationMs = hour + 1 }
        },
        RejectionRow(
            AgreementsRejection.durationOutOfRange, field: "duration_ms", "as long as it gets"
        ) {
            try open(LeaseScene()) { $0.durationMs = .max }
        },
        RejectionRow(
            AgreementsRejection.startInPast, field: "start_ms", "1 ms ago, outside availability"
        ) {
            let scene = try LeaseScene { $0.availableFromMs = 1_900_000_000_000 }
            return try open(scene) { $0.startMs = scene.begin.milliseconds - 1 }
        },
        RejectionRow(AgreementsRejection.startTooFarAhead, field: "start_ms", "beyond the horizon")
        {
            let scene = try LeaseScene(parameters: .with { $0.bookingHorizonMs = hour }) {
                $0.availableUntilMs = 1
            }
            return try open(scene) { $0.startMs = scene.begin.milliseconds + hour + 1 }
        },
        RejectionRow(
            AgreementsRejection.startTooFarAhead, field: "start_ms", "the last moment there is"
        ) {
            try open(LeaseScene()) { $0.startMs = .max }
        },
        RejectionRow(
            AgreementsRejection.outsideAvailability, field: "start_ms", "before it is available"
        ) {
            let scene = try LeaseScene { $0.availableFromMs = 1_800_000_000_000 }
            return try open(scene) { $0.startMs = 1_799_999_999_999 }
        },
        RejectionRow(
            AgreementsRejection.outsideAvailability, field: "start_ms", "ends after it, no money"
        ) {
            let scene = try LeaseScene { $0.availableUntilMs = 1_800_000_000_000 }
            return try open(scene, by: scene.provider2) {
                $0.startMs = 1_800_000_000_001 - hour
            }
        },
        RejectionRow(
            AgreementsRejection.arithmeticOverflow, field: "quantity", "deposits beyond 2^63"
        ) {
            let scene = try LeaseScene(capacity: 2) { $0.depositMinor = UInt64(Int64.max) }
            return try open(scene) { $0.quantity = 2 }
        },
        RejectionRow(
            AgreementsRejection.guardNotMet, field: "offer", "a request for now, price beyond 2^63"
        ) {
            let scene = try LeaseScene(terms: ["on_request": 1]) {
                $0.tariff.priceMinor = UInt64(Int64.max)
                $0.tariff.stepMs = 1
            }
            return try open(scene) { _ in }
        },
        RejectionRow(
            AgreementsRejection.arithmeticOverflow, field: "transition", "price beyond 2^63, taken"
        ) {
            let scene = try LeaseScene {
                $0.tariff.priceMinor = UInt64(Int64.max)
                $0.tariff.stepMs = 1
            }
            return try open(scene) { _ in }
        },
        RejectionRow(
            AgreementsRejection.divisionByZero, field: "transition",
            "a process that divides by a term"
        ) {
            let process = ProcessDefinition.small {
                $0.definitions[0].expression = "floor_div(price, extra)"
            }
            return try open(LeaseScene(process: process)) { _ in }
        },
        RejectionRow(
            AgreementsRejection.tooManyBookings, "two allowed, two there, all in that time"
        ) {
            let scene = try LeaseScene(
                capacity: 2, parameters: .with { $0.bookingsPerResource = 2 })
            _ = try scene.book(by: scene.carl)
            _ = try scene.book(by: scene.carl)
            return try open(scene) { _ in }
        },
        RejectionRow(AgreementsRejection.capacityExceeded, "booked by another, no money") {
            let scene = try LeaseScene()
            _ = try scene.book(by: scene.carl)
            return try open(scene, by: scene.provider2) { _ in }
        },
        RejectionRow(MoneyRejection.insufficientBalance, "no money") {
            let scene = try LeaseScene()
            return try open(scene, by: scene.provider2) { _ in }
        },
    ]

    /// By vote, which is how processes come onto the ledger after genesis.
    private static func adopt(_ process: ProcessDefinition) throws -> Receipt {
        let ledger = try TestLedger(processes: [.small()])
        return try ledger.send(
            ledger.member("alfa"),
            .alliance(
                .propose(
                    .with {
                        $0.title = "A process"
                        $0.adoptProcess = process
                    })))
    }

    static let adopting: [RejectionRow] = [
        RejectionRow(
            AgreementsRejection.processFaulty, field: "adopt_process.transitions[3].guards",
            "faulty, and the id is taken"
        ) { try adopt(.small { $0.transitions[3].guards = $0.transitions[1].guards }) },
        RejectionRow(
            AgreementsRejection.processExists, field: "adopt_process.id", "the id is taken"
        ) {
            try adopt(.small())
        },
    ]

    static let all = opening + trust + taking + adopting + whole + reselling

    @Test(arguments: all)
    func `what violates a condition is rejected with its code and field`(row: RejectionRow) throws {
        try row.check()
    }

    @Test func `every rejection has a row`() {
        expectRows(
            for: AgreementsRejection.self, in: Self.all + DisputesRejectionTests.elsewhere)
    }

    @Test func `the detail names the guard of the last transition that came into question`() throws
    {
        let scene = try LeaseScene()
        let id = try scene.book(start: scene.at(2 * LeaseScene.hour))
        #expect(try scene.tryTaking("start", id).detail == "before_start")
        let requests = try LeaseScene(terms: ["on_request": 1])
        #expect(try requests.tryBooking().detail == "no_time_to_accept")
    }

    @Test func `a rejection leaves no trace of the transaction's other actions`() throws {
        let scene = try LeaseScene()
        let before = scene.money
        let receipt = try scene.ledger.send(
            scene.bea, .open(scene.offer, for: Self.hour), .take("start", AgreementID(Self.nobody)!)
        )
        #expect(receipt.code == AgreementsRejection.unknownAgreement.rawValue)
        #expect(receipt.actionIndex == 1)
        #expect(scene.money == before)
        #expect(scene.resourceRow.openBookings == 0)
        #expect(Timers.all(of: Agreements.number, in: scene.ledger.state).isEmpty)
    }

    @Test func `what is allowed is allowed at the bound`() throws {
        let scene = try LeaseScene(
            parameters: .with {
                $0.bookingHorizonMs = 10 * Self.hour
                $0.agreementDurationMaximumMs = 2 * Self.hour
            }
        ) {
            $0.availableFromMs = TestLedger.start.milliseconds + 10 * Self.hour
            $0.availableUntilMs = TestLedger.start.milliseconds + 12 * Self.hour
            $0.durationMinimumMs = 2 * Self.hour
            $0.durationMaximumMs = 3 * Self.hour
        }
        expectDone(try scene.tryBooking(start: scene.at(10 * Self.hour), for: 2 * Self.hour))
    }
}

extension LeaseScene {
    /// Someone with an account and no money.
    var provider2: Actor {
        get throws { try ledger.open("poor") }
    }

    func expelPlatform() throws {
        let events = try ledger.done(
            ledger.member("alfa"),
            .alliance(
                .propose(
                    .with {
                        $0.title = "Without bravo"
                        $0.expelMember.id = "bravo"
                    })))
        guard case .proposalMade(let made) = events.first?.alliance.event else {
            throw TestLedger.Missing.event
        }
        try ledger.done(
            ledger.member("bravo"),
            .alliance(
                .vote(
                    .with {
                        $0.proposal = made.proposal
                        $0.yes = true
                    })))
    }
}

extension Action {
    static func transfer(_ resource: ResourceID, to: Actor) -> Action {
        .resources(
            .transferResource(
                .with {
                    $0.resource = Data(resource.bytes)
                    $0.to = to.bytes
                }))
    }

    static func retire(_ resource: ResourceID) -> Action {
        .resources(.retireResource(.with { $0.resource = Data(resource.bytes) }))
    }
}
