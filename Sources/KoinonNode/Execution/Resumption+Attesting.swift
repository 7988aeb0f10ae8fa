import KoinonLedger
import KoinonProtocol
import KoinonStore

extension LedgerReader {
    /// What the guard holds, put right by what is stored: if that holds a later signature of
    /// the key, the guard is an old copy.
    func checkedGuard(
        _ record: GuardRecord?, of hosted: HostedMember, beginsGuards: Bool
    ) throws -> GuardRecord? {
        let key = hosted.nodeKey.publicKey
        let chain = try tip().header.chain
        let last = try lastAttestation(of: hosted.id).flatMap { stored in
            stored.envelope.publicKey == key ? Attestation(stored.envelope, chain: chain) : nil
        }
        guard var record else {
            guard beginsGuards else { return nil }
            var begun = GuardRecord.fresh(hosted.id, key)
            guard let last else { return begun }
            begun.epoch = last.epoch
            begun.height = last.height
            begun.hash = last.blockHash
            begun.carriedThrough = try carriedWithoutGuard()
            return begun
        }
        guard let last, (last.epoch, last.height) > (record.epoch, record.height) else {
            return record
        }
        record.isBarred = true
        return record
    }

    /// Below it every attestation was carried, as far as the log shows.
    private func carriedWithoutGuard() throws -> Height {
        let highest = try highestCarriedAttestation()
        // Those of one block may be spread over two entries.
        return Height(highest.rawValue - min(highest.rawValue, 1))
    }

    /// Stored attestations of hosted members that stand in no entry of the log, ascending.
    func uncarriedAttestations(
        of hosted: [HostedMember], _ records: [GuardRecord?]
    ) throws -> [StoredAttestation] {
        let through = try records.map { try $0?.carriedThrough ?? carriedWithoutGuard() }.min()
        guard let through else { return [] }
        let keys = Set(hosted.map(\.nodeKey.publicKey))
        let own = try attestations(above: through).filter { keys.contains($0.envelope.publicKey) }
        guard !own.isEmpty else { return [] }
        var carried: Set<Signature> = []
        let isKept = try through >= lowestHeader()
        let from = try isKept ? block(at: through)?.closedAt ?? .start : .start
        // Old entries may have been given up.
        try forEachLogEntry(from: max(from.next, firstPosition())) { logged in
            guard let body = try? EntryBody(strict: logged.envelope.body) else { return }
            carried.formUnion(body.attestations.compactMap { Signature($0.signature) })
        }
        return own.filter { !carried.contains($0.envelope.signature) }
    }

    /// The highest block whose attestations stand in the log; 0 when there is none.
    private func highestCarriedAttestation() throws -> Height {
        let chain = try tip().header.chain
        let lowest = try firstPosition()
        var first = try lastPosition()
        while first >= lowest {
            // Entries without attestations are few between those with.
            let from = max(LogPosition(first.rawValue > 64 ? first.rawValue - 63 : 1), lowest)
            var highest: Height?
            try forEachLogEntry(from: from) { logged in
                guard let body = try? EntryBody(strict: logged.envelope.body) else { return }
                let heights = body.attestations.compactMap { Attestation($0, chain: chain)?.height }
                highest = ([highest] + heights).compactMap { $0 }.max()
            }
            if let highest { return highest }
            first = LogPosition(from.rawValue - 1)
        }
        return .genesis
    }

    /// Goes on signing where the stored attestations end, with finality as they show it.
    func attester(
        tip: BlockHeader, genesis: GenesisDocument, hosted: [(HostedMember, GuardRecord?)],
        _ closedEpochs: [MemberID: UInt64], _ silenced: [MemberID: Height], _ rules: AllianceRules
    ) throws -> Attester {
        func muted(at height: Height) -> Set<MemberID> { Self.muted(silenced, at: height) }
        let sets = try MemberHistory(self, genesis: genesis)
        let base = try finalBase()
        let open = try openChange(sets, silenced)
        var height = min(open ?? tip.height, tip.height)
        while height > base,
            try !hasQuorum(
                at: height, of: sets.judges(of: height), without: muted(at: height))
        {
            height = Height(height.rawValue - 1)
        }
        var attester = Attester(
            chain: tip.chain,
            hosted: try hosted.map { member, record in
                var rule = try BranchRule(
                    member: member.id, nodeKey: member.nodeKey.publicKey, record: record, tip: tip,
                    headerAt: { try self.keptHeader(at: $0) },
                    // Of a ledger that began from a snapshot.
                    hashAt: { try self.headerHashes(below: $0.next).last })
                if let closed = closedEpochs[member.id] { rule.close(epoch: closed) }
                return (member, rule)
            },
            finality: Finality(
                finalHeight: height, judgeSets: sets.judgeSets, rules: rules),
            rules: rules)
        while height < tip.height {
            height = height.next
            guard let block = try block(at: height) else {
                throw StoreFault.damaged(what: "it is missing", height: height, cause: nil)
            }
            attester.add(
                block.header, judgedBy: sets.judges(of: height), silenced: muted(at: height))
            for attestation in try attestations(at: height) { attester.count(attestation) }
        }
        return attester
    }

    /// The first change of members that its own judges did not make final, as far as is stored:
    /// no quorum beyond it counts.
    func openChange(_ sets: MemberHistory, _ silenced: [MemberID: Height]) throws -> Height? {
        let base = try finalBase()
        return try sets.changes.first { change in
            try change.height > base
                && !hasQuorum(
                    at: change.height, of: sets.judges(of: change.height),
                    without: Self.muted(silenced, at: change.height))
        }?.height
    }

    /// Final when the ledger was made to begin there, and where the last epoch began: its record
    /// has the quorums.
    private func finalBase() throws -> Height {
        max(try baseHeight(), try epochRecords().last?.height ?? .genesis)
    }

    private static func muted(_ silenced: [MemberID: Height], at height: Height) -> Set<MemberID> {
        Set(silenced.filter { $0.value < height }.keys)
    }

    private func hasQuorum(
        at height: Height, of judges: MemberSet, without silenced: Set<MemberID>
    ) throws -> Bool {
        let signers = Set(try attestations(at: height).map(\.member)).subtracting(silenced)
        return judges.members.count { signers.contains($0.id) } >= judges.quorum
    }
}
