import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

extension LedgerReader {
    /// The state as it was after a block, executed again from the genesis document: what the
    /// stored rows no longer say. Takes as long as executing the chain without signatures.
    ///
    /// - Throws: `StoreFault.damaged` when the log does not lead to the block.
    func stateRows(
        at height: Height, genesis: GenesisDocument, modules: ModuleList = .standard
    ) throws -> [StateRow] {
        let first = try GenesisBlock.make(genesis, modules: modules)
        let replica = try Replica(genesis: genesis, modules: modules)
        var rows: [[UInt8]: (value: [UInt8], height: Height)] = [:]
        func take(_ block: ExecutedBlock) {
            for change in block.changes {
                rows[change.key] = change.value.map { ($0, block.header.height) }
            }
        }
        take(first)
        struct Enough: Error {}
        do {
            if height == .genesis { throw Enough() }
            try beginEpochs(on: replica)
            try forEachLogEntry { logged in
                guard logged.hasEffect else { return }
                let entry = try CheckedEntry(
                    logged.envelope, chain: replica.chain, epoch: replica.epoch,
                    signature: .doneBefore)
                guard case .closed(let block, _) = replica.apply(entry) else { return }
                take(block)
                if block.header.height == height { throw Enough() }
                try beginEpochs(on: replica)
            }
        } catch is Enough {}
        guard try block(at: height)?.header == replica.header else {
            throw StoreFault.damaged(
                what: "executed again it has another header; `koinon verify` names what differs",
                height: height, cause: nil)
        }
        return rows.map { StateRow(key: $0.key, value: $0.value.value, height: $0.value.height) }
            .sorted { $0.key.lexicographicallyPrecedes($1.key) }
    }
}
