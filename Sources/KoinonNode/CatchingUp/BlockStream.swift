import KoinonLedger
import KoinonMachine
import KoinonProtocol
import KoinonStore

/// A whole block as it travels from one node to another: what it takes to build it again
/// and to see that it is final.
public struct StreamedBlock: Sendable, Equatable {
    public var header: BlockHeader
    /// Signed `AttestationBody`s over ``header``, by those who judge it; perhaps none, when
    /// the quorum of a later block makes it final.
    public var attestations: [Envelope]
    /// Those with effect since the block before, in order.
    public var entries: [Envelope]

    public init(header: BlockHeader, attestations: [Envelope], entries: [Envelope]) {
        self.header = header
        self.attestations = attestations
        self.entries = entries
    }
}

/// The binary form of a sequence of blocks (docs/formats/blocks-stream.md).
///
/// A stream is a sequence of items, each `length u32 ‖ kind u8 ‖ content`; a block is its
/// header, then its attestations, then its entries.
public enum BlockStream {
    public static let mediaType = "application/vnd.koinon.blocks"

    /// The content of an item: an entry is the largest.
    public static let itemBytesMaximum = EntryLimits.bytes
    /// What one block may have in all; a reader keeps a block in memory.
    public static let blockBytesMaximum = 256 * 1_048_576

    enum Kind: UInt8 {
        case header = 1
        case attestation = 2
        case entry = 3
        case end = 4
    }

    /// How a stream ends that was not cut off.
    public struct End: Sendable, Equatable {
        /// Where to go on asking.
        public var next: Height
        /// The highest block that the sender knows to be final.
        public var finalHeight: Height

        public init(next: Height, finalHeight: Height) {
            self.next = next
            self.finalHeight = finalHeight
        }
    }

    /// The items of one block, one behind the other, each handed to `body` as bytes.
    public static func write(
        _ block: StreamedBlock, _ body: (_ item: [UInt8]) throws -> Void
    ) rethrows {
        try body(item(.header, block.header.encoded))
        for attestation in block.attestations { try body(item(.attestation, attestation.packed)) }
        for entry in block.entries { try body(item(.entry, entry.packed)) }
    }

    public static func bytes(of end: End) -> [UInt8] {
        var content: [UInt8] = []
        content.append(bigEndian: end.next.rawValue)
        content.append(bigEndian: end.finalHeight.rawValue)
        return item(.end, content)
    }

    private static func item(_ kind: Kind, _ content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(5 + content.count)
        bytes.append(bigEndian: UInt32(content.count + 1))
        bytes.append(kind.rawValue)
        bytes += content
        return bytes
    }
}

/// Why bytes are no stream of blocks.
public enum BlockStreamFault: Error, Equatable, Sendable, CustomStringConvertible {
    case itemLength(Int)
    case unknownKind(UInt8)
    /// An item stands where none of its kind may.
    case outOfPlace(String)
    case malformed(String)
    case blockTooLarge(Height)
    /// The stream ended within an item or a block, or without its end.
    case cutOff

    public var description: String {
        switch self {
        case .itemLength(let count):
            "an item of \(count) bytes; 1 to \(BlockStream.itemBytesMaximum + 1) are allowed"
        case .unknownKind(let kind): "an item of kind \(kind), which means nothing"
        case .outOfPlace(let what): "\(what) where none may stand"
        case .malformed(let what): what
        case .blockTooLarge(let height):
            "block \(height) has more than \(BlockStream.blockBytesMaximum) bytes"
        case .cutOff: "it was cut off"
        }
    }
}

/// Takes a stream of blocks apart, however its bytes come in; keeps one block at most.
public struct BlockStreamReader: Sendable {
    private var buffer: [UInt8] = []
    private var start = 0
    private var block: StreamedBlock?
    private var blockBytes = 0
    /// Set by the item that ends the stream; nothing may follow.
    public private(set) var end: BlockStream.End?

    public init() {}

