import KoinonLedger
import KoinonNode
import KoinonProtocol

/// After an engine that lied: the ceremony that finds the block on which a new epoch begins,
/// and its beginning (docs/recovery.md), by what members do in their homes.
extension AllianceWorld {
    /// How often a base is computed, each time of other statements and by another node.
    private static let rounds = 12

    /// - Returns: whether a new epoch began; if not, the alliance is at its end.
    func recover() throws -> Bool {
        try stopAll()
        let stated = try state()
        for _ in 0..<Self.rounds {
            let some = stated.filter { id, _ in chances.next("states", of: id) % 4 > 0 }
            let statements = try withDenials(some)
            try check(try ceremony(of: statements, by: honest[chance("computing", honest.count)]))
        }
        guard let record = try signedRecord(of: stated) else { return false }
        try begin(record)
        return true
    }

    /// Every node had a chance to take up what its disk holds, and none runs.
    private func stopAll() throws {
        for id in ids { nodes[id]?.disarm() }
        // Whoever needs a copy of another's ledger comes after the others.
        for _ in 0..<2 { for id in ids { try start(id) } }
        for node in ids.compactMap({ nodes[$0] }) {
            if node.process == nil { try NodeProcess.open(node).close() }
            try node.close()
        }
    }

    private func recovery(of node: SimulatedNode) -> RecoveryHome {
        let (hosted, kept) = (node.hosted, node.guards)
        return RecoveryHome(
            ledger: node.disk.place.folder, options: node.disk.place.options, genesis: genesis,
            hosted: { hosted }, archive: node.archive,
            guards: RecoveryGuards { kept[$0.nodeKey.publicKey] }, rule: subject.baseRule,
            modules: subject.modules)
    }

    // MARK: Statements and bases

    /// What every member states that knows what it signed, in the order of the setting.
    private func state() throws -> [(id: MemberID, statement: Signed)] {
        try ids.compactMap { id in
            guard let node = nodes[id] else { return nil }
            do {
                let stated = try recovery(of: node).state(closing: nil)
                counts.statements += stated.count
                return stated.first.map { (id, $0.statement) }
            } catch is RecoveryFault {
                // Its guard is lost, or its ledger does not hold what it signed.
                return nil
            }
        }
    }

    private var honest: [SimulatedNode] {
        ids.filter { !liars.contains($0) }.compactMap { nodes[$0] }
    }

    private func chance(_ about: String, _ count: Int) -> Int {
        Int(chances.next(about) % UInt64(count))
    }

    /// Liars deny at times.
    private func withDenials(
        _ stated: [(id: MemberID, statement: Signed)]
    ) throws -> [Signed] {
        try stated.map { id, statement in
            liars.contains(id) && chances.next("denies", of: id) % 2 == 0
                ? try denial(by: id, instead: statement) : statement
        }
    }

    private func ceremony(of statements: [Signed], by node: SimulatedNode) throws -> Ceremony {
        counts.ceremonies += 1
        let recovery = recovery(of: node)
        let ceremony = try recovery.ceremony(closing: book.epoch, statements: statements)
        guard case .conflict = ceremony.decision.outcome else { return ceremony }
        // What anybody knows to be final may settle it.
        let shown = try honest.compactMap { try self.recovery(of: $0).finalQuorum() }
        return try recovery.ceremony(
            closing: book.epoch, statements: statements, quorums: shown.flatMap(\.quorums),
            sets: shown.flatMap(\.sets))
    }

    /// A liar leaves out what it signed.
    private func denial(by id: MemberID, instead statement: Signed) throws -> Signed {
        guard let node = nodes[id] else { return statement }
        let own = node.member.nodeKey.publicKey.bytes
        var body = try RecoveryStatement(strict: Array(statement.body))
        body.attested = []
        body.headers = []
        body.attestations.removeAll { Array($0.publicKey) == own }
        return node.member.nodeKey.sign(body.encoded, as: .recoveryStatement).message
    }

    private func check(_ ceremony: Ceremony) throws {
        switch ceremony.decision.outcome {
        case .base(let base):
            counts.bases += 1
            let height = base.height.rawValue
            guard let top = book.final[book.highestFinal] else { return }
            guard height >= book.highestFinal,
                book.ancestor(of: base.hash, at: book.highestFinal) == top
            else {
                throw finding(
                    .recovery,
                    "the base of \(ceremony.stated.count) statements is block \(height), \(base.hash), "
                        + "which undoes block \(book.highestFinal), \(top)")
            }
        case .brokenPromise:
            throw finding(.recovery, "the statements show two final blocks that contradict")
        case .tooFew, .conflict: break
        }
    }

