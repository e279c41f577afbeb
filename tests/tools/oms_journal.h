/* What the OMS writes down: one line per fact, append-only, its own record.
 *
 * The audit reads nothing of the gateway's, only this file and the brokers'
 * books, so a gateway that is wrong cannot vouch for itself. A line is
 *
 *     KIND TIME BUSSEQ INSTANCE TOPIC MESSAGE
 *
 * with KIND one of the letters below, TIME in nanoseconds UTC, '-' for what a
 * kind does not have, and MESSAGE as FIX with '|' for SOH ('|', newline and '\'
 * in a value are escaped with '\'). One thread. */
#ifndef TESTS_TOOLS_OMS_JOURNAL_H
#define TESTS_TOOLS_OMS_JOURNAL_H

#include <stdio.h>

#include "fix/base.h"

enum { OMS_JOURNAL_LINE_BYTES_MAX = 256 * 1024, OMS_JOURNAL_TOPIC_BYTES_MAX = 160 };

enum oms_journal_kind {
    JOURNAL_SUBMIT = 'S', /* A request, before its first byte goes out. */
    JOURNAL_AGAIN = 'R',  /* The same request once more: MESSAGE is its ClOrdID. */
    JOURNAL_ANSWER = 'A', /* An answer, as soon as it came. */
    JOURNAL_EVENT = 'E',  /* An event, as the bus client handed it on: in order, once. */
    JOURNAL_BREAK = 'X',  /* The bus client said that the stream broke: MESSAGE says how. */
    JOURNAL_FRAME = 'F',  /* A frame as it stood on the bus: MESSAGE is its hash. */
};

struct oms_journal_line {
    enum oms_journal_kind kind;
    uint64_t time_ns;
    uint64_t bus_seq;
    uint64_t instance;
    char topic[OMS_JOURNAL_TOPIC_BYTES_MAX];
    struct span message; /* FIX with SOH; reading: valid until the next line. */
};

struct oms_journal {
    FILE *file;       /* Owned. */
    uint8_t *scratch; /* Owned: OMS_JOURNAL_LINE_BYTES_MAX. */
    uint64_t lines;
};

/* Opens for appending, or for reading from the start. False: errno says why. */
MUST_USE bool oms_journal_create(struct oms_journal *journal, const char *path);
MUST_USE bool oms_journal_open(struct oms_journal *journal, const char *path);
void oms_journal_close(struct oms_journal *journal);

/* Hands the line to the kernel before it returns: the OMS may die, the machine
 * stays up. ASSERTs success: an OMS that cannot write must not trade. */
void oms_journal_write(struct oms_journal *journal, const struct oms_journal_line *line);

/* False at the end of the file; ASSERTs that a line is what oms_journal_write() made. */
MUST_USE bool oms_journal_read(struct oms_journal *journal, struct oms_journal_line *line);

#endif
