/* The lines of an input, for the targets that read theirs as text. */
#ifndef TESTS_FUZZ_LINES_H
#define TESTS_FUZZ_LINES_H

#include <stdbool.h>
#include <string.h>

#include "tests/fuzz/fuzz.h"

enum { FUZZ_LINE_BYTES_MAX = 4400 };

struct fuzz_lines {
    const uint8_t *data; /* Borrowed. */
    size_t size;
    size_t next; /* Where the next line begins; 0 at first. */
};

/* The next line, ended by a NUL, into `line`. Empty ones, those of `capacity` bytes or more, and
 * those with a NUL in them are passed over. False: there is none any more. */
static inline bool fuzz_line_next(struct fuzz_lines *lines, char *line, size_t capacity)
{
    while (lines->next < lines->size) {
        const uint8_t *begin = lines->data + lines->next;
        const uint8_t *end = memchr(begin, '\n', lines->size - lines->next);
        size_t length = end == NULL ? lines->size - lines->next : (size_t)(end - begin);
        lines->next += length + 1;
        if (length > 0 && length < capacity && memchr(begin, 0, length) == NULL) {
            memcpy(line, begin, length);
            line[length] = '\0';
            return true;
        }
    }
    return false;
}

/* An input whose first line may choose settings ("cLETTERS"): makes a world of them ("" if it does
 * not), and plays each line of at most `line_max` bytes in it, at most `steps_max`. False: there
 * was none, and no world. */
static inline bool fuzz_play(struct fuzz_lines lines, size_t line_max, unsigned steps_max,
                             void (*open)(const char *letters), void (*play)(const char *line))
{
    static char line[FUZZ_LINE_BYTES_MAX + 1];
    size_t capacity = (line_max < FUZZ_LINE_BYTES_MAX ? line_max : FUZZ_LINE_BYTES_MAX) + 1;
    unsigned steps = 0;
    for (; steps < steps_max && fuzz_line_next(&lines, line, capacity); steps++) {
        if (steps == 0) {
            open(line[0] == 'c' ? line + 1 : "");
        }
        play(line);
    }
    return steps > 0;
}

#endif
