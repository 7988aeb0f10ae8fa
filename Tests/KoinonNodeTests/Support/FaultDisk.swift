import CFaultVFS
import KoinonStore
import Synchronization
import Testing

/// A disk in memory that stops at a chosen write or sync (Sources/CFaultVFS).
final class FaultDisk {
    private static let count = Mutex(0)

    private let name: String
    private let disk: OpaquePointer
    private let checkpointPages: Int

    /// Few pages by default, so that a short run moves the write-ahead log more than once.
    init(checkpointPages: Int = 40) throws {
        self.checkpointPages = checkpointPages
        name = "koinon-node-fault-\(Self.count.withLock { $0 += 1; return $0 })"
        disk = try #require(fault_vfs_register(name))
    }

    deinit { fault_vfs_unregister(disk) }

    var options: StoreOptions {
        StoreOptions(fileSystem: name, checkpointPages: checkpointPages)
    }
    var operations: Int64 { fault_vfs_operations(disk) }
    var hasStopped: Bool { fault_vfs_crashed(disk) != 0 }

    /// The process stops before that operation, counted from now; never for 0.
    func stop(at operation: Int64) { fault_vfs_arm(disk, operation, FAULT_STOP_BEFORE) }

    func restart(_ restart: fault_restart) throws {
        try #require(fault_vfs_restart(disk, restart, 0) == 0, "a file is open")
    }

    func reset() throws {
        try #require(fault_vfs_reset(disk) == 0, "a file is open")
    }
}
