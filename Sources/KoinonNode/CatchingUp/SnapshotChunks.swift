import KoinonLedger
import KoinonProtocol

/// The bytes of a snapshot's chunks (docs/formats/snapshot.md).
package enum SnapshotChunks {
    /// A chunk of rows ends with the row by which it has as many bytes.
    static let rowBytesAim = 1_048_576
    /// Hashes in a chunk of the history.
    static let hashesPerChunk = 32_768

    package typealias Row = (key: [UInt8], value: [UInt8])

    /// key length u16 ‖ key ‖ value length u32 ‖ value, integers big endian.
    package static func append(_ row: Row, to bytes: inout [UInt8]) {
        bytes.append(bigEndian: UInt16(row.key.count))
        bytes += row.key
        bytes.append(bigEndian: UInt32(row.value.count))
        bytes += row.value
    }

    /// - Parameter last: the last key of the chunk before; keys ascend.
    /// - Throws: ``SnapshotFault/malformed(_:)``
    package static func rows(
        in bytes: [UInt8], after last: inout [UInt8]?
    ) throws(SnapshotFault) -> [Row] {
        var rows: [Row] = []
        rows.reserveCapacity(bytes.count / 96)
        var place = 0
        func take(_ count: Int) throws(SnapshotFault) -> ArraySlice<UInt8> {
            guard count <= bytes.count - place else { throw .malformed("a row is cut off") }
            defer { place += count }
            return bytes[place..<place + count]
        }
        func number(_ count: Int) throws(SnapshotFault) -> Int {
            try take(count).reduce(0) { $0 << 8 | Int($1) }
        }
        while place < bytes.count {
            let key = Array(try take(try number(2)))
            let value = Array(try take(try number(4)))
            if let last, !last.lexicographicallyPrecedes(key) {
                throw .malformed("rows do not ascend by key")
            }
            last = key
            rows.append((key, value))
        }
        return rows
    }

    package static func hashes(in bytes: [UInt8]) throws(SnapshotFault) -> [Hash256] {
        guard bytes.count.isMultiple(of: 32) else { throw .malformed("a hash is cut off") }
        return stride(from: 0, to: bytes.count, by: 32).compactMap {
            Hash256(Array(bytes[$0..<$0 + 32]))
        }
    }
}
