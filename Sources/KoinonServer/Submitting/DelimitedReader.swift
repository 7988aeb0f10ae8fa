import NIOCore

/// Cuts a stream of bytes into messages, each behind its length as a varint.
package struct DelimitedReader {
    private var buffer = ByteBuffer()
    package let maximum: Int

    /// - Parameter maximum: bytes of one message; more is a fault, before they are read.
    package init(maximum: Int) { self.maximum = maximum }

    package var isEmpty: Bool { buffer.readableBytes == 0 }

    package mutating func add(_ bytes: ByteBuffer) {
        var bytes = bytes
        if buffer.readableBytes == 0 { buffer.clear() }
        buffer.writeBuffer(&bytes)
        buffer.discardReadBytes()
    }

    /// Nil when the next message is not whole yet.
    ///
    /// - Throws: ``Problem`` for a length that is none or too large.
    package mutating func next() throws -> [UInt8]? {
        guard let (length, size) = try lengthAhead(), buffer.readableBytes >= size + length
        else { return nil }
        buffer.moveReaderIndex(forwardBy: size)
        return buffer.readBytes(length: length)
    }

    private func lengthAhead() throws -> (length: Int, size: Int)? {
        var length = 0
        for index in 0..<5 {
            guard
                let byte = buffer.getInteger(
                    at: buffer.readerIndex + index, as: UInt8.self)
            else { return nil }
            length |= Int(byte & 0x7f) << (7 * index)
            guard byte & 0x80 == 0 else { continue }
            guard length <= maximum else { break }
            return (length, index + 1)
        }
        throw Problem.badField(
            "body", "announces a message of more than \(maximum) bytes",
            remedy: "write each Signed message behind its length as a varint")
    }
}
