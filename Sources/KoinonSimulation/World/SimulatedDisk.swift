import CFaultVFS
import Foundation
import KoinonStore
import Synchronization

/// A disk in memory that stops at a chosen write or sync (Sources/CFaultVFS), and the
/// folder that the store's lock file needs.
final class SimulatedDisk {
    private static let count = Mutex(0)

    let place: StorePlace
    private let disk: OpaquePointer

    struct Unavailable: Error, CustomStringConvertible {
        var description: String { "no memory for a disk in memory; free some and try again" }
    }

    init(folder: URL, checkpointPages: Int) throws {
        let number = Self.count.withLock { count in
            count += 1
            return count
        }
        let name = "koinon-simulation-\(number)"
        guard let disk = fault_vfs_register(name) else { throw Unavailable() }
        self.disk = disk
        place = StorePlace(
            folder: folder,
            options: StoreOptions(fileSystem: name, checkpointPages: checkpointPages))
    }

    deinit {
        // A store that was not closed, after a contradiction, still points to its files.
        if fault_vfs_open_files(disk) == 0 { fault_vfs_unregister(disk) }
    }

    var hasStopped: Bool { fault_vfs_crashed(disk) != 0 }

    func arm(_ crash: CrashStep) {
        fault_vfs_arm(disk, crash.operation, crash.torn ? FAULT_STOP_TORN : FAULT_STOP_BEFORE)
    }

    func disarm() { fault_vfs_arm(disk, 0, FAULT_STOP_BEFORE) }

    /// Comes back with what the loss leaves. False while a file is open.
    func restart(_ crash: CrashStep) -> Bool {
        let way =
            switch crash.loss {
            case .nothing: FAULT_PROCESS_STOPPED
            case .unsynced: FAULT_POWER_LOST
            case .unsyncedKeepingDeletions: FAULT_POWER_LOST_DELETIONS_KEPT
            case .scattered: FAULT_POWER_LOST_SCATTERED
            }
        return fault_vfs_restart(disk, way, crash.seed) == 0
    }
}
