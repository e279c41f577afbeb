#include "tests/torture/bad_disk.h"

#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <unistd.h>

static void put(struct bad_disk_environment *environment, size_t *count, const char *name,
                const char *value)
{
    if (value == NULL) {
        return;
    }
    ASSERT(*count < BAD_DISK_ENVIRONMENT_MAX);
    char *text = environment->text[*count];
    int size = snprintf(text, sizeof environment->text[0], "%s=%s", name, value);
    ASSERT(size > 0 && size < (int)sizeof environment->text[0]);
    environment->list[(*count)++] = text;
}

void bad_disk_environment_init(struct bad_disk_environment *environment,
                               const struct bad_disk_settings *settings)
{
    char seed[24];
    size_t count = 0;
    *environment = (struct bad_disk_environment){0};
    (void)snprintf(seed, sizeof seed, "%" PRIu64, settings->seed);
    put(environment, &count, "LD_PRELOAD", BAD_DISK_LIBRARY);
    put(environment, &count, "ASAN_OPTIONS", "verify_asan_link_order=0");
    put(environment, &count, BAD_DISK_PATH, settings->path);
    put(environment, &count, BAD_DISK_JOURNAL, settings->journal);
    put(environment, &count, BAD_DISK_RULES, settings->rules);
    put(environment, &count, BAD_DISK_CONTROL, settings->control);
    put(environment, &count, BAD_DISK_SEED, seed);
}

void bad_disk_control(const char *control_path, const char *rules)
{
    char fresh[BAD_DISK_PATH_BYTES_MAX + 8];
    if (rules == NULL) {
        (void)unlink(control_path);
        return;
    }
    (void)snprintf(fresh, sizeof fresh, "%s.new", control_path);
    FILE *file = fopen(fresh, "we");
    ASSERT(file != NULL);
    int put_count = fputs(rules, file);
    int closed = fclose(file);
    ASSERT(put_count >= 0 && closed == 0);
    int renamed = rename(fresh, control_path);
    ASSERT(renamed == 0);
}

bool bad_disk_journal_read(const char *journal_path, struct bad_disk_journal *out)
{
    static const char magic[sizeof out->magic] = "BADDISK1";
    int file = open(journal_path, O_RDONLY | O_CLOEXEC);
    ssize_t size = file < 0 ? -1 : pread(file, out, sizeof *out, 0);
    if (file >= 0) {
        (void)close(file);
    }
    return size == (ssize_t)sizeof *out && memcmp(out->magic, magic, sizeof magic) == 0;
}
