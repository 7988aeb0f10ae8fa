import KoinonProtocol
import Testing

@testable import KoinonMachine

/// Each given variable has the value that docs/formats/process.md says.
@Suite struct AgreementValuesTests {
    private func value(
        _ name: String, of id: AgreementID, in scene: LeaseScene, at moment: Timestamp
    ) throws -> Int64 {
        let agreement = scene.agreement(id)
        let offer = try #require(Market.offer(scene.offer, in: scene.ledger.state))
        let process = try #require(
            Agreements.runnableProcess(agreement.process, in: scene.ledger.state))
        let definition = try #require(Agreements.process(agreement.process, in: scene.ledger.state))
        let values = AgreementValues(
            id: id, agreement: agreement, offer: offer, process: process, now: moment,
            state: scene.ledger.state)
        return try ProcessNames(definition).expression(name).evaluate(values)
    }

    @Test func `variables of a booking, a use and its end`() throws {
        let scene = try LeaseScene(capacity: 3, terms: ["cancel_fee": 33])
        let start = scene.at(LeaseScene.hour)
        let id = try scene.book(start: start, for: 2 * LeaseScene.hour, quantity: 2)
        let begin = Int64(scene.begin.milliseconds)
        let booked: [(String, Int64)] = [
            ("now", begin + 1), ("opened_at", begin), ("entered_at", begin),
            ("start", begin + 3_600_000), ("end", begin + 10_800_000), ("duration", 7_200_000),
            ("used_from", 0), ("used_until", 0), ("quantity", 2), ("held", 4_800),
            ("deposit", 4_000), ("price", 100), ("step_ms", 1_800_000), ("minimum_steps", 1),
            ("fee_numerator", 5), ("fee_denominator", 100), ("others_using", 0), ("uses", 0),
            // A term that the offer sets, one with its default, and a definition.
            ("cancel_fee", 33), ("overdue_ms", 604_800_000), ("agreed_price", 800),
        ]
        for (name, expected) in booked {
            #expect(try value(name, of: id, in: scene, at: scene.at(1)) == expected, "\(name)")
        }
        #expect(Set(booked.map(\.0)).isSuperset(of: ProcessVariable.allCases.map(\.rawValue)))

        try scene.take("start", id, at: start)
        let now = start.later(by: 5)
        #expect(try value("used_from", of: id, in: scene, at: now) == begin + 3_600_000)
        #expect(try value("used_until", of: id, in: scene, at: now) == begin + 3_600_005)
        #expect(try value("entered_at", of: id, in: scene, at: now) == begin + 3_600_000)
        #expect(
            try value("others_using", of: id, in: scene, at: now) == 0, "its own use is no other's")
        try scene.take("finish", id, at: start.later(by: 7))
        #expect(
            try value("used_until", of: id, in: scene, at: now.later(by: 99)) == begin + 3_600_007)
        #expect(try value("held", of: id, in: scene, at: now) == 0)
    }

    @Test func `without a fee the fraction is 0 / 1`() throws {
        let scene = try LeaseScene { $0.clearPlatformFee() }
        let id = try scene.book()
        #expect(try value("fee_numerator", of: id, in: scene, at: scene.begin) == 0)
        #expect(try value("fee_denominator", of: id, in: scene, at: scene.begin) == 1)
    }

    @Test func `others are using it when there is not enough left for this agreement`() throws {
        let scene = try LeaseScene(capacity: 3)
        let first = try scene.book(by: scene.carl, for: LeaseScene.hour, quantity: 2)
        try scene.take("start", first, by: scene.carl)
        let one = try scene.book(start: scene.at(LeaseScene.hour), quantity: 1)
        let two = try scene.book(start: scene.at(LeaseScene.hour), quantity: 2)
        #expect(try value("others_using", of: one, in: scene, at: scene.begin) == 0)
        #expect(try value("others_using", of: two, in: scene, at: scene.begin) == 1)
    }
}
