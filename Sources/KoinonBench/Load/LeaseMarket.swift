import Foundation
import KoinonClient
import KoinonLedger
import KoinonProtocol
import Synchronization

/// Things to lend, their provider, and the signed leases of a benchmark.
struct LeaseMarket {
    private let crowd: Crowd
    private var staff: TransactionBuilder
    private var providers: [TransactionBuilder]
    private var offers: [OfferID] = []

    /// So many that none has more nonces under way than its window is wide.
    static let providerCount = 64

    /// The first people of the crowd provide the things in turn.
    init(chain: ChainID, staff: SigningKey) {
        crowd = Crowd(chain: chain)
        self.staff = TransactionBuilder(
            chain: chain, sender: crowd.account(of: staff), key: staff)
        providers = Self.builders(of: 0..<Self.providerCount, crowd)
    }

    private static func builders(of people: Range<Int>, _ crowd: Crowd) -> [TransactionBuilder] {
        AllCores.map(people) { person in
            let key = Crowd.key(person)
            return TransactionBuilder(
                chain: crowd.chain, sender: crowd.account(of: key), key: key,
                nextNonce: PreparedLedger.nextNonce)
        }
    }

    /// Transactions that register and offer the things, in parts that follow each other.
    mutating func setUp(things: Int, now: Timestamp) throws -> [[Envelope]] {
        var parts = [
            [
                try staff.build(
                    [.registerKind("bike", title: "Bicycle")], now: now
                ).envelope
            ]
        ]
        parts.append(
            try (0..<things).map { thing in
                let provider = thing % providers.count
                let resource: ResourceID = providers[provider].nextID(ofAction: 0)
                offers.append(providers[provider].nextID(ofAction: 1))
                let register = Action.registerResource(
                    kind: "bike", title: "Bike \(thing)", serial: "\(thing)")
                return try providers[provider].build([register, offer(of: resource)], now: now)
                    .envelope
            })
        return parts
    }

    private func offer(of resource: ResourceID) -> Action {
        .publishOffer(
            of: resource, title: "A bike", unit: PreparedLedger.unit,
            tariff: Tariff(price: Amount(minor: 5), stepMilliseconds: 1_800_000)
        ) { offer in
            offer.depositMinor = 50
            offer.platformFee = .with {
                $0.numerator = 1
                $0.denominator = 10
            }
            // The provider looks at what comes back before it settles.
            offer.terms = [
                .with {
                    $0.name = "inspection_ms"
                    $0.value = 3_600_000
                }
            ]
        }
    }

    /// Signs the leases: for each group its openings, then its starts, its returns, its
    /// settlements.
    mutating func write(
        leases: Int, borrowers: Int, group: Int, to file: MessageFile, now: Timestamp,
        progress: (Int) -> Void
    ) throws {
        let people = providers.count..<providers.count + borrowers
        var builders = Self.builders(of: people, crowd)
        for start in stride(from: 0, to: leases, by: group) {
            let indices = start..<min(start + group, leases)
            let agreements: [AgreementID] = try indices.map { lease in
                let agreement: AgreementID = builders[lease % borrowers].nextID(ofAction: 0)
                let opening = Action.openAgreement(
                    offer: offers[lease % offers.count], durationMilliseconds: 3_600_000)
                try file.append([
                    try builders[lease % borrowers].build([opening], now: now).envelope
                ])
                return agreement
            }
            for verb in ["start", "finish"] {
                for (lease, agreement) in zip(indices, agreements) {
                    try file.append([
                        try builders[lease % borrowers].build(
                            [.takeTransition(verb, of: agreement)], now: now
                        ).envelope
                    ])
                }
            }
            for (lease, agreement) in zip(indices, agreements) {
                let provider = lease % offers.count % providers.count
                let settle = Action.takeTransition("settle", of: agreement)
                try file.append([try providers[provider].build([settle], now: now).envelope])
            }
            progress(indices.upperBound)
        }
        file.finish()
    }
}

/// Hands out groups of leases, each as its four steps.
final class LeaseGroups: Sendable {
    private struct State {
        var reader: MessageFile.Reader
        var left: Int
    }

    private let group: Int
    private let state: Mutex<State>

    init(_ file: MessageFile, leases: Int, group: Int) throws {
        self.group = group
        state = Mutex(State(reader: try MessageFile.Reader(path: file.path), left: leases))
    }

    /// Nil when all groups are given out.
    func next() throws -> [[Envelope]]? {
        try state.withLock { state in
            let count = min(group, state.left)
            guard count > 0 else { return nil }
            state.left -= count
            return try (0..<LeasesBench.stepsPerLease).map { _ in try state.reader.next(count) }
        }
    }
}
