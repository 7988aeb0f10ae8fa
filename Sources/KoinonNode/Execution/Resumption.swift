import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// What a node needs of its store to go on where it stopped.
package struct Resumption {
    package let replica: SharedReplica
    package let lastPosition: LogPosition
    /// How much of the engine's order is stored.
    package let cursor: OrderCursor
    package let attester: Attester
    let guards: GuardKeeper
    /// Stored attestations of hosted members that no entry has carried so far.
    package let uncarriedAttestations: [StoredAttestation]

    /// Opens the home's ledger for writing; begins it at block 0 when there is none, or
    /// when its beginning was interrupted.
    static func openStore(
        home: NodeHome, genesis: GenesisDocument, options: StoreOptions
    ) throws -> LedgerStore {
        let store: LedgerStore
        do {
            store = try LedgerStore(opening: home.directory, options: options)
        } catch StoreFault.noLedger {
            return try LedgerStore.create(
                home: home.directory, genesis: genesis.bytes, block: GenesisBlock.make(genesis),
                options: options)
        }
        guard store.genesis == genesis.bytes else {
            throw HomeFault(
                "\(home.genesisFile.path): not the document that this ledger began with; put the original back"
            )
        }
        return store
    }

    /// Loads the state of the last block and applies what the log holds beyond it.
    ///
    /// - Parameters:
    ///   - beginsGuards: whether a missing guard begins at what is stored: for one process
    ///     that orders and signs for itself.
    ///   - modules: the machine's; others make another ledger.
    package init(
        store: LedgerStore, genesis: GenesisDocument, hosted: [HostedMember], guards: GuardKeeper,
        beginsGuards: Bool, modules: ModuleList = .standard, rules: AllianceRules = .standard
    ) throws {
        replica = SharedReplica(try store.resumeReplica(modules: modules))
        let (tip, last, ordered) = try store.read {
            (try $0.tip(), try $0.lastPosition(), try $0.orderedThrough())
        }
        lastPosition = last
        cursor = OrderCursor(
            position: OrderPosition(rawValue: ordered ?? last.rawValue),
            sequences: replica.read { $0.sequences })
        self.guards = guards
        let found = try hosted.map { try guards.record(of: $0) }
        let records = try store.read { reader in
            try zip(hosted, found).map { member, record in
                try reader.check(record, of: member, beginsGuards: beginsGuards)
            }
        }
        try guards.raise(zip(records, found).filter { $0.0 != $0.1 }.compactMap { $0.0 })
        uncarriedAttestations = try store.read {
            try $0.uncarriedAttestations(of: hosted, records)
        }
        let silenced = replica.read { $0.silenced }
        attester = try store.read {
            try $0.attester(
                tip: tip.header, genesis: genesis, hosted: Array(zip(hosted, records)), silenced,
                rules)
        }
    }
}

extension LedgerStore {
    /// The replica as it stood when the store was left: that of the last block, with the
    /// log's entries beyond it. A store that may write gets the rows that it lacks.
    public func resumeReplica(modules: ModuleList = .standard) throws -> sending Replica {
        let (replica, executed) = try rebuildReplica(modules: modules)
        if !isReadOnly { try completeRows(with: executed) }
        for logged in try read({ try $0.pendingEntries() }) where logged.hasEffect {
            // Those with transactions are void, or they would have closed a block; a wrong
            // signature may be what makes them so, and only looking at it tells.
            let entry = try CheckedEntry(
                logged.envelope, chain: replica.chain, epoch: replica.epoch,
                signature: .doneBefore)
            guard case .waiting = replica.apply(entry) else {
                throw StoreFault.damaged(
                    what: "log entry \(logged.position) closes a block that is not stored",
                    height: replica.header.height.next, cause: nil)
            }
        }
        return replica
    }

    /// The replica as of the last stored block, its state and trees rebuilt in memory.
    public func loadReplica(modules: ModuleList = .standard) throws -> sending Replica {
        try rebuildReplica(modules: modules).replica
    }

    /// From the stored rows, and the blocks beyond them executed again.
    ///
    /// First as if every transaction's signature were right, which nearly always they are:
    /// the stored headers tell. If they differ, an entry among them may be void for a wrong
    /// one, so once more with every signature checked.
    private func rebuildReplica(
        modules: ModuleList
    ) throws -> sending (replica: Replica, executed: [ExecutedBlock]) {
        do {
            return try rebuildReplica(modules: modules, checksSignatures: false)
        } catch StoreFault.damaged {
            return try rebuildReplica(modules: modules, checksSignatures: true)
        }
    }

    private func rebuildReplica(
        modules: ModuleList, checksSignatures: Bool
    ) throws -> sending (replica: Replica, executed: [ExecutedBlock]) {
        try read { reader in
            let indexed = try reader.indexedHeight()
            guard let base = try reader.block(at: indexed) else {
                throw StoreFault.damaged(
                    what: "its rows are marked as stored, but there is no such block",
                    height: indexed, cause: nil)
            }
            var history = MerkleFrontier()
            for hash in try reader.headerHashes(below: indexed) {
                history.append(leafHash: MerkleTree.leafHash(hash.bytes))
            }
            var rows: [(key: [UInt8], value: [UInt8])] = []
            try reader.forEachStateRow { rows.append(($0.key, $0.value)) }
            let replica = Replica(
                header: base.header, history: history, modules: modules, rows: rows)
            guard replica.tree.root == base.header.stateRoot else {
                throw StoreFault.damaged(
                    what:
                        "the stored state does not have the state root of the last header; `koinon verify` names what differs",
                    height: indexed, cause: nil)
            }
            try reader.beginEpochs(on: replica)
            let executed = try reader.execute(
                after: base, on: replica, checksSignatures: checksSignatures)
            return (replica, executed)
        }
    }
}

