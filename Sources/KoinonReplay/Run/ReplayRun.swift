import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol

/// A transaction of the replay that the node itself refuses: a defect, never data.
public struct ReplayFault: Error, CustomStringConvertible {
    public var description: String

    public init(description: String) {
        self.description = description
    }
}

/// Plays a plan's trips into a node's ledger: one block per distinct moment.
///
/// While the node executes and stores one run of blocks, the next is signed and its
/// signatures are checked on the other core.
public struct ReplayRun {
    /// How far a replay has come.
    public struct Progress: Sendable {
        public var tripsBegun: Int
        public var trips: Int
        public var elapsed: Duration
    }

    private static let instantsPerPart = 1_000
    /// Bytes of transactions that one block takes; more at one moment makes two blocks.
    private static let bytesPerBlock = 900_000

    public let plan: TripPlan
    /// Goes on signing for the cast after the replay.
    public var script: ReplayScript

    public init(_ plan: TripPlan, cast: ReplayCast, chain: ChainID) {
        self.plan = plan
        script = ReplayScript(plan: plan, cast: cast, chain: chain)
    }

    /// When the alliance of a replay is founded: two hours before the first trip.
    public static func foundingTime(of plan: TripPlan) -> Timestamp {
        let first = plan.instants.first?.time.milliseconds ?? 0
        return Timestamp(
            milliseconds: first - min(first, 2 * ReplayScript.setUpLeadMilliseconds))
    }

    /// Runs the whole plan on a node at block 0 whose hosted members are the operators.
    ///
    /// - Parameter progress: called after each run of blocks.
    /// - Returns: what the ledger says became of every trip.
    /// - Throws: the node's fault, or ``ReplayFault``.
    public mutating func run(
        on node: Node, progress: (Progress) -> Void
    ) async throws -> ReplaySummary {
        let start = ContinuousClock.now
        var begun = 0
        func report() {
            progress(
                Progress(
                    tripsBegun: begun, trips: plan.trips.count,
                    elapsed: start.duration(to: .now)))
        }
        report()
        let setUpTime = Timestamp(
            milliseconds: (plan.instants.first?.time.milliseconds ?? 0)
                - ReplayScript.setUpLeadMilliseconds)
        var part = try await Self.checked([script.setUp(at: setUpTime)], chain: node.chain)
        var next = 0
        while !part.isEmpty {
            let proposed = part
            async let done: Void = node.propose(proposed)
            let instants = plan.instants[
                next..<min(next + Self.instantsPerPart, plan.instants.count)]
            let blocks = try instants.map { instant in try script.block(instant) }
            part = try await Self.checked(blocks, chain: node.chain)
            try await done
            begun += instants.reduce(0) { count, instant in
                count + instant.steps.count { if case .begin = $0 { true } else { false } }
            }
            next += instants.count
            report()
        }
        // The summary reads the store's tables.
        try await node.writeRows()
        return try ReplaySummary(
            node: node, plan: plan, script: script, elapsed: start.duration(to: .now))
    }

    private static func checked(
        _ blocks: [ReplayScript.Block], chain: ChainID
    ) async throws -> [ProposedBlock] {
        let results = await Admission.check(blocks.flatMap(\.envelopes), chain: chain)
        var transactions = try results.map { result in
            do { return try result.get() } catch {
                throw ReplayFault(description: "a transaction of the replay is refused: \(error)")
            }
        }[...]
        var proposed: [ProposedBlock] = []
        for block in blocks {
            var current = ProposedBlock(time: block.time, transactions: [])
            var bytes = 0
            for transaction in transactions.prefix(block.envelopes.count) {
                let size = transaction.envelope.body.count + 128
                if bytes + size > bytesPerBlock {
                    proposed.append(current)
                    current.transactions = []
                    bytes = 0
                }
                current.transactions.append(transaction)
                bytes += size
            }
            if !current.transactions.isEmpty { proposed.append(current) }
            transactions = transactions.dropFirst(block.envelopes.count)
        }
        return proposed
    }
}
