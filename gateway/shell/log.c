#include "gateway/shell/log.h"

#include "fix/timestamp.h"
#include "gateway/shell/json_text.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* A line with its time, level and count of repetitions. */
#define LINE_ROOM_BYTES ((size_t)LOG_LINE_BYTES_MAX + 256)

enum status log_open(struct log *log, const struct log_config *config)
{
    memset(log, 0, sizeof(*log));
    log->level = config->level;
    log->json = config->json;
    log->fd = STDERR_FILENO;
    if (config->path != NULL) {
        log->fd = open(config->path, O_WRONLY | O_APPEND | O_CREAT | O_CLOEXEC, 0600);
        log->owned = log->fd >= 0;
    }
    log->colour = !log->json && log->fd >= 0 && isatty(log->fd) == 1 && getenv("NO_COLOR") == NULL;
    return log->fd >= 0 ? STATUS_OK : STATUS_IO;
}

bool log_wants(const struct log *log, enum effect_severity severity)
{
    return severity >= log->level;
}

/* Hands the buffer to the system. What it refuses is dropped and counted: a full
 * disk under the log must not stop the orders. */
static void drain(struct log *log)
{
    size_t done = 0;
    unsigned interrupted = 0;
    while (done < log->used && log->fd >= 0) {
        ssize_t written = write(log->fd, log->buffer + done, log->used - done);
        if (written > 0) {
            done += (size_t)written;
        } else if (errno == EINTR && interrupted < 100) {
            interrupted += 1;
        } else {
            for (size_t i = done; i < log->used; i++) {
                log->lost += log->buffer[i] == '\n' ? 1 : 0;
            }
            break;
        }
    }
    log->used = 0;
}

static const char *severity_name(enum effect_severity severity)
{
    switch (severity) {
    case SEVERITY_DEBUG:
        return "DEBUG";
    case SEVERITY_INFO:
        return "INFO";
    case SEVERITY_WARNING:
        return "WARN";
    case SEVERITY_ERROR:
        return "ERROR";
    }
    ASSERT(false);
    return "";
}

static const char *severity_colour(enum effect_severity severity)
{
    switch (severity) {
    case SEVERITY_DEBUG:
        return "\x1b[2m";
    case SEVERITY_INFO:
        return "";
    case SEVERITY_WARNING:
        return "\x1b[33m";
    case SEVERITY_ERROR:
        return "\x1b[31m";
    }
    ASSERT(false);
    return "";
}

/* "2026-11-21T01:02:03.123456Z" out of FIX's form of the same instant. */
static void put_time(struct json_text *out, uint64_t now_ns)
{
    char fix[TIMESTAMP_TEXT_BYTES_MAX];
    size_t size = timestamp_format(now_ns, 6, fix);
    ASSERT(size == 24);
    char iso[40];
    (void)snprintf(iso, sizeof(iso), "%.4s-%.2s-%.2sT%.15sZ", fix, fix + 4, fix + 6, fix + 9);
    json_text_raw(out, span_text(iso));
}

/* Control characters as \n, \x01 …, so that one event is one line. */
static void put_escaped(struct json_text *out, struct span text, bool quoted)
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        char escape[8];
        if (byte == '\n' || byte == '\t') {
            json_text_words(out, byte == '\n' ? "\\n" : "\\t");
        } else if (byte < ' ' || byte == 0x7f) {
            (void)snprintf(escape, sizeof(escape), "\\x%02x", byte);
            json_text_words(out, escape);
        } else if (quoted && (byte == '"' || byte == '\\')) {
            json_text_words(out, byte == '"' ? "\\\"" : "\\\\");
        } else {
            json_text_raw(out, span_of(&text.data[i], 1));
        }
    }
}

/* A value stands bare where a reader cannot mistake its end. */
static void put_value(struct json_text *out, struct span value)
{
    bool bare = value.size > 0;
    for (size_t i = 0; i < value.size; i++) {
        uint8_t byte = value.data[i];
        bare = bare && byte > ' ' && byte != 0x7f && byte != '"' && byte != '=' && byte != '\\';
    }
    json_text_words(out, bare ? "" : "\"");
    put_escaped(out, value, !bare);
    json_text_words(out, bare ? "" : "\"");
}

/* What of a line does not change when the same thing happens again. */
static void put_content(const struct log *log, struct json_text *out, struct span text,
                        const struct log_pair *pairs, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        if (log->json) {
            json_text_pair(out, false, pairs[i].key, pairs[i].value);
        } else {
            json_text_words(out, pairs[i].key);
            json_text_words(out, "=");
            put_value(out, pairs[i].value);
            json_text_words(out, " ");
        }
    }
    if (log->json) {
        json_text_pair(out, false, "text", text);
    } else {
        put_escaped(out, text, false);
    }
}