    /// Of all statements a record, signed by all who stated; nil when they lead to no base, or
    /// too few sign it.
    private func signedRecord(
        of stated: [(id: MemberID, statement: Signed)]
    ) throws -> RecoveryRecord? {
        let statements = try withDenials(stated)
        // Whoever lags far behind knows too little to compute it.
        for node in honest {
            let ceremony = try ceremony(of: statements, by: node)
            try check(ceremony)
            guard case .base(let base) = ceremony.decision.outcome else { continue }
            let record = try sign(ceremony.record(on: base, earlier: []), by: stated.map(\.id))
            return try recovery(of: node).check(record).hasQuorums ? record : nil
        }
        return nil
    }

    private func sign(
        _ proposal: RecoveryRecord, by stated: [MemberID]
    ) throws -> RecoveryRecord {
        var record = proposal
        let base = try BlockHeader(encoded: Array(record.beginning.base.header))
        for node in stated.compactMap({ nodes[$0] }) {
            let signed: RecoveryRecord
            do { signed = try recovery(of: node).sign(proposal).message } catch is RecoveryFault {
                continue
            } catch let refusal as RecoveryHome.FinalElsewhere {
                if liars.contains(node.id) { continue }
                throw finding(.recovery, "\(node.id): \(refusal)")
            }
            try record.addSignatures(of: signed, from: node.id.rawValue)
            for key in node.hosted.map(\.nodeKey.publicKey)
            where signed.beginning.base.attestations.contains(where: {
                Array($0.publicKey) == key.bytes
            }) {
                try signs(node.id, with: key, base, in: record.beginning.epoch)
            }
        }
        return record
    }

    private func signs(
        _ id: MemberID, with key: PublicKey, _ base: BlockHeader, in epoch: UInt64
    ) throws {
        let wrong = book.sign(
            id, with: key, epoch: epoch, height: base.height.rawValue, base.hash,
            isBound: !liars.contains(id))
        if let wrong { throw finding(.attestation, wrong, at: base.height.rawValue) }
    }

    // MARK: The new epoch

    /// Every node goes on from the base, with another engine; nothing of the old one comes
    /// through any more.
    private func begin(_ record: RecoveryRecord) throws {
        let base = try BlockHeader(encoded: Array(record.beginning.base.header))
        if let wrong = book.begin(record.beginning.epoch, on: base.hash) {
            throw finding(.recovery, wrong, at: base.height.rawValue)
        }
        var holder: SimulatedNode?
        var others: [SimulatedNode] = []
        for node in ids.compactMap({ nodes[$0] }) {
            do {
                try begin(record, at: node)
                holder = holder ?? node
            } catch is RecoveryFault {
                others.append(node)
            }
        }
        guard let holder else {
            throw finding(.recovery, "no node holds the base, block \(base.height)")
        }
        for node in others {
            try node.copyLedger(of: holder)
            // A loss of power right behind the copying takes the copy along: that is made again.
            do { try beginUndisturbed(record, at: node) } catch {
                throw finding(.recovery, "\(node.id) cannot begin on a copy: \(error)")
            }
        }
        counts.epochs += 1
        engine = SimulatedEngine()
        (awaited, onlyBlock, lagging) = ([], [:], [])
        queue.keep { event in
            switch event {
            case .step, .transaction, .clients: true
            default: false
            }
        }
        for id in ids {
            queue.add(.start(id), atMs: nowMs + chances.within(1...500, "start", of: id))
        }
    }

    /// A crash in the middle of it changes nothing or all; then it is done again.
    private func begin(_ record: RecoveryRecord, at node: SimulatedNode) throws {
        let crash = crashOfBeginning(at: node)
        if let crash { node.arm(crash) }
        defer { node.disarm() }
        do { try beginUndisturbed(record, at: node) } catch {
            guard node.disk.hasStopped else { throw error }
        }
        // It may also stop behind the last commit, and nothing be said.
        guard node.disk.hasStopped, let crash else { return }
        try node.stop(crash)
        counts.crashes += 1
        try beginUndisturbed(record, at: node)
    }

    private func beginUndisturbed(_ record: RecoveryRecord, at node: SimulatedNode) throws {
        do { _ = try recovery(of: node).begin(record, engineIsNew: true) } catch let refusal
            as RecoveryHome.FinalElsewhere
        {
            throw finding(.recovery, "\(node.id): \(refusal)")
        }
    }

    private func crashOfBeginning(at node: SimulatedNode) -> NodeCrash? {
        guard chances.next("stops", of: node.id) % 3 == 0 else { return nil }
        let losses = CrashStep.Loss.allCases
        let loss = losses[Int(chances.next("loss", of: node.id) % UInt64(losses.count))]
        return NodeCrash(
            node: node.id.rawValue,
            disk: CrashStep(
                operation: Int64(chances.within(1...30, "operation", of: node.id)),
                torn: chances.next("torn", of: node.id) % 2 == 0, loss: loss,
                seed: chances.next("scatter", of: node.id) >> 16),
            downMs: 0)
    }
}
