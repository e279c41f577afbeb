/* Runs the lines of a script against a world. */
#ifndef TESTS_SESSION_RUN_H
#define TESTS_SESSION_RUN_H

#include <stdio.h>

#include "tests/session/world.h"

struct run {
    struct world *world;
    const struct dictionary *dictionary;
    const char *path;
    unsigned line;
    char command[32];
    const char *rest;
    struct span last; /* The last message that a `>` was about. */
    bool acceptor;    /* The role that `config both` means this time. */
    bool for_both;    /* There was such a line. */
    uint64_t seq_in;  /* What a `config` line says of the stored numbers. */
    uint64_t seq_out;
    char error[8 * SCRIPT_LINE_BYTES_MAX];
};

/* All lines of the file. False: `error` says script:line, expected and got. */
MUST_USE bool run_file(struct run *run, FILE *file);

/* Notes the failure of the present line; always false. */
bool run_fail_text(struct run *run, const char *expected, const char *got);

/* The `config` line. */
bool run_config(struct run *run);
/* Its settings alone: the world's config, `seq_in` and `seq_out`. */
MUST_USE bool run_config_read(struct run *run);

#endif
