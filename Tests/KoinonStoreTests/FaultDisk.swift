import CFaultVFS
import Foundation
import Synchronization
import Testing

@testable import KoinonStore

/// A disk in memory that stops at a chosen write (Sources/CFaultVFS).
final class FaultDisk {
    let name: String
    private let disk: OpaquePointer
    private static let count = Mutex(0)

    /// Few pages by default, so that a test's run moves the write-ahead log more than once.
    let checkpointPages: Int

    init(checkpointPages: Int = 6) throws {
        self.checkpointPages = checkpointPages
        name = "koinon-fault-\(Self.count.withLock { $0 += 1; return $0 })"
        disk = try #require(fault_vfs_register(name))
    }

    deinit { fault_vfs_unregister(disk) }

    var options: StoreOptions {
        StoreOptions(fileSystem: name, checkpointPages: checkpointPages)
    }
    var operations: Int64 { fault_vfs_operations(disk) }
    var hasStopped: Bool { fault_vfs_crashed(disk) != 0 }
    var openFiles: Int32 { fault_vfs_open_files(disk) }

    func stop(at operation: Int64, _ stop: fault_stop = FAULT_STOP_BEFORE) {
        fault_vfs_arm(disk, operation, stop)
    }

    func restart(_ restart: fault_restart, seed: UInt64 = 0) throws {
        try #require(fault_vfs_restart(disk, restart, seed) == 0, "a file is open")
    }

    func reset() throws {
        try #require(fault_vfs_reset(disk) == 0, "a file is open")
    }
}
