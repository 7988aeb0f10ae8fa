// A file system for SQLite that lives in memory, counts what would reach a
// disk, stops at a chosen moment, and comes back as a disk would come back.
//
// Every file has two images: what was written (the operating system's view)
// and what is certain to outlive a loss of power (the last xSync). Every
// xWrite, xTruncate, xSync and xDelete on any file is one operation; the first
// is number 1. Armed with n, operation n is not done and the process counts as
// stopped: this and all later requests fail with an SQLITE_IOERR code. After
// closing all connections a restart chooses which image the next opening finds.
//
//     fault_vfs *disk = fault_vfs_register("disk-1");
//     fault_vfs_arm(disk, 17, FAULT_STOP_BEFORE);
//     … open "file:/x/ledger.sqlite?vfs=disk-1", write until it fails, close …
//     fault_vfs_restart(disk, FAULT_POWER_LOST, 0);
//     … open again and look …
//
// Each registered instance has files, counter and crash of its own, so tests
// may run side by side. Connections of one process may share a file: locks and
// WAL shared memory work as SQLite's unix file system has them.
#pragma once

#include <stdint.h>

typedef struct fault_vfs fault_vfs;

typedef enum {
    // Operation n does not happen.
    FAULT_STOP_BEFORE = 0,
    // If operation n is a write, its first half reaches the written image.
    FAULT_STOP_TORN = 1,
} fault_stop;

typedef enum {
    // The process died, the operating system did not: all writes are there.
    FAULT_PROCESS_STOPPED = 0,
    // The power failed: what was not synced is gone, and so is every creation
    // and deletion of a file that no sync of the directory followed (the first
    // sync of an opened journal or WAL is one, as in SQLite's unix file system).
    FAULT_POWER_LOST = 1,
    // The same, but deletions have reached the disk.
    FAULT_POWER_LOST_DELETIONS_KEPT = 2,
    // The power failed while the disk wrote in an order of its own: of each
    // write since the last sync, every 512-byte sector is there or not (half of
    // them or most), by a generator started from the seed; creations and
    // deletions likewise.
    FAULT_POWER_LOST_SCATTERED = 3,
} fault_restart;

// A new empty file system under a name for "?vfs=NAME". NULL when the name is
// taken or memory is out.
fault_vfs *fault_vfs_register(const char *name);

// Frees it with its files. No connection may be open.
void fault_vfs_unregister(fault_vfs *vfs);

// Forgets all files, the stop and the count. Returns 0, or -1 while a file is
// open (nothing is changed then).
int fault_vfs_reset(fault_vfs *vfs);

// The process stops at operation n, counted from now: 1 is the next one.
// n <= 0 takes an earlier order back.
void fault_vfs_arm(fault_vfs *vfs, int64_t n, fault_stop stop);

// Whether the armed operation was reached.
int fault_vfs_crashed(fault_vfs *vfs);

// Operations counted since registration, reset, arm or restart.
int64_t fault_vfs_operations(fault_vfs *vfs);

// Files that are open, to find connections that were left open.
int fault_vfs_open_files(fault_vfs *vfs);

// Comes back disarmed, with the files that the way of stopping leaves. Returns
// 0, or -1 while a file is open (nothing is changed then).
int fault_vfs_restart(fault_vfs *vfs, fault_restart restart, uint64_t seed);
