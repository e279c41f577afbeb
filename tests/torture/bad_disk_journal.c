#define _GNU_SOURCE /* syscall() */
#include "tests/torture/bad_disk_journal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

enum {
    FILE_NUMBER_LEAST = 400, /* Out of the way of the process's own. */
    COMPARE_BYTES = 4096,
};

static const char journal_magic[8] = "BADDISK1";

/* This library stands in the place of libc's calls, so it asks the kernel itself. */

static ssize_t kernel_pwrite(int file, const void *bytes, size_t size, uint64_t offset)
{
    return syscall(SYS_pwrite64, file, bytes, size, offset);
}

_Noreturn void bad_disk_give_up(const char *what)
{
    char text[256];
    int size = snprintf(text, sizeof text, "bad_disk: %s (%s)\n", what, strerror(errno));
    size = size < (int)sizeof text ? size : (int)sizeof text - 1;
    (void)syscall(SYS_write, 2, text, (size_t)size);
    _exit(BAD_DISK_EXIT);
}

static void set(uint64_t *field, uint64_t value)
{
    __atomic_store_n(field, value, __ATOMIC_RELEASE);
}

static uint64_t padded(uint64_t size)
{
    return (size + BAD_DISK_ALIGN_BYTES - 1) / BAD_DISK_ALIGN_BYTES * BAD_DISK_ALIGN_BYTES;
}

static uint64_t record_end(const struct journal *journal, uint64_t size)
{
    return journal->begun_at + sizeof journal->record + padded(size);
}

/* How many of the record's bytes stand in the file: all, or those of the pages that a killed
 * call came to. */
static uint64_t bytes_done(const struct journal *journal, int data)
{
    uint8_t wanted[COMPARE_BYTES];
    uint8_t there[COMPARE_BYTES];
    const struct bad_disk_record *record = &journal->record;
    uint64_t done = 0;
    while (done < record->size) {
        uint64_t left = record->size - done;
        size_t size = left < COMPARE_BYTES ? (size_t)left : COMPARE_BYTES;
        uint64_t at = journal->begun_at + sizeof *record + done;
        if (pread(journal->file, wanted, size, (off_t)at) != (ssize_t)size) {
            bad_disk_give_up("the journal cannot be read");
        }
        ssize_t count = pread(data, there, size, (off_t)(record->offset + done));
        for (ssize_t index = 0; index < (ssize_t)size; index++) {
            if (index >= count || wanted[index] != there[index]) {
                return done + (uint64_t)index;
            }
        }
        done += size;
    }
    return done;
}

/* What a process was about when it was killed: done or not? The files tell. Whether a write
 * was synced they do not tell: then it was not. */
static void settle(struct journal *journal, const char *root)
{
    struct bad_disk_journal *header = journal->header;
    struct bad_disk_record *record = &journal->record;
    journal->begun_at = header->end_bytes;
    if (header->begun_bytes == header->end_bytes) {
        set(&header->records, header->begun_records);
        set(&header->begun_bytes, 0);
        return;
    }
    if (pread(journal->file, record, sizeof *record, (off_t)journal->begun_at) != sizeof *record) {
        bad_disk_give_up("the journal cannot be read");
    }
    char path[BAD_DISK_PATH_BYTES_MAX + BAD_DISK_NAME_BYTES_MAX + 2];
    (void)snprintf(path, sizeof path, "%s/%s", root, record->name);
    struct stat facts = {0};
    int data = open(path, O_RDONLY | O_CLOEXEC);
    bool there = data >= 0 && fstat(data, &facts) == 0;
    bool is_write = record->kind == BAD_DISK_WRITE || record->kind == BAD_DISK_WRITE_SYNCED;
    uint64_t done = there && is_write ? bytes_done(journal, data) : 0;
    if (done > 0) {
        journal_end(journal, BAD_DISK_WRITE, done);
    } else if (there && record->kind == BAD_DISK_TRUNCATE &&
               (uint64_t)facts.st_size == record->offset) {
        journal_end(journal, BAD_DISK_TRUNCATE, 0);
    } else {
        journal_drop(journal);
    }
    if (data >= 0) {
        (void)close(data);
    }
}

