// A lease from offer to opened reviews, by HTTP through the library KoinonClient:
//
//     make lease NODE=http://127.0.0.1:8080
//
// Examples/lease.py does the same from the documents alone.

import Foundation
import KoinonClient
import KoinonLedger
import KoinonProtocol

@main
enum Lease {
    private static let halfHour: UInt64 = 1_800_000

    static func main() async {
        do {
            let address = CommandLine.arguments.dropFirst().first ?? "http://127.0.0.1:8080"
            try await run(NodeClient(address))
        } catch {
            FileHandle.standardError.write(Data("lease-example: \(error)\n".utf8))
            exit(1)
        }
    }

    private static func run(_ node: NodeClient) async throws {
        let status = try await node.status()
        tell("node", "\(node.address): \(status.alliance), chain \(status.chain)")
        guard let kind = try await node.kinds().rows.first?.kind else {
            throw Trouble("no kind of thing is registered: a member does that (README.md)")
        }
        let anna = try await Person.join("anna", through: node, status)
        let ben = try await Person.join("ben", through: node, status)
        try await ben.takeTestMoney()

        let title = "A \(kind) by the half hour, \(anna.account.text.suffix(8))"
        let offer = try await publish(title, kind, by: anna, for: ben)
        let agreement = try await lease(try await find(title, on: node), offer, by: ben)
        try await review(agreement, anna, ben)

        for person in [anna, ben] {
            let standing = try await node.standing(of: person.account, kind: kind)
            tell(
                person.name,
                "has \(try await person.money()), standing \(standing.standingPpm) millionths "
                    + "(a newcomer \(standing.newcomerPpm))")
        }
        tell("look at it", "\(node.address)/agreement/\(agreement.text)")
    }

    /// A thing and its offer, in one transaction: the id of what an action creates is known
    /// before it is sent.
    private static func publish(
        _ title: String, _ kind: String, by anna: Person, for ben: Person
    ) async throws -> OfferID {
        guard let purse = try await ben.node.balances(of: ben.account).first else {
            throw Trouble("ben has no money: the node gives none (docs/configuration.md, join)")
        }
        let (resource, offer) = (
            anna.builder.nextID(ofAction: 0) as ResourceID,
            anna.builder.nextID(ofAction: 1) as OfferID
        )
        let tariff = Tariff(
            price: Amount(minor: max(1, purse.amount.minor / 20)), stepMilliseconds: halfHour)
        try await anna.send([
            .registerResource(kind: kind, title: "Anna's \(kind)"),
            .publishOffer(of: resource, title: title, unit: purse.unit, tariff: tariff) { terms in
                terms.depositMinor = max(1, purse.amount.minor / 5)
                terms.platformFee = .with {
                    $0.numerator = 1
                    $0.denominator = 10
                }
            },
        ])
        tell("offered", offer.text)
        return offer
    }

    /// As anybody would find it; the index follows the ledger by a fraction of a second.
    private static func find(_ title: String, on node: NodeClient) async throws -> OfferAnswer {
        for _ in 0..<100 {
            let found = try await node.offers(OfferSearchTerms(text: title)).rows
            if let offer = found.first(where: { $0.title == title }) {
                tell("found", "\(offer.title): \(offer.price.text) \(offer.price.unit) a half hour")
                return offer
            }
            try await Task.sleep(for: .milliseconds(50))
        }
        throw Trouble("the offer is not found by its title")
    }

    private static func lease(
        _ found: OfferAnswer, _ offer: OfferID, by ben: Person
    ) async throws -> AgreementID {
        guard found.offerID == offer else { throw Trouble("another offer has this title") }
        let agreement: AgreementID = ben.builder.nextID(ofAction: 0)
        try await ben.send([.openAgreement(offer: offer, durationMilliseconds: 2 * halfHour)])
        let booked = try await ben.node.agreement(agreement, as: ben.account).value
        tell("booked", "\(agreement.text), set aside \(booked.held.text) \(booked.held.unit)")
        for verb in ["start", "finish"] {
            try await ben.send([.takeTransition(verb, of: agreement)])
            let now = try await ben.node.agreement(agreement).value
            tell("\(verb)ed", "now \(now.state.name)")
        }
        if let paid = try await ben.node.agreement(agreement).value.settled {
            tell("settled", "\(paid.text) \(paid.unit) paid")
        }
        return agreement
    }

    /// Sealed first, opened when both are: neither knows the other's before.
    private static func review(
        _ agreement: AgreementID, _ anna: Person, _ ben: Person
    ) async throws {
        let reviews: [(by: Person, score: Int32, salt: [UInt8])] = [(anna, 9), (ben, 8)].map {
            person, score in
            (person, score, (0..<SealedReview.saltBytes).map { _ in .random(in: .min ... .max) })
        }
        for one in reviews {
            let hash = SealedReview.hash(
                agreement: agreement, reviewer: one.by.account, salt: one.salt, score: one.score,
                textHash: nil)
            try await one.by.send([.sealReview(of: agreement, hash: hash)])
        }
        tell("sealed", "a review by each, which nobody can read yet")
        for one in reviews {
            try await one.by.send([
                .openReview(of: agreement, score: one.score, salt: one.salt)
            ])
        }
        tell("opened", reviews.map { "\($0.score) of 10 by \($0.by.name)" }.joined(separator: ", "))
    }

    static func tell(_ what: String, _ more: String) {
        print(what.padding(toLength: 12, withPad: " ", startingAt: 0) + more)
    }
}

/// What went wrong, in words.
struct Trouble: Error, CustomStringConvertible {
    var description: String
    init(_ description: String) { self.description = description }
}
