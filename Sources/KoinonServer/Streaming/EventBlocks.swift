import KoinonNode
import KoinonProtocol
import KoinonStore
import Synchronization

/// The events of blocks as lines, read from the store; the last ones asked for are kept, since
/// a thousand readers who follow the chain want the same block.
final class EventBlocks: Sendable {
    private struct State {
        var blocks: [Height: [EventLine]] = [:]
        /// In the order of their coming.
        var order: [Height] = []
        var bytes = 0
    }

    private let store: LedgerStore
    private let state = Mutex(State())

    /// Of all lines kept; the last block stays whatever its size.
    private static let bytesMaximum = 32 * 1_048_576

    init(store: LedgerStore) { self.store = store }

    /// Of a durable block.
    ///
    /// - Throws: the store's fault.
    func events(of height: Height) throws -> [EventLine] {
        if let known = state.withLock({ $0.blocks[height] }) { return known }
        let lines = try store.read { try $0.events(ofBlock: height) }
        let size = lines.reduce(0) { $0 + $1.text.utf8.count }
        state.withLock { state in
            guard state.blocks[height] == nil else { return }
            state.blocks[height] = lines
            state.order.append(height)
            state.bytes += size
            while state.bytes > Self.bytesMaximum, state.order.count > 1 {
                let oldest = state.order.removeFirst()
                let gone = state.blocks.removeValue(forKey: oldest) ?? []
                state.bytes -= gone.reduce(0) { $0 + $1.text.utf8.count }
            }
        }
        return lines
    }
}
