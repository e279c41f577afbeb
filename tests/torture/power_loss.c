#define _GNU_SOURCE /* SEEK_DATA */
#include "tests/torture/platter.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_NONE = UINT8_MAX, COPY_BYTES = 65536, PATH_MAX_BYTES = BAD_DISK_PATH_BYTES_MAX + 256 };

struct entry {
    const struct bad_disk_record *record;
    uint32_t file; /* FILE_NONE: the directory. */
};

struct power_loss {
    const char *base;
    const uint8_t *journal; /* The whole file, mapped. */
    size_t journal_bytes;
    struct entry *entries; /* In the order of their doing. */
    uint64_t count;        /* Done. */
    bool under_way;        /* One more record was begun. */
    char names[POWER_LOSS_FILES_MAX][BAD_DISK_NAME_BYTES_MAX + 1];
    uint32_t names_count;
};

/* --- Directories --------------------------------------------------------------------------- */

static void path_join(char out[PATH_MAX_BYTES], const char *directory, const char *name)
{
    int size = snprintf(out, PATH_MAX_BYTES, "%s/%s", directory, name);
    ASSERT(size > 0 && size < PATH_MAX_BYTES);
}

/* Calls `each` for every regular file of a directory; there may be none. */
static void files_walk(const char *directory,
                       void (*each)(const char *path, const char *name, void *context),
                       void *context)
{
    DIR *entries = opendir(directory);
    ASSERT(entries != NULL || errno == ENOENT);
    const struct dirent *entry = NULL;
    while (entries != NULL && (entry = readdir(entries)) != NULL) {
        char path[PATH_MAX_BYTES];
        struct stat facts;
        path_join(path, directory, entry->d_name);
        if (lstat(path, &facts) == 0 && S_ISREG(facts.st_mode)) {
            each(path, entry->d_name, context);
        }
    }
    if (entries != NULL) {
        (void)closedir(entries);
    }
}

static void file_remove(const char *path, const char *name, void *context)
{
    (void)name;
    (void)context;
    int removed = unlink(path);
    ASSERT(removed == 0);
}

