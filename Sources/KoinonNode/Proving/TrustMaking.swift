import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

extension LedgerStore {
    /// What the ledger shows to somebody who follows it by signatures: the turns from a height
    /// on, at most ``TrustDocument/turnsMaximum`` of them, and the last final header.
    ///
    /// - Parameters:
    ///   - from: changes of members below it are known already.
    ///   - epoch: beginnings of epochs up to this one are known already.
    /// - Throws: ``ProofMakingFault/notFinal(_:)`` while no block has a quorum of its own; or
    ///   the store's fault.
    public func trust(
        from: Height, epoch: UInt64, genesis: GenesisDocument
    ) throws -> TrustDocument {
        try read { reader in
            let parts = ProofParts(reader, history: try MemberHistory(reader, genesis: genesis))
            return try parts.trust(from: from, epoch: epoch)
        }
    }

    /// What stood at a height, shown by the history of a later block.
    ///
    /// - Throws: ``ProofMakingFault/unknownBlock(_:)`` where one of both is not there or they
    ///   are not in this order; or the store's fault.
    public func ancestry(of height: Height, in later: Height) throws -> Ancestry {
        try read { reader in
            guard height < later, try reader.tip().header.height >= later,
                let block = try reader.block(at: height)
            else { throw ProofMakingFault.unknownBlock(max(height, later)) }
            let hashes = try reader.headerHashes(below: later)
            let history = ProofFile.History(header: block.header, headerHashes: hashes)
            return Ancestry(header: history.header, path: history.path)
        }
    }
}

extension Node {
    /// As ``LedgerStore/trust(from:epoch:genesis:)``, once the signatures are stored that have
    /// made blocks final by now; after the limit with those that are.
    public func trust(
        from: Height, epoch: UInt64, limit: Duration = .seconds(5)
    ) async throws -> TrustDocument {
        let deadline = ContinuousClock.now.advanced(by: limit)
        let wanted = finalHeight
        while true {
            let isLate = ContinuousClock.now >= deadline
            do {
                let document = try await OwnThread.run { [store, genesis] in
                    try store.trust(from: from, epoch: epoch, genesis: genesis)
                }
                if document.header.height >= wanted || document.isFull || isLate {
                    return document
                }
            } catch ProofMakingFault.notFinal where wanted > .genesis && !isLate {}
            try await Task.sleep(for: .milliseconds(20))
        }
    }
}

extension ProofParts {
    func trust(from: Height, epoch: UInt64) throws -> TrustDocument {
        let top = try lastWithQuorum()
        let records = try epochRecords(before: try stored(top))
        var changes = try changes(before: top.next, records).filter { $0.header.height >= from }
        var begun = records.filter { $0.epoch > epoch }
        guard changes.count + begun.count > TrustDocument.turnsMaximum else {
            return TrustDocument(
                header: try stored(top), attestations: try attestations(at: top),
                memberChanges: changes, epochRecords: begun)
        }
        // As many as fit; the document ends with the last change among them.
        while changes.count + begun.count > TrustDocument.turnsMaximum, let last = changes.popLast()
        {
            begun.removeAll { $0.header.height >= last.header.height }
        }
        guard let last = changes.last else { throw ProofMakingFault.notFinal(top) }
        begun.removeAll { $0.header.height >= last.header.height }
        return TrustDocument(
            header: last.header, attestations: last.attestations, memberChanges: changes,
            epochRecords: begun)
    }

    func lastWithQuorum() throws -> Height {
        var height = try reader.tip().header.height
        while height > .genesis {
            if hasQuorum(try attestations(at: height), height), try isCounted(height) {
                return height
            }
            height = Height(height.rawValue - 1)
        }
        throw ProofMakingFault.notFinal(Height.genesis.next)
    }

    /// Whether a quorum there counts: every change of members before has its own.
    private func isCounted(_ height: Height) throws -> Bool {
        let bases = Set(try reader.epochRecords().map(\.height))
        return try history.changes.filter { $0.height < height }.allSatisfy { change in
            try bases.contains(change.height)
                || hasQuorum(try attestations(at: change.height), change.height)
        }
    }

    /// Beginnings of epochs that a block stands behind.
    func epochRecords(before header: BlockHeader) throws -> [ProofFile.EpochRecord] {
        try reader.epochRecords()
            .filter { $0.epoch <= header.epoch && $0.height < header.height }
            .map { stored in
                let judges = history.judges(of: stored.height)
                let next = history.judges(of: stored.height.next)
                return try ProofFile.EpochRecord(
                    stored, judges: judges, next: next == judges ? nil : next)
            }
    }
}

extension ProofFile.EpochRecord {
    /// From a stored record.
    ///
    /// - Throws: `StoreFault.damaged` for bytes that do not decode.
    init(_ stored: StoredEpochRecord, judges: MemberSet, next: MemberSet?) throws {
        do {
            let beginning = try RecoveryRecord(strict: stored.bytes).beginning
            let header = try BlockHeader(encoded: Array(beginning.base.header))
            let signed = try beginning.base.attestations.map { try Envelope($0) }
            func attestations(of set: MemberSet) -> [ProofFile.Attestation] {
                set.members.compactMap { member in
                    signed.first { $0.publicKey == member.nodeKey }
                        .map { ProofFile.Attestation(member: member.id, envelope: $0) }
                }
            }
            self.init(
                epoch: beginning.epoch, header: header, attestations: attestations(of: judges),
                next: next.map { Next(members: $0, attestations: attestations(of: $0)) })
        } catch {
            throw StoreFault.damaged(
                what: "the record of epoch \(stored.epoch) does not decode: \(error)",
                height: stored.height, cause: nil)
        }
    }
}

extension StoredEpochRecord {
    /// What a proof file holds of a record, to be kept: its statements are not in it.
    init(_ record: ProofFile.EpochRecord) {
        var message = RecoveryRecord()
        message.beginning.epoch = record.epoch
        message.beginning.base = SignedHeader(
            record.header,
            (record.attestations + (record.next?.attestations ?? [])).map(\.envelope)
                .reduce(into: []) { if !$0.contains($1) { $0.append($1) } })
        self.init(epoch: record.epoch, height: record.header.height, bytes: message.encoded)
    }
}