    /// The blocks that are whole with these bytes, in order.
    ///
    /// - Throws: ``BlockStreamFault`` at the first byte that does not belong.
    public mutating func read(_ bytes: [UInt8]) throws(BlockStreamFault) -> [StreamedBlock] {
        buffer += bytes
        var blocks: [StreamedBlock] = []
        while let (kind, content) = try nextItem() {
            if let block = try take(kind, content) { blocks.append(block) }
        }
        if start > 0 {
            buffer.removeFirst(start)
            start = 0
        }
        return blocks
    }

    /// To be called when no more bytes come.
    ///
    /// - Throws: ``BlockStreamFault`` unless the stream had its end, and nothing behind it.
    public func finish() throws(BlockStreamFault) {
        guard end != nil else { throw .cutOff }
        guard buffer.isEmpty else { throw .outOfPlace("bytes after the end") }
    }

    private mutating func nextItem() throws(BlockStreamFault) -> (UInt8, ArraySlice<UInt8>)? {
        guard buffer.count - start >= 4 else { return nil }
        let length = buffer[start..<start + 4].reduce(0) { $0 << 8 | Int($1) }
        guard (1...BlockStream.itemBytesMaximum + 1).contains(length) else {
            throw .itemLength(length)
        }
        guard end == nil else { throw .outOfPlace("an item after the end") }
        guard buffer.count - start >= 4 + length else { return nil }
        let kind = buffer[start + 4]
        let content = buffer[start + 5..<start + 4 + length]
        start += 4 + length
        return (kind, content)
    }

    private mutating func take(
        _ number: UInt8, _ content: ArraySlice<UInt8>
    ) throws(BlockStreamFault) -> StreamedBlock? {
        guard let kind = BlockStream.Kind(rawValue: number) else { throw .unknownKind(number) }
        switch kind {
        case .header:
            let whole = try takeBlock()
            do throws(HeaderFault) {
                block = StreamedBlock(
                    header: try BlockHeader(encoded: Array(content)), attestations: [],
                    entries: [])
            } catch {
                throw .malformed(error.description)
            }
            blockBytes = 0
            return whole
        case .attestation:
            guard block?.entries.isEmpty == true else { throw .outOfPlace("an attestation") }
            let envelope = try envelope(content, "an attestation")
            block?.attestations.append(envelope)
        case .entry:
            let envelope = try envelope(content, "an entry")
            guard block != nil else { throw .outOfPlace("an entry") }
            block?.entries.append(envelope)
        case .end:
            let whole = try takeBlock()
            guard content.count == 16 else { throw .malformed("the end has not 16 bytes") }
            let numbers = [content.prefix(8), content.suffix(8)].map { bytes in
                Height(bytes.reduce(0) { $0 << 8 | UInt64($1) })
            }
            end = BlockStream.End(next: numbers[0], finalHeight: numbers[1])
            return whole
        }
        return nil
    }

    /// The block that what comes next does not belong to.
    private mutating func takeBlock() throws(BlockStreamFault) -> StreamedBlock? {
        guard let whole = block else { return nil }
        guard !whole.entries.isEmpty else {
            throw .outOfPlace("block \(whole.header.height) without entries")
        }
        block = nil
        return whole
    }

    private mutating func envelope(
        _ content: ArraySlice<UInt8>, _ what: String
    ) throws(BlockStreamFault) -> Envelope {
        blockBytes += content.count + 5
        guard blockBytes <= BlockStream.blockBytesMaximum else {
            throw .blockTooLarge(block?.header.height ?? .genesis)
        }
        do throws(EnvelopeFault) {
            return try Envelope(packed: Array(content))
        } catch {
            throw .malformed("\(what): \(error)")
        }
    }
}

extension [UInt8] {
    mutating func append(bigEndian value: some FixedWidthInteger) {
        Swift.withUnsafeBytes(of: value.bigEndian) { append(contentsOf: $0) }
    }
}

extension LedgerReader {
    /// A stored block as it travels; nil above the tip, and for block 0, which everybody
    /// makes from the genesis document.
    ///
    /// - Throws: the store's fault.
    public func streamedBlock(at height: Height) throws -> StreamedBlock? {
        guard height > .genesis, let block = try block(at: height) else { return nil }
        return StreamedBlock(
            header: block.header,
            attestations: try attestations(at: height).map(\.envelope),
            entries: try entries(ofBlock: height))
    }
}
