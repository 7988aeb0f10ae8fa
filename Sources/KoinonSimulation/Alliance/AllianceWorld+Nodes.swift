import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol

/// What nodes do: start, work, and end.
extension AllianceWorld {
    func start(_ id: MemberID) throws {
        guard let node = nodes[id], node.process == nil else { return }
        do {
            guard try isReady(node) else {
                return queue.add(.start(id), atMs: nowMs + Self.waitingMs)
            }
            try node.start()
        } catch let finding as Finding {
            throw finding
        } catch {
            throw finding(.reopening, "\(id) cannot start: \(error)")
        }
        counts.starts += 1
        guard let process = node.process else { return }
        queue.add(.tick(id, life: node.life), atMs: nowMs + chances.within(1...200, "tick", of: id))
        awaitDelivery(to: id)
        for signed in node.archive.returned {
            if let envelope = try? Envelope(signed) { accept(envelope, at: id) }
        }
        // Blocks may be stored that it has still to sign, before it is what it was.
        try work(id, process)
        if let process = node.process { try checkStart(id, process) }
    }

    private static let waitingMs: UInt64 = 300

    /// Whether it has what it needs of others.
    private func isReady(_ node: SimulatedNode) throws -> Bool {
        guard try hasLedger(node) else { return false }
        guard lagging.contains(node.id) else { return true }
        guard try arrive(node) else { return false }
        lagging.remove(node.id)
        return true
    }

    /// In the first epoch a node begins at block 0; later a copy of another's ledger takes the
    /// place of a lost one, once another runs that could give it.
    private func hasLedger(_ node: SimulatedNode) throws -> Bool {
        guard book.epoch > 0, try !node.holdsLedger() else { return true }
        guard let other = running(beside: node.id).first else { return false }
        try node.copyLedger(of: other)
        return true
    }

    func running(beside id: MemberID) -> [SimulatedNode] {
        ids.filter { $0 != id && !liars.contains($0) }.compactMap { nodes[$0] }
            .filter { $0.process != nil }
    }

    func awaitWork(_ id: MemberID, _ life: Int, _ process: NodeProcess) {
        guard !process.arrivals.isEmpty, nowMs >= process.busyUntilMs else { return }
        process.busyUntilMs = nowMs + 1
        queue.add(.work(id, life: life), atMs: nowMs + 1)
    }

    func work(_ id: MemberID, _ process: NodeProcess) throws {
        guard let node = nodes[id] else { return }
        let taken: NodeProcess.Taken
        do {
            taken = try process.take(
                limit: Int(chances.within(1...60, "work", of: id)),
                checked: { check($0, epoch: $1) },
                closed: { try close($0.blocks, at: id, process) })
            for attestation in taken.signed { try count(attestation, by: id) }
        } catch let finding as Finding {
            throw finding
        } catch is AttestedAhead {
            return try standAside(node)
        } catch {
            guard node.disk.hasStopped || error is SimulatedGuard.Stopped, let crash = node.crash
            else { throw finding(.store, "\(id): a commit failed on a sound disk: \(error)") }
            return try down(node, crash)
        }
        if node.disk.hasStopped, let crash = node.crash { return try down(node, crash) }
        let end = nowMs + chances.within(1...setting.diskMs, "disk", of: id)
        process.busyUntilMs = end
        queue.add(.release(taken, by: id, life: node.life), atMs: end)
    }

    func release(
        _ taken: NodeProcess.Taken, by id: MemberID, _ process: NodeProcess
    ) throws {
        process.release(taken)
        if !liars.contains(id) { try claimFinal(id, process) }
        propose(id)
        if let life = nodes[id]?.life { awaitWork(id, life, process) }
    }

    /// A node has found that it is shown another order than the others, and ends. What hid entries
    /// from it is put right before it begins again; of several orders none is right, and it waits
    /// for the ceremony.
    private func standAside(_ node: SimulatedNode) throws {
        guard engine.hasMisled(node.id) else {
            throw finding(
                .liveness, "\(node.id) stops for being shown another order, and is shown the one")
        }
        counts.otherOrders += 1
        engine.tellAgain(node.id)
        try end(node, startsAgain: !engine.hasLied)
    }

    /// Stops a node's process, for a time that the step that armed the crash named.
    func down(_ node: SimulatedNode, _ crash: NodeCrash) throws {
        var crash = crash
        // The last ledger is not lost where nobody could begin anew from genesis.
        let isFromGenesis = book.epoch == 0 && !engine.order(for: node.id).hasForgotten
        if !isFromGenesis, complete(beside: node.id).isEmpty { crash.losesDisk = false }
        try node.stop(crash)
        counts.crashes += 1
        if crash.losesDisk {
            counts.lostDisks += 1
            claimed[node.id] = nil
        }
        if crash.guardFault == .lost {
            counts.lostGuards += 1
            unguarded.insert(node.id)
        }
        queue.add(.start(node.id), atMs: nowMs + max(1, crash.downMs))
    }

    /// As ``CheckedEntry`` says, which looks at nothing but the bytes: once for all nodes.
    private func check(_ envelope: Envelope, epoch: UInt64) -> Result<CheckedEntry, EntryFault> {
        if let known = checked[envelope.signature], known.envelope == envelope,
            known.epoch == epoch
        {
            return known.result
        }
        let result = Result { () throws(EntryFault) in
            try CheckedEntry(envelope, chain: genesis.chain, epoch: epoch)
        }
        checked[envelope.signature] = CheckedBefore(
            envelope: envelope, epoch: epoch, result: result)
        return result
    }
}
