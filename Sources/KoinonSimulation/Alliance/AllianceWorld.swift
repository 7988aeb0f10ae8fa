import Foundation
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol

/// A simulated alliance: nodes, engine, disks, clocks and network in one thread, under one
/// order of events that a seed decides. Nothing here waits, sleeps or asks for the time.
final class AllianceWorld {
    let setting: AllianceSetting
    let subject: AllianceSubject
    let genesis: GenesisDocument
    let keys = KeyChest()
    let nodes: [MemberID: SimulatedNode]
    /// In the order of the setting.
    let ids: [MemberID]
    let liars: Set<MemberID>
    /// Milliseconds from the beginning.
    var nowMs: UInt64 = 0
    var queue = EventQueue<Event>()
    var engine = SimulatedEngine()
    var network: SimulatedNetwork
    var chances: Chances
    var book: FinalityBook
    var clients: ClientBook
    /// Nodes that need blocks of others before they run again.
    var lagging: Set<MemberID> = []
    /// Nodes to which a delivery is under way.
    var awaited: Set<MemberID> = []
    var steps: [AllianceStep] = []
    /// Entries that hold what no one could accept, by signature.
    var void: Set<Signature> = []
    var checked: [Signature: CheckedBefore] = [:]
    /// Nodes whose clocks are far from true time, or were: their last one stands in the order.
    var wrongClocks: Set<MemberID> = []
    /// Liars that state times of their own choosing, until all faults heal.
    var clockLies: [MemberID: Lie] = [:]
    /// Blocks by height while the engine is honest: there is one at each.
    var onlyBlock: [UInt64: Hash256] = [:]
    /// What each node called final last.
    var claimed: [MemberID: BlockHeader] = [:]
    /// Whose guard was lost when they were last stopped.
    var unguarded: Set<MemberID> = []
    var counts = AllianceCounts()
    /// A ceremony led to no new epoch.
    var isOver = false

    /// What the bytes of an entry are worth in an epoch.
    struct CheckedBefore {
        var envelope: Envelope
        var epoch: UInt64
        var result: Result<CheckedEntry, EntryFault>
    }

    enum Event {
        case step(Int)
        case transaction(Envelope, to: MemberID)
        case entry(EntryAuthor.UnderWay, by: MemberID, life: Int)
        case answer(SimulatedEngine.Answer, sequence: UInt64, to: MemberID, life: Int)
        case delivery(to: MemberID)
        case work(MemberID, life: Int)
        case release(NodeProcess.Taken, by: MemberID, life: Int)
        case tick(MemberID, life: Int)
        case start(MemberID)
        case forget(before: Int, of: MemberID, life: Int)
        case clients
    }

    /// - Parameter folder: for the stores' locks; used by this world alone.
    init(_ setting: AllianceSetting, subject: AllianceSubject, folder: URL) throws {
        self.setting = setting
        self.subject = subject
        genesis = try setting.founding.genesis()
        ids = setting.nodes.compactMap(MemberID.init(rawValue:))
        liars = Set(setting.liars.compactMap(MemberID.init(rawValue:)))
        chances = Chances(seed: setting.seed)
        network = SimulatedNetwork()
        var nodes: [MemberID: SimulatedNode] = [:]
        for id in ids {
            let key = keys.key(Setting.nodeKey(of: id.rawValue))
            let offset = Int64(chances.within(0...200, "offset", of: id)) - 100
            nodes[id] = try SimulatedNode(
                member: HostedMember(id: id, nodeKey: key), genesis: genesis, subject: subject,
                folder: folder, setting: setting, clockOffsetMs: offset)
        }
        self.nodes = nodes
        let block = try GenesisBlock.make(genesis, modules: subject.modules)
        book = FinalityBook(genesis: block.header, members: genesis.memberSet)
        clients = ClientBook(chain: genesis.chain)
        for id in ids { queue.add(.start(id), atMs: chances.within(0...50, "start", of: id)) }
        queue.add(.clients, atMs: 1_000)
    }

    var height: UInt64 { book.highestFinal }

    func finding(_ kind: Finding.Kind, _ text: String, at height: UInt64? = nil) -> Finding {
        Finding(kind: kind, text: "\(nowMs) ms: \(text)", height: height ?? self.height)
    }

    /// A node's clock.
    func clock(of node: SimulatedNode) -> Timestamp {
        let true_ = Int64(setting.timeMs) + Int64(nowMs)
        return Timestamp(milliseconds: UInt64(max(0, true_ + node.clockOffsetMs)))
    }

    /// A process that runs now and not another that runs later.
    func process(_ id: MemberID, _ life: Int) -> NodeProcess? {
        guard let node = nodes[id], node.life == life else { return nil }
        return node.process
    }

