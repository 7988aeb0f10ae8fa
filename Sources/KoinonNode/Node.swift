import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore
import Logging
import ServiceLifecycle
import Synchronization

/// A member's node: executes what an engine orders, stores it and signs for every member
/// that it hosts. With the embedded engine it orders too.
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
    private let hostedKeys: HostedKeys

    let pool: Pool
    let script = ProposalScript()
    let desk: OrderDesk
    private let ownEntries = OwnEntries()
    let outcomes = OutcomeBoard()
    private let idle = IdleBoard()
    let engine: any OrderingEngine
    let committer: Committer
    private let lastPosition: LogPosition
    /// The last place taken of the engine's order.
    private let position: OrderPosition?
    let memberHistory: SharedMemberHistory
    private let clock: Mutex<any NodeClock>
    let logger: Logger
    let home: NodeHome
    private let stopping = Atomic(false)
    private let uptime: @Sendable () -> UInt64

    /// How often the clock is looked at for due timers.
    private static let tick = Duration.milliseconds(200)
    /// Between two parts of rows that waited, for the blocks that came meanwhile.
    private static let pauseBetweenRows = Duration.milliseconds(40)
    /// Seconds that a node which is to stop waits for an engine that does not answer.
    private static let patience = 5
    /// For so long whoever waits for an outcome may still be told of it when the node is about to
    /// stop: several commits.
    private static let lastMoments = Duration.seconds(2)
    /// Entries that wait for the executor. While they do the engine is not asked for more, so a
    /// node with much to do asks seldom and takes much at once.
    private static let orderedBytes = 1_048_576
    /// Transactions that are executed and wait to be stored; a commit that writes the rows of many
    /// blocks takes a second and more, in which the others go on.
    private static let executedTransactions = 65_536
    /// Counted for each beside its body.
    private static let orderedOverhead = 512

    /// Opens the home's ledger, or begins it at block 0, and takes up where it stopped.
    ///
    /// - Parameter engine: what orders the entries; nil for order within this process.
    /// - Throws: `HomeFault`, `GenesisFault`, `StoreFault`, or what the self-test of
    ///   signatures found.
    public convenience init(
        home: NodeHome, engine: (any OrderingEngine)? = nil,
        clock: any NodeClock = SystemClock(), pool: Pool = Pool(),
        retention: OrderRetention = OrderRetention(),
        storeOptions: StoreOptions = StoreOptions(), logger: Logger
    ) throws {
        try self.init(
            home: home, engine: engine, clock: clock, pool: pool, retention: retention,
            storeOptions: storeOptions, guards: nil, logger: logger)
    }

    /// - Parameters:
    ///   - guards: of the members hosted here; nil for the files in the home.
    ///   - modules: the machine's; others make another ledger.
    ///   - uptime: milliseconds that only go forward; nil for those from now on.
    ///   - rowsWait: how long rows wait once much has come.
    init(
        home: NodeHome, engine: (any OrderingEngine)?, clock: any NodeClock, pool: Pool,
        retention: OrderRetention = OrderRetention(), storeOptions: StoreOptions,
        guards: GuardKeeper?, modules: ModuleList = .standard,
        uptime: (@Sendable () -> UInt64)? = nil, rowsWait: Duration = Committer.patience,
        logger: Logger
    ) throws {
        self.pool = pool
        let began = ContinuousClock.now
        self.uptime = uptime ?? { Self.milliseconds(since: began) }
        try Ed25519.selfTest()
        genesis = try home.genesis()
        memberHistory = SharedMemberHistory(genesis: genesis)
        hostedKeys = try HostedKeys(home: home, logger: logger)
        let hosted = hostedKeys.members
        self.logger = logger
        self.clock = Mutex(clock)
        store = try Resumption.openStore(home: home, genesis: genesis, options: storeOptions)
        let resumed = try Resumption(
            store: store, genesis: genesis, hosted: hosted,
            guards: guards ?? GuardKeeper(home: home, hosted: hosted),
            beginsGuards: engine == nil, closedEpochs: RecoveryFiles(home).closedEpochs(),
            modules: modules)
        replica = resumed.replica
        if let unknown = replica.read({ $0.unknownProtocol }) {
            try store.close()
            throw unknown
        }
        self.home = home
        try Self.check(
            hosted, against: replica.read { $0.members }, resumed.guards,
            mayFollow: engine != nil)
        desk = OrderDesk(
            pool: pool, outbox: AttestationOutbox(), news: OrderNews(), replica: resumed.replica)
        desk.outbox.add(resumed.uncarriedAttestations)
        lastPosition = resumed.lastPosition
        position = resumed.position
        self.engine =
            engine
            ?? EmbeddedEngine(
                after: resumed.position
                    ?? OrderPosition(rawValue: resumed.lastPosition.rawValue))
        progress = ProgressBoard()
        committer = Committer(
            store: store, engine: self.engine, desk: desk, outcomes: outcomes, resumed: resumed,
            hosted: hostedKeys, evidence: EvidenceFile(home: home, chain: genesis.chain),
            progress: progress, retention: retention, patience: rowsWait, logger: logger)
        try committer.signWhatIsLeft()
        let finality = resumed.attester.finality
        let named = finality.judges(of: finality.finalHeight.next)
        for member in hosted where named?.nodeKey(of: member.id) == member.nodeKey.publicKey {
            try home.settleNodeKey(member.nodeKey.publicKey, of: member.id)
        }
        noteFormerMembers()
        noteUnregisteredKeys()
        for standing in standings where isCurrent(standing) {
            guard case .follows(let reason) = standing.standing else { continue }
            logger.error("\(standing.member) signs no blocks: \(reason)")
        }
        progress.post(
            ChainProgress(
                height: replica.read { $0.header.height }, finalHeight: committer.finalHeight))
        if let coming = comingProtocol, coming.version > knownProtocol {
            logger.warning(
                "software that knows a later protocol version has to be installed",
                metadata: ["version": "\(coming.version)", "before_block": "\(coming.from)"])
        }
    }

    public var chain: ChainID { genesis.chain }

    /// The members hosted here with the node keys that the node holds; a member comes twice that
    /// is changing from one to another.
    public var hosted: [HostedMember] { hostedKeys.members }

    /// Whether it has been asked to stop: it takes no more transactions.
    public var hasStopped: Bool { isStopping }

    /// Where the chain is, and whoever wants to know when it goes on.
    public let progress: ProgressBoard

    /// What the node believes the time to be.
    public var now: Timestamp { clock.withLock { $0.now } }

    /// Lets ledger time go on by another clock, for instance after a replay.
    public func use(_ clock: any NodeClock) {
        self.clock.withLock { $0 = clock }
    }

    /// Runs until a graceful shutdown is asked for, or ``stop()``; then finishes
    /// what it has accepted. Cancelled, it gives up what is not stored yet.
    ///
    /// - Throws: the fault that stopped it, for instance a full disk.
    public func run() async throws {
        let ordered = BoundedQueue<OrderedEntry>(capacity: Self.orderedBytes) {
            $0.envelope.body.count + Self.orderedOverhead
        }
        let executed = BoundedQueue<ExecutedBatch>(capacity: Self.executedTransactions) {
            max(1, $0.transactionCount)
        }
        let executor = Executor(
            chain: chain, replica: replica, lastPosition: lastPosition, ownEntries: ownEntries,
            hosted: Set(hosted.map(\.id)), desk: desk, input: ordered, output: executed,
            logger: logger)
        defer {
            let count = poolCount
            if count > 0 {
                logger.warning(
                    "transactions that were taken are given up; whoever sent them has to send them again",
                    metadata: ["count": "\(count)"])
            }
            outcomes.close()
            idle.close()
            progress.close()
        }
        try await withThrowingTaskGroup(of: Void.self) { group in
            // Before all clients' tasks: what they wait for is done here.
            group.addTask(priority: .high) {
                // What is in the queue is still executed and stored.
                defer { ordered.finish() }
                do { try await self.read(into: ordered) } catch {
                    self.engine.stop(error)
                    self.stop()
                    throw error
                }
            }
            group.addTask(priority: .high) {
                do { try await executor.run() } catch {
                    self.engine.stop(error)
                    // The reader may be waiting for room.
                    ordered.finish()
                    self.stop()
                    throw error
                }
            }
            group.addTask { try await self.takeReturned() }
            group.addTask(priority: .high) { [committer, engine] in
                do { try await committer.run(executed) } catch {
                    engine.stop(error)
                    // The executor may be waiting for room.
                    executed.finish()
                    ordered.finish()
                    // Nor may the proposer wait for something to propose.
                    self.stop()
                    // By itself: the others' end cancels this task, and peers are to be asked.
                    await Task { await self.leaveEvidence(of: error) }.value
                    throw error
                }
            }
            group.addTask(priority: .high) {
                // Ends with the proposing, in the middle of its pause.
                async let _ = self.tickUntilStopped()
                async let _ = self.trimUntilCancelled()
                try await withTaskCancellationHandler {
                    try await self.proposeUntilStopped()
                } onCancel: {
                    // Nobody reads the order then: nothing is given a place in it any more.
                    self.engine.stop(NodeStopped())
                    self.stop()
                }
            }
            // The first fault cuts the others' pauses short; what they wait for each other for is
            // ended where it is found.
            for try await _ in group {}
        }
    }

    private func read(into ordered: BoundedQueue<OrderedEntry>) async throws {
        do {
            let entries = engine.entries(after: position) { [replica] in
                replica.read { $0.settledOrder }
            }
            for try await entry in entries {
                // Where others always append, the order has no end at which to notice.
                guard await ordered.push(entry) else { return }
            }
        } catch let fault as OrderFault {
            throw fault
        } catch {
            // An engine may let former members in no more.
            guard hostsFormerMembersOnly, !isStopping else { throw error }
            logger.error(
                "the order is read no further; what is stored is served",
                metadata: ["reason": "\(error)"])
            while !isStopping { try await Task.sleep(for: Self.tick) }
        }
    }

    /// Ends ``run()`` once what waits in the pool is durable.
    public func stop() {
        stopping.store(true, ordering: .releasing)
        pool.arrival.wake()
    }

    /// Lets nobody's waiting keep the node from being stopped: whoever waits for a block to be
    /// final goes on at once with what is there, whoever waits for outcomes within moments.
    ///
    /// Transactions are taken until ``stop()``, and what was taken becomes durable as ever.
    public func endWaiting() {
        progress.endWaitingForFinality()
        outcomes.endWaiting(within: Self.lastMoments)
    }

    /// Whether ``endWaiting()`` was called.
    public var hasEndedWaiting: Bool { !progress.isWaitingForFinality }

    /// Returns once nothing is left to propose: no transaction, due timer or attestation
    /// that was there when this was called. At once when the node has stopped.
    public func untilIdle() async {
        await withCheckedContinuation { continuation in
            idle.add(continuation)
            pool.arrival.wake()
        }
    }

    /// Writes the rows that wait because much is going on: on return the store's tables have
    /// those of every block that was acknowledged before.
    ///
    /// - Throws: the store's fault.
    public func writeRows() async throws {
        try await committer.writeRows()
    }

    private static func milliseconds(since moment: ContinuousClock.Instant) -> UInt64 {
        let elapsed = moment.duration(to: .now).components
        return UInt64(elapsed.seconds) * 1_000
            + UInt64(elapsed.attoseconds / 1_000_000_000_000_000)
    }

    var isStopping: Bool { stopping.load(ordering: .acquiring) }

    private func proposeUntilStopped() async throws {
        try await withGracefulShutdownHandler {
            var proposer = Proposer(
                engine: engine, desk: desk, script: script, ownEntries: ownEntries,
                outcomes: outcomes, hosted: hostedKeys,
                finalHeight: { [committer] in committer.finalHeight },
                uptime: uptime)
            defer {
                engine.stop(NodeStopped())
                script.fail(NodeStopped())
                stop()
            }
            // Others' clocks may never come: a node that is to stop waits for them no longer.
            let isPatient = { !self.isStopping }
            while !isStopping {
                // A wake-up meant for those who came meanwhile is used up by then.
                repeat {
                    let waiting = idle.take()
                    defer { for continuation in waiting { continuation.resume() } }
                    try await proposer.proposeEverything(isPatient: isPatient) { self.now }
                } while !idle.isEmpty
                if !isStopping { await pool.arrival.wait() }
            }
            try await proposer.proposeEverything(isPatient: isPatient) { self.now }
        } onGracefulShutdown: {
            self.stop()
        }
    }

    /// Wakes the proposer when a timer falls due while nobody sends anything, and lets rows
    /// be written that have waited long enough.
    private func tickUntilStopped() async {
        while !isStopping {
            if let due = replica.read({ $0.nextTimer }), due <= now { pool.arrival.wake() }
            if let until = desk.news.waitsUntil, until <= uptime() {
                pool.arrival.wake()
            }
            var pause = Self.tick
            do {
                if try await committer.writeWaitingRows() { pause = Self.pauseBetweenRows }
            } catch {
                // The committer meets the same fault when it ends, and reports it.
                engine.stop(error)
                stop()
            }
            do { try await Task.sleep(for: pause) } catch { return }
        }
        await stopWithoutEngine()
    }

    /// An engine that does not answer keeps nobody from stopping: what is in the pool is
    /// then given up. Returns at once when the proposing has ended.
    private func stopWithoutEngine() async {
        var unreachable = 0
        while unreachable < Self.patience {
            do { try await Task.sleep(for: .seconds(1)) } catch { return }
            unreachable = engine.report.isReachable ? 0 : unreachable + 1
        }
        engine.stop(NodeStopped())
    }
}

/// The node takes nothing more.
public struct NodeStopped: Error, CustomStringConvertible {
    public var description: String { "the node has stopped; start it again with `koinon node`" }
}
