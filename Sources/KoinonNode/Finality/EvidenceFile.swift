import Foundation
import KoinonLedger
import KoinonProtocol

/// What a node keeps when members turn out to be wrong: for people to look at and to show to
/// others.
///
///     evidence/contradiction-KEY-HEIGHT.json  two attestations by one key of one height
struct EvidenceFile: Sendable {
    let folder: URL

    init(home: NodeHome) {
        folder = home.directory.appending(path: "evidence")
    }

    private struct Signature: Codable {
        var blockHash: String
        var body: String
        var publicKey: String
        var signature: String

        init(_ attestation: Attestation) {
            blockHash = attestation.blockHash.description
            body = Hex.encode(attestation.envelope.body)
            publicKey = attestation.publicKey.description
            signature = Hex.encode(attestation.envelope.signature.bytes)
        }
    }

    private struct Content: Codable {
        var what: String
        var chain: String
        var height: UInt64
        var epoch: UInt64
        var attestations: [Signature]
    }

    @discardableResult
    func write(_ found: Contradiction, chain: ChainID) throws -> URL {
        let key = Hex.encode(found.publicKey.bytes.prefix(8))
        return try write(
            Content(
                what: "one key signed two blocks of one height", chain: chain.description,
                height: found.first.height.rawValue, epoch: found.first.epoch,
                attestations: [Signature(found.first), Signature(found.second)]),
            named: "contradiction-\(key)-\(found.first.height).json")
    }

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
