import CZlib

/// Unpacks gzip (RFC 1952) piece by piece, with the system's zlib. Several members one
/// after the other are one file, as `gzip` itself reads them.
///
/// Used by one reader at a time; not Sendable.
final class GzipInflater {
    static let magic: [UInt8] = [0x1f, 0x8b]
    private static let pieceBytes = 256 * 1024

    private let file: String
    /// On the heap, since zlib remembers the address of its stream and refuses a moved
    /// one. Owned by this object alone, freed in `deinit`.
    private let stream: UnsafeMutablePointer<z_stream>
    private var input: [UInt8] = []
    private var consumed = 0
    /// Whether the last member is complete and nothing of another was seen.
    private var betweenMembers = false

    /// - Throws: ``CSVFault/Problem/damagedGzip(_:)`` when zlib cannot start, for want of
    ///   memory.
    init(file: String) throws(CSVFault) {
        self.file = file
        stream = .allocate(capacity: 1)
        stream.initialize(to: z_stream())
        // 15: the largest window; 16 more: gzip framing with its checksum.
        let status = inflateInit2_(
            stream, 15 + 16, ZLIB_VERSION, Int32(MemoryLayout<z_stream>.size))
        guard status == Z_OK else {
            throw CSVFault(file: file, problem: .damagedGzip("zlib status \(status)"))
        }
    }

    deinit {
        inflateEnd(stream)
        stream.deinitialize(count: 1)
        stream.deallocate()
    }

    /// The next packed bytes. Only after ``inflate()`` returned nothing.
    func feed(_ bytes: [UInt8]) {
        input = bytes
        consumed = 0
    }

    /// Unpacks some of what was fed; empty when more is needed.
    func inflate() throws(CSVFault) -> [UInt8] {
        while consumed < input.count {
            if betweenMembers {
                inflateReset(stream)
                betweenMembers = false
            }
            let before = consumed
            let (piece, status) = step()
            let advanced = consumed > before || !piece.isEmpty
            guard advanced, status == Z_OK || status == Z_STREAM_END else {
                let reason = stream.pointee.msg.map { String(cString: $0) }
                throw CSVFault(
                    file: file, problem: .damagedGzip(reason ?? "zlib status \(status)"))
            }
            if status == Z_STREAM_END { betweenMembers = true }
            if !piece.isEmpty { return piece }
        }
        return []
    }

    /// At the end of the file.
    /// - Throws: ``CSVFault/Problem/unfinishedGzip`` when a member is not complete.
    func finish() throws(CSVFault) {
        guard betweenMembers else { throw CSVFault(file: file, problem: .unfinishedGzip) }
    }

    /// One call of zlib. The pointers it is given live as long as the call: both are
    /// taken back before the buffers' scopes end.
    private func step() -> (piece: [UInt8], status: Int32) {
        var status = Z_OK
        let available = input.count - consumed
        let piece = [UInt8](unsafeUninitializedCapacity: Self.pieceBytes) { output, count in
            input.withUnsafeMutableBufferPointer { bytes in
                stream.pointee.next_in = bytes.baseAddress.map { $0 + consumed }
                stream.pointee.avail_in = UInt32(available)
                stream.pointee.next_out = output.baseAddress
                stream.pointee.avail_out = UInt32(output.count)
                status = CZlib.inflate(stream, Z_NO_FLUSH)
                count = output.count - Int(stream.pointee.avail_out)
                stream.pointee.next_in = nil
                stream.pointee.next_out = nil
            }
        }
        consumed += available - Int(stream.pointee.avail_in)
        return (piece, status)
    }
}
