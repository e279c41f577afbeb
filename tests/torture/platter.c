#include "tests/torture/platter.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum { SECTOR = POWER_LOSS_SECTOR_BYTES, SECTORS_FIRST = 256, PER_CENT = 100 };

struct platter_file {
    char path[BAD_DISK_PATH_BYTES_MAX + BAD_DISK_NAME_BYTES_MAX + 2];
    int file;            /* -1: not there yet. */
    bool named;          /* Its name is durable. */
    uint64_t size;       /* As a reader would see it. */
    uint64_t size_taken; /* As the disk has it. */
};

/* A sector that was written and not (only) plainly. */
struct sector {
    uint32_t file;
    uint64_t number;
    bool dirty;    /* What is seen is not what the disk has for certain. */
    bool given_up; /* A sync failed: no later one will write it. */
    bool taken;    /* The disk has `on_disk` instead of what the file says. */
    uint8_t seen[SECTOR];
    uint8_t on_disk[SECTOR];
};

struct platter {
    const char *directory;
    uint64_t random;
    uint64_t taken_per_cent; /* How eager the disk was. */
    struct platter_file files[POWER_LOSS_FILES_MAX];
    uint32_t files_count;
    struct sector *sectors;
    size_t sectors_count;
    size_t sectors_capacity; /* A power of two; the table below has twice as many places. */
    uint32_t *table;         /* Index in sectors + 1, by file and number; 0 = free. */
};

/* splitmix64 */
static uint64_t platter_random(struct platter *platter, uint64_t limit)
{
    uint64_t mixed = platter->random += UINT64_C(0x9E3779B97F4A7C15);
    mixed = (mixed ^ mixed >> 30) * UINT64_C(0xBF58476D1CE4E5B9);
    mixed = (mixed ^ mixed >> 27) * UINT64_C(0x94D049BB133111EB);
    return (mixed ^ mixed >> 31) % limit;
}

static bool platter_takes(struct platter *platter)
{
    return platter_random(platter, PER_CENT) < platter->taken_per_cent;
}

struct platter *platter_new(const char *directory, uint64_t seed)
{
    /* Nothing, little, half, almost all, all: the ends are where faults hide. */
    static const uint8_t eagerness[] = {0, 4, 50, 50, 96, 100};
    struct platter *platter = calloc(1, sizeof *platter);
    ASSERT(platter != NULL);
    platter->directory = directory;
    platter->random = seed;
    platter->taken_per_cent = eagerness[platter_random(platter, ARRAY_LEN(eagerness))];
    platter->sectors_capacity = SECTORS_FIRST;
    platter->sectors = calloc(platter->sectors_capacity, sizeof(platter->sectors[0]));
    platter->table = calloc(2 * platter->sectors_capacity, sizeof(platter->table[0]));
    ASSERT(platter->sectors != NULL && platter->table != NULL);
    return platter;
}

void platter_add_file(struct platter *platter, const char *name)
{
    ASSERT(platter->files_count < POWER_LOSS_FILES_MAX);
    struct platter_file *file = &platter->files[platter->files_count++];
    struct stat facts;
    int size = snprintf(file->path, sizeof file->path, "%s/%s", platter->directory, name);
    ASSERT(size > 0 && size < (int)sizeof file->path);
    file->file = open(file->path, O_RDWR | O_CLOEXEC);
    if (file->file >= 0) {
        int looked = fstat(file->file, &facts);
        ASSERT(looked == 0);
        file->named = true;
        file->size = (uint64_t)facts.st_size;
        file->size_taken = file->size;
    }
}

