import Dispatch
import Foundation
import Glibc
import KoinonLedger
import KoinonProtocol
import Synchronization

/// Why a guard cannot be read or raised.
public enum GuardFault: Error, Equatable, CustomStringConvertible {
    /// The system refused; `code` is its error number.
    case system(path: String, operation: String, code: Int32)
    /// Others than the owner may write it; `mode` are its permission bits.
    case open(path: String, mode: UInt32)
    case exists(path: String)

    public var description: String {
        switch self {
        case .system(let path, let operation, let code):
            "cannot \(operation) \(path): \(String(cString: strerror(code))); nothing is signed until it can be: check the disk and the permissions"
        case .open(let path, let mode):
            "\(path) may be used by others (mode \(String(mode, radix: 8))); run: chmod 600 '\(path)'"
        case .exists(let path):
            "\(path) exists: a guard begins with its key, once; make a new node key with `koinon renew-key`"
        }
    }
}

/// A guard in a file of its own in the home, one for each node key (docs/formats/guard.md).
///
/// It is raised before an attestation leaves the process: written under another name, synced,
/// given its name, and its folder synced. It belongs into no backup: an old copy of it is worse
/// than none. Damaged, it counts as lost.
public final class GuardFile: AttestationGuard {
    /// In the home.
    public static let folder = "guards"

    public let member: MemberID
    public let nodeKey: PublicKey
    public let path: String
    private let draft: String
    private let directory: String

    public init(home: URL, member: MemberID, nodeKey: PublicKey) {
        self.member = member
        self.nodeKey = nodeKey
        directory = home.appending(path: Self.folder).path
        path = "\(directory)/\(member)-\(Hex.encode(nodeKey.bytes.prefix(8))).guard"
        draft = path + ".new"
    }

    /// Begins the guard of a key that was just made and has signed nothing.
    ///
    /// - Throws: ``GuardFault``
    public static func begin(home: URL, member: MemberID, nodeKey: PublicKey) throws(GuardFault) {
        let file = GuardFile(home: home, member: member, nodeKey: nodeKey)
        guard mkdir(file.directory, 0o700) == 0 || errno == EEXIST else {
            throw .system(path: file.directory, operation: "create", code: errno)
        }
        guard access(file.path, F_OK) != 0 else { throw .exists(path: file.path) }
        try file.raise(to: .fresh(member, nodeKey))
    }

    public func current() throws(GuardFault) -> GuardRecord? {
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOFOLLOW)
        guard file >= 0 else {
            if errno == ENOENT { return nil }
            throw .system(path: path, operation: "open", code: errno)
        }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else {
            throw .system(path: path, operation: "examine", code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else { return nil }
        guard status.st_mode & 0o077 == 0 else {
            throw .open(path: path, mode: status.st_mode & 0o777)
        }
        // One more than a guard may have: then it is none.
        var bytes = [UInt8](repeating: 0, count: GuardRecord.bytesMaximum + 1)
        let count = pread(file, &bytes, bytes.count, 0)
        guard count >= 0 else { throw .system(path: path, operation: "read", code: errno) }
        return GuardRecord(encoded: Array(bytes[..<count]), of: member, nodeKey)
    }

    public func raise(to record: GuardRecord) throws(GuardFault) {
        try Self.raise([(self, record)])
    }

    /// Raises several of one home, for the time of about one.
    static func raise(_ raised: [(file: GuardFile, record: GuardRecord)]) throws(GuardFault) {
        guard let directory = raised.first?.file.directory else { return }
        let faults = Mutex<[GuardFault]>([])
        let write: @Sendable (Int) -> Void = { index in
            do throws(GuardFault) {
                try raised[index].file.writeDraft(raised[index].record)
            } catch {
                faults.withLock { $0.append(error) }
            }
        }
        // Syncs that wait at the same time are often one to the disk.
        if raised.count == 1 {
            write(0)
        } else {
            DispatchQueue.concurrentPerform(iterations: raised.count, execute: write)
        }
        if let fault = faults.withLock({ $0.first }) { throw fault }
        for (file, _) in raised {
            guard rename(file.draft, file.path) == 0 else {
                throw .system(path: file.path, operation: "replace", code: errno)
            }
        }
        try sync(directory)
    }

    private func writeDraft(_ record: GuardRecord) throws(GuardFault) {
        let flags = O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC
        var file = Glibc.open(draft, flags, 0o600)
        if file < 0, errno == ENOENT, mkdir(directory, 0o700) == 0 || errno == EEXIST {
            file = Glibc.open(draft, flags, 0o600)
        }
        guard file >= 0 else { throw .system(path: draft, operation: "create", code: errno) }
        defer { close(file) }
        var rest = record.encoded[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw .system(path: draft, operation: "write", code: errno) }
            rest = rest.dropFirst(count)
        }
        guard fchmod(file, 0o600) == 0, fsync(file) == 0 else {
            throw .system(path: draft, operation: "sync", code: errno)
        }
    }

    private static func sync(_ directory: String) throws(GuardFault) {
        let folder = Glibc.open(directory, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard folder >= 0 else { throw .system(path: directory, operation: "open", code: errno) }
        defer { close(folder) }
        guard fsync(folder) == 0 else {
            throw .system(path: directory, operation: "sync", code: errno)
        }
    }
}
