import KoinonNode

extension FuzzTarget {
    /// A stream of blocks as another member's node sends it.
    public static let streams = FuzzTarget(
        "streams", maximumBytes: 32_768, madeSeeds: StreamContent.seeds
    ) { bytes in
        let whole = StreamContent(bytes, inPiecesOf: max(bytes.count, 1))
        let single = StreamContent(bytes, inPiecesOf: 1)
        try single.check(against: bytes)
        try hold(
            whole.fault == single.fault && whole.end == single.end,
            "byte by byte it ends otherwise")
        // What is wrong with a piece takes the blocks in it along.
        try hold(
            single.blocks.starts(with: whole.blocks)
                && (whole.fault.map { $0 != .cutOff } ?? false || whole.blocks == single.blocks),
            "byte by byte it holds other blocks")
        let few = StreamContent(bytes, inPiecesOf: 7)
        try hold(
            few.fault == single.fault && single.blocks.starts(with: few.blocks),
            "read 7 bytes at a time it is another stream")
    }
}

/// All that a reader gives: blocks until the end or a fault.
private struct StreamContent {
    var blocks: [StreamedBlock] = []
    var end: BlockStream.End?
    var fault: BlockStreamFault?

    init(_ bytes: [UInt8], inPiecesOf size: Int) {
        var reader = BlockStreamReader()
        do throws(BlockStreamFault) {
            for start in stride(from: 0, to: bytes.count, by: size) {
                blocks += try reader.read(Array(bytes[start..<min(start + size, bytes.count)]))
            }
            try reader.finish()
        } catch {
            fault = error
        }
        end = reader.end
    }

    /// The blocks and the end, written again, are the bytes that were read.
    func check(against bytes: [UInt8]) throws(Violation) {
        var written: [UInt8] = []
        for block in blocks { BlockStream.write(block) { written += $0 } }
        guard let fault else {
            guard let end else { throw Violation("a whole stream without its end") }
            written += BlockStream.bytes(of: end)
            return try hold(written == bytes, "the stream is not written as it was read")
        }
        try hold(!fault.description.isEmpty, "a fault without a text")
        try hold(bytes.starts(with: written), "the blocks are not written as they were read")
        try hold(
            blocks.allSatisfy { block in
                !block.entries.isEmpty
                    && block.entries.allSatisfy {
                        $0.packed.count <= BlockStream.itemBytesMaximum
                    }
            }, "a block without entries, or taken beyond a limit")
    }

    @Sendable static func seeds() -> [[UInt8]] {
        let world = FuzzWorld.shared
        func stream(_ blocks: some Sequence<StreamedBlock>) -> [UInt8] {
            var bytes: [UInt8] = []
            for block in blocks { BlockStream.write(block) { bytes += $0 } }
            return bytes
                + BlockStream.bytes(
                    of: .init(
                        next: world.header.height.next, finalHeight: world.header.height))
        }
        let unsigned = world.blocks.prefix(3).map { block in
            StreamedBlock(header: block.header, attestations: [], entries: block.entries)
        }
        let whole = stream(world.blocks.suffix(4))
        return [
            stream([]), stream(world.blocks.prefix(1)), whole, stream(unsigned),
            Array(whole.dropLast(3)), whole + [0],
        ]
    }
}
