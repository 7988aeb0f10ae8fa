import KoinonLedger
import KoinonMachine
import KoinonNode
import KoinonProtocol
import KoinonStore

/// What is compared, after every block, signature, claim and start.
extension AllianceWorld {
    func close(
        _ blocks: [(block: ExecutedBlock, judges: MemberSet, silenced: Set<MemberID>)],
        at id: MemberID, _ process: NodeProcess
    ) throws {
        for (index, (block, judges, _)) in blocks.enumerated() {
            let header = block.header
            let hash = header.hash
            let number = header.height.rawValue
            if !engine.hasLied {
                let only = onlyBlock[number] ?? hash
                onlyBlock[number] = only
                guard only == hash else {
                    throw finding(
                        .replica, "\(id) makes \(hash) of the one order, others \(only)",
                        at: number)
                }
            }
            guard book.block(hash) == nil else { continue }
            counts.blocks += 1
            counts.transactions += block.transactions.count
            if header.membersHash != header.nextMembersHash { counts.memberChanges += 1 }
            let isLast = index == blocks.count - 1
            let next =
                header.membersHash == header.nextMembersHash
                ? judges
                : isLast ? process.replica.read { $0.members } : blocks[index + 1].judges
            let contradiction = book.close(
                header, judgedBy: judges, next: next, entries: try block.entries.map(entry),
                executed: block.transactions.map(\.id))
            if let (kind, text) = contradiction {
                throw finding(kind, "block \(number), \(hash): \(text)", at: number)
            }
            try checkTime(header, judges)
            if isLast { try checkInvariants(process, at: number) }
        }
    }

    private func checkInvariants(_ process: NodeProcess, at height: UInt64) throws {
        let violations = process.replica.read { subject.modules.invariantViolations(in: $0.state) }
        if let first = violations.first { throw finding(.invariant, first, at: height) }
    }

    private func entry(_ envelope: Envelope) throws -> FinalityBook.Entry {
        guard case .success(let entry)? = checked[envelope.signature]?.result else {
            // Closed blocks hold only entries that were checked.
            preconditionFailure("a closed block holds an entry that nobody looked at")
        }
        let body = try? EntryBody(strict: envelope.body)
        return FinalityBook.Entry(
            author: entry.author, key: envelope.publicKey, sequence: entry.sequence,
            clockMs: entry.clock.milliseconds,
            isVoid: void.contains(envelope.signature),
            contradictors: try (body?.contradictions ?? []).compactMap(contradictor))
    }

    /// The key that signed two blocks of one epoch and height, or on two branches, if the pair
    /// proves that; only a liar's can.
    private func contradictor(_ pair: ContradictingPair) throws -> PublicKey? {
        guard let one = try? Envelope(pair.first), let other = try? Envelope(pair.second),
            let first = Attestation(one, chain: genesis.chain),
            let second = Attestation(other, chain: genesis.chain),
            one.publicKey == other.publicKey, first.epoch == second.epoch,
            first.height == second.height || !pair.header.isEmpty,
            one.isAuthentic(as: .attestation), other.isAuthentic(as: .attestation)
        else { return nil }
        // Of two heights nobody but liars could show it wrongly, and they show nothing.
        let before =
            first.height == second.height
            ? second.blockHash : book.ancestor(of: second.blockHash, at: first.height.rawValue)
        guard let before, before != first.blockHash else { return nil }
        if first.height != second.height { counts.shownBranches += 1 }
        if let honest = book.owner(of: one.publicKey), !liars.contains(honest) {
            throw finding(.attestation, "\(honest) is shown to have signed what contradicts")
        }
        return one.publicKey
    }

    /// Within what sound clocks allow, whatever others state; and never above the largest of
    /// them, as it stands, while the others are fewer than half.
    private func checkTime(_ header: BlockHeader, _ judges: MemberSet) throws {
        guard let block = book.block(header.hash), let parent = book.block(header.parent) else {
            return
        }
        let sound = judges.members.map(\.id).filter {
            !liars.contains($0) && !isClockWrong($0)
        }
        let unbound = FinalityBook.whyUnbound(
            header.time, after: parent.header.time, by: sound.map { block.clocks[$0] ?? 0 },
            of: judges.members.count)
        if let unbound {
            throw finding(.time, "block \(header.height): \(unbound)", at: header.height.rawValue)
        }
        // An earlier set, with more wrong clocks among fewer, may have put it ahead for ever.
        guard header.time > parent.header.time else { return }
        let wrong = judges.members.count - sound.count
        guard wrong <= (judges.members.count + 1) / 2 - 1 else { return }
        let offsets = sound.compactMap { nodes[$0]?.clockOffsetMs }
        // A clock that is about right may have been put right since it was stated.
        let latest = Int64(setting.timeMs + nowMs) + (offsets.max() ?? 0) + 200
        guard Int64(header.time.milliseconds) <= max(latest, Int64(setting.timeMs)) else {
            let aheadMs = Int64(header.time.milliseconds) - latest
            throw finding(
                .time, "block \(header.height) is \(aheadMs) ms ahead of every honest clock",
                at: header.height.rawValue)
        }
    }

