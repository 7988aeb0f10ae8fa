import Foundation
import Glibc
import KoinonLedger
import KoinonProtocol

/// One signing key in one file that only its owner may use (docs/formats/key-file.md).
///
/// The secret is never printed, never an argument of a command, and a file that
/// others may read is refused rather than used.
public enum KeyFile {
    private static let format = "koinon/key/v1"
    private static let maximumBytes = 4096

    private struct Content: Codable {
        var format: String
        var publicKey: String
        var seed: String

        enum CodingKeys: String, CodingKey {
            case format
            case publicKey = "public_key"
            case seed
        }
    }

    /// Writes the key to a new file of mode 0600. The file is there whole or not at all,
    /// also after a crash; an existing one is left alone.
    ///
    /// - Throws: ``KeyFileFault``
    public static func create(_ key: SigningKey, at path: String) throws(KeyFileFault) {
        let text = """
            {
              "format": "\(format)",
              "public_key": "\(key.publicKey.hex)",
              "seed": "\(Hex.encode(key.seed))"
            }

            """
        // A second name is given only once the content is on disk; link(2) refuses to
        // replace, and so does O_EXCL when two processes choose the same draft.
        let draft = "\(path).\(getpid()).new"
        let file = Glibc.open(draft, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .system(path: path, operation: "create", code: errno) }
        defer { unlink(draft) }
        do {
            defer { close(file) }
            guard fchmod(file, 0o600) == 0, FileBytes.write(Array(text.utf8), to: file),
                fsync(file) == 0
            else { throw KeyFileFault.system(path: path, operation: "write", code: errno) }
        }
        guard link(draft, path) == 0 else {
            throw errno == EEXIST
                ? .exists(path: path) : .system(path: path, operation: "create", code: errno)
        }
        try syncFolder(of: path)
    }

    /// Reads the key, if only its owner may.
    ///
    /// - Throws: ``KeyFileFault``
    public static func read(at path: String) throws(KeyFileFault) -> SigningKey {
        let file = Glibc.open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard file >= 0 else {
            throw errno == ENOENT
                ? .missing(path: path) : .system(path: path, operation: "open", code: errno)
        }
        defer { close(file) }
        // Of the opened file, so that nobody can exchange it between check and reading.
        var status = stat()
        guard fstat(file, &status) == 0 else {
            throw .system(path: path, operation: "examine", code: errno)
        }
        guard status.st_mode & S_IFMT == S_IFREG else { throw .notAFile(path: path) }
        guard status.st_mode & 0o077 == 0 else {
            throw .open(path: path, mode: status.st_mode & 0o777)
        }
        guard status.st_size <= maximumBytes else {
            throw .malformed(path: path, problem: "it has \(status.st_size) bytes")
        }
        guard let bytes = FileBytes.read(from: file, atMost: maximumBytes) else {
            throw .system(path: path, operation: "read", code: errno)
        }
        return try decode(bytes, path: path)
    }

    private static func decode(_ bytes: [UInt8], path: String) throws(KeyFileFault) -> SigningKey {
        let content: Content
        do {
            content = try JSONDecoder().decode(Content.self, from: Data(bytes))
        } catch {
            // The error's own text could quote the content.
            throw .malformed(path: path, problem: "it lacks format, public_key or seed as JSON")
        }
        guard content.format == format else {
            throw .malformed(path: path, problem: "its format is not \(format)")
        }
        guard let seed = Hex.decode(content.seed), let key = SigningKey(seed: seed) else {
            throw .malformed(path: path, problem: "its seed is not 64 hex digits")
        }
        guard key.publicKey == PublicKey(hex: content.publicKey) else {
            throw .malformed(path: path, problem: "its seed does not belong to its public_key")
        }
        return key
    }

    /// A new name is durable only when its folder is.
    private static func syncFolder(of path: String) throws(KeyFileFault) {
        let folder = path.lastIndex(of: "/").map { String(path[..<$0]) } ?? "."
        let file = Glibc.open(folder.isEmpty ? "/" : folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard file >= 0 else { throw .system(path: folder, operation: "open", code: errno) }
        defer { close(file) }
        guard fsync(file) == 0 else { throw .system(path: folder, operation: "sync", code: errno) }
    }
}
