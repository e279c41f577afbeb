/* All scripts of tests/session/scripts, each once for every role it is about. */
#ifndef TESTS_SESSION_SUITE_H
#define TESTS_SESSION_SUITE_H

#include "tests/session/run.h"

#define SUITE_SCRIPTS    "tests/session/scripts"
#define SUITE_DICTIONARY "dictionaries/FIX44.xml"

enum { SUITE_CASES_MAX = 1024, SUITE_NAME_BYTES_MAX = 200 };

struct suite_case {
    char name[SUITE_NAME_BYTES_MAX]; /* Of the file, without directory. */
    char title[SUITE_NAME_BYTES_MAX + 16];
    bool acceptor;
    const struct dictionary *dictionary;
};

struct suite {
    struct dictionary *dictionary; /* NULL where there is none to be read. */
    struct suite_case cases[SUITE_CASES_MAX];
    size_t count;
};

/* Those whose name begins with `prefix`, by name. */
void suite_load(struct suite *suite, const char *prefix);
void suite_free(struct suite *suite);

/* Runs one. False: `error` says script:line, expected and got. */
MUST_USE bool suite_run(const struct suite_case *one, char *error, size_t error_size);

#endif