    /// A clock that is far from true time, now or before, counts as lying.
    func isClockWrong(_ id: MemberID) -> Bool { wrongClocks.contains(id) }

    func count(_ stored: StoredAttestation, by id: MemberID) throws {
        guard let attestation = Attestation(stored.envelope, chain: genesis.chain) else {
            throw finding(.attestation, "\(id) signs what is no attestation")
        }
        counts.attestations += 1
        let wrong = book.sign(
            id, with: attestation.publicKey, epoch: attestation.epoch,
            height: attestation.height.rawValue,
            attestation.blockHash, isBound: !liars.contains(id))
        if let wrong {
            throw finding(.attestation, wrong, at: attestation.height.rawValue)
        }
    }

    /// Whatever a node calls final must have its quorum, and be the one block there.
    func claimFinal(_ id: MemberID, _ process: NodeProcess) throws {
        let height = process.finality.finalHeight
        if let before = claimed[id], before.height >= height { return }
        let tip = process.replica.read { $0.header.hash }
        guard let hash = book.ancestor(of: tip, at: height.rawValue),
            let block = book.block(hash)
        else {
            throw finding(
                .finality, "\(id) calls block \(height) final, which is not on its chain")
        }
        if let wrong = book.claim(hash, by: id) {
            throw finding(.finality, wrong, at: height.rawValue)
        }
        claimed[id] = block.header
        if nodes[id]?.settleKey() ?? false { counts.renewals += 1 }
        settleClients()
    }

    /// After a start: what it told others before must still be there.
    func checkStart(_ id: MemberID, _ process: NodeProcess) throws {
        guard let before = claimed[id], !liars.contains(id) else { return }
        let tip = process.replica.read { $0.header }
        guard book.ancestor(of: tip.hash, at: before.height.rawValue) == before.hash else {
            throw finding(
                .reopening,
                "\(id) had called block \(before.height) final, and comes back at \(tip.height) without it"
            )
        }
        // A signature that only the lost guard held may have made it final here; others tell.
        let wasGuarded = unguarded.remove(id) == nil
        guard !wasGuarded || process.finality.finalHeight >= before.height else {
            throw finding(
                .reopening,
                "\(id) had called block \(before.height) final, and comes back with \(process.finality.finalHeight)"
            )
        }
    }

    // MARK: The end

    /// Whether all that was pending has come to an end, everywhere; else what has not.
    func unrest() -> String? {
        var first: (id: MemberID, header: BlockHeader)?
        for id in ids where !liars.contains(id) {
            guard let process = nodes[id]?.process else { return "\(id) is down" }
            let header = process.replica.read { $0.header }
            guard process.finality.finalHeight == header.height else {
                return
                    "\(id) is at block \(header.height), of which \(process.finality.finalHeight) is final"
            }
            if let first, first.header != header {
                return "\(first.id) is at block \(first.header.height), \(id) at \(header.height)"
            }
            first = (id, header)
        }
        guard let id = clients.order.first(where: { !isHopeless($0) }) else { return nil }
        return "transaction \(id) is neither final nor expired"
    }

    /// Whether nobody takes a client's transaction: its account was never opened, because the
    /// transaction that was to do that expired or was rejected.
    private func isHopeless(_ id: Hash256) -> Bool {
        guard let envelope = clients.pending[id]?.envelope,
            let transaction = try? CheckedTransaction(envelope, chain: genesis.chain)
        else { return false }
        return ids.filter { !liars.contains($0) }.compactMap { nodes[$0] }.allSatisfy { node in
            let now = clock(of: node)
            return node.process?.replica.read {
                $0.ignoredReason(transaction, at: now) == .keyNotActive
            } ?? false
        }
    }
}
