import KoinonProtocol
import Testing

@testable import KoinonLedger

@Suite struct BlockHeaderTests {
    private func header(proposer: String? = "valleybike") -> BlockHeader {
        func hash(_ byte: UInt8) -> Hash256 { Hash256([UInt8](repeating: byte, count: 32))! }
        return BlockHeader(
            chain: ChainID([UInt8](repeating: 0xc0, count: 32))!, epoch: 1, height: Height(258),
            parent: hash(1), time: Timestamp(milliseconds: 1_514_764_800_000),
            entriesRoot: hash(2), transactionsRoot: hash(3), receiptsRoot: hash(4),
            stateRoot: hash(5), historyRoot: hash(6), membersHash: hash(7),
            nextMembersHash: hash(8), proposer: proposer.flatMap { MemberID(rawValue: $0) })
    }

    @Test func `the binary form has its fixed length and gives the header back`() throws {
        for proposer in [nil, "a", String(repeating: "z", count: 32)] {
            let header = header(proposer: proposer)
            #expect(header.encoded.count == 348)
            #expect(try BlockHeader(encoded: header.encoded) == header)
        }
    }

    @Test func `every byte is either refused or another header with another hash`() {
        let header = header()
        for index in header.encoded.indices {
            var bytes = header.encoded
            bytes[index] ^= 0x80
            if let other = try? BlockHeader(encoded: bytes) {
                #expect(other != header)
                #expect(other.encoded == bytes, "byte \(index)")
                #expect(other.hash != header.hash, "byte \(index)")
            } else {
                // Epoch, height and time beyond what there is.
                let large = [36, 44, 84, 85, 86]
                #expect(
                    index < 4 || index >= 316 || large.contains(index), "byte \(index)")
            }
        }
    }

    @Test func `numbers beyond what any block has are refused`() throws {
        let limit = BlockHeader.numberMaximum
        var header = header()
        (header.epoch, header.height, header.time) = (limit, Height(limit), .maximum)
        #expect(try BlockHeader(encoded: header.encoded) == header)
        var other = header
        other.epoch += 1
        #expect(throws: HeaderFault.number(field: "epoch")) {
            try BlockHeader(encoded: other.encoded)
        }
        other = header
        other.height = header.height.next
        #expect(throws: HeaderFault.number(field: "height")) {
            try BlockHeader(encoded: other.encoded)
        }
        other = header
        other.time = Timestamp(milliseconds: header.time.milliseconds + 1)
        #expect(throws: HeaderFault.number(field: "time")) {
            try BlockHeader(encoded: other.encoded)
        }
    }

    @Test func `wrong lengths, versions and proposers are named`() {
        let bytes = header().encoded
        #expect(throws: HeaderFault.length(347)) { try BlockHeader(encoded: bytes.dropLast()) }
        #expect(throws: HeaderFault.length(349)) { try BlockHeader(encoded: bytes + [0]) }
        var version = bytes
        version[3] = 2
        #expect(throws: HeaderFault.version(2)) { try BlockHeader(encoded: version) }
        for (index, byte) in [(316, UInt8(0)), (316, UInt8(ascii: "V")), (347, 1), (320, 0)] {
            var proposer = bytes
            proposer[index] = byte
            #expect(throws: HeaderFault.proposer, "byte \(index)") {
                try BlockHeader(encoded: proposer)
            }
        }
    }
}

@Suite struct MemberSetTests {
    private func entry(_ id: String, _ byte: UInt8) -> MemberSet.Entry {
        .init(
            id: MemberID(rawValue: id)!,
            nodeKey: PublicKey([UInt8](repeating: byte, count: 32))!)
    }

    @Test func `the order given does not matter, the contents do`() {
        let one = MemberSet([entry("b", 2), entry("a", 1)])
        #expect(one == MemberSet([entry("a", 1), entry("b", 2)]))
        #expect(one.hash == MemberSet([entry("a", 1), entry("b", 2)]).hash)
        #expect(one.hash != MemberSet([entry("a", 2), entry("b", 1)]).hash)
        #expect(one.hash != MemberSet([entry("a", 1)]).hash)
        #expect(one.nodeKey(of: MemberID(rawValue: "b")!)?.bytes[0] == 2)
        #expect(one.nodeKey(of: MemberID(rawValue: "c")!) == nil)
    }

    @Test func `a quorum is more than two thirds`() {
        for count in 1...100 {
            let set = MemberSet((0..<count).map { entry("m\($0)", 1) })
            #expect(set.quorum * 3 > count * 2)
            #expect((set.quorum - 1) * 3 <= count * 2)
        }
    }
}
