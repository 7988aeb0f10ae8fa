// Registration, and the process that stops and comes back.
#include "CFaultVFS.h"

#include <stdlib.h>
#include <string.h>

#include "FaultInternal.h"

static int fault_full_pathname(sqlite3_vfs *base, const char *name, int size, char *out) {
    (void)base;
    if (strlen(name) >= (size_t)size) return SQLITE_CANTOPEN;
    strcpy(out, name);
    return SQLITE_OK;
}

static int fault_randomness(sqlite3_vfs *base, int count, char *out) {
    sqlite3_vfs *system = ((fault_vfs *)base)->system;
    return system->xRandomness(system, count, out);
}

static int fault_sleep(sqlite3_vfs *base, int microseconds) {
    sqlite3_vfs *system = ((fault_vfs *)base)->system;
    return system->xSleep(system, microseconds);
}

static int fault_time(sqlite3_vfs *base, double *out) {
    sqlite3_vfs *system = ((fault_vfs *)base)->system;
    return system->xCurrentTime(system, out);
}

static int fault_last_error(sqlite3_vfs *base, int size, char *out) {
    (void)base, (void)size, (void)out;
    return 0;
}

static void free_files(fault_vfs *vfs) {
    while (vfs->files) {
        fault_file *file = vfs->files;
        vfs->files = file->next;
        fault_file_free(file);
    }
}

fault_vfs *fault_vfs_register(const char *name) {
    sqlite3_vfs *system = sqlite3_vfs_find(NULL);
    if (!system || sqlite3_vfs_find(name)) return NULL;
    fault_vfs *vfs = calloc(1, sizeof *vfs);
    char *copy = strdup(name);
    if (!vfs || !copy || pthread_mutex_init(&vfs->mutex, NULL) != 0) {
        free(vfs);
        free(copy);
        return NULL;
    }
    vfs->system = system;
    vfs->name = copy;
    vfs->base.iVersion = 1;
    vfs->base.szOsFile = sizeof(fault_handle);
    vfs->base.mxPathname = 1024;
    vfs->base.zName = copy;
    vfs->base.xOpen = fault_open;
    vfs->base.xDelete = fault_delete;
    vfs->base.xAccess = fault_access;
    vfs->base.xFullPathname = fault_full_pathname;
    vfs->base.xRandomness = fault_randomness;
    vfs->base.xSleep = fault_sleep;
    vfs->base.xCurrentTime = fault_time;
    vfs->base.xGetLastError = fault_last_error;
    if (sqlite3_vfs_register(&vfs->base, 0) != SQLITE_OK) {
        pthread_mutex_destroy(&vfs->mutex);
        free(copy);
        free(vfs);
        return NULL;
    }
    return vfs;
}

void fault_vfs_unregister(fault_vfs *vfs) {
    sqlite3_vfs_unregister(&vfs->base);
    free_files(vfs);
    pthread_mutex_destroy(&vfs->mutex);
    free(vfs->name);
    free(vfs);
}

int fault_vfs_reset(fault_vfs *vfs) {
    pthread_mutex_lock(&vfs->mutex);
    int code = vfs->open_files == 0 ? 0 : -1;
    if (code == 0) {
        free_files(vfs);
        vfs->operations = 0;
        vfs->stop_at = 0;
        vfs->crashed = 0;
    }
    pthread_mutex_unlock(&vfs->mutex);
    return code;
}

void fault_vfs_arm(fault_vfs *vfs, int64_t n, fault_stop stop) {
    pthread_mutex_lock(&vfs->mutex);
    vfs->operations = 0;
    vfs->stop_at = n > 0 ? n : 0;
    vfs->stop = stop;
    pthread_mutex_unlock(&vfs->mutex);
}

int fault_vfs_crashed(fault_vfs *vfs) {
    pthread_mutex_lock(&vfs->mutex);
    int crashed = vfs->crashed;
    pthread_mutex_unlock(&vfs->mutex);
    return crashed;
}

int64_t fault_vfs_operations(fault_vfs *vfs) {
    pthread_mutex_lock(&vfs->mutex);
    int64_t operations = vfs->operations;
    pthread_mutex_unlock(&vfs->mutex);
    return operations;
}

int fault_vfs_open_files(fault_vfs *vfs) {
    pthread_mutex_lock(&vfs->mutex);
    int open_files = vfs->open_files;
    pthread_mutex_unlock(&vfs->mutex);
    return open_files;
}

int fault_vfs_restart(fault_vfs *vfs, fault_restart restart, uint64_t seed) {
    pthread_mutex_lock(&vfs->mutex);
    int code = vfs->open_files == 0 ? 0 : -1;
    if (code == 0) {
        // Spread over all bits, since the generator mixes small seeds slowly; never zero.
        uint64_t generator = (seed + 1) * 0x9e3779b97f4a7c15ull | 1;
        for (fault_file *file = vfs->files; file && code == 0; file = file->next)
            if (fault_file_restart(file, restart, &generator) != SQLITE_OK) code = -1;
        vfs->operations = 0;
        vfs->stop_at = 0;
        vfs->crashed = 0;
    }
    pthread_mutex_unlock(&vfs->mutex);
    return code;
}
