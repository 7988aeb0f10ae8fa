import Foundation
import KoinonLedger
import KoinonProtocol
import KoinonStore

/// A copy of a home in a folder of its own, made while a node runs there
/// (docs/operate.md).
public enum Backup {
    /// What is copied beside the ledger, when it is there.
    private static let files = ["genesis.json", "node.json", "server.yaml", "server.json"]
    private static let folders = ["content"]
    /// Secrets, the key of etcd's certificate among them: only when asked for. What a member has
    /// signed last is never one of them: a copy of that is old by the time it is used.
    private static let secretFolders = ["keys", "reviews", "etcd"]

    /// - Returns: the last block in it.
    /// - Throws: ``HomeFault`` when the folder is there already; the store's fault; what the
    ///   disk says. A folder is there only when it is whole.
    public static func make(
        of home: NodeHome, to folder: URL, withKeys: Bool
    ) throws -> Height {
        let manager = FileManager.default
        guard !manager.fileExists(atPath: folder.path) else {
            throw HomeFault("\(folder.path): there is something already; name a new folder")
        }
        _ = try home.genesis()
        let partial = folder.appendingPathExtension("partial")
        if manager.fileExists(atPath: partial.path) { try manager.removeItem(at: partial) }
        try manager.createDirectory(
            at: partial, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        let store = try LedgerStore(opening: home.directory, readOnly: true)
        let ledger = partial.appending(path: "ledger.sqlite").path
        try store.copy(to: ledger)
        try store.close()
        try manager.setAttributes([.posixPermissions: 0o600], ofItemAtPath: ledger)
        for name in files + folders + (withKeys ? secretFolders : []) {
            let source = home.directory.appending(path: name)
            guard manager.fileExists(atPath: source.path) else { continue }
            try manager.copyItem(at: source, to: partial.appending(path: name))
        }
        let copy = try LedgerStore(opening: partial, readOnly: true)
        let height = try copy.read { try $0.tip().header.height }
        try copy.close()
        for name in ["ledger.sqlite-wal", "ledger.sqlite-shm"] {
            try? manager.removeItem(at: partial.appending(path: name))
        }
        try DurableFiles.synchronizeAll(in: partial.path)
        try manager.moveItem(at: partial, to: folder)
        try DurableFiles.synchronize(folder.deletingLastPathComponent().path)
        return height
    }

    /// Makes a home of a backup. What its members signed since is not in it: a node on the
    /// restored home only follows until they have new node keys.
    ///
    /// - Returns: the last block.
    /// - Throws: ``HomeFault`` when the home holds a ledger, or the folder is no backup.
    public static func restore(_ folder: URL, to home: NodeHome) throws -> Height {
        let manager = FileManager.default
        guard
            !manager.fileExists(atPath: home.directory.appending(path: "ledger.sqlite").path)
        else {
            throw HomeFault(
                "\(home.directory.path): there is a ledger already; choose another --home, or move it away"
            )
        }
        let store: LedgerStore
        do { store = try LedgerStore(opening: folder, readOnly: true) } catch StoreFault.noLedger {
            throw HomeFault("\(folder.path): not a backup; there is no ledger in it")
        }
        let height = try store.read { try $0.tip().header.height }
        try manager.createDirectory(
            at: home.directory, withIntermediateDirectories: true,
            attributes: [.posixPermissions: 0o700])
        // The ledger last: with it the home counts as restored.
        for name in files + folders + secretFolders {
            let source = folder.appending(path: name)
            let target = home.directory.appending(path: name)
            guard manager.fileExists(atPath: source.path),
                !manager.fileExists(atPath: target.path)
            else { continue }
            try manager.copyItem(at: source, to: target)
            try DurableFiles.synchronizeAll(in: target.path)
        }
        let partial = home.directory.appending(path: "ledger.restoring.sqlite")
        if manager.fileExists(atPath: partial.path) { try manager.removeItem(at: partial) }
        try store.copy(to: partial.path)
        try store.close()
        try manager.setAttributes([.posixPermissions: 0o600], ofItemAtPath: partial.path)
        // Its name last, behind those of all that belongs to it.
        try DurableFiles.synchronize(home.directory.path)
        try manager.moveItem(at: partial, to: home.directory.appending(path: "ledger.sqlite"))
        for directory in [home.directory, home.directory.deletingLastPathComponent()] {
            try DurableFiles.synchronize(directory.path)
        }
        return height
    }
}
