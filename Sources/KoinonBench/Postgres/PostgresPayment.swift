import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol

/// A signed payment as the parameters of the statement `pay`, in binary form.
struct PostgresPayment {
    private let parameters: [[UInt8]]

    /// Checks form and signature, as a service does before it asks its database.
    ///
    /// - Throws: ``BenchFault`` when it is not one payment with a true signature.
    init(_ envelope: Envelope, chain: ChainID) throws {
        let transaction = try CheckedTransaction(envelope, chain: chain)
        guard transaction.body.actions.count == 1,
            case .money(let money)? = transaction.body.actions[0].module,
            case .transfer(let transfer)? = money.action
        else { throw BenchFault("the comparison takes transactions of one payment") }
        parameters = [
            transaction.sender.bytes, envelope.publicKey.bytes,
            Self.bytes(transaction.body.nonce), Array(transfer.to),
            Self.bytes(transfer.amountMinor), transaction.id.bytes, envelope.packed,
        ]
    }

    private static func bytes(_ number: UInt64) -> [UInt8] {
        withUnsafeBytes(of: number.bigEndian) { Array($0) }
    }

    /// Types of the parameters, in order.
    static let types = "bytea, bytea, bigint, bytea, bigint, bytea, bytea"

    func withParameters<Result>(
        _ body: (
            UnsafeBufferPointer<UnsafePointer<CChar>?>, UnsafePointer<Int32>?,
            UnsafePointer<Int32>?
        ) -> Result
    ) -> Result {
        let lengths = parameters.map { Int32($0.count) }
        let formats = [Int32](repeating: 1, count: parameters.count)
        // One piece, so that all addresses hold at once.
        let joined = Array(parameters.joined())
        return joined.withUnsafeBytes { bytes in
            var offset = 0
            let values = parameters.map { parameter -> UnsafePointer<CChar>? in
                defer { offset += parameter.count }
                return bytes.baseAddress.map {
                    ($0 + offset).assumingMemoryBound(to: CChar.self)
                }
            }
            return values.withUnsafeBufferPointer { body($0, lengths, formats) }
        }
    }
}
