import KoinonLedger
import KoinonProtocol

/// One changed row of state; a nil value means that the row is gone.
public struct StateChange: Sendable, Equatable {
    public var key: [UInt8]
    public var value: [UInt8]?

    public init(key: [UInt8], value: [UInt8]?) {
        self.key = key
        self.value = value
    }
}

/// Everything that closing one block produced, ready to be stored.
public struct ExecutedBlock: Sendable {
    public var header: BlockHeader
    /// The entries with effect since the block before, in order.
    public var entries: [Envelope]
    /// Encoded `BlockResult`: timers and receipts, leaf by leaf.
    public var result: [UInt8]
    /// The receipts in ``result``, for whoever waits for them; empty for a block that was
    /// not executed here.
    public var receipts: [Receipt]
    /// Id and leaf index of each executed transaction, in order; timers' leaves come first.
    public var transactions: [(id: Hash256, leaf: Int)]
    /// Ascending by key, each key once.
    public var changes: [StateChange]

    public init(
        header: BlockHeader, entries: [Envelope], result: [UInt8], receipts: [Receipt] = [],
        transactions: [(id: Hash256, leaf: Int)], changes: [StateChange]
    ) {
        self.header = header
        self.entries = entries
        self.result = result
        self.receipts = receipts
        self.transactions = transactions
        self.changes = changes
    }
}
