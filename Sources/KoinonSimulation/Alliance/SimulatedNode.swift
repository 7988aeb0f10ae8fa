import Foundation
import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import KoinonStore

/// A member's node: its disk, its clock, and its process while that runs.
final class SimulatedNode {
    /// With the key that its home holds for the present one.
    private(set) var member: HostedMember
    /// With a key that is to take its place, once it is registered.
    private var next: HostedMember?
    /// A key that the home gets before the next start.
    var nextKey: SigningKey?
    private(set) var disk: SimulatedDisk
    private let makeDisk: () throws -> SimulatedDisk
    let genesis: GenesisDocument
    let subject: AllianceSubject
    /// By node key.
    private(set) var guards: [PublicKey: SimulatedGuard]
    let archive = SimulatedArchive()
    private let retention: OrderRetention
    var clockOffsetMs: Int64
    /// Rises with each start: what was meant for an earlier process comes to nothing.
    private(set) var life = 0
    private(set) var process: NodeProcess?
    /// What is to come over it at one of its next writes.
    private(set) var crash: NodeCrash?

    init(
        member: HostedMember, genesis: GenesisDocument, subject: AllianceSubject, folder: URL,
        setting: AllianceSetting, clockOffsetMs: Int64
    ) throws {
        self.member = member
        self.genesis = genesis
        self.subject = subject
        self.clockOffsetMs = clockOffsetMs
        let key = member.nodeKey.publicKey
        guards = [key: SimulatedGuard(.fresh(member.id, key))]
        makeDisk = {
            try SimulatedDisk(
                folder: folder.appending(path: member.id.rawValue),
                checkpointPages: setting.checkpointPages)
        }
        retention = OrderRetention(blocks: setting.retainedBlocks)
        disk = try makeDisk()
    }

    var id: MemberID { member.id }

    /// The member, twice while it changes from one key to another.
    var hosted: [HostedMember] { [member] + (next.map { [$0] } ?? []) }

    /// Starts the process on what the disk holds; the first time there is nothing.
    func start() throws {
        life += 1
        process = nil
        if let key = nextKey {
            nextKey = nil
            next = HostedMember(id: id, nodeKey: key)
            guards[key.publicKey] = SimulatedGuard(.fresh(id, key.publicKey))
        }
        process = try NodeProcess(self, retention)
    }

    /// The next key takes the place of the one before, when a final block has registered it.
    ///
    /// - Returns: whether it did.
    func settleKey() -> Bool {
        guard let next, let finality = process?.finality,
            finality.judges(of: finality.finalHeight.next)?.nodeKey(of: id)
                == next.nodeKey.publicKey
        else { return false }
        member = next
        self.next = nil
        return true
    }

    /// The process is gone, and disk and guard hold what the crash leaves.
    func stop(_ crash: NodeCrash) throws {
        life += 1
        self.crash = nil
        // What it says on the way down does not count.
        try? process?.store.close()
        process = nil
        guard disk.restart(crash.disk) else {
            throw Finding(
                kind: .store, text: "\(id): the store left a file open when it closed", height: 0)
        }
        if crash.losesDisk { disk = try makeDisk() }
        for kept in guards.values {
            kept.arm(nil)
            switch crash.guardFault {
            case .lost: kept.lose()
            case .forgotten: kept.forget(2)
            default: break
            }
        }
    }

    /// The process ends in good order.
    func close() throws {
        life += 1
        try process?.store.close()
        process = nil
    }

    /// Whether there is something to start from.
    func holdsLedger() throws -> Bool {
        let store: LedgerStore
        do {
            store = try LedgerStore(opening: disk.place.folder, options: disk.place.options)
        } catch StoreFault.noLedger { return false }
        try store.close()
        return true
    }

    /// Blocks that another holds, up to one that is final there; the process does not run.
    func takeBlocks(of other: LedgerStore, through final: Height) throws {
        let store = try NodeProcess.open(self)
        // After a fault; in good order it is closed below.
        defer { try? store.close() }
        let replica = SharedReplica(try store.resumeReplica(modules: subject.modules))
        var sync = try BlockSync(store: store, replica: replica)
        while sync.next <= final,
            let block = try other.read({ try $0.streamedBlock(at: sync.next) })
        {
            try sync.take(BlockCheck.checked(block, chain: genesis.chain))
            for batch in sync.takeReady() { try store.commit(batch) }
        }
        for batch in sync.takeReady(isLast: true) { try store.commit(batch) }
        try store.close()
    }

