import KoinonLedger
import KoinonNode
import KoinonProtocol
import KoinonStore

/// The engine forgets what is final and old; whoever lacks it takes blocks of others.
extension AllianceWorld {
    /// Until a node whose order is gone runs again.
    private static let arrivalMs: UInt64 = 300

    /// Raises the member's mark, and has its own entries deleted that a quorum has marked, as
    /// nodes do now and then.
    func trim(_ id: MemberID) {
        guard let node = nodes[id], let process = node.process,
            network.reachesEngine(id, at: nowMs), network.engineRuns(at: nowMs),
            let height = process.trimPoints.mark(final: process.finality.finalHeight)
        else { return }
        let members = process.replica.read { $0.members.members.map(\.id) }
        let agreed =
            subject.marksTrimming ? engine.mark(height, by: id).agreed(among: members) : height
        guard let place = process.trimPoints.take(agreed: agreed) else { return }
        queue.add(
            .forget(before: Int(place.rawValue), of: id, life: node.life),
            atMs: nowMs + delay("forget", id))
    }

    /// The process ends; before it begins again the blocks come from others.
    func lag(_ node: SimulatedNode) throws {
        lagging.insert(node.id)
        counts.lags += 1
        try end(node, startsAgain: true)
    }

    /// A process ends by itself, unless a crash comes first.
    func end(_ node: SimulatedNode, startsAgain: Bool) throws {
        do { try node.close() } catch { guard node.disk.hasStopped else { throw error } }
        if node.disk.hasStopped, let crash = node.crash { return try down(node, crash) }
        node.disarm()
        if startsAgain { queue.add(.start(node.id), atMs: nowMs + Self.arrivalMs) }
    }

    /// Those beside a node that hold all that the engine may have forgotten.
    func complete(beside id: MemberID) -> [SimulatedNode] {
        let marks = engine.order(for: id).marks
        return running(beside: id).filter { node in
            guard let process = node.process else { return false }
            let members = process.replica.read { $0.members.members.map(\.id) }
            return process.finality.finalHeight >= marks.certain(among: members)
        }
    }

    /// Takes the blocks that a node lacks from another, if one can be asked.
    ///
    /// - Returns: whether it may run again.
    func arrive(_ node: SimulatedNode) throws -> Bool {
        let peers = complete(beside: node.id).filter { network.reachesEngine($0.id, at: nowMs) }
        guard network.reachesEngine(node.id, at: nowMs), !peers.isEmpty else { return false }
        let peer = peers[Int(chances.next("peer", of: node.id) % UInt64(peers.count))]
        guard let process = peer.process else { return false }
        do {
            try node.takeBlocks(of: process.store, through: process.finality.finalHeight)
        } catch is BlockCheck.Fault {
            // A signature that the other has made, and not stored so far.
            return false
        } catch {
            // Told another order, it finds itself beside the alliance, and stops.
            guard engine.hasLied else {
                throw finding(.reopening, "\(node.id) cannot take blocks of \(peer.id): \(error)")
            }
            return false
        }
        return true
    }
}
