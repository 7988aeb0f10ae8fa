import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import KoinonStore

/// What the ledger says about a replay: read from stored blocks and receipts, not
/// from the plan.
public struct ReplaySummary: Sendable {
    /// One operator's part.
    public struct Side: Sendable {
        public var title: String
        public var unit: LeaseTerms.Unit
        public var tripsSettled = 0
        /// Charges before the fee: what the operator invoices.
        public var charged = Amount.zero
        public var fees = Amount.zero
        /// Settled trips by resource, index into the plan's resources.
        public var busiest: [(resource: Int, trips: Int)] = []
        /// Why trips were refused, by name; rows of the file and transactions alike.
        public var refused: [(reason: String, count: Int)] = []
    }

    public var sides: [Side]
    public var blocks: UInt64
    public var transactions: Int
    public var tip: BlockHeader
    public var finalHeight: Height
    public var bytesOnDisk: UInt64
    public var elapsed: Duration
    /// Ids of the transactions that finished a trip, by trip.
    public var finishing: [Int: Hash256]

    public var tripsSettled: Int { sides.reduce(0) { $0 + $1.tripsSettled } }
    public var seconds: Double {
        Double(elapsed.components.seconds) + Double(elapsed.components.attoseconds) / 1e18
    }

    init(node: Node, plan: TripPlan, script: ReplayScript, elapsed: Duration) throws {
        var tally = Tally(plan: plan, script: script)
        let (tip, counts) = try node.store.read { reader in
            let tip = try reader.tip().header
            var located: [Height: [(id: Hash256, leaf: Int)]] = [:]
            try reader.forEachTransaction { id, location in
                located[location.height, default: []].append((id, location.leaf))
            }
            for (height, transactions) in located {
                let result = try BlockResult(serializedBytes: reader.result(at: height) ?? [])
                for transaction in transactions {
                    try tally.count(transaction.id, result.receipts[transaction.leaf])
                }
            }
            return (tip, try reader.counts())
        }
        sides = try tally.finish()
        blocks = counts.blocks
        transactions = Int(counts.transactions)
        bytesOnDisk = counts.bytes
        self.tip = tip
        finalHeight = node.finalHeight
        self.elapsed = elapsed
        finishing = tally.finishing
    }
}

/// Adds up receipts by operator.
private struct Tally {
    let plan: TripPlan
    let script: ReplayScript
    var sides: [ReplaySummary.Side]
    var finishing: [Int: Hash256] = [:]
    private var refusals: [[String: Int]]
    private var settled: [Int: Int] = [:]
    private var disagreements: [Int] = []

    init(plan: TripPlan, script: ReplayScript) {
        self.plan = plan
        self.script = script
        sides = plan.operators.map { ReplaySummary.Side(title: $0.title, unit: $0.lease.unit) }
        refusals = plan.operators.map { _ in [:] }
        for row in plan.refusedRows {
            guard let side = plan.operators.firstIndex(where: { $0.files.contains(row.file) })
            else { continue }
            refusals[side][row.reason.text, default: 0] += 1
        }
    }

    mutating func count(_ id: Hash256, _ receipt: Receipt) throws {
        guard let purpose = script.purposes[id] else { return }
        let meaning = Modules.rejectionMeanings[receipt.code]
        switch purpose {
        case .setUp, .topUp:
            guard receipt.code == 0 else {
                throw ReplayFault(
                    description:
                        "setting up was rejected: \(meaning?.name ?? "") (\(receipt.field)): \(meaning?.remedy ?? "")"
                )
            }
        case .begin(let trip):
            let expectsRefusal = if case .refused = plan.predictions[trip] { true } else { false }
            if (receipt.code != 0) != expectsRefusal { disagreements.append(trip) }
            if receipt.code != 0 {
                let reason = "\(meaning?.name ?? "code \(receipt.code)") (by the ledger)"
                refusals[plan.trips[trip].operator][reason, default: 0] += 1
            }
        case .finish(let trip):
            guard receipt.code == 0 else {
                disagreements.append(trip)
                return
            }
            finishing[trip] = id
            addUp(receipt, trip)
        }
    }

    private mutating func addUp(_ receipt: Receipt, _ trip: Int) {
        let side = plan.trips[trip].operator
        sides[side].tripsSettled += 1
        settled[plan.trips[trip].resource, default: 0] += 1
        for case .money(let money)? in receipt.events.map(\.module) {
            guard case .holdPaid(let paid) = money.event else { continue }
            switch paid.purpose {
            case .payment:
                sides[side].charged = Amount(minor: sides[side].charged.minor + paid.amountMinor)
            case .platformFee:
                sides[side].charged = Amount(minor: sides[side].charged.minor + paid.amountMinor)
                sides[side].fees = Amount(minor: sides[side].fees.minor + paid.amountMinor)
            default: break
            }
        }
    }

    mutating func finish() throws -> [ReplaySummary.Side] {
        guard disagreements.isEmpty else {
            throw ReplayFault(
                description:
                    "the ledger and the plan disagree on \(disagreements.count) trips, the first in line \(plan.trips[disagreements[0]].line)"
            )
        }
        for side in sides.indices {
            sides[side].refused = refusals[side].map { ($0.key, $0.value) }
                .sorted { ($1.count, $0.reason) < ($0.count, $1.reason) }
            sides[side].busiest = settled.filter { plan.resources[$0.key].operator == side }
                .map { ($0.key, $0.value) }
                .sorted { ($1.trips, $0.resource) < ($0.trips, $1.resource) }
        }
        return sides
    }
}
