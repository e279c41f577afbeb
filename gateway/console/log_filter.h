/* Which records of message logs are wanted.
 *
 * No state beyond the struct, no I/O. Any thread. */
#ifndef GATEWAY_CONSOLE_LOG_FILTER_H
#define GATEWAY_CONSOLE_LOG_FILTER_H

#include "fix/dictionary.h"
#include "fix/message.h"
#include "gateway/console/log_reader.h"

enum { LOG_FILTER_TYPES_MAX = 32, LOG_FILTER_ERROR_BYTES_MAX = 256 };

struct log_filter {
    const char *session;                     /* Part of the id; NULL: all. */
    struct span types[LOG_FILTER_TYPES_MAX]; /* MsgType(35). */
    uint32_t types_count;                    /* 0: all. */
    const char *cl_ord_id;                   /* NULL: all. */
    uint64_t from_ns;                        /* Not before… */
    uint64_t to_ns;                          /* …and before this; UINT64_MAX: no end. */
    bool in;                                 /* Both or none: both directions. */
    bool out;
};

/* Adds "D,8,NewOrderSingle": values of MsgType(35) or names of the dictionary. The spans
 * point into `text` or the dictionary. False: `error` names what there is no such thing of. */
MUST_USE bool log_filter_types(struct log_filter *filter, const struct dictionary *dictionary,
                               const char *text, char error[LOG_FILTER_ERROR_BYTES_MAX]);

/* What can be told without reading the message: session, time, direction. */
bool log_filter_record(const struct log_filter *filter, const struct log_record *record);

/* Only messages can pass, by what stands in them. */
static inline bool log_filter_reads(const struct log_filter *filter)
{
    return filter->types_count > 0 || filter->cl_ord_id != NULL;
}

/* MsgType; and ClOrdID(11) or OrigClOrdID(41), in groups too. */
bool log_filter_message(const struct log_filter *filter, const struct message *message);

#endif
