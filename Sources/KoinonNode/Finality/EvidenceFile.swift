import Foundation
import KoinonLedger
import KoinonMachine
import KoinonProtocol

/// What a node keeps when members turn out to be wrong: for people to look at and to show to
/// others (docs/formats/evidence.md).
///
///     evidence/contradiction-KEY-HEIGHT.json  two attestations by one key of one height
///     evidence/branches-KEY-HEIGHT.json       two attestations by one key on two branches
///     evidence/void-entry-AUTHOR.json         an entry that nobody could ever accept
struct EvidenceFile: Sendable {
    let folder: URL
    let chain: ChainID

    init(home: NodeHome, chain: ChainID) {
        folder = home.directory.appending(path: "evidence")
        self.chain = chain
    }

    private struct Signed: Codable {
        var blockHash: String?
        var body: String
        var publicKey: String
        var signature: String

        init(_ envelope: Envelope) {
            body = Hex.encode(envelope.body)
            publicKey = envelope.publicKey.description
            signature = Hex.encode(envelope.signature.bytes)
        }

        init(_ attestation: Attestation) {
            self.init(attestation.envelope)
            blockHash = attestation.blockHash.description
        }
    }

    private struct History: Codable {
        var header: String
        var ancestor: String
        var path: [String]
    }

    private struct Content: Codable {
        var what: String
        var chain: String
        var height: UInt64?
        var epoch: UInt64?
        var attestations: [Signed]?
        var history: History?
        var author: String?
        var sequence: UInt64?
        var reason: String?
        var entry: Signed?
    }

    @discardableResult
    func write(_ found: Contradiction) throws -> URL {
        var content = content("one key signed two blocks of one height")
        content.height = found.first.height.rawValue
        content.epoch = found.first.epoch
        content.attestations = [Signed(found.first), Signed(found.second)]
        return try write(
            content, named: "contradiction-\(short(found.publicKey))-\(found.first.height).json")
    }

    /// - Parameters:
    ///   - header: of the higher block.
    ///   - ancestry: what its chain has at the height of the other.
    @discardableResult
    func write(_ found: TwoBranches, header: BlockHeader, ancestry: Ancestry) throws -> URL {
        var content = content("one key signed on two branches")
        content.height = found.aside.height.rawValue
        content.epoch = found.aside.epoch
        content.attestations = [Signed(found.aside), Signed(found.onChain)]
        content.history = History(
            header: Hex.encode(header.encoded), ancestor: Hex.encode(ancestry.header.encoded),
            path: ancestry.path.map(\.description))
        return try write(
            content, named: "branches-\(short(found.publicKey))-\(found.aside.height).json")
    }

    /// The first of an author; its others change nothing.
    ///
    /// - Parameter entry: is void.
    @discardableResult
    func write(void entry: CheckedEntry) throws -> URL {
        var content = content("a member signed an entry that nobody could ever accept")
        content.author = entry.author.rawValue
        content.sequence = entry.sequence
        content.reason = entry.void
        content.entry = Signed(entry.envelope)
        return try write(content, named: "void-entry-\(entry.author).json")
    }

    private func content(_ what: String) -> Content {
        Content(what: what, chain: chain.description)
    }

    private func short(_ key: PublicKey) -> String { Hex.encode(key.bytes.prefix(8)) }

    /// One that is there stays: it was written for the same.
    private func write(_ content: Content, named name: String) throws -> URL {
        let file = folder.appending(path: name)
        guard !FileManager.default.fileExists(atPath: file.path) else { return file }
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        let encoder = JSONEncoder()
        encoder.keyEncodingStrategy = .convertToSnakeCase
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys]
        try encoder.encode(content).write(to: file, options: .atomic)
        return file
    }
}
