/* Named time zones, out of the system's own database (tzdata), as data for
 * fix/schedule.h.
 *
 * Called at start, from the main thread, while there is no other one: the C library has
 * one zone for the process, which is set to each zone in turn and put back. */
#ifndef GATEWAY_SHELL_ZONE_H
#define GATEWAY_SHELL_ZONE_H

#include "fix/schedule.h"

enum {
    ZONE_CHANGES_MAX = 512, /* Most zones have two a year; those of Ramadan up to four. */
    ZONE_NAME_BYTES_MAX = 63,
    ZONE_YEAR_FIRST = 2000,
    ZONE_YEAR_END = 2100, /* The offset before the one and after the other never changes. */
};

/* Nothing to free. */
struct zone_table {
    char name[ZONE_NAME_BYTES_MAX + 1];
    struct zone_change changes[ZONE_CHANGES_MAX];
    struct zone zone; /* Refers to the two above: the table must not be moved. */
};

/* All changes of "Europe/London", "US/Central", "UTC" in those years; case matters, as in
 * the database. Name NULL: the machine's own zone (UseLocalTime), by TZ or else
 * /etc/localtime, as for every program; it gets the name "local time".
 *
 * OK; NOT_FOUND: the system has no zone of that name (Debian: is tzdata installed?), or
 * TZ names none; CORRUPT: its file is there and the C library cannot read it, or reads nonsense;
 * FULL: more changes than ZONE_CHANGES_MAX, or no room to keep TZ meanwhile. After a failure `out`
 * is of no use. */
MUST_USE enum status zone_load(const char *name, struct zone_table *out);

#endif