void journal_open(struct journal *journal, const char *path, const char *root)
{
    int file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
    journal->file = file < 0 ? -1 : fcntl(file, F_DUPFD_CLOEXEC, FILE_NUMBER_LEAST);
    (void)close(file);
    struct stat facts = {0};
    if (journal->file < 0 || fstat(journal->file, &facts) != 0) {
        bad_disk_give_up("the journal cannot be opened");
    }
    if (flock(journal->file, LOCK_EX | LOCK_NB) != 0) {
        bad_disk_give_up("another process writes the journal");
    }
    bool fresh = facts.st_size < BAD_DISK_HEADER_BYTES;
    if (fresh && syscall(SYS_ftruncate, journal->file, BAD_DISK_HEADER_BYTES) != 0) {
        bad_disk_give_up("the journal cannot be made");
    }
    void *map =
        mmap(NULL, BAD_DISK_HEADER_BYTES, PROT_READ | PROT_WRITE, MAP_SHARED, journal->file, 0);
    if (map == MAP_FAILED) {
        bad_disk_give_up("the journal cannot be mapped");
    }
    journal->header = map;
    if (fresh) {
        set(&journal->header->end_bytes, BAD_DISK_HEADER_BYTES);
        memcpy(journal->header->magic, journal_magic, sizeof journal_magic);
    }
    if (memcmp(journal->header->magic, journal_magic, sizeof journal_magic) != 0) {
        errno = EINVAL;
        bad_disk_give_up("the journal is none");
    }
    if (journal->header->begun_bytes != 0) {
        settle(journal, root);
    }
}

void journal_begin(struct journal *journal, enum bad_disk_kind kind, const char *name,
                   uint64_t offset, const struct iovec *parts, int parts_count)
{
    if (journal->header == NULL) {
        return;
    }
    uint64_t size = 0;
    for (int index = 0; index < parts_count; index++) {
        size += parts[index].iov_len;
    }
    journal->begun_at = journal->header->end_bytes;
    journal->record = (struct bad_disk_record){.kind = kind, .offset = offset, .size = size};
    (void)snprintf(journal->record.name, sizeof journal->record.name, "%s", name);
    uint64_t at = journal->begun_at;
    const struct bad_disk_record *record = &journal->record;
    if (kernel_pwrite(journal->file, record, sizeof *record, at) != sizeof *record) {
        bad_disk_give_up("the journal cannot be written");
    }
    at += sizeof *record;
    for (int index = 0; index < parts_count; index++) {
        size_t part = parts[index].iov_len;
        if (kernel_pwrite(journal->file, parts[index].iov_base, part, at) != (ssize_t)part) {
            bad_disk_give_up("the journal cannot be written");
        }
        at += part;
    }
    set(&journal->header->begun_records, journal->header->records + 1);
    set(&journal->header->begun_bytes, record_end(journal, size));
}

void journal_end(struct journal *journal, enum bad_disk_kind kind, uint64_t size)
{
    struct bad_disk_journal *header = journal->header;
    if (header == NULL) {
        return;
    }
    struct bad_disk_record *record = &journal->record;
    ASSERT(size <= record->size);
    if (record->kind != kind || record->size != size) {
        record->kind = kind;
        record->size = size;
        if (kernel_pwrite(journal->file, record, sizeof *record, journal->begun_at) !=
            sizeof *record) {
            bad_disk_give_up("the journal cannot be written");
        }
        set(&header->begun_bytes, record_end(journal, size));
    }
    if (kind == BAD_DISK_SYNC || kind == BAD_DISK_WRITE_SYNCED) {
        set(&header->syncs, header->syncs + 1);
    }
    /* In this order: settle() knows how far it came. */
    set(&header->end_bytes, record_end(journal, size));
    set(&header->records, header->begun_records);
    set(&header->begun_bytes, 0);
}

void journal_drop(struct journal *journal)
{
    if (journal->header != NULL) {
        set(&journal->header->begun_bytes, 0);
    }
}

void journal_count_failure(struct journal *journal)
{
    struct bad_disk_journal *header = journal->header;
    if (header == NULL) {
        return;
    }
    if (header->failures == 0) {
        set(&header->failed_records, header->records);
    }
    set(&header->failures, header->failures + 1);
}