    // MARK: Events

    func handle(_ event: Event) throws {
        switch event {
        case .step(let index): try perform(steps[index].happens)
        case .transaction(let envelope, let id): accept(envelope, at: id)
        case .entry(let entry, let id, let life):
            // What a process that has ended had under way may be lost with it, or not.
            if nodes[id]?.life != life, chances.next("lost", of: id) % 2 == 0 { return }
            append(entry, by: id)
        case .answer(let answer, let sequence, let id, let life):
            guard answer == .taken, let process = process(id, life) else { return }
            process.author.placeTaken(sequence: sequence)
            propose(id)
        case .delivery(let id): try deliver(to: id)
        case .work(let id, let life):
            if let process = process(id, life) { try work(id, process) }
        case .release(let taken, let id, let life):
            guard let process = process(id, life) else { return }
            try release(taken, by: id, process)
        case .tick(let id, let life):
            guard process(id, life) != nil else { return }
            propose(id)
            awaitDelivery(to: id)
            trim(id)
            queue.add(.tick(id, life: life), atMs: nowMs + 200)
        case .start(let id): try start(id)
        case .forget(let place, let id, let life):
            guard process(id, life) != nil, network.engineRuns(at: nowMs) else { return }
            engine.forget(of: id, before: place)
        case .clients: sendAgain()
        }
    }

    /// Takes a client's transaction as a node would: if form and state allow it.
    func accept(_ envelope: Envelope, at id: MemberID) {
        guard let node = nodes[id], let process = node.process,
            let transaction = try? CheckedTransaction(envelope, chain: genesis.chain)
        else { return }
        let now = clock(of: node)
        guard process.replica.read({ $0.ignoredReason(transaction, at: now) }) == nil else {
            return
        }
        process.author.add(transaction)
        propose(id)
    }

    // MARK: The engine

    /// Brings what a node has to say to the engine, if there is something.
    func propose(_ id: MemberID) {
        guard let node = nodes[id], let process = node.process else { return }
        let clock = statedClock(of: node)
        let entry = process.replica.read { view in
            process.author.next(
                at: clock, nowMs: nowMs, final: process.finality.finalHeight, view)
        }
        guard let entry else { return }
        bring(entry, by: id)
    }

    func bring(_ entry: EntryAuthor.UnderWay, by id: MemberID) {
        guard network.reachesEngine(id, at: nowMs), let life = nodes[id]?.life else { return }
        queue.add(.entry(entry, by: id, life: life), atMs: nowMs + delay("entry", id))
    }

    func append(_ entry: EntryAuthor.UnderWay, by id: MemberID) {
        guard network.engineRuns(at: nowMs), let node = nodes[id] else { return }
        let slot = SimulatedEngine.Slot(author: id, sequence: entry.sequence)
        var chances = chances
        let answer = engine.append(entry.envelope, in: slot, by: id) { order in
            liars.contains(id) || chances.next("order \(order)", of: id) % 100 < setting.leakPercent
        }
        self.chances = chances
        counts.entries += 1
        awaitDeliveries()
        guard network.hears(id, at: nowMs) else { return }
        queue.add(
            .answer(answer, sequence: entry.sequence, to: id, life: node.life),
            atMs: nowMs + delay("answer", id))
    }

    func awaitDeliveries() { for id in ids { awaitDelivery(to: id) } }

    func awaitDelivery(to id: MemberID) {
        guard let process = nodes[id]?.process, !awaited.contains(id),
            process.reader.isBehind(engine.order(for: id))
        else { return }
        awaited.insert(id)
        queue.add(.delivery(to: id), atMs: nowMs + delay("delivery", id))
    }

    private func deliver(to id: MemberID) throws {
        awaited.remove(id)
        guard let node = nodes[id], let process = node.process,
            network.engineRuns(at: nowMs), network.hears(id, at: nowMs)
        else { return }
        let limit = Int(chances.within(1...40, "batch", of: id))
        do throws(OrderFault) {
            process.arrivals += try process.reader.next(
                limit, of: engine.order(for: id),
                settled: process.replica.read { $0.settledOrder })
        } catch {
            return try lag(node)
        }
        awaitDelivery(to: id)
        awaitWork(id, node.life, process)
    }

    func delay(_ about: String, _ id: MemberID) -> UInt64 {
        chances.within(1...setting.latencyMs, about, of: id) + network.extraMs(id, at: nowMs)
    }
}

extension AllianceWorld {
    /// Gives the disks back.
    func close() {
        for id in ids { try? nodes[id]?.process?.store.close() }
    }

    /// The last block that anybody called final.
    var digest: String { book.final[book.highestFinal]?.hex ?? "" }
}
