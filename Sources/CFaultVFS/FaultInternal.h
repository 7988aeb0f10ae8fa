#pragma once

#include <pthread.h>
#include <sqlite3.h>
#include <stddef.h>

#include "CFaultVFS.h"

#define FAULT_SECTOR 512

// Bytes of a file, and whether the directory (the one on disk, for `synced`)
// names it.
typedef struct {
    unsigned char *bytes;
    size_t size;
    size_t capacity;
    int exists;
} fault_image;

// A write, or a truncation when `bytes` is NULL, that no sync followed so far.
typedef struct fault_change {
    size_t offset;
    size_t size;
    unsigned char *bytes;
    struct fault_change *next;
} fault_change;

typedef struct fault_file {
    char *name;  // NULL: a temporary file
    fault_image written;
    fault_image synced;
    // Deleted without a sync of the directory; `synced` is what may come back.
    int deletion_unsynced;
    fault_change *changes;
    fault_change **changes_end;
    struct fault_handle *handles;
    void **regions;  // WAL shared memory, 32 KiB each
    int region_count;
    struct fault_file *next;
} fault_file;

// SQLite allocates it; `base` has to come first.
typedef struct fault_handle {
    sqlite3_file base;
    struct fault_vfs *vfs;
    fault_file *file;
    int lock;
    unsigned shm_shared;
    unsigned shm_exclusive;
    int uses_shm;
    // Its next sync is one of the directory, too.
    int syncs_directory;
    struct fault_handle *next;
} fault_handle;

struct fault_vfs {
    sqlite3_vfs base;
    sqlite3_vfs *system;  // for randomness, sleep and time
    char *name;
    // Guards everything below, and every file.
    pthread_mutex_t mutex;
    fault_file *files;
    int open_files;
    int64_t operations;
    int64_t stop_at;  // 0: never
    fault_stop stop;
    int crashed;
};

// FaultImages.c
int fault_image_write(fault_image *image, const void *bytes, size_t size, size_t offset);
int fault_image_truncate(fault_image *image, size_t size);
int fault_image_copy(fault_image *to, const fault_image *from);
void fault_image_free(fault_image *image);
int fault_file_note(fault_file *file, const void *bytes, size_t size, size_t offset);
void fault_file_forget_synced(fault_file *file);
void fault_file_forget_changes(fault_file *file);
void fault_file_free(fault_file *file);
int fault_file_restart(fault_file *file, fault_restart restart, uint64_t *generator);

// FaultFiles.c
int fault_open(sqlite3_vfs *, sqlite3_filename, sqlite3_file *, int flags, int *out_flags);
int fault_delete(sqlite3_vfs *, const char *name, int sync_directory);
int fault_access(sqlite3_vfs *, const char *name, int flags, int *result);

// FaultLocks.c
int fault_lock(sqlite3_file *, int level);
int fault_unlock(sqlite3_file *, int level);
int fault_check_reserved(sqlite3_file *, int *result);
int fault_shm_map(sqlite3_file *, int region, int size, int extend, void volatile **out);
int fault_shm_lock(sqlite3_file *, int offset, int count, int flags);
void fault_shm_barrier(sqlite3_file *);
int fault_shm_unmap(sqlite3_file *, int delete_flag);
