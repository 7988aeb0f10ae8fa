import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// What a node needs of its store to go on where it stopped.
struct Resumption {
    let replica: SharedReplica
    let nextPosition: OrderPosition
    let finality: Finality
    /// Stored attestations that no entry has carried so far.
    let uncarriedAttestations: [Signed]

    /// Opens the home's ledger for writing; begins it at block 0 when there is none.
    static func openStore(home: NodeHome, genesis: GenesisDocument) throws -> LedgerStore {
        let exists = FileManager.default.fileExists(
            atPath: home.directory.appending(path: "ledger.sqlite").path)
        guard exists else {
            return try LedgerStore.create(
                home: home.directory, genesis: genesis.bytes, block: GenesisBlock.make(genesis))
        }
        let store = try LedgerStore(opening: home.directory)
        guard store.genesis == genesis.bytes else {
            throw HomeFault(
                "\(home.genesisFile.path): not the document that this ledger began with; put the original back")
        }
        return store
    }

    /// Loads the state of the last block and applies what the log holds beyond it.
    init(store: LedgerStore, genesis: GenesisDocument) throws {
        let replica = try store.loadReplica()
        let (tip, pending, last, carried) = try store.read { reader in
            (
                try reader.tip(), try reader.pendingEntries(), try reader.lastPosition(),
                try reader.highestCarriedAttestation()
            )
        }
        for logged in pending where logged.hasEffect {
            let entry = try CheckedEntry(
                logged.envelope, chain: replica.chain, epoch: replica.header.epoch,
                signature: .doneBefore)
            guard case .waiting = replica.apply(entry) else {
                throw StoreFault.damaged(
                    what: "log entry \(logged.position) closes a block that is not stored",
                    height: tip.header.height.next, cause: nil)
            }
        }
        self.replica = SharedReplica(replica)
        nextPosition = OrderPosition(rawValue: last.rawValue + 1)
        uncarriedAttestations = try store.read { reader in
            try reader.attestations(above: carried).map(\.envelope.message)
        }
        finality = try store.read {
            try $0.finality(upTo: tip.header.height, genesis: genesis)
        }
    }
}

extension LedgerStore {
    /// The replica as of the last stored block, its state and trees rebuilt in memory.
    public func loadReplica() throws -> sending Replica {
        try read { reader in
            let tip = try reader.tip()
            var history = MerkleFrontier()
            for hash in try reader.headerHashes(below: tip.header.height) {
                history.append(leafHash: MerkleTree.leafHash(hash.bytes))
            }
            var rows: [(key: [UInt8], value: [UInt8])] = []
            try reader.forEachStateRow { rows.append(($0.key, $0.value)) }
            let replica = Replica(header: tip.header, history: history, rows: rows)
            guard replica.tree.root == tip.header.stateRoot else {
                throw StoreFault.damaged(
                    what: "the stored state does not have the state root of the last header; `koinon verify` names what differs",
                    height: tip.header.height, cause: nil)
            }
            return replica
        }
    }
}

extension LedgerReader {
    /// The highest block whose attestation stands in the log; entries carry them in order.
    fileprivate func highestCarriedAttestation() throws -> Height {
        var first = try lastPosition()
        while first > .start {
            // Entries without attestations are few between those with.
            let from = LogPosition(first.rawValue > 64 ? first.rawValue - 63 : 1)
            var highest: UInt64?
            try forEachLogEntry(from: from) { logged in
                guard let body = try? EntryBody(strict: logged.envelope.body) else { return }
                for signed in body.attestations {
                    guard let attestation = try? AttestationBody(strict: Array(signed.body)) else {
                        continue
                    }
                    highest = max(highest ?? 0, attestation.height)
                }
            }
            if let highest { return Height(highest) }
            first = LogPosition(from.rawValue - 1)
        }
        return .genesis
    }

    /// Finality as the stored attestations show it, from the last blocks backwards.
    fileprivate func finality(upTo tip: Height, genesis: GenesisDocument) throws -> Finality {
        let sets = try MemberHistory(self, genesis: genesis)
        var finality = Finality(finalHeight: .genesis)
        var height = tip
        // The highest block that a quorum of its own set signed makes its ancestors
        // final; every change of members below it was signed before anyone went on.
        while height > .genesis {
            let judges = sets.judges(of: height)
            let signers = Set(try attestations(at: height).map(\.member))
            if signers.intersection(judges.members.map(\.id)).count >= judges.quorum {
                finality = Finality(finalHeight: height)
                break
            }
            height = Height(height.rawValue - 1)
        }
        var next = finality.finalHeight.next
        while next <= tip, let block = try block(at: next) {
            finality.add(block.header, judgedBy: sets.judges(of: next))
            for attestation in try attestations(at: next) {
                finality.count(attestation.member, at: next)
            }
            next = next.next
        }
        return finality
    }
}
