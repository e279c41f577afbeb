/* FIX messages as a broker reads and writes them: its own tiny codec, shared with nobody, so that
 * no mistake of the product's is mirrored here.
 *
 * Pure. Any thread. */
#ifndef TESTS_SIM_BROKER_WIRE_H
#define TESTS_SIM_BROKER_WIRE_H

#include "fix/base.h"

enum {
    WIRE_FIELDS_MAX = 128,
    WIRE_BYTES_MAX = 4096, /* Of a message that is written. */
    WIRE_TIME_BYTES = 22,  /* "20260921-14:13:20.000" and NUL. */
    WIRE_SOH = 1,
};

struct wire_field {
    uint32_t tag;
    struct span value;
};

/* A message that was read; everything points into its bytes. */
struct wire {
    struct span whole;
    struct span type;
    uint64_t seq; /* 0: absent or unreadable. */
    bool poss_dup;
    bool poss_resend;
    uint32_t count;
    struct wire_field fields[WIRE_FIELDS_MAX];
};

enum wire_result {
    WIRE_WHOLE,
    WIRE_PARTIAL, /* Its end is not there yet. */
    WIRE_GARBLED,
};

/* Reads the message at the front. `size` is its length if it is whole, or how much is to be
 * thrown away if it is garbled. */
enum wire_result wire_read(struct span bytes, struct wire *out, size_t *size);

/* Empty, with data NULL, if it is absent. */
struct span wire_value(const struct wire *wire, uint32_t tag);
/* `otherwise` if it is absent. */
char wire_char(const struct wire *wire, uint32_t tag, char otherwise);
bool wire_flag(const struct wire *wire, uint32_t tag);
bool wire_uint(const struct wire *wire, uint32_t tag, uint64_t *out);
/* In 1e-8; 0 if it is absent or no number. */
int64_t wire_number(const struct wire *wire, uint32_t tag);
void wire_copy(const struct wire *wire, uint32_t tag, char *text, size_t capacity);

/* Fields that are being written. Zeroed memory is none. */
struct wire_text {
    char data[WIRE_BYTES_MAX];
    size_t size;
};

struct span wire_fields(const struct wire_text *text);
void wire_add(struct wire_text *text, uint32_t tag, const char *value);
void wire_add_span(struct wire_text *text, uint32_t tag, struct span value);
void wire_add_char(struct wire_text *text, uint32_t tag, char value);
void wire_add_uint(struct wire_text *text, uint32_t tag, uint64_t value);
void wire_add_number(struct wire_text *text, uint32_t tag, int64_t value);
void wire_add_time(struct wire_text *text, uint32_t tag, uint64_t time_ns);

/* UTC, with milliseconds. */
void wire_time(uint64_t time_ns, char text[WIRE_TIME_BYTES]);

struct wire_header {
    const char *type;
    const char *sender;
    const char *target;
    uint64_t seq;
    uint64_t sending_ns;
    uint64_t original_ns; /* 43=Y and 122, unless it is 0. */
    bool poss_resend;     /* 97=Y */
};

/* A whole message into `out`. */
struct span wire_compose(const struct wire_header *header, struct span body, struct wire_text *out);

#endif
