#include "gateway/console/log_reader.h"

#include "gateway/console/log_piece.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

/* "/var/log/FIX.4.4-A-B.messages.current.log" → "FIX.4.4-A-B" */
static void session_from_path(const char *path, char session[LOG_SESSION_BYTES_MAX])
{
    const char *slash = strrchr(path, '/');
    const char *name = slash != NULL ? slash + 1 : path;
    const char *end = strstr(name, ".messages.");
    end = end != NULL ? end : strstr(name, ".log");
    size_t size = end != NULL ? (size_t)(end - name) : strlen(name);
    span_to_text(span_of(name, size), session, LOG_SESSION_BYTES_MAX);
}

enum status log_reader_open(struct log_reader *reader, const char *const *paths, uint32_t count,
                            bool follow)
{
    *reader = (struct log_reader){.paths = paths, .count = count, .follow = follow, .fd = -1};
    reader->buffer = malloc(LOG_READER_BYTES);
    return reader->buffer != NULL ? STATUS_OK : STATUS_FULL;
}

static void close_file(struct log_reader *reader)
{
    if (reader->fd > STDIN_FILENO) {
        (void)close(reader->fd);
    }
    reader->fd = -1;
}

void log_reader_close(struct log_reader *reader)
{
    close_file(reader);
    free(reader->buffer);
    reader->buffer = NULL;
}

const char *log_reader_file(const struct log_reader *reader)
{
    return reader->next > 0 ? reader->paths[reader->next - 1] : "";
}

static bool open_file(struct log_reader *reader)
{
    const char *path = log_reader_file(reader);
    bool input = strcmp(path, "-") == 0;
    session_from_path(input ? "stdin" : path, reader->session);
    reader->fd = input ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC);
    reader->begin = 0;
    reader->end = 0;
    return reader->fd >= 0;
}

/* Reads on. False: nothing came, and errno is 0 at the file's end. */
static bool fill(struct log_reader *reader)
{
    if (reader->begin > 0) {
        memmove(reader->buffer, reader->buffer + reader->begin, reader->end - reader->begin);
        reader->end -= reader->begin;
        reader->begin = 0;
    }
    ssize_t got = 0;
    errno = 0;
    if (reader->end < LOG_READER_BYTES) {
        got = read(reader->fd, reader->buffer + reader->end, LOG_READER_BYTES - reader->end);
    }
    reader->end += got > 0 ? (size_t)got : 0;
    return got > 0;
}

/* The newest file became an old one, and another stands in its place. */
static bool replaced(const struct log_reader *reader)
{
    struct stat here;
    struct stat there;
    return reader->fd > STDIN_FILENO && fstat(reader->fd, &here) == 0 &&
           stat(log_reader_file(reader), &there) == 0 &&
           (here.st_ino != there.st_ino || here.st_dev != there.st_dev);
}

/* Goes to the next file, if this one is at its end and there is one. */
static enum log_read advance(struct log_reader *reader)
{
    bool last = reader->next == reader->count;
    if (last && !reader->follow) {
        return LOG_READ_END;
    }
    if (last && reader->fd >= 0) {
        if (!replaced(reader)) {
            return LOG_READ_END;
        }
        if (fill(reader)) {
            return LOG_READ_RECORD; /* Written to the old one in the meantime. */
        }
    }
    close_file(reader);
    reader->next += last ? 0 : 1;
    if (open_file(reader)) {
        return LOG_READ_RECORD;
    }
    return last && errno == ENOENT ? LOG_READ_END : LOG_READ_FAILED;
}

enum log_read log_reader_next(struct log_reader *reader, struct log_record *record)
{
    for (;;) {
        /* What is torn at the end of a file is waited for only where more may come. */
        bool grows = reader->follow && reader->next == reader->count && !replaced(reader);
        bool more = !reader->ended || grows;
        bool full = reader->begin == 0 && reader->end == LOG_READER_BYTES;
        size_t size = 0;
        enum log_piece piece = LOG_PIECE_PARTIAL;
        if (reader->begin < reader->end) {
            struct span bytes =
                span_of(reader->buffer + reader->begin, reader->end - reader->begin);
            piece = log_piece_read(reader->session, bytes, more && !full, record, &size);
        }
        if (piece != LOG_PIECE_PARTIAL) {
            reader->begin += size;
        }
        if (piece == LOG_PIECE_WHOLE) {
            record->time_ns = record->time_ns != 0 ? record->time_ns : reader->last_ns;
            reader->last_ns = record->time_ns;
            return LOG_READ_RECORD;
        }
        if (piece == LOG_PIECE_OTHER) {
            continue;
        }
        if (reader->fd >= 0 && fill(reader)) {
            reader->ended = false;
            continue;
        }
        if (reader->fd >= 0 && errno != 0) {
            int problem = errno;
            close_file(reader);
            reader->begin = reader->end;
            errno = problem;
            return LOG_READ_FAILED;
        }
        if (!reader->ended && reader->begin < reader->end) {
            reader->ended = true; /* Once more, now that nothing can follow. */
            continue;
        }
        enum log_read read = advance(reader);
        if (read != LOG_READ_RECORD) {
            return read;
        }
        reader->ended = false;
    }
}
