import KoinonMachine
import KoinonStore

/// The state in a store's view, read row by row: the modules' queries work on it
/// without the whole state in memory.
///
/// Lives inside one `LedgerStore.read`. What goes wrong while reading is kept until
/// ``check()``, because a `StateReader` cannot throw.
public final class StoredState: StateReader {
    private let reader: LedgerReader
    public let derived = DerivedValues()
    private var fault: (any Error)?

    public init(_ reader: LedgerReader) {
        self.reader = reader
    }

    public func value(for key: [UInt8]) -> [UInt8]? {
        do { return try reader.stateRow(key)?.value } catch {
            fault = fault ?? error
            return nil
        }
    }

    public func rows(
        prefix: [UInt8], from lower: [UInt8], limit: Int
    ) -> [(key: [UInt8], value: [UInt8])] {
        struct Enough: Error {}
        var rows: [(key: [UInt8], value: [UInt8])] = []
        do {
            try reader.forEachStateRow(prefix: prefix) { row in
                guard rows.count < limit else { throw Enough() }
                if !row.key.lexicographicallyPrecedes(lower) { rows.append((row.key, row.value)) }
            }
        } catch is Enough {
        } catch {
            fault = fault ?? error
        }
        return rows
    }

    /// - Throws: the first fault since the view was opened; what was read is then worth nothing.
    public func check() throws {
        if let fault { throw fault }
    }
}

extension LedgerStore {
    /// Reads the state after the last block, and says which that is.
    public func readState<Result>(
        _ body: (StoredState, LedgerReader) throws -> Result
    ) throws -> Result {
        try read { reader in
            let state = StoredState(reader)
            let result = try body(state, reader)
            try state.check()
            return result
        }
    }
}
