import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// What a node needs of its store to go on where it stopped.
package struct Resumption {
    package let replica: SharedReplica
    package let lastPosition: LogPosition
    /// The last place of the engine's order that is stored; nil when the last block came from
    /// other members, or what was read behind it was forgotten.
    package let position: OrderPosition?
    package let attester: Attester
    let guards: GuardKeeper
    /// Of the members that sign nothing in the epoch that runs, as they stated.
    let closedEpochs: [MemberID: UInt64]
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
    ///     that orders for itself. It does so only where all members are hosted: who holds all
    ///     keys deceives nobody else.
    ///   - closedEpochs: the newest epoch that each hosted member has closed by a statement.
    ///   - modules: the machine's; others make another ledger.
    package init(
        store: LedgerStore, genesis: GenesisDocument, hosted: [HostedMember], guards: GuardKeeper,
        beginsGuards: Bool, closedEpochs: [MemberID: UInt64] = [:], modules: ModuleList = .standard,
        rules: AllianceRules = .standard
    ) throws {
        replica = SharedReplica(try store.resumeReplica(modules: modules))
        let (tip, last, ordered) = try store.read {
            (try $0.tip(), try $0.lastPosition(), try $0.orderedThrough())
        }
        lastPosition = last
        let (header, epoch) = replica.read { ($0.header, $0.epoch) }
        // Where an order begins nothing of it is taken.
        let isNew = header.height == .genesis || epoch > header.epoch
        position = ordered.map(OrderPosition.init) ?? (isNew ? .start : nil)
        self.guards = guards
        let closed = closedEpochs.filter { $0.value >= epoch }
        self.closedEpochs = closed
        let found = try hosted.map { try guards.record(of: $0) }
        let begins = beginsGuards && hosted.areAll(of: replica.read { $0.members })
        let records = try store.read { reader in
            try zip(hosted, found).map { member, record in
                try reader.checkedGuard(record, of: member, beginsGuards: begins)
            }
        }
        try guards.raise(zip(records, found).filter { $0.0 != $0.1 }.compactMap { $0.0 })
        uncarriedAttestations = try store.read {
            try $0.uncarriedAttestations(of: hosted, records)
        }
        let silenced = replica.read { $0.silenced }
        attester = try store.read {
            try $0.attester(
                tip: tip.header, genesis: genesis, hosted: Array(zip(hosted, records)), closed,
                silenced, rules)
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
            // Newer software has stored it.
            if let unknown = replica.unknownProtocol { throw unknown }
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
                if let unknown = replica.unknownProtocol { throw unknown }
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
