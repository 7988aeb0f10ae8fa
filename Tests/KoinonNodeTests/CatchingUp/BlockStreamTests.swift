import Foundation
import KoinonLedger
import KoinonProtocol
import TestSeeds
import Testing

@testable import KoinonNode
@testable import TestNodes

/// docs/formats/blocks-stream.md
@Suite("A stream of blocks")
struct BlockStreamTests {
    private static func sample() async throws -> (blocks: [StreamedBlock], bytes: [UInt8]) {
        let sample = try await SampleLedger.shared.value
        let blocks = try await sample.home.reading { store in
            try store.read { reader in
                try (1...sample.tip.height.rawValue).compactMap {
                    try reader.streamedBlock(at: Height($0))
                }
            }
        }
        var bytes: [UInt8] = []
        for block in blocks { BlockStream.write(block) { bytes += $0 } }
        bytes += BlockStream.bytes(
            of: .init(next: sample.tip.height.next, finalHeight: sample.tip.height))
        return (blocks, bytes)
    }

    @Test(arguments: [1, 7, 100, 65_536]) func `reads the same in pieces of any length`(
        length: Int
    ) async throws {
        let (blocks, bytes) = try await Self.sample()
        var reader = BlockStreamReader()
        var read: [StreamedBlock] = []
        for start in stride(from: 0, to: bytes.count, by: length) {
            read += try reader.read(Array(bytes[start..<min(start + length, bytes.count)]))
        }
        try reader.finish()
        #expect(read == blocks && blocks.count > 10)
        #expect(reader.end?.next == blocks.last?.header.height.next)
    }

    /// Any single byte that is cut off is missed.
    @Test func `notices where it is cut off`() async throws {
        let (_, bytes) = try await Self.sample()
        for count in stride(from: 0, to: bytes.count, by: 97) {
            var reader = BlockStreamReader()
            _ = try reader.read(Array(bytes.prefix(count)))
            #expect(throws: BlockStreamFault.cutOff) { try reader.finish() }
        }
    }

    @Test func `takes nothing behind its end`() async throws {
        let (_, bytes) = try await Self.sample()
        for count in 1...3 {
            var reader = BlockStreamReader()
            _ = try reader.read(bytes + Array(repeating: 0, count: count))
            #expect(throws: BlockStreamFault.outOfPlace("bytes after the end")) {
                try reader.finish()
            }
        }
    }

    private static func item(_ kind: UInt8, _ content: [UInt8]) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.append(bigEndian: UInt32(content.count + 1))
        return bytes + [kind] + content
    }

    @Test func `refuses items that may not stand where they do`() async throws {
        let (blocks, _) = try await Self.sample()
        let header = Self.item(1, blocks[0].header.encoded)
        let attestation = Self.item(2, blocks[0].attestations[0].packed)
        let entry = Self.item(3, blocks[0].entries[0].packed)
        let end = Self.item(4, Array(repeating: 0, count: 16))
        let wrong: [(String, [UInt8])] = [
            ("an entry before a header", entry), ("an attestation before a header", attestation),
            ("an attestation behind an entry", header + entry + attestation),
            ("a header without entries", header + header), ("the end instead", header + end),
            ("something behind the end", end + header),
            ("a short end", Self.item(4, [0])), ("another kind", Self.item(5, [0])),
            ("a short header", Self.item(1, [0])), ("a short entry", header + Self.item(3, [1])),
            ("no kind", [0, 0, 0, 0]), ("an item without bounds", [1, 0, 0, 0]),
        ]
        for (what, bytes) in wrong {
            var reader = BlockStreamReader()
            #expect(throws: BlockStreamFault.self, "\(what)") { _ = try reader.read(bytes) }
        }
    }

    @Test(arguments: Seeds.of(1...20, casesEach: 40)) func `bears any bytes`(seed: Int) async throws
    {
        let (blocks, sound) = try await Self.sample()
        var random = SeededRandom(seed: UInt64(seed))
        for _ in 0..<40 {
            var bytes = sound
            for _ in 0..<(1 + random.below(4)) {
                bytes[random.below(bytes.count)] ^= UInt8(1 << random.below(8))
            }
            var reader = BlockStreamReader()
            do {
                let read = try reader.read(bytes)
                // What it takes has the form of a block; what it is worth is found out later.
                #expect(read.count <= blocks.count)
                #expect(read.allSatisfy { !$0.entries.isEmpty })
            } catch {
                #expect(!error.description.isEmpty)
            }
        }
    }
}
