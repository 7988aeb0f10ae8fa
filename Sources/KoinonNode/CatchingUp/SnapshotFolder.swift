import Foundation
import KoinonLedger
import KoinonProtocol

/// The snapshots of a home: a folder each, named by height, that holds a manifest and the
/// chunks by number.
public struct SnapshotFolder: Sendable {
    let url: URL

    public init(home: NodeHome) {
        url = home.directory.appending(path: "snapshots", directoryHint: .isDirectory)
    }

    /// Heights of those that are whole, descending.
    public func heights() throws -> [Height] {
        guard FileManager.default.fileExists(atPath: url.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: url.path)
            .compactMap { UInt64($0) }.map { Height($0) }
            .filter { FileManager.default.fileExists(atPath: manifestFile(at: $0).path) }
            .sorted(by: >)
    }

    func folder(at height: Height) -> URL {
        url.appending(path: "\(height)", directoryHint: .isDirectory)
    }

    func manifestFile(at height: Height) -> URL {
        folder(at: height).appending(path: Self.manifestName)
    }

    static let manifestName = "manifest"

    static func chunkName(_ number: Int) -> String {
        let digits = String(number)
        return String(repeating: "0", count: max(0, 6 - digits.count)) + digits
    }

    /// The manifest's bytes.
    ///
    /// - Throws: ``SnapshotFault/unknown(_:)`` when there is none.
    public func manifest(at height: Height) throws -> [UInt8] {
        try read(manifestFile(at: height), of: height)
    }

    /// A chunk's bytes.
    ///
    /// - Throws: ``SnapshotFault/unknown(_:)`` when there is no such snapshot or chunk.
    public func chunk(_ number: Int, at height: Height) throws -> [UInt8] {
        try read(folder(at: height).appending(path: Self.chunkName(number)), of: height)
    }

    private func read(_ file: URL, of height: Height) throws -> [UInt8] {
        guard FileManager.default.fileExists(atPath: file.path) else {
            throw SnapshotFault.unknown(height)
        }
        return Array(try Data(contentsOf: file))
    }

    /// What a snapshot takes on the disk, in bytes.
    public func size(at height: Height) throws -> UInt64 {
        let folder = folder(at: height)
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).reduce(0) {
            let attributes = try FileManager.default.attributesOfItem(
                atPath: folder.appending(path: $1).path)
            return $0 + (attributes[.size] as? UInt64 ?? 0)
        }
    }

    /// - Throws: ``SnapshotFault/unknown(_:)``, or what the disk says.
    public func remove(at height: Height) throws {
        let folder = folder(at: height)
        guard FileManager.default.fileExists(atPath: folder.path) else {
            throw SnapshotFault.unknown(height)
        }
        // The manifest first: without it nothing else counts.
        try? FileManager.default.removeItem(at: manifestFile(at: height))
        try FileManager.default.removeItem(at: folder)
    }

    /// Makes the folder for what is being made or fetched, for its owner only.
    func create(_ folder: URL) throws {
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true, attributes: [.posixPermissions: 0o700])
    }
}

/// Writes one snapshot's files; they count once the manifest is there.
struct SnapshotWriter {
    private let folder: URL
    private(set) var chunks: [SnapshotManifest.Chunk] = []

    init(folder: URL) { self.folder = folder }

    mutating func add(_ bytes: [UInt8], _ content: SnapshotManifest.Chunk.Content) throws {
        guard !bytes.isEmpty else { return }
        let file = folder.appending(path: SnapshotFolder.chunkName(chunks.count))
        try Data(bytes).write(to: file)
        chunks.append(
            SnapshotManifest.Chunk(content: content, bytes: bytes.count, hash: .sha256(bytes)))
    }

    func finish(_ manifest: SnapshotManifest) throws {
        try Data(manifest.encoded).write(
            to: folder.appending(path: SnapshotFolder.manifestName), options: .atomic)
    }
}
