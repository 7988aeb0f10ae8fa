import KoinonLedger
import KoinonProtocol
import KoinonStore
import Logging

/// What catching up came to.
public struct CatchUpReport: Sendable {
    /// The last block before and after.
    public var from: Height
    public var to: Height
    public var blocks = BlockSyncReport()
    /// Peers that were found wanting, in order.
    public var faults: [PeerFault] = []
    /// Peers that answered.
    public var answering = 0
    public var elapsed = Duration.zero
}

/// Brings a ledger up to the last final block of its peers, by the blocks that they have.
///
/// It owns store and replica while it runs; no node runs on them meanwhile.
public struct CatchUp: Sendable {
    private let store: LedgerStore
    private let writer: BatchQueue
    private let replica: SharedReplica
    private let peers: [any Peer]
    private let logger: Logger
    private let chain: ChainID
    var patience = Patience.Limits()

    /// Parts of about so many bytes are checked at a time, while the one before is executed
    /// and the next one comes in.
    private static let partBytes = 2 * 1_048_576
    private static let partBlocks = 512
    /// How often a peer may break off before it is asked no more.
    private static let strikesMaximum = 2

    public init(
        store: LedgerStore, replica: SharedReplica, peers: [any Peer], logger: Logger
    ) {
        self.store = store
        writer = BatchQueue(store: store)
        self.replica = replica
        self.peers = peers
        self.logger = logger
        chain = replica.read { $0.chain }
    }

    /// Asks the peers in the order of what they have, until none has more than this ledger.
    ///
    /// - Parameters:
    ///   - progress: called now and then with the height reached, and the one to reach.
    /// - Throws: ``CatchUpFault``, `UnknownProtocol`, the store's fault, `CancellationError`.
    ///   What was taken before is durable, or will be taken again.
    public func run(
        progress: (_ height: Height, _ goal: Height) -> Void = { _, _ in }
    ) async throws -> CatchUpReport {
        let start = ContinuousClock.now
        var sync = try BlockSync(store: store, replica: replica)
        var report = CatchUpReport(from: sync.height, to: sync.height)
        var strikes: [String: Int] = [:]
        while true {
            let offers = try await offers(
                of: peers.filter { strikes[$0.name] ?? 0 < Self.strikesMaximum })
            for fault in offers.faults { note(fault, &report, &strikes) }
            report.answering = max(report.answering, offers.ahead.count + offers.others)
            let ahead = offers.ahead.filter { $0.status.finalHeight > sync.height }
            guard let best = ahead.max(by: { $0.status.finalHeight < $1.status.finalHeight }) else {
                break
            }
            let before = sync.height
            do {
                try await take(from: best, &sync, progress)
                if sync.height == before {
                    throw PeerFault(
                        peer: best.peer.name, kind: .withheld(best.status.finalHeight))
                }
            } catch let fault as PeerFault {
                sync.dropRun()
                note(fault, &report, &strikes)
            } catch CatchUpFault.otherEpoch(let height, let epoch) {
                // What comes before must be here when the epoch begins.
                for batch in sync.takeReady(isLast: true) { try await writer.commit(batch) }
                try await writer.finish()
                throw CatchUpFault.otherEpoch(height: height, epoch: epoch)
            }
        }
        for batch in sync.takeReady(isLast: true) { try await writer.commit(batch) }
        try await writer.finish()
        report.to = sync.height
        report.blocks = sync.report
        report.elapsed = start.duration(to: .now)
        return report
    }

    private struct Offer {
        var peer: any Peer
        var status: PeerStatus
    }

    private func note(
        _ fault: PeerFault, _ report: inout CatchUpReport, _ strikes: inout [String: Int]
    ) {
        logger.warning("a peer was found wanting", metadata: ["fault": "\(fault)"])
        report.faults.append(fault)
        strikes[fault.peer, default: 0] += fault.isLie ? Self.strikesMaximum : 1
    }

    /// What the peers say that they have.
    private func offers(
        of peers: [any Peer]
    ) async throws -> (ahead: [Offer], others: Int, faults: [PeerFault]) {
        var ahead: [Offer] = []
        var faults: [PeerFault] = []
        let next = replica.read { $0.header.height.next }
        var others = 0
        var answers: [(index: Int, result: Result<PeerStatus, PeerFault>)] = []
        try await withThrowingTaskGroup(of: (Int, Result<PeerStatus, PeerFault>).self) { group in
            for (index, peer) in peers.enumerated() {
                group.addTask { (index, try await status(of: peer)) }
            }
            while let answer = try await group.next() { answers.append(answer) }
        }
        for (index, result) in answers.sorted(by: { $0.index < $1.index }) {
            let peer = peers[index]
            switch result {
            case .failure(let fault): faults.append(fault)
            case .success(let status) where status.chain != chain.hex:
                faults.append(PeerFault(peer: peer.name, kind: .otherChain))
            case .success(let status) where status.finalHeight < next: others += 1
            case .success(let status) where status.baseHeight >= next:
                faults.append(
                    PeerFault(
                        peer: peer.name, height: next,
                        kind: .refused("it has no blocks up to \(status.baseHeight)")))
            case .success(let status): ahead.append(Offer(peer: peer, status: status))
            }
        }
        return (ahead, others, faults)
    }

