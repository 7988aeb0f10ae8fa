// Locks between connections of this process, and WAL shared memory on the heap.
#include <stdlib.h>
#include <string.h>

#include "FaultInternal.h"

// https://www.sqlite.org/lockingv3.html: many readers; one writer may prepare
// (RESERVED) beside them, keeps new ones out (PENDING) and waits (EXCLUSIVE).
int fault_lock(sqlite3_file *base, int level) {
    fault_handle *handle = (fault_handle *)base;
    fault_vfs *vfs = handle->vfs;
    int code = SQLITE_OK;
    pthread_mutex_lock(&vfs->mutex);
    if (vfs->crashed) {
        code = SQLITE_IOERR_LOCK;
    } else if (handle->lock < level) {
        int highest = SQLITE_LOCK_NONE;
        for (fault_handle *other = handle->file->handles; other; other = other->next)
            if (other != handle && other->lock > highest) highest = other->lock;
        if (level == SQLITE_LOCK_SHARED) {
            if (highest >= SQLITE_LOCK_PENDING) code = SQLITE_BUSY;
        } else if (highest >= SQLITE_LOCK_RESERVED) {
            code = SQLITE_BUSY;
        } else if (level == SQLITE_LOCK_EXCLUSIVE && highest >= SQLITE_LOCK_SHARED) {
            handle->lock = SQLITE_LOCK_PENDING;
            code = SQLITE_BUSY;
        }
        if (code == SQLITE_OK) handle->lock = level;
    }
    pthread_mutex_unlock(&vfs->mutex);
    return code;
}

int fault_unlock(sqlite3_file *base, int level) {
    fault_handle *handle = (fault_handle *)base;
    pthread_mutex_lock(&handle->vfs->mutex);
    if (handle->lock > level) handle->lock = level;
    pthread_mutex_unlock(&handle->vfs->mutex);
    return SQLITE_OK;
}

int fault_check_reserved(sqlite3_file *base, int *result) {
    fault_handle *handle = (fault_handle *)base;
    pthread_mutex_lock(&handle->vfs->mutex);
    int code = handle->vfs->crashed ? SQLITE_IOERR_CHECKRESERVEDLOCK : SQLITE_OK;
    *result = 0;
    for (fault_handle *other = handle->file->handles; other; other = other->next)
        if (other->lock >= SQLITE_LOCK_RESERVED) *result = 1;
    pthread_mutex_unlock(&handle->vfs->mutex);
    return code;
}

int fault_shm_map(sqlite3_file *base, int region, int size, int extend, void volatile **out) {
    fault_handle *handle = (fault_handle *)base;
    fault_file *file = handle->file;
    int code = SQLITE_OK;
    *out = NULL;
    pthread_mutex_lock(&handle->vfs->mutex);
    if (handle->vfs->crashed) {
        code = SQLITE_IOERR_SHMMAP;
    } else {
        handle->uses_shm = 1;
        if (region >= file->region_count && extend) {
            void **regions = realloc(file->regions, sizeof(void *) * (size_t)(region + 1));
            if (!regions) {
                code = SQLITE_IOERR_NOMEM;
            } else {
                file->regions = regions;
                while (code == SQLITE_OK && file->region_count <= region) {
                    void *bytes = calloc(1, (size_t)size);
                    if (bytes) file->regions[file->region_count++] = bytes;
                    else code = SQLITE_IOERR_NOMEM;
                }
            }
        }
        if (code == SQLITE_OK && region < file->region_count) *out = file->regions[region];
    }
    pthread_mutex_unlock(&handle->vfs->mutex);
    return code;
}

int fault_shm_lock(sqlite3_file *base, int offset, int count, int flags) {
    fault_handle *handle = (fault_handle *)base;
    unsigned mask = ((1u << count) - 1u) << offset;
    int code = SQLITE_OK;
    pthread_mutex_lock(&handle->vfs->mutex);
    if (flags & SQLITE_SHM_UNLOCK) {
        if (flags & SQLITE_SHM_SHARED) handle->shm_shared &= ~mask;
        else handle->shm_exclusive &= ~mask;
    } else if (handle->vfs->crashed) {
        code = SQLITE_IOERR_SHMLOCK;
    } else {
        unsigned shared = 0, exclusive = 0;
        for (fault_handle *other = handle->file->handles; other; other = other->next) {
            if (other == handle) continue;
            shared |= other->shm_shared;
            exclusive |= other->shm_exclusive;
        }
        if (flags & SQLITE_SHM_SHARED) {
            if (exclusive & mask) code = SQLITE_BUSY;
            else handle->shm_shared |= mask;
        } else {
            if ((exclusive | shared) & mask) code = SQLITE_BUSY;
            else handle->shm_exclusive |= mask;
        }
    }
    pthread_mutex_unlock(&handle->vfs->mutex);
    return code;
}

void fault_shm_barrier(sqlite3_file *base) {
    (void)base;
    __sync_synchronize();
}

int fault_shm_unmap(sqlite3_file *base, int delete_flag) {
    (void)delete_flag;  // the last connection takes the memory with it either way
    fault_handle *handle = (fault_handle *)base;
    fault_file *file = handle->file;
    pthread_mutex_lock(&handle->vfs->mutex);
    handle->shm_shared = handle->shm_exclusive = 0;
    handle->uses_shm = 0;
    int in_use = 0;
    for (fault_handle *other = file->handles; other; other = other->next)
        in_use |= other->uses_shm;
    if (!in_use) {
        for (int i = 0; i < file->region_count; i++) free(file->regions[i]);
        free(file->regions);
        file->regions = NULL;
        file->region_count = 0;
    }
    pthread_mutex_unlock(&handle->vfs->mutex);
    return SQLITE_OK;
}
