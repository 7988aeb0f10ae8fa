import Foundation
import KoinonLedger
import KoinonProtocol
import Synchronization

/// Descriptions and pictures, which live off the ledger and are named on it by their
/// SHA-256: one file each in the folder `content` of the node's home.
///
/// What was deleted leaves a mark, so that it is neither taken again nor fetched from
/// elsewhere. All calls block on the disk and are safe from any thread.
public final class ContentStore: Sendable {
    public struct Limits: Sendable, Equatable {
        /// Of one text: 64 KiB.
        public var textBytes = 65_536
        /// Of one picture: 4 MiB.
        public var pictureBytes = 4 * 1_048_576
        /// Of everything together: 1 GiB.
        public var totalBytes = 1_073_741_824

        public init() {}
    }

    public enum Fault: Error, Equatable {
        /// Neither UTF-8 text nor one of the kinds of picture.
        case unknownType
        case tooLarge(limit: Int)
        /// The store is full.
        case full(limit: Int)
        /// It was here and was deleted.
        case deleted
    }

    public struct Content: Sendable, Equatable {
        public var hash: Hash256
        public var type: ContentType
        public var bytes: [UInt8]
    }

    /// Pieces that are kept, however small: each takes a block of the disk.
    public static let filesMaximum = 262_144

    public let limits: Limits
    private let folder: URL

    private struct Total {
        var bytes = 0
        var files = 0
    }

    private let total: Mutex<Total>

    /// - Parameter home: the node's directory.
    /// - Throws: when the folder can neither be read nor made.
    public init(home: URL, limits: Limits = Limits()) throws {
        self.limits = limits
        folder = home.appending(path: "content", directoryHint: .isDirectory)
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        total = Mutex(try Self.size(of: folder))
    }

    private static func size(of folder: URL) throws -> Total {
        let files = FileManager.default.enumerator(
            at: folder, includingPropertiesForKeys: [.fileSizeKey, .isRegularFileKey])
        var sum = Total()
        while let file = files?.nextObject() as? URL {
            if file.pathExtension == unfinished {
                // Left by a process that ended while it wrote.
                try FileManager.default.removeItem(at: file)
            } else {
                let values = try file.resourceValues(forKeys: [.fileSizeKey, .isRegularFileKey])
                guard values.isRegularFile == true, file.pathExtension != Self.deleted else {
                    continue
                }
                sum.bytes += values.fileSize ?? 0
                sum.files += 1
            }
        }
        return sum
    }

    private static let unfinished = "part"
    private static let deleted = "deleted"

    /// What it holds, in bytes.
    public var totalBytes: Int { total.withLock { $0.bytes } }

    private func file(_ hash: Hash256) -> URL {
        let name = hash.hex
        return folder.appending(path: String(name.prefix(2)), directoryHint: .isDirectory)
            .appending(path: name)
    }

    private func mark(_ hash: Hash256) -> URL { file(hash).appendingPathExtension(Self.deleted) }

    /// Keeps the bytes, durably; the same again changes nothing.
    ///
    /// - Throws: ``Fault``, or the disk's.
    @discardableResult
    public func put(_ bytes: [UInt8]) throws -> Content {
        guard let type = ContentType(sniffing: bytes) else { throw Fault.unknownType }
        let limit = type.isPicture ? limits.pictureBytes : limits.textBytes
        guard bytes.count <= limit else { throw Fault.tooLarge(limit: limit) }
        let hash = Hash256.sha256(bytes)
        let content = Content(hash: hash, type: type, bytes: bytes)
        guard !isDeleted(hash) else { throw Fault.deleted }
        guard !has(hash) else { return content }
        let isRoom = total.withLock { total in
            guard total.bytes + bytes.count <= limits.totalBytes,
                total.files < Self.filesMaximum
            else { return false }
            total.bytes += bytes.count
            total.files += 1
            return true
        }
        guard isRoom else { throw Fault.full(limit: limits.totalBytes) }
        do {
            let isNew = try write(bytes, to: file(hash))
            // Another call has put the same meanwhile.
            if !isNew { giveBack(bytes.count) }
        } catch {
            giveBack(bytes.count)
            throw error
        }
        return content
    }

    private func giveBack(_ bytes: Int) {
        total.withLock { total in
            total.bytes -= bytes
            total.files -= 1
        }
    }

    /// - Returns: whether it was not there before.
    private func write(_ bytes: [UInt8], to file: URL) throws -> Bool {
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        // A name of its own, so that readers see whole files only.
        let part = file.appendingPathExtension(UUID().uuidString)
            .appendingPathExtension(Self.unfinished)
        try Data(bytes).write(to: part)
        let handle = try FileHandle(forUpdating: part)
        try handle.synchronize()
        try handle.close()
        do {
            try FileManager.default.moveItem(at: part, to: file)
            return true
        } catch {
            try FileManager.default.removeItem(at: part)
            guard FileManager.default.fileExists(atPath: file.path) else { throw error }
            return false
        }
    }

    public func has(_ hash: Hash256) -> Bool {
        FileManager.default.fileExists(atPath: file(hash).path)
    }

    public func isDeleted(_ hash: Hash256) -> Bool {
        FileManager.default.fileExists(atPath: mark(hash).path)
    }

    /// Nil when it is not here, or what is here has another hash: the disk changed it.
    public func get(_ hash: Hash256) throws -> Content? {
        guard has(hash) else { return nil }
        let bytes = Array(try Data(contentsOf: file(hash)))
        guard Hash256.sha256(bytes) == hash, let type = ContentType(sniffing: bytes) else {
            return nil
        }
        return Content(hash: hash, type: type, bytes: bytes)
    }

    /// Whether what is here begins as a picture does; false when nothing is. Reads a few bytes:
    /// pages ask this of everything that they name.
    public func isPicture(_ hash: Hash256) -> Bool {
        // What cannot be read is as good as not here.
        guard let handle = try? FileHandle(forReadingFrom: file(hash)) else { return false }
        let head = try? handle.read(upToCount: 12)
        try? handle.close()
        return ContentType(sniffing: Array(head ?? Data()))?.isPicture ?? false
    }

    /// The text of a description; nil when there is none, or it is a picture.
    public func text(_ hash: Hash256) -> String? {
        guard !isPicture(hash) else { return nil }
        // What cannot be read is as good as not here: a search then knows fewer words.
        guard let content = try? get(hash), content.type == .text else { return nil }
        return String(decoding: content.bytes, as: UTF8.self)
    }

    /// Removes it for good; one that is not here is marked all the same.
    ///
    /// - Returns: whether it was here.
    @discardableResult
    public func delete(_ hash: Hash256) throws -> Bool {
        let file = file(hash)
        try FileManager.default.createDirectory(
            at: file.deletingLastPathComponent(), withIntermediateDirectories: true)
        try Data().write(to: mark(hash))
        guard has(hash) else { return false }
        let size = try file.resourceValues(forKeys: [.fileSizeKey]).fileSize ?? 0
        try FileManager.default.removeItem(at: file)
        giveBack(size)
        return true
    }
}
