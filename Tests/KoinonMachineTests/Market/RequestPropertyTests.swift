import Foundation
import KoinonProtocol
import TestSeeds
import Testing

@testable import KoinonMachine

/// Random asking, answering, countering, agreeing, withdrawing and waiting: the machine
/// says yes and no exactly as a plain table of negotiations does.
@Suite struct RequestPropertyTests {
    /// Whose words the terms are, and how often they were changed.
    private struct Talk {
        var request: RequestID
        var provider: Int
        var price: UInt64
        var isCustomers = false
        var rounds = 0
    }

    private struct Wish {
        var customer: Int
        var end: UInt64
    }

    @Test(arguments: Seeds.of(1...12, casesEach: 80))
    func `the machine agrees with a plain table`(seed: Int) throws {
        var random = SeededRandom(seed: UInt64(seed))
        let tick: UInt64 = 60_000
        let scene = try LeaseScene()
        let ledger = scene.ledger
        let people = [scene.provider, scene.bea, scene.carl]
        try ledger.issue(100_000, to: scene.provider)
        // Room for everyone at any time: capacity is another test's.
        let things = try people.map { try ledger.register("Thing", capacity: 1_000, by: $0) }
        var wishes: [RequestID: Wish] = [:]
        var talks: [OfferID: Talk] = [:]
        var prices: [UInt64] = []
        var now: UInt64 = 0
        func close(_ id: RequestID) {
            wishes[id] = nil
            talks = talks.filter { $0.value.request != id }
        }
        func isParty(_ person: Int, of talk: Talk) -> Bool {
            person == talk.provider || person == wishes[talk.request]?.customer
        }
        for step in 0..<80 {
            let comment = Comment("seed \(seed), step \(step)")
            let person = random.below(3)
            let talk = talks.keys.sorted().randomElement(using: &random)
            let wish = wishes.keys.sorted().randomElement(using: &random)
            switch random.below(12) {
            case 0..<2:
                let end = now + UInt64(1 + random.below(20))
                var action = RequestScene.wish(at: scene.begin)
                action.expiresAtMs = scene.at(end * tick).milliseconds
                let isFree = wishes.values.filter { $0.customer == person }.count < 16
                let receipt = try ledger.send(people[person], .market(.publishRequest(action)))
                #expect((receipt.code == 0) == isFree, comment)
                guard case .requestPublished(let event) = receipt.events.first?.market.event else {
                    continue
                }
                wishes[RequestID(event.request)!] = Wish(customer: person, end: end)
            case 2..<5:
                guard let wish, let row = wishes[wish] else { continue }
                let price = UInt64(random.below(100))
                let receipt = try ledger.send(
                    people[person],
                    RequestScene.answer(wish, things[person]) {
                        $0.tariff.priceMinor = price
                        $0.depositMinor = 0
                    })
                let isFree = talks.values.filter { $0.request == wish }.count < 32
                #expect((receipt.code == 0) == (person != row.customer && isFree), comment)
                guard let id = receipt.events.lastAnswer else { continue }
                talks[id] = Talk(request: wish, provider: person, price: price)
            case 5..<8:
                guard let talk, let row = talks[talk] else { continue }
                let price = UInt64(random.below(100))
                let receipt = try ledger.send(
                    people[person], .counter(talk, price: price, deposit: 0))
                let isTurn = isParty(person, of: row) && (person == row.provider) == row.isCustomers
                #expect((receipt.code == 0) == (isTurn && row.rounds < 16), comment)
                guard receipt.code == 0 else { continue }
                talks[talk]?.price = price
                talks[talk]?.isCustomers.toggle()
                talks[talk]?.rounds += 1
            case 8..<10:
                guard let talk, let row = talks[talk] else { continue }
                let receipt = try ledger.send(people[person], .yes(to: talk))
                let isTurn = isParty(person, of: row) && (person == row.provider) == row.isCustomers
                #expect((receipt.code == 0) == isTurn, comment)
                guard receipt.code == 0 else { continue }
                if person == row.provider {
                    talks[talk]?.isCustomers = false
                } else {
                    let id = try #require(receipt.events.openedAgreement, comment)
                    // Two half hours at the price that stood last, nothing else.
                    #expect(scene.held(in: id) == 2 * row.price, comment)
                    prices.append(row.price)
                    close(row.request)
                }
            case 10:
                if let talk, let row = talks[talk], random.oneIn(2) {
                    let receipt = try ledger.send(people[person], .no(to: talk))
                    #expect((receipt.code == 0) == isParty(person, of: row), comment)
                    if receipt.code == 0 { talks[talk] = nil }
                } else if let wish, let row = wishes[wish], random.oneIn(3) {
                    let receipt = try ledger.send(people[person], .withdraw(wish))
                    #expect((receipt.code == 0) == (person == row.customer), comment)
                    if receipt.code == 0 { close(wish) }
                }
            default:
                now += UInt64(random.below(4))
                try ledger.advance(to: scene.at(now * tick))
                for (id, wish) in wishes where wish.end <= now { close(id) }
            }
            #expect(
                Set(Market.answers.rows(in: ledger.state).map(\.key)) == Set(talks.keys), comment)
            let open = Market.requests.rows(in: ledger.state).filter { $0.value.state == .open }
            #expect(Set(open.map(\.key)) == Set(wishes.keys), comment)
        }
        #expect(Agreements.agreements.rows(in: ledger.state).count == prices.count)
        try ledger.checkReplay()
    }
}
