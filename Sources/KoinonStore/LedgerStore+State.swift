import KoinonLedger
import KoinonMachine
import KoinonProtocol

extension LedgerStore {
    /// What stands under a key after a stored block, and which block that is: the last one, also
    /// while rows of this store are deferred. Another process's deferred rows are not seen.
    ///
    /// - Returns: no row where the key is absent.
    /// - Throws: ``StoreFault``.
    public func stateRow(_ key: [UInt8]) throws -> (row: StateRow?, height: Height) {
        // Before the table is looked at: rows that are written meanwhile are then in both, and
        // none is in neither.
        let deferred = deferredBlocks
        return try read { reader in
            let indexed = try reader.indexedHeight()
            guard let last = deferred.last?.header.height, last > indexed else {
                return (try reader.stateRow(key), indexed)
            }
            for block in deferred.reversed() {
                let height = block.header.height
                guard height > indexed else { break }
                guard let change = block.change(of: key) else { continue }
                return (
                    change.value.map { StateRow(key: key, value: $0, height: height) }, last
                )
            }
            return (try reader.stateRow(key), last)
        }
    }
}

extension ExecutedBlock {
    /// What the block did to a row; nil when it left it alone.
    fileprivate func change(of key: [UInt8]) -> StateChange? {
        var (low, high) = (0, changes.count)
        while low < high {
            let middle = (low + high) / 2
            let order = ByteOrder.compare(changes[middle].key, key)
            if order == 0 { return changes[middle] }
            if order < 0 { low = middle + 1 } else { high = middle }
        }
        return nil
    }
}