    /// A copy of another's ledger takes the place of its own; neither node runs on it.
    func copyLedger(of other: SimulatedNode) throws {
        let place = other.disk.place
        let store = try LedgerStore(opening: place.folder, readOnly: true, options: place.options)
        disk = try makeDisk()
        try store.copy(into: disk.place.folder, options: disk.place.options)
        try store.close()
    }

    /// The process ends at one of its next writes.
    func arm(_ crash: NodeCrash) {
        self.crash = crash
        switch crash.guardFault {
        case .stopsBefore: for kept in guards.values { kept.arm(.before) }
        case .stopsAfter: for kept in guards.values { kept.arm(.after) }
        default: disk.arm(crash.disk)
        }
    }

    /// Nothing will come over it any more.
    func disarm() {
        crash = nil
        disk.disarm()
        for kept in guards.values { kept.arm(nil) }
    }
}

/// What is lost when a process ends.
final class NodeProcess {
    let store: LedgerStore
    let replica: SharedReplica
    let subject: AllianceSubject
    private(set) var attester: Attester
    var author: EntryAuthor
    /// The last place in the engine's order that was taken; nil while the blocks are others'.
    private(set) var position: Int?
    var reader: OrderReader
    /// What is read again up to here is passed over.
    private var takenThrough = 0
    let trimPoints: TrimPoints
    /// The last place in the log of its own.
    private var logged: LogPosition
    /// Came from the engine, and waits.
    var arrivals: [(position: Int, envelope: Envelope)] = []
    /// Until when the disk is busy.
    var busyUntilMs: UInt64 = 0
    /// Signed, and not stored so far.
    private var unstored: [StoredAttestation] = []
    private let guards: GuardKeeper

    init(_ node: SimulatedNode, _ retention: OrderRetention) throws {
        trimPoints = TrimPoints(retention)
        let (genesis, subject) = (node.genesis, node.subject)
        self.subject = subject
        guards = GuardKeeper(node.guards)
        store = try Self.open(node)
        for member in node.hosted {
            let record = try guards.record(of: member)
            if let other = subject.guardAtStart(record, member), other != record {
                try guards.raise([other])
            }
        }
        let resumed = try Resumption(
            store: store, genesis: genesis, hosted: node.hosted, guards: guards,
            beginsGuards: false, modules: subject.modules, rules: subject.rules)
        replica = resumed.replica
        attester = resumed.attester
        let place = node.subject.placeAtStart(resumed.position)
        position = place.map { Int($0.rawValue) }
        reader = OrderReader(after: place)
        logged = resumed.lastPosition
        author = resumed.replica.read {
            EntryAuthor(node.id, hosted: node.hosted, replica: $0, rules: subject.rules)
        }
        author.add(subject.uncarriedAtStart(resumed.uncarriedAttestations))
    }

    static func open(_ node: SimulatedNode) throws -> LedgerStore {
        let place = node.disk.place
        do {
            return try LedgerStore(opening: place.folder, options: place.options)
        } catch StoreFault.noLedger {
            return try LedgerStore.create(
                home: place.folder, genesis: node.genesis.bytes,
                block: GenesisBlock.make(node.genesis, modules: node.subject.modules),
                options: place.options)
        }
    }

    var finality: Finality { attester.finality }

    /// Reads the order from so many places before.
    func readAgain(from before: Int) {
        guard let position else { return }
        let place = UInt64(max(0, position - before))
        reader = OrderReader(after: OrderPosition(rawValue: place))
        arrivals = []
        takenThrough = position
    }

    /// What came of the entries that were taken together.
    struct Taken {
        var blocks: [(block: ExecutedBlock, judges: MemberSet, silenced: Set<MemberID>)] = []
        var settled: [Hash256] = []
        /// Signed here, to be released once the batch is durable.
        var signed: [StoredAttestation] = []
        fileprivate var batch = CommitBatch()
        fileprivate var carried: [Signed] = []
        /// Where the blocks closed.
        fileprivate var closed: [(height: Height, at: OrderPosition, bytes: Int)] = []
    }

