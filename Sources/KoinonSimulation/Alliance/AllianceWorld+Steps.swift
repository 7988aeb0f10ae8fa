import KoinonLedger
import KoinonProtocol

/// What the script says, happening.
extension AllianceWorld {
    /// After all faults have healed, what is pending must come to an end within so long.
    static let patienceAfterHealingMs: UInt64 = 120_000

    /// Open proposals lapse within that, by their timers.
    static let lapseMs: UInt64 = 65_000

    /// - Throws: ``Finding``; anything else is a fault of the simulation itself.
    func run(_ steps: [AllianceStep], progress: () -> Bool = { true }) throws {
        self.steps = steps
        counts.alliances += 1
        for (index, step) in steps.enumerated() { queue.add(.step(index), atMs: step.atMs) }
        while let next = queue.nextMs, next < setting.healsAtMs {
            try handleNext()
            guard progress(), !isOver else { return }
        }
        nowMs = setting.healsAtMs
        if engine.hasLied, try !recover() { return }
        try heal()
        guard try rest(from: nowMs, progress) else { return }
        // Nobody sends anything any more; timers still fall due.
        _ = try rest(from: nowMs + Self.lapseMs, progress)
    }

    /// Goes on until all that was pending has come to an end, but not before a moment.
    ///
    /// - Returns: false when `progress` ended the run.
    private func rest(from moment: UInt64, _ progress: () -> Bool) throws -> Bool {
        let end = moment + Self.patienceAfterHealingMs
        var checkAt = moment
        while let next = queue.nextMs {
            if next > checkAt {
                guard let left = unrest() else { return true }
                guard next <= end else {
                    throw finding(.liveness, "all faults healed long ago, but \(left)")
                }
                checkAt = next + 200
            }
            try handleNext()
            guard progress() else { return false }
        }
        return true
    }

    private func handleNext() throws {
        guard let (at, event) = queue.next() else { return }
        nowMs = max(nowMs, at)
        try handle(event)
    }

    /// Every node runs, on a disk that works, reaches all others and has about the right time.
    private func heal() throws {
        network.heal()
        clockLies = [:]
        for id in ids {
            guard let node = nodes[id] else { continue }
            node.disarm()
            engine.hideNothing(from: id)
            if abs(node.clockOffsetMs) > 500 { node.clockOffsetMs = 0 }
            if node.process == nil { try start(id) }
        }
    }

    func perform(_ happening: Happening) throws {
        switch happening {
        case .send(let transaction, let nodes): send(transaction, to: nodes)
        case .crash(let crash): try self.crash(crash)
        case .cut(let names, let forMs):
            for id in members(names) { network.cut(id, until: nowMs + forMs) }
        case .slow(let name, let byMs, let forMs):
            for id in members([name]) { network.slow(id, byMs: byMs, until: nowMs + forMs) }
        case .deafen(let name, let forMs):
            for id in members([name]) { network.deafen(id, until: nowMs + forMs) }
        case .stall(let forMs): network.stall(until: nowMs + forMs)
        case .reread(let name, let entries):
            for id in members([name]) {
                nodes[id]?.process?.readAgain(from: entries)
                awaitDelivery(to: id)
            }
        case .clock(let name, let offset):
            for id in members([name]) {
                nodes[id]?.clockOffsetMs = offset
                if abs(offset) > 500 { wrongClocks.insert(id) }
            }
        case .lie(let name, let lie):
            for id in members([name]) where liars.contains(id) { tell(lie, by: id) }
        case .split(let groups):
            engine.split(groups.map(members))
            counts.splits += 1
        case .mislead(let name, let order):
            for id in members([name]) {
                engine.tell(id, order: order)
                nodes[id]?.process?.reader.listAgain()
                awaitDelivery(to: id)
            }
        case .lose(let name): for id in members([name]) { engine.loseNext(of: id) }
        case .hide(let name): for id in members([name]) { engine.hideNext(from: id) }
        case .renew(let name, let key):
            for node in members([name]).compactMap({ nodes[$0] }) { try renew(node, with: key) }
        case .recover: if engine.hasLied { isOver = try !recover() }
        }
    }

    /// Another node key lies in the home, and the node begins again with both.
    private func renew(_ node: SimulatedNode, with key: String) throws {
        node.nextKey = keys.key(key)
        guard node.process != nil else { return }
        let stop = CrashStep(operation: 0, loss: .nothing)
        try down(node, NodeCrash(node: node.id.rawValue, disk: stop, downMs: 100))
    }

    private func members(_ names: [String]) -> [MemberID] {
        names.compactMap(MemberID.init(rawValue:)).filter { nodes[$0] != nil }
    }

    private func crash(_ crash: NodeCrash) throws {
        guard let id = MemberID(rawValue: crash.node), let node = nodes[id], node.process != nil
        else { return }
        if crash.disk.operation == 0 {
            try down(node, crash)
        } else {
            node.arm(crash)
        }
    }
}
