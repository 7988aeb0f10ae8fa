/// Reads protobuf's wire format field by field without making messages: for the few rows
/// that every transaction reads, where making the message costs more than the rest, and for
/// messages of which only a part is wanted.
public struct WireReader {
    private let bytes: UnsafeRawBufferPointer
    /// Where the next field begins.
    public private(set) var position = 0

    public init(_ bytes: UnsafeRawBufferPointer) {
        self.bytes = bytes
    }

    /// What a field holds, as far as what is read so has it.
    public enum Value {
        case number(UInt64)
        case bytes(UnsafeRawBufferPointer)
    }

    /// The next field; nil at the end.
    ///
    /// Only for bytes that the machine wrote itself: others are a damaged store, which stops it.
    public mutating func next() -> (field: Int, value: Value)? {
        do { return try checkedNext() } catch {
            preconditionFailure("a row of state is not in protobuf's wire format")
        }
    }

    /// The next field; nil at the end.
    ///
    /// - Throws: `MessageFault.malformed`, also for numbers of fixed length and for groups.
    public mutating func checkedNext() throws(MessageFault) -> (field: Int, value: Value)? {
        guard position < bytes.count else { return nil }
        let tag = try varint()
        switch tag & 7 {
        case 0: return (Int(tag >> 3), .number(try varint()))
        case 2:
            let count = Int(clamping: try varint())
            guard count <= bytes.count - position else { throw .malformed }
            defer { position += count }
            return (
                Int(tag >> 3),
                .bytes(UnsafeRawBufferPointer(rebasing: bytes[position..<position + count]))
            )
        default: throw .malformed
        }
    }

    private mutating func varint() throws(MessageFault) -> UInt64 {
        var value = UInt64(0)
        var shift = UInt64(0)
        while position < bytes.count, shift < 64 {
            let byte = bytes[position]
            position += 1
            value |= UInt64(byte & 0x7f) << shift
            if byte < 0x80 { return value }
            shift += 7
        }
        throw .malformed
    }
}

extension [UInt8] {
    /// A length-delimited field, as protobuf writes it.
    public mutating func append(field: Int, _ content: [UInt8]) {
        append(varint: UInt64(field << 3 | 2))
        append(varint: UInt64(content.count))
        append(contentsOf: content)
    }

    public mutating func append(varint value: UInt64) {
        var rest = value
        while rest >= 0x80 {
            append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        append(UInt8(rest))
    }

    /// How many bytes a number takes.
    public static func varintByteCount(_ value: UInt64) -> Int {
        Swift.max(1, (70 - value.leadingZeroBitCount) / 7)
    }
}