extension LedgerReader {
    /// Goes on in the last epoch that began on the replica's last block, if one did.
    func beginEpochs(on replica: Replica) throws {
        for record in try epochRecords()
        where record.height == replica.header.height && record.epoch > replica.epoch {
            replica.begin(epoch: record.epoch)
        }
    }

    /// Executes the stored blocks after one; each must have its stored header.
    ///
    /// - Parameter checksSignatures: whether a wrong signature of a transaction makes its
    ///   entry void again, or all are taken for right.
    fileprivate func execute(
        after base: StoredBlock, on replica: Replica, checksSignatures: Bool
    ) throws -> [ExecutedBlock] {
        let last = try tip().closedAt
        guard last > base.closedAt else { return [] }
        struct Enough: Error {}
        var executed: [ExecutedBlock] = []
        do {
            try forEachLogEntry(from: base.closedAt.next) { logged in
                if logged.position > last { throw Enough() }
                guard logged.hasEffect else { return }
                let entry = try CheckedEntry(
                    logged.envelope, chain: replica.chain, epoch: replica.epoch,
                    signature: .doneBefore, isKnown: { _ in !checksSignatures })
                guard case .closed(let block, _) = replica.apply(entry) else { return }
                executed.append(block)
                try beginEpochs(on: replica)
            }
        } catch is Enough {}
        for block in executed {
            guard try self.block(at: block.header.height)?.header == block.header else {
                throw StoreFault.damaged(
                    what:
                        "executed again it has another header; `koinon verify` names what differs",
                    height: block.header.height, cause: nil)
            }
        }
        guard try tip().header == replica.header else {
            throw StoreFault.damaged(
                what: "the log does not lead to the last block", height: replica.header.height.next,
                cause: nil)
        }
        return executed
    }
}

extension LedgerReader {
    /// What the guard holds, put right by what is stored: if that holds a later signature of
    /// the key, the guard is an old copy.
    fileprivate func check(
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
        let highest = try highestCarriedAttestations().0
        // Those of one block may be spread over two entries.
        return Height(highest.rawValue - min(highest.rawValue, 1))
    }

    /// Stored attestations of hosted members that stand in no entry of the log, ascending.
    fileprivate func uncarriedAttestations(
        of hosted: [HostedMember], _ records: [GuardRecord?]
    ) throws -> [StoredAttestation] {
        let through = try records.map { try $0?.carriedThrough ?? carriedWithoutGuard() }.min()
        guard let through else { return [] }
        let keys = Set(hosted.map(\.nodeKey.publicKey))
        let own = try attestations(above: through).filter { keys.contains($0.envelope.publicKey) }
        guard !own.isEmpty else { return [] }
        var carried: Set<Signature> = []
        let from = try block(at: through)?.closedAt ?? .start
        try forEachLogEntry(from: from.next) { logged in
            guard let body = try? EntryBody(strict: logged.envelope.body) else { return }
            carried.formUnion(body.attestations.compactMap { Signature($0.signature) })
        }
        return own.filter { !carried.contains($0.envelope.signature) }
    }

    /// The highest block whose attestations stand in the log, and signatures carried near it.
    private func highestCarriedAttestations() throws -> (Height, Set<Signature>) {
        var first = try lastPosition()
        let lowest = try firstPosition()
        while first >= lowest {
            // Entries without attestations are few between those with.
            let from = max(LogPosition(first.rawValue > 64 ? first.rawValue - 63 : 1), lowest)
            var highest: Height?
            var carried: Set<Signature> = []
            let chain = try tip().header.chain
            try forEachLogEntry(from: from) { logged in
                guard let body = try? EntryBody(strict: logged.envelope.body) else { return }
                for attestation in body.attestations.lazy.compactMap({ signed in
                    Attestation(signed, chain: chain)
                }) {
                    highest = max(highest ?? .genesis, attestation.height)
                    carried.insert(attestation.envelope.signature)
                }
            }
            if let highest { return (highest, carried) }
            first = LogPosition(from.rawValue - 1)
        }
        return (.genesis, [])
    }

    /// Goes on signing where the stored attestations end, with finality as they show it.
    fileprivate func attester(
        tip: BlockHeader, genesis: GenesisDocument, hosted: [(HostedMember, GuardRecord?)],
        _ silenced: [MemberID: Height], _ rules: AllianceRules
    ) throws -> Attester {
        func muted(at height: Height) -> Set<MemberID> {
            Set(silenced.filter { $0.value < height }.keys)
        }
        let sets = try MemberHistory(self, genesis: genesis)
        // Final when the ledger was made to begin there.
        let base = try baseHeight()
        // The first change of members that its own judges did not make final: no quorum
        // beyond it counts.
        let open = try sets.changes.first { change in
            try change.height > base
                && !hasQuorum(
                    at: change.height, of: sets.judges(of: change.height),
                    without: muted(at: change.height))
        }
        var height = min(open?.height ?? tip.height, tip.height)
        while height > base,
            try !hasQuorum(
                at: height, of: sets.judges(of: height), without: muted(at: height))
        {
            height = Height(height.rawValue - 1)
        }
        var attester = Attester(
            chain: tip.chain,
            hosted: try hosted.map { member, record in
                let rule = try BranchRule(
                    member: member.id, nodeKey: member.nodeKey.publicKey, record: record, tip: tip
                ) { try self.keptHeader(at: $0) }
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

    private func hasQuorum(
        at height: Height, of judges: MemberSet, without silenced: Set<MemberID>
    ) throws -> Bool {
        let signers = Set(try attestations(at: height).map(\.member)).subtracting(silenced)
        return judges.members.count { signers.contains($0.id) } >= judges.quorum
    }
}
