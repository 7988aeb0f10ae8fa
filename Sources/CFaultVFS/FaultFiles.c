// Opening, reading, writing, syncing and deleting files; every change counted.
#include <stdlib.h>
#include <string.h>

#include "FaultInternal.h"

// Counts an operation; true when it is the one at which the process stops.
static int stops_now(fault_vfs *vfs) {
    vfs->operations++;
    if (vfs->stop_at == 0 || vfs->operations < vfs->stop_at) return 0;
    vfs->crashed = 1;
    return 1;
}

static int fault_close(sqlite3_file *base) {
    fault_handle *handle = (fault_handle *)base;
    fault_vfs *vfs = handle->vfs;
    pthread_mutex_lock(&vfs->mutex);
    fault_handle **link = &handle->file->handles;
    while (*link != handle) link = &(*link)->next;
    *link = handle->next;
    vfs->open_files--;
    if (!handle->file->name) fault_file_free(handle->file);
    pthread_mutex_unlock(&vfs->mutex);
    return SQLITE_OK;
}

static int fault_read(sqlite3_file *base, void *out, int count, sqlite3_int64 offset) {
    fault_handle *handle = (fault_handle *)base;
    fault_image *image = &handle->file->written;
    size_t size = (size_t)count, start = (size_t)offset;
    int code = SQLITE_OK;
    pthread_mutex_lock(&handle->vfs->mutex);
    if (handle->vfs->crashed) {
        code = SQLITE_IOERR_READ;
    } else {
        size_t there = start >= image->size ? 0 : image->size - start;
        if (there > size) there = size;
        if (there) memcpy(out, image->bytes + start, there);
        if (there < size) {
            // SQLite requires the rest to be zero.
            memset((char *)out + there, 0, size - there);
            code = SQLITE_IOERR_SHORT_READ;
        }
    }
    pthread_mutex_unlock(&handle->vfs->mutex);
    return code;
}

static int write_noted(fault_file *file, const void *bytes, size_t size, size_t offset) {
    int code = fault_file_note(file, bytes, size, offset);
    return code != SQLITE_OK ? code : fault_image_write(&file->written, bytes, size, offset);
}

static int fault_write(sqlite3_file *base, const void *bytes, int count, sqlite3_int64 offset) {
    fault_handle *handle = (fault_handle *)base;
    fault_vfs *vfs = handle->vfs;
    int code;
    pthread_mutex_lock(&vfs->mutex);
    if (vfs->crashed) {
        code = SQLITE_IOERR_WRITE;
    } else if (stops_now(vfs)) {
        if (vfs->stop == FAULT_STOP_TORN)
            write_noted(handle->file, bytes, (size_t)count / 2, (size_t)offset);
        code = SQLITE_IOERR_WRITE;
    } else {
        code = write_noted(handle->file, bytes, (size_t)count, (size_t)offset);
    }
    pthread_mutex_unlock(&vfs->mutex);
    return code;
}

static int fault_truncate(sqlite3_file *base, sqlite3_int64 size) {
    fault_handle *handle = (fault_handle *)base;
    fault_vfs *vfs = handle->vfs;
    int code;
    pthread_mutex_lock(&vfs->mutex);
    if (vfs->crashed || stops_now(vfs)) {
        code = SQLITE_IOERR_TRUNCATE;
    } else {
        code = fault_file_note(handle->file, NULL, 0, (size_t)size);
        if (code == SQLITE_OK) code = fault_image_truncate(&handle->file->written, (size_t)size);
    }
    pthread_mutex_unlock(&vfs->mutex);
    return code;
}

// From here on every creation and deletion is certain.
static void sync_directory(fault_vfs *vfs) {
    for (fault_file *file = vfs->files; file; file = file->next) {
        if (file->deletion_unsynced) fault_file_forget_synced(file);
        file->synced.exists = file->written.exists;
    }
}

static int fault_sync(sqlite3_file *base, int flags) {
    (void)flags;
    fault_handle *handle = (fault_handle *)base;
    fault_vfs *vfs = handle->vfs;
    int code;
    pthread_mutex_lock(&vfs->mutex);
    if (vfs->crashed || stops_now(vfs)) {
        code = SQLITE_IOERR_FSYNC;
    } else {
        if (handle->syncs_directory) sync_directory(vfs);
        handle->syncs_directory = 0;
        code = fault_image_copy(&handle->file->synced, &handle->file->written);
        fault_file_forget_changes(handle->file);
    }
    pthread_mutex_unlock(&vfs->mutex);
    return code;
}

static int fault_size(sqlite3_file *base, sqlite3_int64 *size) {
    fault_handle *handle = (fault_handle *)base;
    pthread_mutex_lock(&handle->vfs->mutex);
    int code = handle->vfs->crashed ? SQLITE_IOERR_FSTAT : SQLITE_OK;
    *size = (sqlite3_int64)handle->file->written.size;
    pthread_mutex_unlock(&handle->vfs->mutex);
    return code;
}

