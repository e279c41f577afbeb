#include "tests/tools/oms_journal.h"

#include <inttypes.h>
#include <stdlib.h>

static bool oms_journal_begin(struct oms_journal *journal, const char *path, const char *mode)
{
    *journal = (struct oms_journal){.file = fopen(path, mode)};
    if (journal->file == NULL) {
        return false;
    }
    journal->scratch = malloc(OMS_JOURNAL_LINE_BYTES_MAX);
    ASSERT(journal->scratch != NULL);
    return true;
}

bool oms_journal_create(struct oms_journal *journal, const char *path)
{
    return oms_journal_begin(journal, path, "ae");
}

bool oms_journal_open(struct oms_journal *journal, const char *path)
{
    return oms_journal_begin(journal, path, "re");
}

void oms_journal_close(struct oms_journal *journal)
{
    if (journal->file != NULL) {
        (void)fclose(journal->file);
    }
    free(journal->scratch);
    *journal = (struct oms_journal){0};
}

static size_t escape(struct span message, uint8_t *text)
{
    size_t size = 0;
    for (size_t index = 0; index < message.size; index++) {
        uint8_t byte = message.data[index];
        ASSERT(size + 2 <= OMS_JOURNAL_LINE_BYTES_MAX);
        if (byte == 1) {
            text[size++] = '|';
            continue;
        }
        if (byte == '|' || byte == '\\' || byte == '\n') {
            text[size++] = '\\';
            byte = byte == '\n' ? 'n' : byte;
        }
        text[size++] = byte;
    }
    return size;
}

/* In place: the plain text is never longer. */
static size_t unescape(uint8_t *text, size_t size)
{
    size_t plain = 0;
    for (size_t index = 0; index < size; index++) {
        if (text[index] == '|') {
            text[plain++] = 1;
        } else if (text[index] == '\\' && index + 1 < size) {
            index++;
            text[plain++] = text[index] == 'n' ? '\n' : text[index];
        } else {
            text[plain++] = text[index];
        }
    }
    return plain;
}

void oms_journal_write(struct oms_journal *journal, const struct oms_journal_line *line)
{
    size_t size = escape(line->message, journal->scratch);
    int written = fprintf(journal->file, "%c %" PRIu64 " %" PRIu64 " %" PRIx64 " %s ",
                          (int)line->kind, line->time_ns, line->bus_seq, line->instance,
                          line->topic[0] == '\0' ? "-" : line->topic);
    size_t put = fwrite(journal->scratch, 1, size, journal->file);
    int end = fputc('\n', journal->file);
    int flushed = fflush(journal->file);
    ASSERT(written > 0);
    ASSERT(put == size);
    ASSERT(end == '\n');
    ASSERT(flushed == 0);
    journal->lines++;
}

bool oms_journal_read(struct oms_journal *journal, struct oms_journal_line *line)
{
    char kind = 0;
    int read = fscanf(journal->file, "%c %" SCNu64 " %" SCNu64 " %" SCNx64 " %159s", &kind,
                      &line->time_ns, &line->bus_seq, &line->instance, line->topic);
    if (read != 5 || fgetc(journal->file) != ' ') {
        ASSERT(feof(journal->file) != 0);
        return false;
    }
    size_t size = 0;
    for (int byte = fgetc(journal->file); byte != '\n'; byte = fgetc(journal->file)) {
        if (byte == EOF) {
            return false; /* The last line of an OMS that died while writing. */
        }
        ASSERT(size < OMS_JOURNAL_LINE_BYTES_MAX);
        journal->scratch[size++] = (uint8_t)byte;
    }
    line->kind = (enum oms_journal_kind)kind;
    line->message = span_of(journal->scratch, unescape(journal->scratch, size));
    journal->lines++;
    return true;
}

_Static_assert(OMS_JOURNAL_TOPIC_BYTES_MAX == 160, "the width in oms_journal_read() follows it");
