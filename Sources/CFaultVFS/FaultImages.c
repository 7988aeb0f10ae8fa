// The two images of a file, and what a restart leaves of them.
#include <stdlib.h>
#include <string.h>

#include "FaultInternal.h"

static int reserve(fault_image *image, size_t size) {
    if (size <= image->capacity) return SQLITE_OK;
    size_t capacity = image->capacity ? image->capacity : 4096;
    while (capacity < size) capacity *= 2;
    unsigned char *bytes = realloc(image->bytes, capacity);
    if (!bytes) return SQLITE_IOERR_NOMEM;
    image->bytes = bytes;
    image->capacity = capacity;
    return SQLITE_OK;
}

int fault_image_write(fault_image *image, const void *bytes, size_t size, size_t offset) {
    if (size == 0) return SQLITE_OK;
    if (reserve(image, offset + size) != SQLITE_OK) return SQLITE_IOERR_NOMEM;
    if (offset > image->size) memset(image->bytes + image->size, 0, offset - image->size);
    memcpy(image->bytes + offset, bytes, size);
    if (offset + size > image->size) image->size = offset + size;
    return SQLITE_OK;
}

int fault_image_truncate(fault_image *image, size_t size) {
    if (size > image->size) {
        if (reserve(image, size) != SQLITE_OK) return SQLITE_IOERR_NOMEM;
        memset(image->bytes + image->size, 0, size - image->size);
    }
    image->size = size;
    return SQLITE_OK;
}

int fault_image_copy(fault_image *to, const fault_image *from) {
    to->size = 0;
    return fault_image_write(to, from->bytes, from->size, 0);
}

void fault_image_free(fault_image *image) {
    free(image->bytes);
    memset(image, 0, sizeof *image);
}

int fault_file_note(fault_file *file, const void *bytes, size_t size, size_t offset) {
    fault_change *change = calloc(1, sizeof *change);
    if (!change) return SQLITE_IOERR_NOMEM;
    change->offset = offset;
    change->size = size;
    if (bytes) {
        change->bytes = malloc(size ? size : 1);
        if (!change->bytes) {
            free(change);
            return SQLITE_IOERR_NOMEM;
        }
        memcpy(change->bytes, bytes, size);
    }
    if (!file->changes) file->changes_end = &file->changes;
    *file->changes_end = change;
    file->changes_end = &change->next;
    return SQLITE_OK;
}

void fault_file_forget_synced(fault_file *file) {
    file->synced.exists = 0;
    file->synced.size = 0;
    file->deletion_unsynced = 0;
}

void fault_file_forget_changes(fault_file *file) {
    while (file->changes) {
        fault_change *change = file->changes;
        file->changes = change->next;
        free(change->bytes);
        free(change);
    }
}

void fault_file_free(fault_file *file) {
    fault_file_forget_changes(file);
    fault_image_free(&file->written);
    fault_image_free(&file->synced);
    for (int i = 0; i < file->region_count; i++) free(file->regions[i]);
    free(file->regions);
    free(file->name);
    free(file);
}

// xorshift64*, Vigna 2016 (doi:10.1145/2845077): one bit of it is enough here.
static int coin(uint64_t *state) {
    *state ^= *state >> 12;
    *state ^= *state << 25;
    *state ^= *state >> 27;
    return (int)((*state * 2685821657736338717ull) >> 63);
}

// Whether a part reached the disk: every second one, or all but one in sixteen.
static int arrives(uint64_t *state, int mostly) {
    int all = coin(state);
    if (mostly)
        for (int i = 0; i < 3; i++) all |= coin(state);
    return all;
}

static int scatter(fault_file *file, uint64_t *generator) {
    // Deleted and perhaps created anew under the name: without the deletion
    // the old bytes stand there, which the new file's writes never touch.
    int renewed = file->deletion_unsynced && coin(generator);
    int old_bytes_stand = file->deletion_unsynced && !renewed;
    if (renewed) fault_file_forget_synced(file);
    if (!file->synced.exists && file->written.exists) file->synced.exists = coin(generator);
    if (old_bytes_stand || !file->synced.exists) return SQLITE_OK;
    int mostly = coin(generator);
    for (fault_change *change = file->changes; change; change = change->next) {
        if (!change->bytes) {
            if (arrives(generator, mostly)) fault_image_truncate(&file->synced, change->offset);
            continue;
        }
        size_t done = 0;
        while (done < change->size) {
            size_t in_sector = FAULT_SECTOR - (change->offset + done) % FAULT_SECTOR;
            size_t part = change->size - done < in_sector ? change->size - done : in_sector;
            if (arrives(generator, mostly)) {
                int code = fault_image_write(
                    &file->synced, change->bytes + done, part, change->offset + done);
                if (code != SQLITE_OK) return code;
            }
            done += part;
        }
    }
    return SQLITE_OK;
}

int fault_file_restart(fault_file *file, fault_restart restart, uint64_t *generator) {
    // The operating system still holds what it has not synced.
    if (restart == FAULT_PROCESS_STOPPED) return SQLITE_OK;
    int code = SQLITE_OK;
    if (restart == FAULT_POWER_LOST_DELETIONS_KEPT && file->deletion_unsynced) {
        fault_file_forget_synced(file);
    } else if (restart == FAULT_POWER_LOST_SCATTERED) {
        code = scatter(file, generator);
    }
    if (code == SQLITE_OK) code = fault_image_copy(&file->written, &file->synced);
    file->written.exists = file->synced.exists;
    file->deletion_unsynced = 0;
    fault_file_forget_changes(file);
    return code;
}
