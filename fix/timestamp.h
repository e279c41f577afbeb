/* UTCTimestamp, UTCTimeOnly and UTCDateOnly of FIX 4.4 Vol. 1, as nanoseconds.
 *
 * Pure: it converts instants, it reads no clock. Any thread. An instant is
 * nanoseconds since 1970-01-01T00:00:00Z, without leap seconds; it reaches from
 * 1970 to 2262. */
#ifndef FIX_TIMESTAMP_H
#define FIX_TIMESTAMP_H

#include "fix/base.h"

enum { TIMESTAMP_TEXT_BYTES_MAX = 32 };

#define TIMESTAMP_SECOND_NS      UINT64_C(1000000000)
#define TIMESTAMP_MILLISECOND_NS UINT64_C(1000000)
#define TIMESTAMP_DAY_NS         (UINT64_C(86400) * TIMESTAMP_SECOND_NS)

/* YYYYMMDD-HH:MM:SS[.f] with 0 to 9 fraction digits (FIX 4.4 names 0 and 3; the
 * field sends more). A second of 60 is read as the first instant of the next
 * minute, whatever its fraction. False if the text is not that, or a part is out of range (month
 * 13, 30 February, hour 24) or before 1970. */
MUST_USE bool timestamp_parse(struct span text, uint64_t *out_ns);

/* The same text with `digits` (0 to 9) of fraction, cut and not rounded. Writes
 * no NUL; returns the count of bytes. */
size_t timestamp_format(uint64_t instant_ns, unsigned digits, char text[TIMESTAMP_TEXT_BYTES_MAX]);

/* HH:MM:SS[.f] as nanoseconds of the day; 23:59:60 is TIMESTAMP_DAY_NS. */
MUST_USE bool time_only_parse(struct span text, uint64_t *out_ns);

/* YYYYMMDD as the first instant of that day. Also LocalMktDate. */
MUST_USE bool date_only_parse(struct span text, uint64_t *out_ns);

#endif
