import Foundation
import KoinonClient
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import KoinonReplay
import Logging

/// The demonstration's ledger and the people who act on it.
struct DemoStage {
    let plan: TripPlan
    let home: DemoHome
    let genesis: GenesisDocument
    let node: Node
    var replay: ReplayRun
    var summary: ReplaySummary?
    private let running: Task<Void, any Error>

    init(plan: TripPlan, home: DemoHome) async throws {
        self.plan = plan
        self.home = home
        let cast = ReplayCast(plan)
        let founded = ReplayRun.foundingTime(of: plan)
        genesis = try home.nodeHome.found(
            name: "Koinon demonstration", at: founded, members: cast.sides.map(\.member),
            processes: StandardProcesses.all,
            clock: .afterLastBlock)
        let node = try Node(
            home: home.nodeHome, clock: ShiftedClock(startingAt: founded), logger: .forCommand)
        self.node = node
        replay = ReplayRun(plan, cast: cast, chain: genesis.chain)
        running = Task { try await node.run() }
    }

    /// The quarter of trips.
    mutating func actOne(data: DemoData) async throws {
        let summary = try await replay.run(on: node, showing: ProgressLine("replaying"))
        self.summary = summary
        print(DemoText.summary(summary, plan: plan))
        print(try DemoText.invoices(summary, plain: data.plainInvoices()))
        // From here ledger time goes on from the last trip.
        node.use(
            ShiftedClock(
                startingAt: Timestamp(milliseconds: summary.tip.time.milliseconds + 60_000)))
    }

    /// Everything that the node has accepted is durable, and nobody holds the store.
    func close() async throws {
        node.stop()
        try await running.value
        try node.store.close()
    }

    /// Sends one transaction and waits for its receipt.
    ///
    /// - Throws: when the node refuses or ignores it; a rejection is a receipt.
    mutating func send(
        _ actor: ReplayScript.Actor, _ actions: [Action]
    ) async throws -> (id: Hash256, receipt: Receipt) {
        let built = try replay.script.build(by: actor, actions, now: node.now)
        return try await send(built)
    }

    func send(_ built: BuiltTransaction) async throws -> (id: Hash256, receipt: Receipt) {
        guard let status = await node.submit([built.envelope], waits: true).first,
            case .settled(let id, .executed(_, _, let receipt)) = status
        else {
            throw ReplayFault(
                description: "the node did not execute a transaction of the demonstration")
        }
        return (id, receipt)
    }

    /// As ``send(_:_:)``, and a rejection is a fault.
    mutating func mustSend(_ actor: ReplayScript.Actor, _ actions: [Action]) async throws -> Hash256
    {
        let (id, receipt) = try await send(actor, actions)
        guard receipt.code == 0 else {
            throw ReplayFault(
                description: "a step of the demonstration was \(ReceiptText.outcome(receipt))")
        }
        return id
    }
}