/* One line into the buffer. */
static void put_line(struct log *log, uint64_t now_ns, enum effect_severity severity,
                     struct span content, uint64_t repeated)
{
    if (LOG_BUFFER_BYTES - log->used < LINE_ROOM_BYTES) {
        drain(log);
    }
    struct json_text out;
    json_text_init(&out, log->buffer + log->used, LINE_ROOM_BYTES);
    char level[16];
    (void)snprintf(level, sizeof(level), log->json ? "%s" : "%-5s", severity_name(severity));
    json_text_words(&out, log->json ? "{\"time\":\"" : "");
    put_time(&out, now_ns);
    json_text_words(&out, log->json ? "\",\"level\":\"" : " ");
    json_text_words(&out, log->colour ? severity_colour(severity) : "");
    json_text_words(&out, level);
    json_text_words(&out, log->colour ? "\x1b[0m" : "");
    json_text_words(&out, log->json ? "\"" : " ");
    json_text_raw(&out, content);
    if (repeated > 0) {
        json_text_words(&out, log->json ? ",\"repeated\":" : " (repeated ");
        json_text_uint(&out, repeated);
        json_text_words(&out, log->json ? "" : repeated == 1 ? " time)" : " times)");
    }
    json_text_words(&out, log->json ? "}\n" : "\n");
    ASSERT(!out.overflow);
    log->used += out.size;
}

/* Says how often a held-back line came, and frees its place. */
static void repeat_end(struct log *log, struct log_repeat *repeat, uint64_t now_ns)
{
    if (repeat->size > 0 && repeat->suppressed > 0) {
        put_line(log, now_ns, repeat->severity, span_of(repeat->text, repeat->size),
                 repeat->suppressed);
    }
    repeat->size = 0;
    repeat->suppressed = 0;
}

/* True if the line was told within the window and is only counted. Otherwise it is
 * watched from now on, in the place of the one watched longest. */
static bool repeat_seen(struct log *log, uint64_t now_ns, enum effect_severity severity,
                        struct span content)
{
    if (content.size == 0 || content.size > LOG_REPEAT_BYTES_MAX) {
        return false;
    }
    struct log_repeat *oldest = &log->repeats[0];
    for (size_t i = 0; i < LOG_REPEATS_MAX; i++) {
        struct log_repeat *repeat = &log->repeats[i];
        bool same = repeat->severity == severity &&
                    span_equal(span_of(repeat->text, repeat->size), content);
        if (same && now_ns - repeat->first_ns < LOG_REPEAT_WINDOW_NS) {
            repeat->suppressed += 1;
            return true;
        }
        if (same || repeat->size == 0) {
            oldest = repeat;
            break;
        }
        oldest = repeat->first_ns < oldest->first_ns ? repeat : oldest;
    }
    repeat_end(log, oldest, now_ns);
    oldest->first_ns = now_ns;
    oldest->severity = severity;
    oldest->size = content.size;
    memcpy(oldest->text, content.data, content.size);
    return false;
}

void log_event(struct log *log, uint64_t now_ns, enum effect_severity severity, struct span text,
               const struct log_pair *pairs, size_t count)
{
    if (!log_wants(log, severity)) {
        return;
    }
    char bytes[LOG_LINE_BYTES_MAX];
    struct json_text content;
    json_text_init(&content, bytes, sizeof(bytes));
    put_content(log, &content, text, pairs, count);
    if (content.overflow) {
        /* JSON cannot be cut anywhere; what is said then is that something was too long. */
        json_text_init(&content, bytes, sizeof(bytes));
        struct span shorter = span_of(text.data, text.size < 512 ? text.size : 512);
        put_content(log, &content, shorter, NULL, 0);
        json_text_words(&content, log->json ? ",\"cut\":true" : "…");
    }
    struct span said = span_of(content.data, content.size);
    if (repeat_seen(log, now_ns, severity, said)) {
        return;
    }
    put_line(log, now_ns, severity, said, 0);
    if (severity >= SEVERITY_WARNING) {
        drain(log);
    }
}

void log_text(struct log *log, uint64_t now_ns, enum effect_severity severity, const char *text)
{
    log_event(log, now_ns, severity, span_text(text), NULL, 0);
}

void log_flush(struct log *log, uint64_t now_ns)
{
    for (size_t i = 0; i < LOG_REPEATS_MAX; i++) {
        struct log_repeat *repeat = &log->repeats[i];
        if (repeat->size > 0 && now_ns - repeat->first_ns >= LOG_REPEAT_WINDOW_NS) {
            repeat_end(log, repeat, now_ns);
        }
    }
    drain(log);
    if (log->lost > 0) {
        char text[96];
        (void)snprintf(text, sizeof(text), "log lines lost because they could not be written: %llu",
                       (unsigned long long)log->lost);
        log->lost = 0;
        char bytes[256];
        struct json_text content;
        json_text_init(&content, bytes, sizeof(bytes));
        put_content(log, &content, span_text(text), NULL, 0);
        put_line(log, now_ns, SEVERITY_WARNING, json_text_span(&content), 0);
    }
}

void log_close(struct log *log, uint64_t now_ns)
{
    for (size_t i = 0; i < LOG_REPEATS_MAX; i++) {
        repeat_end(log, &log->repeats[i], now_ns);
    }
    drain(log);
    if (log->owned) {
        (void)close(log->fd);
    }
    log->fd = -1;
    log->owned = false;
}
