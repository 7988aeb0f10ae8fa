import KoinonLedger
import KoinonProtocol
import KoinonStore

/// Giving up old blocks, of which headers, signatures and state stay.
public enum Pruning {
    /// What can be given up when so many of the last blocks are kept: final blocks only.
    ///
    /// - Returns: the highest one; nil when there is none.
    /// - Throws: the store's fault.
    public static func highest(
        in store: LedgerStore, keeping blocks: UInt64, finalHeight: Height
    ) throws -> Height? {
        try store.read { reader in
            let tip = try reader.tip().header.height
            let limit = min(finalHeight, try reader.indexedHeight())
            let wanted = tip.rawValue - min(tip.rawValue, max(1, blocks))
            let height = Height(min(limit.rawValue, wanted))
            return height > (try reader.baseHeight()) ? height : nil
        }
    }

    /// Gives up the blocks up to one.
    ///
    /// - Throws: the store's fault.
    public static func run(
        _ store: LedgerStore, genesis: GenesisDocument, through height: Height,
        progress: (Height) -> Void = { _ in }
    ) throws {
        let changes = try store.read { reader in
            try MemberHistory(reader, genesis: genesis).changes
                .filter { $0.height <= height }
                .map { change in
                    guard let block = try reader.block(at: change.height) else {
                        throw StoreFault.damaged(
                            what: "it is missing", height: change.height, cause: nil)
                    }
                    return StoredMemberChange(header: block.header, members: change.members)
                }
        }
        try store.prune(through: height, changes: changes, progress: progress)
    }

    /// The highest block that a store's own attestations show to be final.
    ///
    /// - Throws: the store's fault.
    public static func finalHeight(
        of store: LedgerStore, genesis: GenesisDocument
    ) throws -> Height {
        try store.read { reader in
            let sets = try MemberHistory(reader, genesis: genesis)
            // Final when the ledger was made to begin there.
            let base = try reader.baseHeight()
            func hasQuorum(_ height: Height) throws -> Bool {
                let judges = sets.judges(of: height)
                let signers = Set(try reader.attestations(at: height).map(\.member))
                return judges.members.count { signers.contains($0.id) } >= judges.quorum
            }
            // No quorum counts beyond a change of members without its own.
            let open = try sets.changes.first {
                try $0.height > base && !hasQuorum($0.height)
            }
            var height = try reader.tip().header.height
            if let open { height = min(height, open.height) }
            while height > base, try !hasQuorum(height) { height = Height(height.rawValue - 1) }
            return height
        }
    }
}
