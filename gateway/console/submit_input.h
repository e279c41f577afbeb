/* The lines that `fixgate submit` sends: read without waiting, one request per line.
 *
 * Main thread. A line is a message in FIX JSON ('{' first) or tag=value with '|' or
 * SOH between the fields; empty lines and lines that begin with '#' are passed over. */
#ifndef GATEWAY_CONSOLE_SUBMIT_INPUT_H
#define GATEWAY_CONSOLE_SUBMIT_INPUT_H

#include "fix/dictionary.h"
#include "fix/limits.h"

enum { SUBMIT_LINE_BYTES_MAX = FIX_MESSAGE_BYTES_MAX };

struct submit_input {
    int fd;
    bool end;      /* Nothing more comes from the descriptor. */
    bool skip;     /* Within a line that was too long: up to its end all is passed over. */
    uint32_t line; /* Number of the line last taken. */
    size_t begin;  /* What is read and not yet taken: buffer[begin .. size). */
    size_t size;
    uint8_t buffer[2 * SUBMIT_LINE_BYTES_MAX];
};

enum submit_line {
    SUBMIT_LINE_TAKEN,
    SUBMIT_LINE_NONE, /* No whole line is there: fill, or, after the end, stop. */
    SUBMIT_LINE_LONG, /* It is longer than SUBMIT_LINE_BYTES_MAX and was passed over. */
};

/* -1 for `fd` is an empty input. */
void submit_input_init(struct submit_input *input, int fd);

/* Reads once. Waits only if the descriptor is not readable. STATUS_IO: `errno`. */
MUST_USE enum status submit_input_fill(struct submit_input *input);

/* The next request, in `request` until the next fill. */
enum submit_line submit_input_take(struct submit_input *input, struct span *request);

/* Copies ClOrdID(11) of a request or reply in either encoding; "" if it has none. */
enum { SUBMIT_ID_BYTES_MAX = 128 };
void submit_id(const struct dictionary *dictionary, struct span message,
               char id[SUBMIT_ID_BYTES_MAX]);

/* Whether an answer says no: a reject, or an order that is or was rejected. */
bool submit_answer_rejects(const struct dictionary *dictionary, struct span message);

#endif
