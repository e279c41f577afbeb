/* Named time zones, out of the system's own database (tzdata), as data for
 * fix/schedule.h.
 *
 * Called at start, from the main thread only: glibc's zone is the process's. */
#ifndef GATEWAY_SHELL_ZONE_H
#define GATEWAY_SHELL_ZONE_H

#include "fix/schedule.h"

enum { ZONE_CHANGES_MAX = 512, ZONE_NAME_BYTES_MAX = 63 };

/* Its memory belongs to the caller until zone_free(). */
struct zone_table {
    char name[ZONE_NAME_BYTES_MAX + 1];
    struct zone_change changes[ZONE_CHANGES_MAX];
    struct zone zone; /* Refers to the two above: the table must not be moved. */
};

/* All changes of "Europe/London", "US/Central", "UTC" from 2000 to 2100. NOT_FOUND: the
 * system has no zone of that name. `local` instead of a name (NULL): the machine's own
 * zone (UseLocalTime). */
MUST_USE enum status zone_load(const char *name, struct zone_table *out);

#endif
