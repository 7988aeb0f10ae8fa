import KoinonProtocol

/// The `BlockResult` of a stored block, of which only what is asked for is decoded: a block may
/// have thousands of receipts, and most readers look at few of them.
///
/// Bytes that do not decode are ``StoreFault/damaged(what:height:cause:)``: around timers and
/// receipts when it is made, within one of them when that is asked for.
public struct StoredResult: Sendable {
    private let height: Height
    private let bytes: [UInt8]
    private let timers: [Range<Int>]
    private let receipts: [Range<Int>]

    /// - Parameter bytes: the encoded message; none are a result without leaves.
    init(_ bytes: [UInt8], at height: Height) throws {
        self.height = height
        self.bytes = bytes
        (timers, receipts) = try Self.decoding(at: height) { try Self.split(bytes) }
    }

    /// Where the content of each timer and receipt stands.
    private static func split(
        _ bytes: [UInt8]
    ) throws -> (timers: [Range<Int>], receipts: [Range<Int>]) {
        var timers: [Range<Int>] = []
        var receipts: [Range<Int>] = []
        try bytes.withUnsafeBytes { bytes in
            var reader = WireReader(bytes)
            while let (field, value) = try reader.checkedNext() {
                guard case .bytes(let content) = value else { throw MessageFault.malformed }
                let place = reader.position - content.count..<reader.position
                switch field {
                case 1: timers.append(place)
                case 2: receipts.append(place)
                default: throw MessageFault.unknownFields(message: "the message")
                }
            }
        }
        return (timers, receipts)
    }

    /// How many leaves the block's trees have; the first are those of timers.
    public var receiptCount: Int { receipts.count }

    /// - Precondition: `leaf` is below ``receiptCount``.
    public func receipt(at leaf: Int) throws -> Receipt {
        try Self.decoding(at: height) { try Receipt(strict: Array(bytes[receipts[leaf]])) }
    }

    /// The receipt's code, without decoding the rest; 0 when the leaf was done.
    ///
    /// - Precondition: `leaf` is below ``receiptCount``.
    public func receiptCode(at leaf: Int) throws -> UInt32 {
        try Self.decoding(at: height) {
            try bytes[receipts[leaf]].withUnsafeBytes { bytes in
                var reader = WireReader(bytes)
                var code = UInt32(0)
                while let (field, value) = try reader.checkedNext() {
                    if field == 1, case .number(let number) = value {
                        code = UInt32(truncatingIfNeeded: number)
                    }
                }
                return code
            }
        }
    }

    /// All receipts as they are hashed in the receipts tree.
    public var encodedReceipts: [[UInt8]] { receipts.map { Array(bytes[$0]) } }

    /// What ran before the transactions: timer i has receipt i.
    public func decodedTimers() throws -> [TimerRecord] {
        try Self.decoding(at: height) {
            try timers.map { try TimerRecord(strict: Array(bytes[$0])) }
        }
    }

    private static func decoding<Value>(
        at height: Height, _ body: () throws -> Value
    ) throws -> Value {
        do { return try body() } catch let fault as MessageFault {
            throw StoreFault.damaged(
                what: "its receipts do not decode: \(fault)", height: height, cause: nil)
        }
    }
}
