import struct Foundation.Data
import KoinonLedger
import KoinonProtocol

/// A module could not begin with the genesis document.
public struct GenesisRefused: Error, CustomStringConvertible {
    public var rejection: Rejection
    public var description: String {
        let meaning = Modules.rejectionMeanings[rejection.code]?.remedy ?? ""
        return "genesis: \(rejection.field): \(rejection.name) \(rejection.detail). \(meaning)"
    }
}

/// Block 0: what the modules make of the genesis document. Final by definition.
public enum GenesisBlock {
    /// - Throws: ``GenesisRefused``
    public static func make(
        _ genesis: GenesisDocument, modules: ModuleList = .standard
    ) throws -> ExecutedBlock {
        let overlay = StateOverlay(over: CommittedState())
        let time = Timestamp(milliseconds: genesis.genesis.timeMs)
        let context = Context(
            state: overlay, chain: genesis.chain, height: .genesis, now: time, origin: .genesis)
        do throws(Rejection) {
            for module in modules.all { try module.begin(genesis, in: context) }
        } catch {
            throw GenesisRefused(rejection: error)
        }
        let changes = overlay.takeChanges()
        var tree = StateTree()
        tree.apply(changes.map { ($0.key, $0.value) })
        let empty = MerkleTree.root(ofLeaves: [])
        let header = BlockHeader(
            chain: genesis.chain, epoch: 0, height: .genesis, parent: .zero, time: time,
            entriesRoot: empty, transactionsRoot: empty, receiptsRoot: empty,
            stateRoot: tree.root, historyRoot: empty, membersHash: genesis.memberSet.hash,
            nextMembersHash: genesis.memberSet.hash, proposer: nil)
        return ExecutedBlock(
            header: header, entries: [], result: BlockResult().encoded, transactions: [],
            changes: changes)
    }
}