static int fault_control(sqlite3_file *base, int operation, void *argument) {
    (void)base, (void)operation, (void)argument;
    return SQLITE_NOTFOUND;
}

static int fault_sector(sqlite3_file *base) {
    (void)base;
    return FAULT_SECTOR;
}

// As SQLite's unix file system claims by default: a write does not harm bytes
// beside it.
static int fault_characteristics(sqlite3_file *base) {
    (void)base;
    return SQLITE_IOCAP_POWERSAFE_OVERWRITE;
}

static const sqlite3_io_methods fault_methods = {
    .iVersion = 2,
    .xClose = fault_close,
    .xRead = fault_read,
    .xWrite = fault_write,
    .xTruncate = fault_truncate,
    .xSync = fault_sync,
    .xFileSize = fault_size,
    .xLock = fault_lock,
    .xUnlock = fault_unlock,
    .xCheckReservedLock = fault_check_reserved,
    .xFileControl = fault_control,
    .xSectorSize = fault_sector,
    .xDeviceCharacteristics = fault_characteristics,
    .xShmMap = fault_shm_map,
    .xShmLock = fault_shm_lock,
    .xShmBarrier = fault_shm_barrier,
    .xShmUnmap = fault_shm_unmap,
};

static fault_file *find(fault_vfs *vfs, const char *name) {
    fault_file *file = vfs->files;
    while (file && strcmp(file->name, name) != 0) file = file->next;
    return file;
}

// The file of that name, or a new one; temporary ones stand in no directory.
static fault_file *find_or_create(fault_vfs *vfs, const char *name) {
    fault_file *file = name ? find(vfs, name) : NULL;
    if (file) return file;
    file = calloc(1, sizeof *file);
    if (!file || !name) return file;
    file->name = strdup(name);
    if (!file->name) {
        free(file);
        return NULL;
    }
    file->next = vfs->files;
    vfs->files = file;
    return file;
}

int fault_open(
    sqlite3_vfs *base, sqlite3_filename name, sqlite3_file *out, int flags, int *out_flags) {
    fault_vfs *vfs = (fault_vfs *)base;
    fault_handle *handle = (fault_handle *)out;
    memset(handle, 0, sizeof *handle);
    int code = SQLITE_CANTOPEN;
    pthread_mutex_lock(&vfs->mutex);
    fault_file *file = name ? find(vfs, name) : NULL;
    int there = file && file->written.exists;
    if (!vfs->crashed && (there || (flags & SQLITE_OPEN_CREATE))) {
        file = find_or_create(vfs, name);
        if (file) {
            file->written.exists = 1;
            handle->base.pMethods = &fault_methods;
            handle->vfs = vfs;
            handle->file = file;
            // As SQLite's unix file system does it, for these files only.
            handle->syncs_directory =
                (flags & SQLITE_OPEN_CREATE)
                && (flags & (SQLITE_OPEN_MAIN_JOURNAL | SQLITE_OPEN_WAL));
            handle->next = file->handles;
            file->handles = handle;
            vfs->open_files++;
            if (out_flags) *out_flags = flags;
            code = SQLITE_OK;
        }
    }
    pthread_mutex_unlock(&vfs->mutex);
    return code;
}

int fault_delete(sqlite3_vfs *base, const char *name, int with_directory) {
    fault_vfs *vfs = (fault_vfs *)base;
    int code = SQLITE_OK;
    pthread_mutex_lock(&vfs->mutex);
    fault_file *file = find(vfs, name);
    if (vfs->crashed) {
        code = SQLITE_IOERR_DELETE;
    } else if (!file || !file->written.exists) {
        code = SQLITE_IOERR_DELETE_NOENT;
    } else if (file->handles) {
        // SQLite deletes only what it has closed, under an exclusive lock.
        code = SQLITE_IOERR_DELETE;
    } else if (stops_now(vfs)) {
        code = SQLITE_IOERR_DELETE;
    } else {
        file->written.exists = 0;
        file->written.size = 0;
        fault_file_forget_changes(file);
        if (file->synced.exists) file->deletion_unsynced = 1;
        if (with_directory) sync_directory(vfs);
    }
    pthread_mutex_unlock(&vfs->mutex);
    return code;
}

int fault_access(sqlite3_vfs *base, const char *name, int flags, int *result) {
    (void)flags;
    fault_vfs *vfs = (fault_vfs *)base;
    pthread_mutex_lock(&vfs->mutex);
    int code = vfs->crashed ? SQLITE_IOERR_ACCESS : SQLITE_OK;
    fault_file *file = find(vfs, name);
    *result = file && file->written.exists;
    pthread_mutex_unlock(&vfs->mutex);
    return code;
}
