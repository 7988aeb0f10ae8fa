import KoinonLedger
import KoinonProtocol

/// What a snapshot consists of, and why its block is to be believed
/// (docs/formats/snapshot.md).
public struct SnapshotManifest: Sendable, Equatable {
    /// Shows that the snapshot's block stands in the chain: header, quorum, changes of members.
    public var proof: ProofFile
    /// Rows of the state, over all chunks.
    public var rows: UInt64
    public var chunks: [Chunk]

    public static let format = "koinon/snapshot/v1"
    public static let bytesMaximum = 64 * 1_048_576
    public static let chunkBytesMaximum = 4 * 1_048_576
    public static let chunksMaximum = 262_144

    /// A part of a snapshot that is fetched and checked by itself.
    public struct Chunk: Sendable, Equatable {
        public enum Content: String, Sendable {
            /// Hashes of the headers before the snapshot's block, ascending.
            case history
            /// Rows of the state, ascending by key.
            case rows
        }

        public var content: Content
        public var bytes: Int
        /// SHA-256 of its bytes.
        public var hash: Hash256

        public init(content: Content, bytes: Int, hash: Hash256) {
            self.content = content
            self.bytes = bytes
            self.hash = hash
        }
    }

    public init(proof: ProofFile, rows: UInt64, chunks: [Chunk]) {
        self.proof = proof
        self.rows = rows
        self.chunks = chunks
    }

    /// The block whose state it is.
    public var header: BlockHeader { proof.contentHeader }
    public var bytes: UInt64 { chunks.reduce(0) { $0 + UInt64($1.bytes) } }

    /// Whether both describe the same chunks of the same block; who signed may differ.
    public func describesTheSame(as other: SnapshotManifest) -> Bool {
        header == other.header && chunks == other.chunks && rows == other.rows
    }

    // MARK: Bytes

    /// Lines of text, each ended by a line feed: the format, the number of rows, a line a
    /// chunk ("rows 1048576 9f86…"), an empty line, then the proof file.
    public var encoded: [UInt8] {
        var text = "\(Self.format)\nrows \(rows)\n"
        for chunk in chunks {
            text += "\(chunk.content.rawValue) \(chunk.bytes) \(chunk.hash.hex)\n"
        }
        return Array((text + "\n" + proof.json).utf8)
    }

    /// Reads the bytes; says nothing yet about what they are worth: ``check(genesis:)`` does.
    ///
    /// - Throws: ``SnapshotFault/malformed(_:)``
    public init(encoded bytes: [UInt8]) throws(SnapshotFault) {
        guard bytes.count <= Self.bytesMaximum else {
            throw .malformed("the manifest has more than \(Self.bytesMaximum) bytes")
        }
        var rest = bytes[...]
        func line() throws(SnapshotFault) -> String {
            guard let end = rest.firstIndex(of: UInt8(ascii: "\n")), end - rest.startIndex < 128
            else { throw .malformed("the manifest's lines end too late") }
            defer { rest = rest[(end + 1)...] }
            return String(decoding: rest[..<end], as: UTF8.self)
        }
        guard try line() == Self.format else {
            throw .malformed("the manifest does not begin with \(Self.format)")
        }
        let count = try line().split(separator: " ", omittingEmptySubsequences: false)
        guard count.count == 2, count[0] == "rows", let rows = UInt64(count[1]) else {
            throw .malformed("the manifest does not say how many rows there are")
        }
        var chunks: [Chunk] = []
        while case let text = try line(), !text.isEmpty {
            let parts = text.split(separator: " ", omittingEmptySubsequences: false)
            guard parts.count == 3, let content = Chunk.Content(rawValue: String(parts[0])),
                let bytes = Int(parts[1]), (1...Self.chunkBytesMaximum).contains(bytes),
                let hash = Hash256(hex: String(parts[2])), chunks.count < Self.chunksMaximum
            else { throw .malformed("line \(chunks.count + 3) of the manifest names no chunk") }
            chunks.append(Chunk(content: content, bytes: bytes, hash: hash))
        }
        do throws(ProofFault) {
            self.init(proof: try ProofFile(json: Array(rest)), rows: rows, chunks: chunks)
        } catch {
            throw .malformed("the manifest's proof: \(error)")
        }
    }

    /// Judges it by the genesis document alone.
    ///
    /// - Returns: the members who judge the block after the snapshot's.
    /// - Throws: ``SnapshotFault``
    public func check(genesis: GenesisDocument) throws(SnapshotFault) {
        guard case .block = proof.content else {
            throw .notProven("its proof is about something else than a block")
        }
        do throws(ProofFault) { _ = try proof.check(genesis: genesis) } catch {
            throw .notProven("\(error)")
        }
        let history = chunks.filter { $0.content == .history }.reduce(0) { $0 + $1.bytes }
        guard history.isMultiple(of: 32), UInt64(history / 32) == header.height.rawValue,
            chunks.prefix(while: { $0.content == .history }).count
                == chunks.count(where: { $0.content == .history })
        else { throw .malformed("its chunks hold other hashes than one of each header before") }
    }
}

/// Why a snapshot cannot be taken, or taken for true.
public enum SnapshotFault: Error, Equatable, Sendable, CustomStringConvertible {
    case malformed(String)
    case notProven(String)
    /// A chunk has not the bytes that the manifest names.
    case wrongChunk(Int)
    /// Everything fits the manifest, but it is not the state that the members signed.
    case otherState(Height)
    /// There is nothing worth a snapshot yet.
    case nothingYet
    /// The block did not become final in time.
    case notFinal(Height)
    case exists(Height)
    case unknown(Height)

    public var description: String {
        switch self {
        case .malformed(let what): "the snapshot cannot be read: \(what)"
        case .notProven(let what): "the snapshot's block is not shown to be the chain's: \(what)"
        case .wrongChunk(let number):
            "chunk \(number) is not the one that the manifest names; fetch it again"
        case .otherState(let height):
            "the snapshot is not the state of block \(height) that the members signed; take one from another node"
        case .nothingYet: "block 0 needs no snapshot: everybody makes it from genesis.json"
        case .notFinal(let height):
            "block \(height) did not become final in time; `koinon status` says what the alliance waits for"
        case .exists(let height): "there is a snapshot of block \(height) already"
        case .unknown(let height):
            "there is no snapshot of block \(height); see `koinon snapshot list`"
        }
    }
}
