/* Reading an act's words, one after the other. Pure. Any thread. */
#ifndef TESTS_SIM_WORDS_H
#define TESTS_SIM_WORDS_H

#include "fix/base.h"

#include <stdlib.h>

/* Takes `word` off the front of *rest if it stands there, with the blanks behind it. */
static inline bool words_take(const char **rest, const char *word)
{
    size_t size = strlen(word);
    bool here = strncmp(*rest, word, size) == 0 && ((*rest)[size] == ' ' || (*rest)[size] == '\0');
    if (here) {
        *rest += size;
        *rest += strspn(*rest, " ");
    }
    return here;
}

/* Takes the next word, whatever it is; false if there is none, or it is too long. */
static inline bool words_next(const char **rest, char *word, size_t capacity)
{
    size_t size = strcspn(*rest, " ");
    if (size == 0 || size >= capacity) {
        return false;
    }
    memcpy(word, *rest, size);
    word[size] = '\0';
    *rest += size;
    *rest += strspn(*rest, " ");
    return true;
}

/* Takes a decimal number, with a sign perhaps. */
static inline bool words_number(const char **rest, int64_t *number)
{
    char *end;
    *number = strtoll(*rest, &end, 10);
    bool taken = end != *rest && (*end == ' ' || *end == '\0');
    if (taken) {
        *rest = end + strspn(end, " ");
    }
    return taken;
}

static inline bool words_done(const char *rest)
{
    return *rest == '\0';
}

#endif
