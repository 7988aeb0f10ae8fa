import Foundation
import KoinonClient
import KoinonLedger
import KoinonProtocol

/// What a ceremony leaves in a node's home, in `recovery/`: what was signed there is never
/// signed otherwise.
///
///     statement-EPOCH-MEMBER.bin   the statement with which a member closed an epoch
///     record-EPOCH.bin             the record that the members hosted here signed
///     returned-EPOCH.bin           transactions of dropped blocks, for the pool
public struct RecoveryFiles: RecoveryArchive, Sendable {
    public let folder: URL

    public init(_ home: NodeHome) {
        folder = home.directory.appending(path: "recovery", directoryHint: .isDirectory)
    }

    /// The newest epoch that each member hosted here has closed.
    public func closedEpochs() throws -> [MemberID: UInt64] {
        try names().reduce(into: [:]) { closed, name in
            let parts = name.split(separator: "-", maxSplits: 2)
            guard parts.count == 3, parts[0] == "statement", let epoch = UInt64(parts[1]),
                let member = MemberID(rawValue: String(parts[2].dropLast(".bin".count)))
            else { return }
            closed[member] = max(closed[member] ?? 0, epoch)
        }
    }

    /// What a member stated when it closed the epoch; nil when it has not.
    public func statement(closing epoch: UInt64, of member: MemberID) throws -> Signed? {
        try read("statement-\(epoch)-\(member).bin", limit: RecoveryLimits.statementBytes * 2)
            .map { try Self.statement($0) }
    }

    public func keep(statement: Signed, closing epoch: UInt64, of member: MemberID) throws {
        try write(statement.encoded, "statement-\(epoch)-\(member).bin")
    }

    /// The record of an epoch that members hosted here have signed.
    public func record(of epoch: UInt64) throws -> RecoveryRecord? {
        try read("record-\(epoch).bin", limit: RecoveryLimits.recordBytes)
            .map { try Self.record($0) }
    }

    public func keep(record: RecoveryRecord) throws {
        try write(record.encoded, "record-\(record.beginning.epoch).bin")
    }

    /// Transactions that stood in dropped blocks, as they were signed.
    public func returned() throws -> [Signed] {
        try names().filter { $0.hasPrefix("returned-") }.sorted().flatMap { name in
            let bytes = try read(name, limit: RecoveryLimits.recordBytes) ?? []
            return try Self.read("\(name)") { try EntryBody(strict: bytes) }.transactions
        }
    }

    /// None of them is acceptable any more.
    public func dropReturned() throws {
        for name in try names() where name.hasPrefix("returned-") {
            try FileManager.default.removeItem(at: folder.appending(path: name))
        }
    }

    public func keep(returned: [Signed], epoch: UInt64) throws {
        var body = EntryBody()
        body.transactions = returned
        try write(body.encoded, "returned-\(epoch).bin")
    }

    /// - Parameter name: the file's, for people.
    /// - Throws: ``RecoveryFault`` for bytes that are none.
    public static func statement(
        _ bytes: [UInt8], from name: String = "a statement"
    ) throws -> Signed {
        try read(name) { try Signed(strict: bytes) }
    }

    /// As ``statement(_:from:)``.
    public static func record(
        _ bytes: [UInt8], from name: String = "a record"
    ) throws -> RecoveryRecord {
        try read(name) { try RecoveryRecord(strict: bytes) }
    }

    private static func read<Message>(
        _ name: String, _ decode: () throws -> Message
    ) throws -> Message {
        do { return try decode() } catch {
            throw RecoveryFault.malformed("\(name) cannot be read: \(error)")
        }
    }

    private func names() throws -> [String] {
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: folder.path)
    }

    private func read(_ name: String, limit: Int) throws -> [UInt8]? {
        let file = folder.appending(path: name)
        guard FileManager.default.fileExists(atPath: file.path) else { return nil }
        return try Self.bytes(of: file, limit: limit)
    }

    /// - Throws: ``RecoveryFault`` for a file above the limit.
    public static func bytes(of file: URL, limit: Int) throws -> [UInt8] {
        let handle = try FileHandle(forReadingFrom: file)
        defer { try? handle.close() }
        let data = try handle.read(upToCount: limit + 1) ?? Data()
        guard data.count <= limit else {
            throw RecoveryFault(
                "\(file.relativePath) is larger than \(limit) bytes",
                remedy: "give a file that `koinon alliance recover` wrote")
        }
        return Array(data)
    }

    /// Durable on return: what is signed afterwards must be found here after any crash.
    private func write(_ bytes: [UInt8], _ name: String) throws {
        try FileManager.default.createDirectory(
            at: folder, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        try FileDraft(bytes, of: folder.appending(path: name)).settle()
    }
}
