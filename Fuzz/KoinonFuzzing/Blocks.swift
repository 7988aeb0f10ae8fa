import KoinonLedger
import KoinonProtocol

extension FuzzTarget {
    /// A block as a store or a peer gives it: the header's fixed form, then the result
    /// (timers and receipts).
    public static let blocks = FuzzTarget("blocks", maximumBytes: 16_384) { bytes in
        let head = Array(bytes.prefix(BlockHeader.encodedByteCount))
        let header = try taken { () throws(HeaderFault) in try BlockHeader(encoded: head) }
        if let header {
            try hold(header.encoded == head, "the header is not written as it was read")
            let again = try taken { () throws(HeaderFault) in
                try BlockHeader(encoded: header.encoded)
            }
            try hold(again == header && again?.hash == header.hash, "the header changes")
        }
        let rest = Array(bytes.dropFirst(BlockHeader.encodedByteCount))
        guard let result = try MessageProperties.decode(BlockResult.self, rest) else { return }
        for receipt in result.receipts {
            let leaf = try MessageProperties.decode(Receipt.self, receipt.encoded)
            try hold(leaf == receipt, "a receipt alone reads otherwise than in its block")
        }
        for timer in result.timers {
            let leaf = try MessageProperties.decode(TimerRecord.self, timer.encoded)
            try hold(leaf == timer, "a timer alone reads otherwise than in its block")
        }
    }
}