    private func status(of peer: any Peer) async throws -> Result<PeerStatus, PeerFault> {
        do { return .success(try await peer.status()) } catch {
            let fault = PeerFault.fault(of: peer.name, error)
            guard let fault = fault as? PeerFault else { throw fault }
            return .failure(fault)
        }
    }

    /// Takes what one peer sends: one part comes in while the part before is checked and the
    /// one before that is executed.
    private func take(
        from offer: Offer, _ sync: inout BlockSync,
        _ progress: (Height, Height) -> Void
    ) async throws {
        let parts = BoundedQueue<[StreamedBlock]>(capacity: 2)
        let peer = offer.peer
        let from = sync.next
        let reading = Task { try await read(peer, from: from, into: parts) }
        do {
            try await withTaskCancellationHandler {
                var checked = await BlockCheck.check(await nextPart(parts), chain: chain)
                while !checked.checked.isEmpty || checked.fault != nil {
                    let part = checked
                    async let following = BlockCheck.check(
                        part.fault == nil ? await nextPart(parts) : [], chain: chain)
                    do {
                        for block in part.checked {
                            try sync.take(block)
                            for batch in sync.takeReady() { try await writer.commit(batch) }
                        }
                        if let fault = part.fault { throw fault }
                    } catch {
                        // Nobody waits for what is still under way.
                        parts.finish()
                        _ = await following
                        throw error
                    }
                    progress(sync.height, offer.status.finalHeight)
                    checked = await following
                }
            } onCancel: {
                parts.finish()
                reading.cancel()
            }
        } catch {
            parts.finish()
            reading.cancel()
            _ = await reading.result
            // Blocks of a later form look like a lie to software that does not know them.
            if error is BlockCheck.Fault, let unknown = replica.read({ $0.unknownProtocol }) {
                throw unknown
            }
            if let fault = error as? BlockCheck.Fault {
                throw PeerFault(peer: peer.name, height: fault.height, kind: fault.kind)
            }
            throw error
        }
        do { try await reading.value } catch {
            throw PeerFault.fault(of: peer.name, height: sync.next, error)
        }
    }

    private func nextPart(_ parts: BoundedQueue<[StreamedBlock]>) async -> [StreamedBlock] {
        await parts.drain(limit: 1)?.first ?? []
    }

    /// Reads one answer of a peer into parts, until it ends.
    private func read(
        _ peer: any Peer, from height: Height, into parts: BoundedQueue<[StreamedBlock]>
    ) async throws {
        defer { parts.finish() }
        let patience = Patience(patience)
        let reader = PartReader(
            parts: parts, partBytes: Self.partBytes, partBlocks: Self.partBlocks)
        try await patience.read(of: peer.name, { try await peer.blocks(from: height) }) { bytes in
            do {
                if try await reader.take(bytes) { patience.pieceIsWhole() }
            } catch let fault as BlockStreamFault {
                await reader.flush()
                throw PeerFault(peer: peer.name, kind: .malformed(fault.description))
            }
        }
        await reader.flush()
        do { try await reader.finish() } catch {
            // What was whole counts; the rest is asked for again.
            throw PeerFault(peer: peer.name, kind: .unreachable("\(error)"))
        }
    }
}

/// Gathers whole blocks into parts of a size that is worth checking together.
private actor PartReader {
    private var reader = BlockStreamReader()
    private var part: [StreamedBlock] = []
    private var bytes = 0
    private let parts: BoundedQueue<[StreamedBlock]>
    private let partBytes: Int
    private let partBlocks: Int

    init(parts: BoundedQueue<[StreamedBlock]>, partBytes: Int, partBlocks: Int) {
        self.parts = parts
        self.partBytes = partBytes
        self.partBlocks = partBlocks
    }

    /// - Returns: whether a block became whole.
    func take(_ piece: [UInt8]) async throws -> Bool {
        let blocks = try reader.read(piece)
        for block in blocks {
            part.append(block)
            bytes += block.entries.reduce(0) { $0 + $1.body.count }
            if bytes >= partBytes || part.count >= partBlocks { await flush() }
        }
        return !blocks.isEmpty
    }

    func flush() async {
        guard !part.isEmpty else { return }
        let full = part
        part = []
        bytes = 0
        await parts.push(full)
    }

    func finish() throws { try reader.finish() }
}
