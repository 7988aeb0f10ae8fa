import Foundation

/// The directory that holds a node's ledger, and the files in it.
struct HomeDirectory: Sendable {
    let url: URL

    /// Absolute, so that a later change of the working directory changes nothing,
    /// and SQLite never takes it for a URI.
    init(_ url: URL) {
        self.url = URL(fileURLWithPath: url.path).standardizedFileURL
    }

    var path: String { url.path }
    var ledger: String { url.appendingPathComponent("ledger.sqlite").path }
    var lock: String { url.appendingPathComponent("lock").path }

    /// Makes the directory, with those above it, for its owner only. One that is
    /// there keeps its permissions.
    func create() throws(StoreFault) {
        if FileManager.default.fileExists(atPath: path) { return }
        do {
            try FileManager.default.createDirectory(
                at: url, withIntermediateDirectories: true,
                attributes: [.posixPermissions: 0o700])
        } catch {
            throw .inputOutput(
                what: "cannot make the directory \(path)",
                cause: .init(code: 0, message: error.localizedDescription))
        }
    }

    /// Makes an empty database for its owner only; SQLite gives its WAL the same
    /// permissions. An empty file that is there already is left as it is.
    func createLedgerFile() throws(StoreFault) {
        let file = open(ledger, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw .lastError("cannot make \(ledger)") }
        close(file)
    }

    /// Makes the directory's own name, and the names in it, survive a loss of power.
    func synchronize() throws(StoreFault) {
        for directory in [path, url.deletingLastPathComponent().path] {
            try DurableFiles.synchronize(directory)
        }
    }
}

/// Files that must survive a loss of power before anybody counts on them.
package enum DurableFiles {
    /// Makes what a file holds, or the names in a directory, durable.
    package static func synchronize(_ path: String) throws(StoreFault) {
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw .lastError("cannot open \(path)") }
        defer { close(file) }
        guard fsync(file) == 0 else { throw .lastError("cannot make \(path) durable") }
    }

    /// The same for a file, or a directory with all that is in it.
    package static func synchronizeAll(in path: String) throws {
        let below = FileManager.default.enumerator(atPath: path)
        while let name = below?.nextObject() as? String {
            try synchronize(path + "/" + name)
        }
        try synchronize(path)
    }
}

extension StoreFault {
    /// The fault that `errno` stands for. To be called right after the failed call.
    static func lastError(_ what: String) -> StoreFault {
        let code = errno
        return .inputOutput(
            what: what, cause: Cause(code: code, message: String(cString: strerror(code))))
    }
}
