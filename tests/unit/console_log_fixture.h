/* Message logs in a directory of the test's own, and what `fixgate log` shows of them. */
#ifndef TESTS_UNIT_CONSOLE_LOG_FIXTURE_H
#define TESTS_UNIT_CONSOLE_LOG_FIXTURE_H

#include "tests/unit/codec_help.h"

#include "gateway/console/command_line.h"
#include "gateway/console/log_reader.h"
#include "gateway/console/log_time.h"

#include <dirent.h>
#include <fcntl.h>

enum { OUTPUT_BYTES_MAX = 1024 * 1024, WORDS_MAX = 24 };

static char directory[64];
static char output[OUTPUT_BYTES_MAX];
static char messages[OUTPUT_BYTES_MAX];

static inline int begin(void **state)
{
    (void)state;
    strcpy(directory, "/tmp/fixgate-show-XXXXXX");
    return mkdtemp(directory) != NULL ? 0 : -1;
}

static inline int end(void **state)
{
    (void)state;
    DIR *list = opendir(directory);
    for (struct dirent *entry = readdir(list); entry != NULL; entry = readdir(list)) {
        char path[512];
        (void)snprintf(path, sizeof(path), "%s/%s", directory, entry->d_name);
        (void)unlink(path);
    }
    (void)closedir(list);
    return rmdir(directory);
}

static inline void path_of(const char *name, char path[256])
{
    (void)snprintf(path, 256, "%s/%s", directory, name);
}

/* Writes text with SOH for '|'; "a" goes on at the end of what is there. */
static inline void put(const char *name, const char *mode, const char *text)
{
    char path[256];
    path_of(name, path);
    FILE *file = fopen(path, mode);
    assert_non_null(file);
    for (const char *c = text; *c != '\0'; c++) {
        (void)fputc(*c == '|' ? FIX_SOH : *c, file);
    }
    assert_int_equal(fclose(file), 0);
}

/* One record at `time` of 2026-11-21, with '|' for SOH. */
static inline const char *record(const char *time, const char *direction, const char *body)
{
    static char text[4][CODEC_TEXT_BYTES_MAX + 64];
    static unsigned next;
    char message[CODEC_TEXT_BYTES_MAX];
    size_t size = 0;
    codec_append(body, message, &size);
    next = (next + 1) % 4;
    (void)snprintf(text[next], sizeof(text[next]), "2026-11-21T%s.000000000Z %s %zu %.*s\n", time,
                   direction, size, (int)size, message);
    return text[next];
}

static inline const char *framed(const char *body)
{
    static char message[2][CODEC_TEXT_BYTES_MAX];
    static unsigned next;
    size_t size = 0;
    next = (next + 1) % 2;
    codec_append(body, message[next], &size);
    return message[next];
}

static inline size_t slurp(int fd, char *text)
{
    size_t size = 0;
    ssize_t got = 0;
    (void)lseek(fd, 0, SEEK_SET);
    do {
        got = read(fd, text + size, OUTPUT_BYTES_MAX - 1 - size);
        size += got > 0 ? (size_t)got : 0;
    } while (got > 0);
    text[size] = '\0';
    return size;
}

/* Runs `fixgate log …`, '@' standing for the directory; what it wrote is in `output` and
 * `messages`. */
static inline int run(const char *line)
{
    char *argv[WORDS_MAX] = {NULL};
    int argc = 0;
    char expanded[1024] = "";
    for (const char *c = line; *c != '\0'; c++) {
        size_t size = strlen(expanded);
        const char one[] = {*c, '\0'};
        (void)snprintf(expanded + size, sizeof(expanded) - size, "%s", *c == '@' ? directory : one);
    }
    char *rest = NULL;
    for (char *word = strtok_r(expanded, " ", &rest); word != NULL;
         word = strtok_r(NULL, " ", &rest)) {
        assert_true(argc < WORDS_MAX - 1);
        argv[argc] = word;
        argc++;
    }
    FILE *files[] = {tmpfile(), tmpfile()};
    int kept[] = {dup(STDOUT_FILENO), dup(STDERR_FILENO)};
    (void)fflush(stdout);
    (void)fflush(stderr);
    assert_true(dup2(fileno(files[0]), STDOUT_FILENO) >= 0);
    assert_true(dup2(fileno(files[1]), STDERR_FILENO) >= 0);
    int exit_code = command_log(argc, argv);
    (void)fflush(stdout);
    (void)fflush(stderr);
    assert_true(dup2(kept[0], STDOUT_FILENO) >= 0);
    assert_true(dup2(kept[1], STDERR_FILENO) >= 0);
    (void)close(kept[0]);
    (void)close(kept[1]);
    (void)slurp(fileno(files[0]), output);
    (void)slurp(fileno(files[1]), messages);
    (void)fclose(files[0]);
    (void)fclose(files[1]);
    return exit_code;
}

static inline size_t count_of(const char *text, const char *part)
{
    size_t count = 0;
    for (const char *at = strstr(text, part); at != NULL; at = strstr(at + 1, part)) {
        count++;
    }
    return count;
}

static inline void assert_order(const char *first, const char *second)
{
    assert_non_null(strstr(output, first));
    assert_non_null(strstr(output, second));
    assert_true(strstr(output, first) < strstr(output, second));
}

#define TITLE "# fixgate message log 1 FIX.4.4:US->ALPHA\n"
#define ORDER "35=D|49=US|56=ALPHA|34=7|11=ORD-1|54=1|38=5|453=1|448=X|10001=y|"

#endif