    /// Takes what has arrived: applies it, makes it durable, signs, and makes the guard durable.
    ///
    /// - Parameter closed: told of what was executed before anything of it is durable.
    /// - Throws: what ends the process.
    func take(
        limit: Int, checked: (Envelope, UInt64) -> Result<CheckedEntry, EntryFault>,
        closed: (Taken) throws -> Void
    ) throws -> Taken {
        var taken = Taken()
        let now = Array(arrivals.prefix(limit))
        arrivals.removeFirst(now.count)
        for (place, envelope) in now where place > takenThrough {
            position = place
            apply(envelope, at: place, to: &taken, checked: checked)
        }
        for (block, judges, silenced) in taken.blocks {
            attester.add(block.header, judgedBy: judges, silenced: silenced)
        }
        var records: [GuardRecord] = []
        let epoch = replica.read { $0.epoch }
        for signed in taken.carried {
            let seen = try attester.count(carried: signed, inOrderOf: epoch) { height in
                try store.read { try $0.block(at: height) }.map { ($0.hash, $0.header.epoch) }
            }
            if let stored = seen.stored { taken.batch.attestations.append(stored) }
            if let record = seen.guardRecord { records.append(record) }
        }
        author.add(attester.takeContradictions())
        try closed(taken)
        taken.batch.attestations += unstored
        taken.batch.orderedThrough = position.map { UInt64($0) }
        taken.batch.endsWithLastBlock = finality.attestedAhead != nil
        if !taken.batch.log.isEmpty || !taken.batch.attestations.isEmpty {
            try store.commit(taken.batch)
        }
        unstored = []
        if let ahead = finality.attestedAhead { throw ahead }
        author.add(try branches())
        for (height, place, bytes) in taken.closed {
            trimPoints.add(height, at: place, bytes: bytes)
        }
        taken.signed = try sign(records)
        return taken
    }

    /// Who signed on two branches, with what shows it; the higher block is stored.
    private func branches() throws -> [Contradiction] {
        try attester.takeBranches().compactMap { found in
            let header = try store.read { try $0.keptHeader(at: found.onChain.height) }
            guard let header, header.hash == found.onChain.blockHash else { return nil }
            let ancestry = try store.ancestry(
                of: found.aside.height, in: found.onChain.height)
            return Contradiction(found, header: header, ancestry: ancestry)
        }
    }

    /// Signs what may be signed and is not, once the guard holds it; stored with what is taken
    /// next.
    ///
    /// - Throws: what ends the process.
    private func sign(_ records: [GuardRecord] = []) throws -> [StoredAttestation] {
        let step = attester.sign()
        for record in records + step.guards { try guards.raise([record]) }
        unstored += step.attestations
        return step.attestations
    }

    private func apply(
        _ envelope: Envelope, at place: Int, to taken: inout Taken,
        checked: (Envelope, UInt64) -> Result<CheckedEntry, EntryFault>
    ) {
        logged = logged.next
        let log = logged
        guard case .success(let entry) = checked(envelope, replica.read { $0.epoch })
        else {
            taken.batch.log.append(LogEntry(position: log, envelope: envelope, hasEffect: false))
            return
        }
        let applied = replica.apply(replica.read { subject.taken(entry, $0) })
        var hasEffect = true
        switch applied.outcome {
        case .noEffect: hasEffect = false
        case .waiting: break
        case .unknownProtocol(let fault): preconditionFailure("nobody votes for one: \(fault)")
        case .closed(let block, let ignored):
            taken.blocks.append((block, applied.judges, applied.silenced))
            taken.settled += block.transactions.map(\.id) + ignored.keys
            taken.batch.blocks.append(ClosedBlock(block, closedAt: log))
            taken.closed.append(
                (
                    block.header.height, OrderPosition(rawValue: UInt64(place)),
                    block.entries.reduce(0) { $0 + $1.body.count }
                ))
        }
        taken.batch.log.append(
            LogEntry(position: log, envelope: envelope, hasEffect: hasEffect))
        taken.carried += entry.attestations
        for (key, height) in author.saw(
            entry, hadEffect: hasEffect, counts: applied.counts)
        {
            attester.carried(key, through: height)
        }
    }

    /// What was taken is durable: others may know.
    func release(_ taken: Taken) {
        author.settle(taken.settled)
        author.add(taken.signed)
    }
}