/* Copies what there is, and leaves the holes: a store is mostly hole. */
static void file_copy(const char *path, const char *name, void *context)
{
    static uint8_t bytes[COPY_BYTES];
    const char *to_directory = context;
    char to_path[PATH_MAX_BYTES];
    struct stat facts;
    path_join(to_path, to_directory, name);
    int from = open(path, O_RDONLY | O_CLOEXEC);
    int to = open(to_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    ASSERT(from >= 0 && to >= 0);
    int looked = fstat(from, &facts);
    int sized = ftruncate(to, facts.st_size);
    ASSERT(looked == 0 && sized == 0);
    off_t at = lseek(from, 0, SEEK_DATA);
    while (at >= 0) {
        off_t end = lseek(from, at, SEEK_HOLE);
        while (at < end) {
            size_t wanted = end - at < COPY_BYTES ? (size_t)(end - at) : COPY_BYTES;
            ssize_t got = pread(from, bytes, wanted, at);
            ASSERT(got > 0);
            ssize_t put = pwrite(to, bytes, (size_t)got, at);
            ASSERT(put == got);
            at += got;
        }
        at = lseek(from, at, SEEK_DATA);
    }
    (void)close(from);
    (void)close(to);
}

static void directory_fill(const char *to, const char *from)
{
    char directory[PATH_MAX_BYTES];
    (void)snprintf(directory, sizeof directory, "%s", to);
    int made = mkdir(to, 0700);
    ASSERT(made == 0 || errno == EEXIST);
    files_walk(to, file_remove, NULL);
    files_walk(from, file_copy, directory);
}

void power_loss_begin(const char *store, const char *base, const char *journal)
{
    directory_fill(base, store);
    int removed = unlink(journal);
    ASSERT(removed == 0 || errno == ENOENT);
}

/* --- The journal ---------------------------------------------------------------------------- */

static uint32_t file_number(struct power_loss *loss, const char *name)
{
    if (name[0] == '\0') {
        return FILE_NONE;
    }
    for (uint32_t index = 0; index < loss->names_count; index++) {
        if (strcmp(loss->names[index], name) == 0) {
            return index;
        }
    }
    ASSERT(loss->names_count < POWER_LOSS_FILES_MAX);
    ASSERT(strchr(name, '/') == NULL); /* A store has no directories in it. */
    memcpy(loss->names[loss->names_count], name, strlen(name) + 1);
    return loss->names_count++;
}

static uint64_t record_bytes(const struct bad_disk_record *record)
{
    uint64_t mask = BAD_DISK_ALIGN_BYTES - 1;
    return sizeof *record + ((record->size + mask) & ~mask);
}

/* Finds the records, the one under way included. */
static bool records_find(struct power_loss *loss)
{
    struct bad_disk_journal header;
    memcpy(&header, loss->journal, sizeof header);
    uint64_t end = header.begun_bytes > header.end_bytes ? header.begun_bytes : header.end_bytes;
    uint64_t wanted =
        header.begun_bytes == header.end_bytes ? header.begun_records : header.records;
    loss->under_way = end > header.end_bytes;
    /* The last record has no padding behind it yet. */
    uint64_t most = loss->journal_bytes + BAD_DISK_ALIGN_BYTES - 1;
    if (memcmp(header.magic, "BADDISK1", sizeof header.magic) != 0 || end > most) {
        return false;
    }
    uint64_t capacity = wanted + 1;
    loss->entries = calloc(capacity, sizeof(loss->entries[0]));
    ASSERT(loss->entries != NULL);
    uint64_t count = 0;
    for (uint64_t at = BAD_DISK_HEADER_BYTES; at < end; count++) {
        const void *place = loss->journal + at;
        const struct bad_disk_record *record = place;
        if (count == capacity || end - at < sizeof *record || record->size > end - at ||
            memchr(record->name, '\0', sizeof record->name) == NULL) {
            return false;
        }
        loss->entries[count] = (struct entry){record, file_number(loss, record->name)};
        at += record_bytes(record);
    }
    loss->count = wanted;
    return count == wanted + (loss->under_way ? 1 : 0);
}

struct power_loss *power_loss_open(const char *base, const char *journal)
{
    struct stat facts;
    int file = open(journal, O_RDONLY | O_CLOEXEC);
    if (file < 0 || fstat(file, &facts) != 0 || facts.st_size < BAD_DISK_HEADER_BYTES) {
        (void)fprintf(stderr, "power loss: no journal in %s: %s\n", journal, strerror(errno));
        if (file >= 0) {
            (void)close(file);
        }
        return NULL;
    }
    struct power_loss *loss = calloc(1, sizeof *loss);
    ASSERT(loss != NULL);
    loss->base = base;
    loss->journal_bytes = (size_t)facts.st_size;
    void *map = mmap(NULL, loss->journal_bytes, PROT_READ, MAP_PRIVATE, file, 0);
    ASSERT(map != MAP_FAILED);
    (void)close(file);
    loss->journal = map;
    if (!records_find(loss)) {
        (void)fprintf(stderr, "power loss: the journal %s makes no sense\n", journal);
        power_loss_close(loss);
        return NULL;
    }
    return loss;
}

void power_loss_close(struct power_loss *loss)
{
    union {
        const uint8_t *ours;
        void *theirs;
    } map = {.ours = loss->journal};
    (void)munmap(map.theirs, loss->journal_bytes);
    free(loss->entries);
    free(loss);
}

uint64_t power_loss_moments(const struct power_loss *loss)
{
    return loss->count;
}

enum bad_disk_kind power_loss_kind(const struct power_loss *loss, uint64_t moment)
{
    ASSERT(moment < loss->count);
    return (enum bad_disk_kind)loss->entries[moment].record->kind;
}

/* --- The disk --------------------------------------------------------------------------------- */

/* Up to its last sync, or its last before one failed, a file is simply what was written. */
static void plain_until(const struct power_loss *loss, uint64_t moment,
                        uint64_t until[POWER_LOSS_FILES_MAX])
{
    bool failed[POWER_LOSS_FILES_MAX] = {false};
    for (uint64_t index = 0; index < moment; index++) {
        uint32_t file = loss->entries[index].file;
        uint32_t kind = loss->entries[index].record->kind;
        if (file == FILE_NONE || failed[file]) {
            continue;
        }
        failed[file] = kind == BAD_DISK_SYNC_FAILED;
        if (kind == BAD_DISK_SYNC) {
            until[file] = index;
        }
    }
}

/* One record that was done. */
static void replay(struct platter *platter, uint32_t file, const struct bad_disk_record *record,
                   bool plain)
{
    struct span bytes = span_of(record + 1, record->size);
    switch ((enum bad_disk_kind)record->kind) {
    case BAD_DISK_WRITE:
        platter_write(platter, file, record->offset, bytes,
                      plain ? PLATTER_PLAIN : PLATTER_UNSYNCED);
        break;
    case BAD_DISK_WRITE_SYNCED:
        platter_write(platter, file, record->offset, bytes, plain ? PLATTER_PLAIN : PLATTER_SYNCED);
        break;
    case BAD_DISK_TRUNCATE:
        platter_truncate(platter, file, record->offset, plain);
        break;
    case BAD_DISK_SYNC:
        platter_sync(platter, file);
        break;
    case BAD_DISK_SYNC_FAILED:
        platter_sync_failed(platter, file);
        break;
    case BAD_DISK_CREATE:
        platter_create(platter, file);
        break;
    }
}

/* What came next may have been begun, but not ended. */
static void replay_under_way(struct platter *platter, uint32_t file,
                             const struct bad_disk_record *record)
{
    struct span bytes = span_of(record + 1, record->size);
    switch ((enum bad_disk_kind)record->kind) {
    case BAD_DISK_WRITE:
    case BAD_DISK_WRITE_SYNCED:
        platter_write(platter, file, record->offset, bytes, PLATTER_UNSYNCED);
        break;
    case BAD_DISK_TRUNCATE:
        platter_truncate(platter, file, record->offset, false);
        break;
    case BAD_DISK_SYNC:
    case BAD_DISK_SYNC_FAILED:
    case BAD_DISK_CREATE:
        break;
    }
}

void power_loss_restore(const struct power_loss *loss, uint64_t moment, uint64_t seed,
                        const char *to, struct power_loss_report *report)
{
    ASSERT(moment <= loss->count);
    directory_fill(to, loss->base);
    struct platter *platter = platter_new(to, seed);
    for (uint32_t index = 0; index < loss->names_count; index++) {
        platter_add_file(platter, loss->names[index]);
    }
    uint64_t until[POWER_LOSS_FILES_MAX] = {0};
    plain_until(loss, moment, until);
    for (uint64_t index = 0; index < moment; index++) {
        const struct entry *entry = &loss->entries[index];
        if (entry->file != FILE_NONE) {
            replay(platter, entry->file, entry->record, index < until[entry->file]);
        } else if (entry->record->kind == BAD_DISK_SYNC) {
            platter_sync_names(platter);
        }
    }
    const struct entry *next = &loss->entries[moment];
    if ((moment < loss->count || loss->under_way) && next->file != FILE_NONE) {
        replay_under_way(platter, next->file, next->record);
    }
    platter_end(platter, report);
}
