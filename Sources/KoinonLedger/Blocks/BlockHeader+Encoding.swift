import KoinonProtocol

/// Why bytes are no block header.
public enum HeaderFault: Error, Equatable, CustomStringConvertible {
    case length(Int)
    case version(UInt32)
    case proposer
    /// Epoch, height or time lie beyond what any block has.
    case number(field: String)

    public var description: String {
        switch self {
        case .length(let count):
            "a header has \(BlockHeader.encodedByteCount) bytes, not \(count)"
        case .version(let version):
            "the header's version is \(version); this program knows version 1, take a newer one"
        case .proposer:
            "the header's proposer is no member name padded with zero bytes to 32"
        case .number(let field):
            "the header's \(field) is beyond what any block has"
        }
    }
}

extension BlockHeader {
    public static let encodedByteCount = 348
    /// Of an epoch and of a height: more than will ever be, and one more can still be counted.
    public static let numberMaximum: UInt64 = 1 << 62

    /// The fixed binary form; integers big endian; no two headers share one.
    public var encoded: [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Self.encodedByteCount)
        func append(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.bigEndian) { bytes.append(contentsOf: $0) }
        }
        func append(_ value: some Bytes32) {
            value.storage.withBytes { bytes.append(contentsOf: $0) }
        }
        append(version)
        append(chain)
        append(epoch)
        append(height.rawValue)
        append(parent)
        append(time.milliseconds)
        append(entriesRoot)
        append(transactionsRoot)
        append(receiptsRoot)
        append(stateRoot)
        append(historyRoot)
        append(membersHash)
        append(nextMembersHash)
        bytes.append(contentsOf: proposer?.rawValue.utf8 ?? "".utf8)
        bytes.append(
            contentsOf: repeatElement(0, count: Self.encodedByteCount - bytes.count))
        return bytes
    }

    /// Reads the fixed binary form and refuses everything that `encoded` would not write.
    public init(encoded bytes: [UInt8]) throws(HeaderFault) {
        guard bytes.count == Self.encodedByteCount else { throw .length(bytes.count) }
        var reader = Reader(bytes: bytes)
        let version = UInt32(reader.integer(byteCount: 4))
        guard version == Self.currentVersion else { throw .version(version) }
        chain = ChainID(storage: reader.storage32())
        epoch = reader.integer(byteCount: 8)
        height = Height(reader.integer(byteCount: 8))
        parent = Hash256(storage: reader.storage32())
        time = Timestamp(milliseconds: reader.integer(byteCount: 8))
        entriesRoot = Hash256(storage: reader.storage32())
        transactionsRoot = Hash256(storage: reader.storage32())
        receiptsRoot = Hash256(storage: reader.storage32())
        stateRoot = Hash256(storage: reader.storage32())
        historyRoot = Hash256(storage: reader.storage32())
        membersHash = Hash256(storage: reader.storage32())
        nextMembersHash = Hash256(storage: reader.storage32())
        let padded = bytes[reader.position...]
        let name = padded.prefix { $0 != 0 }
        guard padded[name.endIndex...].allSatisfy({ $0 == 0 }) else { throw .proposer }
        if name.isEmpty {
            proposer = nil
        } else {
            guard let member = MemberID(rawValue: String(decoding: name, as: UTF8.self)) else {
                throw .proposer
            }
            proposer = member
        }
        guard epoch <= Self.numberMaximum else { throw .number(field: "epoch") }
        guard height.rawValue <= Self.numberMaximum else { throw .number(field: "height") }
        guard time <= .maximum else { throw .number(field: "time") }
    }

    /// Reads fields one after the other from bytes known to be enough.
    private struct Reader {
        let bytes: [UInt8]
        var position = 0

        mutating func integer(byteCount: Int) -> UInt64 {
            defer { position += byteCount }
            return bytes[position..<position + byteCount].reduce(0) { $0 << 8 | UInt64($1) }
        }

        mutating func storage32() -> Storage32 {
            defer { position += 32 }
            return bytes.withUnsafeBytes {
                Storage32(reading: UnsafeRawBufferPointer(rebasing: $0[position...]))
            }
        }
    }
}