static struct platter_file *file_of(struct platter *platter, uint32_t number)
{
    ASSERT(number < platter->files_count);
    struct platter_file *file = &platter->files[number];
    if (file->file < 0) {
        file->file = open(file->path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
        ASSERT(file->file >= 0);
    }
    return file;
}

static void file_put(const struct platter_file *file, const uint8_t *bytes, size_t size,
                     uint64_t offset)
{
    ssize_t put = pwrite(file->file, bytes, size, (off_t)offset);
    ASSERT(put == (ssize_t)size);
}

/* --- Sectors -------------------------------------------------------------------------------- */

/* Where the sector is in the table, or would be. */
static uint32_t *sector_place(const struct platter *platter, uint32_t file, uint64_t number)
{
    size_t mask = 2 * platter->sectors_capacity - 1;
    size_t place =
        (size_t)((number * POWER_LOSS_FILES_MAX + file) * UINT64_C(0x9E3779B97F4A7C15) >> 20) &
        mask;
    for (;; place = (place + 1) & mask) {
        uint32_t index = platter->table[place];
        if (index == 0 || (platter->sectors[index - 1].number == number &&
                           platter->sectors[index - 1].file == file)) {
            return &platter->table[place];
        }
    }
}

static void sectors_grow(struct platter *platter)
{
    platter->sectors_capacity *= 2;
    platter->sectors =
        realloc(platter->sectors, platter->sectors_capacity * sizeof(platter->sectors[0]));
    free(platter->table);
    platter->table = calloc(2 * platter->sectors_capacity, sizeof(platter->table[0]));
    ASSERT(platter->sectors != NULL && platter->table != NULL);
    for (size_t index = 0; index < platter->sectors_count; index++) {
        const struct sector *sector = &platter->sectors[index];
        *sector_place(platter, sector->file, sector->number) = (uint32_t)index + 1;
    }
}

/* The sector, as the disk has it if it was not known. */
static struct sector *sector_of(struct platter *platter, uint32_t file, uint64_t number)
{
    uint32_t *place = sector_place(platter, file, number);
    if (*place != 0) {
        return &platter->sectors[*place - 1];
    }
    if (platter->sectors_count == platter->sectors_capacity) {
        sectors_grow(platter);
        place = sector_place(platter, file, number);
    }
    struct sector *sector = &platter->sectors[platter->sectors_count++];
    *place = (uint32_t)platter->sectors_count;
    *sector = (struct sector){.file = file, .number = number};
    ssize_t got = pread(platter->files[file].file, sector->seen, SECTOR, (off_t)(number * SECTOR));
    ASSERT(got >= 0);
    return sector;
}

/* What is seen is now what the disk has. */
static void sector_settle(const struct platter *platter, struct sector *sector)
{
    file_put(&platter->files[sector->file], sector->seen, SECTOR, sector->number * SECTOR);
    sector->dirty = false;
    sector->given_up = false;
    sector->taken = false;
}

static void sector_write(struct platter *platter, uint32_t file, uint64_t offset, struct span bytes,
                         bool synced)
{
    struct sector *sector = sector_of(platter, file, offset / SECTOR);
    memcpy(sector->seen + offset % SECTOR, bytes.data, bytes.size);
    uint64_t end = offset + bytes.size;
    struct platter_file *to = &platter->files[file];
    to->size = end > to->size ? end : to->size;
    bool takes = synced || platter_takes(platter);
    if (takes) {
        to->size_taken = end > to->size_taken ? end : to->size_taken;
    }
    if (synced) {
        sector_settle(platter, sector);
        return;
    }
    sector->dirty = true;
    sector->given_up = false;
    if (takes) {
        sector->taken = true;
        memcpy(sector->on_disk, sector->seen, SECTOR);
    }
}

/* --- What happens to the disk ------------------------------------------------------------------
 */

void platter_create(struct platter *platter, uint32_t number)
{
    (void)file_of(platter, number);
}

void platter_write(struct platter *platter, uint32_t number, uint64_t offset, struct span bytes,
                   enum platter_manner manner)
{
    struct platter_file *file = file_of(platter, number);
    uint64_t end = offset + bytes.size;
    if (manner == PLATTER_PLAIN) {
        file_put(file, bytes.data, bytes.size, offset);
        file->size = end > file->size ? end : file->size;
        file->size_taken = file->size;
        return;
    }
    while (bytes.size > 0) {
        size_t room = SECTOR - offset % SECTOR;
        size_t size = bytes.size < room ? bytes.size : room;
        sector_write(platter, number, offset, span_of(bytes.data, size), manner == PLATTER_SYNCED);
        offset += size;
        bytes = span_of(bytes.data + size, bytes.size - size);
    }
}

/* The sectors of a file that grew shorter are forgotten: as if synced. */
static void platter_shorten(struct platter *platter, uint32_t number, uint64_t size)
{
    struct platter_file *file = &platter->files[number];
    for (size_t index = 0; index < platter->sectors_count; index++) {
        struct sector *sector = &platter->sectors[index];
        uint64_t begin = sector->number * SECTOR;
        if (sector->file == number && begin + SECTOR > size) {
            size_t keep = begin < size ? (size_t)(size - begin) : 0;
            memset(sector->seen + keep, 0, SECTOR - keep);
            sector_settle(platter, sector);
        }
    }
    int cut = ftruncate(file->file, (off_t)size);
    ASSERT(cut == 0);
    file->size_taken = size;
}

void platter_truncate(struct platter *platter, uint32_t number, uint64_t size, bool plain)
{
    struct platter_file *file = file_of(platter, number);
    if (size < file->size) {
        platter_shorten(platter, number, size);
    } else if (plain || platter_takes(platter)) {
        file->size_taken = size;
    }
    file->size = size;
}

void platter_sync(struct platter *platter, uint32_t number)
{
    struct platter_file *file = file_of(platter, number);
    for (size_t index = 0; index < platter->sectors_count; index++) {
        struct sector *sector = &platter->sectors[index];
        if (sector->file == number && sector->dirty && !sector->given_up) {
            sector_settle(platter, sector);
        }
    }
    file->size_taken = file->size;
}

void platter_sync_failed(struct platter *platter, uint32_t number)
{
    for (size_t index = 0; index < platter->sectors_count; index++) {
        struct sector *sector = &platter->sectors[index];
        if (sector->file == number && sector->dirty) {
            sector->given_up = true;
        }
    }
}

void platter_sync_names(struct platter *platter)
{
    for (uint32_t index = 0; index < platter->files_count; index++) {
        platter->files[index].named = platter->files[index].file >= 0;
    }
}

static void file_end(struct platter *platter, struct platter_file *file,
                     struct power_loss_report *report)
{
    int sized = ftruncate(file->file, (off_t)file->size_taken);
    ASSERT(sized == 0);
    (void)close(file->file);
    if (!file->named && platter_random(platter, 2) == 0) {
        int removed = unlink(file->path);
        ASSERT(removed == 0);
        report->files_unnamed++;
    }
}

void platter_end(struct platter *platter, struct power_loss_report *report)
{
    struct power_loss_report unwanted;
    report = report != NULL ? report : &unwanted;
    *report = (struct power_loss_report){0};
    for (size_t index = 0; index < platter->sectors_count; index++) {
        struct sector *sector = &platter->sectors[index];
        report->sectors_unsynced += sector->dirty ? 1 : 0;
        if (sector->dirty && sector->taken) {
            memcpy(sector->seen, sector->on_disk, SECTOR);
            sector_settle(platter, sector);
            report->sectors_landed++;
        }
    }
    for (uint32_t index = 0; index < platter->files_count; index++) {
        if (platter->files[index].file >= 0) {
            file_end(platter, &platter->files[index], report);
        }
    }
    free(platter->sectors);
    free(platter->table);
    free(platter);
}
