/* Reads an INI file into sections and entries, each with its line.
 *
 * The only door to <ini.h>. Called at start, from the main thread. Sections with
 * the same name stay apart ([SESSION] stands once per session). Everything that
 * is wrong with the form of the file is collected, not only the first fault. */
#ifndef GATEWAY_SHELL_CONFIG_FILE_H
#define GATEWAY_SHELL_CONFIG_FILE_H

#include "fix/base.h"

enum {
    CONFIG_FILE_BYTES_MAX = 256 * 1024,
    CONFIG_LINE_BYTES_MAX = 196, /* What inih can hold; a longer line is an error. */
    CONFIG_WORD_BYTES_MAX = 48,  /* Key and section name; inih would cut longer ones. */
    CONFIG_SECTIONS_MAX = 64,
    CONFIG_ENTRIES_MAX = 2048,
    CONFIG_ERRORS_MAX = 100,
    CONFIG_ERROR_BYTES_MAX = 640, /* "file:line: reason; remedy" */
};

/* All that is wrong with a configuration, in the order of the lines. */
struct config_errors {
    const char *path; /* Borrowed: stands before each line number. */
    uint32_t count;   /* Kept: at most CONFIG_ERRORS_MAX. */
    uint32_t dropped; /* More than that. */
    struct config_error {
        uint32_t line;  /* 0: of the file as a whole. */
        uint32_t place; /* Where in `text` the reason begins, behind "file:line: ". */
        char text[CONFIG_ERROR_BYTES_MAX];
    } list[CONFIG_ERRORS_MAX];
};

struct config_section {
    const char *name; /* As written. */
    uint32_t line;
};

struct config_entry {
    uint32_t section; /* Index into sections. */
    uint32_t line;
    const char *key; /* As written. */
    const char *value;
};

/* Big: take it from the heap. */
struct config_file {
    const char *path;
    uint32_t sections_count;
    uint32_t entries_count;
    struct config_section sections[CONFIG_SECTIONS_MAX];
    struct config_entry entries[CONFIG_ENTRIES_MAX];
    size_t used;
    char text[2 * CONFIG_FILE_BYTES_MAX]; /* Where names and values stand. */
};

void config_errors_init(struct config_errors *errors, const char *path);

/* Adds "path:line: …" in its place by line. */
void config_errors_add(struct config_errors *errors, uint32_t line, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* The reason alone. */
const char *config_error_text(const struct config_error *error);

/* Parses `text`, the content of `path`. Faults go to `errors`; what is right is
 * kept all the same, so that its values can be checked too. `path` is borrowed. */
void config_file_parse(struct config_file *file, const char *path, struct span text,
                       struct config_errors *errors);

/* Reads and parses the file; a file that cannot be read is one error. */
void config_file_read(struct config_file *file, const char *path, struct config_errors *errors);

/* Copies text into the file's own memory, NUL at its end. */
const char *config_file_keep(struct config_file *file, struct span text);

#endif
