import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Logging
import ServiceLifecycle
import Synchronization

/// A member's node with the embedded engine: one process that orders, executes,
/// stores and signs for every member it hosts.
///
/// ```swift
/// let node = try Node(home: NodeHome(directory), logger: logger)
/// async let running: Void = node.run()
/// let status = await node.submit(envelope, wait: true)
/// ```
public final class Node: Service {
    public let genesis: GenesisDocument
    public let store: LedgerStore
    public let replica: SharedReplica
    public let hosted: [HostedMember]

    private let pool = Pool()
    private let script = ProposalScript()
    private let outbox = AttestationOutbox()
    private let ownEntries = OwnEntries()
    private let outcomes = OutcomeBoard()
    private let engine: EmbeddedEngine
    private let committer: Committer
    private let clock: Mutex<any NodeClock>
    private let logger: Logger
    private let stopping = Atomic(false)

    /// How often the clock is looked at for due timers.
    private static let tick = Duration.milliseconds(200)

    /// Opens the home's ledger, or begins it at block 0, and takes up where it stopped.
    ///
    /// - Throws: `HomeFault`, `GenesisFault`, `StoreFault`, or what the self-test of
    ///   signatures found.
    public init(home: NodeHome, clock: any NodeClock = SystemClock(), logger: Logger) throws {
        try Ed25519.selfTest()
        genesis = try home.genesis()
        hosted = try home.hostedMembers()
        self.logger = logger
        self.clock = Mutex(clock)
        store = try Resumption.openStore(home: home, genesis: genesis)
        let resumed = try Resumption(store: store, genesis: genesis)
        replica = resumed.replica
        outbox.add(resumed.uncarriedAttestations)
        engine = EmbeddedEngine(next: resumed.nextPosition)
        committer = Committer(
            store: store, engine: engine, outbox: outbox, outcomes: outcomes,
            attester: Attester(chain: genesis.chain, members: hosted),
            finality: resumed.finality, arrival: pool.arrival)
    }

    public var chain: ChainID { genesis.chain }

    /// The highest block that a quorum of its judges has signed.
    public var finalHeight: Height { committer.finalHeight }

    /// What the node believes the time to be.
    public var now: Timestamp { clock.withLock { $0.now } }

    /// Lets ledger time go on by another clock, for instance after a replay.
    public func use(_ clock: any NodeClock) {
        self.clock.withLock { $0 = clock }
    }

    /// Runs until a graceful shutdown is asked for, or ``stop()``; then finishes
    /// what it has accepted.
    ///
    /// - Throws: the fault that stopped it, for instance a full disk.
    public func run() async throws {
        let ordered = BoundedQueue<OrderedEntry>(capacity: 4 * Executor.entriesPerBatch)
        let executed = BoundedQueue<ExecutedBatch>(capacity: 2)
        let executor = Executor(
            chain: chain, replica: replica, ownEntries: ownEntries, input: ordered,
            output: executed, logger: logger)
        defer { outcomes.close() }
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask { [engine] in
                for try await entry in engine.entries(from: .start) { await ordered.push(entry) }
                ordered.finish()
            }
            group.addTask { await executor.run() }
            group.addTask { [committer, engine] in
                do { try await committer.run(executed) } catch {
                    engine.stop(error)
                    // The executor may be waiting for room.
                    executed.finish()
                    ordered.finish()
                    throw error
                }
            }
            group.addTask { try await self.proposeUntilStopped() }
            group.addTask { await self.tickUntilStopped() }
            try await group.waitForAll()
        }
    }

    /// Ends ``run()`` once what waits in the pool is durable.
    public func stop() {
        stopping.store(true, ordering: .releasing)
        pool.arrival.wake()
    }

    private var isStopping: Bool { stopping.load(ordering: .acquiring) }

    private func proposeUntilStopped() async throws {
        try await withGracefulShutdownHandler {
            var proposer = Proposer(
                engine: engine, pool: pool, script: script, outbox: outbox,
                ownEntries: ownEntries, replica: replica, outcomes: outcomes, hosted: hosted)
            defer {
                engine.stop(NodeStopped())
                script.fail(NodeStopped())
                stop()
            }
            while !isStopping {
                while try await proposer.propose(at: now) {}
                if !isStopping { await pool.arrival.wait() }
            }
            while try await proposer.propose(at: now) {}
        } onGracefulShutdown: {
            self.stop()
        }
    }

    /// Wakes the proposer when a timer falls due while nobody sends anything.
    private func tickUntilStopped() async {
        while !isStopping {
            if let due = replica.read({ $0.nextTimer }), due <= now { pool.arrival.wake() }
            do { try await Task.sleep(for: Self.tick) } catch { return }
        }
    }
}

/// The node takes nothing more.
public struct NodeStopped: Error, CustomStringConvertible {
    public var description: String { "the node has stopped; start it again with `koinon node`" }
}

extension Node {
    /// What a node says about a submitted transaction.
    public enum SubmissionStatus: Sendable {
        /// Not taken; it leaves no trace.
        case refused(Refusal)
        /// Waits for its place in a block.
        case pending(Hash256)
        case settled(Hash256, TransactionOutcome)
        /// The node stopped before the outcome was known.
        case unknown(Hash256)
    }

    /// Submits transactions; each gets its own status, in order.
    ///
    /// - Parameter waits: whether to answer only when the outcomes are durable.
    public func submit(_ envelopes: [Envelope], waits: Bool) async -> [SubmissionStatus] {
        let checked = await Admission.check(envelopes, chain: chain)
        return await withTaskGroup { group in
            for (index, result) in checked.enumerated() {
                group.addTask { (index, await self.admit(result, waits: waits)) }
            }
            var statuses: [(Int, SubmissionStatus)] = []
            for await status in group { statuses.append(status) }
            return statuses.sorted { $0.0 < $1.0 }.map(\.1)
        }
    }

    private func admit(
        _ result: Result<CheckedTransaction, TransactionFault>, waits: Bool
    ) async -> SubmissionStatus {
        let transaction: CheckedTransaction
        switch result {
        case .success(let checked): transaction = checked
        case .failure(let fault): return .refused(.fault(fault))
        }
        if let reason = replica.read({ $0.ignoredReason(transaction, at: now) }) {
            // Sent again after it was executed: the same answer as the first time.
            do {
                if let outcome = try store.read({ try $0.outcome(of: transaction.id) }) {
                    return .settled(transaction.id, outcome)
                }
            } catch {
                logger.error("cannot look up a transaction", metadata: ["error": "\(error)"])
                return .unknown(transaction.id)
            }
            return .refused(.ignored(reason))
        }
        if isStopping { return .unknown(transaction.id) }
        guard waits else {
            return pool.add(transaction) ? .pending(transaction.id) : .refused(.poolFull)
        }
        var isTaken = true
        let outcome = await outcomes.outcome(of: transaction.id) { cancel in
            isTaken = pool.add(transaction)
            if !isTaken { cancel() }
        }
        guard isTaken else { return .refused(.poolFull) }
        return outcome.map { .settled(transaction.id, $0) } ?? .unknown(transaction.id)
    }

    /// Closes the blocks one by one, each at exactly its time; all are durable on return.
    ///
    /// For replaying recorded data. Times must not fall.
    /// - Throws: ``NodeStopped`` or the fault that stopped the node.
    public func propose(_ blocks: [ProposedBlock]) async throws {
        try await withCheckedThrowingContinuation { done in
            script.add(ProposalScript.Part(blocks: blocks, done: done))
            if isStopping { script.fail(NodeStopped()) }
            pool.arrival.wake()
        }
    }
}
