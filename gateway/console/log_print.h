/* Prints records of message logs, for people and for programs.
 *
 * Main thread, to standard output. Secrets are masked whatever log they come from. */
#ifndef GATEWAY_CONSOLE_LOG_PRINT_H
#define GATEWAY_CONSOLE_LOG_PRINT_H

#include "fix/dictionary.h"
#include "fix/message.h"
#include "gateway/console/log_reader.h"

enum log_print_form {
    LOG_PRINT_FIELDS, /* A head line, then one field per line. */
    LOG_PRINT_RAW,    /* One line, '|' for SOH. */
    LOG_PRINT_JSON,   /* One JSON object per line. */
};

struct log_printer;

/* NULL: no memory. */
MUST_USE struct log_printer *log_printer_new(enum log_print_form form, bool colour);
void log_printer_free(struct log_printer *printer);

/* What is read of a record: a message with its secrets masked. */
struct log_message {
    struct span bytes;     /* Valid until the next call. */
    bool readable;         /* It is tag=value fields with a MsgType(35). */
    const char *fault;     /* What keeps it from being a whole FIX message; NULL: nothing. */
    struct message fields; /* If it is readable. */
};

void log_printer_read(struct log_printer *printer, const struct dictionary *dictionary,
                      const struct log_record *record, struct log_message *message);

/* `message` is that of the record; of notes and damaged ones it is not looked at. */
void log_printer_print(struct log_printer *printer, const struct dictionary *dictionary,
                       const struct log_record *record, const struct log_message *message);

#endif
