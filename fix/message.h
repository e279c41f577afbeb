/* One FIX message: framing, an index of its fields, typed reading.
 *
 * Pure and zero-copy: every span points into the caller's bytes and is valid as
 * long as those are. Nothing is allocated; the caller owns the array of fields.
 * Any thread. FIX 4.4 Vol. 1, "FIX message format"; session-layer tests 2d, 2t, 3. */
#ifndef FIX_MESSAGE_H
#define FIX_MESSAGE_H

#include "fix/base.h"
#include "fix/decimal.h"
#include "fix/limits.h"

enum { FIX_SOH = 1 };

struct dictionary;

/* One tag=value of a message. */
struct field {
    uint32_t tag;   /* 0 when the bytes before '=' are no tag number. */
    uint32_t start; /* Offset of the tag's first digit in the message. */
    uint32_t value; /* Offset of the value's first byte. */
    uint32_t size;  /* Bytes of the value, without its SOH. */
};

/* The index of one message. `fields` has room for `fields_max`. */
struct message {
    struct span bytes; /* From '8' of 8= to the SOH of 10=. */
    struct field
        *fields; /* In the order of the wire; 8, 9 first and 10 last. Owned by the caller. */
    uint32_t fields_max;
    uint32_t count;
    uint32_t msg_type; /* Index of MsgType(35), always 2 in a framed message. */
};

/* Binds `message` to the caller's array. */
void message_init(struct message *message, struct field *fields, uint32_t fields_max);

enum frame_result {
    FRAME_FOUND,   /* The first `consumed` bytes are a whole message. */
    FRAME_PARTIAL, /* More bytes are needed; `consumed` is 0. */
    FRAME_GARBLED, /* The first `consumed` bytes (> 0) are to be thrown away and logged; go on. */
};

enum frame_fault {
    FRAME_FAULT_NONE,
    FRAME_FAULT_NOISE,        /* Bytes before 8=. */
    FRAME_FAULT_BEGIN_STRING, /* 8 is not FIX.n.m or FIXT.n.m. */
    FRAME_FAULT_BODY_LENGTH,  /* 9 is missing, not a number, wrong, or beyond the limit. */
    FRAME_FAULT_MSG_TYPE,     /* The third field is not 35. */
    FRAME_FAULT_CHECK_SUM,    /* 10 is missing, not three digits, or wrong. */
    FRAME_FAULT_FIELD,        /* A piece without a readable tag=. */
    FRAME_FAULT_FIELDS_MAX,   /* More fields than the caller's array holds. */
};

struct frame {
    struct span bytes;      /* FRAME_FOUND: the message. */
    size_t consumed;        /* Bytes of the input that are done with. */
    enum frame_fault fault; /* FRAME_GARBLED: why, for the log. */
};

/* Looks for the first message in `input`, which holds a stream however it was
 * split. Resynchronises after garbage as session-behaviours 1.3 says: BodyLength
 * too small loses exactly that message; noise before 8= is skipped; BodyLength
 * too big goes on behind the first 10=ccc at or after its stated end. A stated
 * BodyLength that makes the message longer than FIX_MESSAGE_BYTES_MAX is garbled
 * at once, so nobody waits for it. FRAME_FOUND has verified 8, 9, 35 as first
 * fields, BodyLength and CheckSum.
 *
 * The messages found do not depend on how the stream was split. How many bytes
 * each GARBLED covers may: noise is given back as it comes. What cannot be told
 * from the beginning of "8=FIX" is noise; where BodyLength is no number or
 * absurd, the search goes on at the next "8=FIX". */
enum frame_result frame_find(struct span input, struct frame *out);

/* Indexes a framed message in one pass. `dictionary` tells which fields of type
 * data follow which length field, so that their values may hold SOH and '=';
 * NULL uses the pairs of FIX 4.4 itself. FRAME_FAULT_NONE, or _FIELD or
 * _FIELDS_MAX, and then the message is garbled. */
enum frame_fault message_index(struct message *message, struct span frame,
                               const struct dictionary *dictionary);

/* As message_index, for a message of our own clients: tag=value pairs whose 8, 9
 * and 10 may be wrong or left out and that may end without SOH (order entry,
 * design §5). Spans refer to `bytes`. `msg_type` is the index of 35, or `count`
 * when there is none. */
enum frame_fault message_index_unframed(struct message *message, struct span bytes,
                                        const struct dictionary *dictionary);

/* Both: a tag that is a number, but not from 1 to FIX_TAG_MAX or with leading zeros,
 * is indexed as tag 0, for validation to reject; what is no number is _FIELD. A data field whose
 * stated length does not end before an SOH inside the message is read as ordinary text. */

/* First field with `tag`, anywhere, or NULL. Fields of repeating groups are
 * found too: use a group for those. */
const struct field *message_find(const struct message *message, uint32_t tag);

static inline struct span field_value(const struct message *message, const struct field *field)
{
    return span_of(message->bytes.data + field->value, field->size);
}

/* Value of the first field with `tag`; an empty span with data NULL if absent. */
struct span message_value(const struct message *message, uint32_t tag);

/* MsgType(35); empty if absent. */
struct span message_type(const struct message *message);

/* Typed reading. ABSENT, EMPTY (tag with no value), BAD_FORMAT (not of the type;
 * SessionRejectReason 6) and OUT_OF_RANGE (of the type but it does not fit; 5). */
enum value_result {
    VALUE_OK = 0,
    VALUE_ABSENT,
    VALUE_EMPTY,
    VALUE_BAD_FORMAT,
    VALUE_OUT_OF_RANGE,
};

MUST_USE enum value_result message_int(const struct message *message, uint32_t tag, int64_t *out);
MUST_USE enum value_result message_uint(const struct message *message, uint32_t tag, uint64_t *out);
MUST_USE enum value_result message_decimal(const struct message *message, uint32_t tag,
                                           struct decimal *out);
MUST_USE enum value_result message_timestamp(const struct message *message, uint32_t tag,
                                             uint64_t *out_ns);
MUST_USE enum value_result message_bool(const struct message *message, uint32_t tag, bool *out);
MUST_USE enum value_result message_char(const struct message *message, uint32_t tag, char *out);

/* The same for a value at hand. '-' digits, no '+'; leading zeros are right. A
 * negative number is OUT_OF_RANGE for value_uint. */
MUST_USE enum value_result value_int(struct span text, int64_t *out);
MUST_USE enum value_result value_uint(struct span text, uint64_t *out);

/* One level of a repeating group: entries between `begin` and `end` (indexes into
 * fields). FIX 4.4 Vol. 1, "Repeating groups". */
struct group {
    const struct message *message;
    const struct dictionary *dictionary;
    const struct dictionary_group *definition;
    uint32_t first_tag;   /* Of the field that begins each entry. */
    uint32_t count;       /* What the count field says. */
    uint32_t next;        /* Index of the first field not yet visited. */
    uint32_t end;         /* Fields from here on are outside the enclosing entry. */
    uint32_t entry;       /* Entries visited. */
    uint32_t entry_begin; /* The current entry is fields[entry_begin .. entry_end). */
    uint32_t entry_end;
};

enum group_result {
    GROUP_OK,
    GROUP_ABSENT,    /* No count field here, or the dictionary knows no such group. */
    GROUP_BAD_COUNT, /* The count field is not a number >= 0. */
};

/* Opens the group counted by `count_tag` of a message. */
enum group_result group_open(struct group *group, const struct message *message,
                             const struct dictionary *dictionary, uint32_t count_tag);

/* Opens a group nested in the current entry of `outer`. */
enum group_result group_open_nested(struct group *group, const struct group *outer,
                                    uint32_t count_tag);

/* Moves to the next entry; false after the last that is there. An entry begins
 * at the group's first field and ends before the next one, or before the first
 * field that is not of the group. Where another field of the group comes first behind
 * the count, that one begins each entry (validate.h, first_in_group_delimits). */
bool group_next(struct group *group);

/* Field of the current entry itself (not of groups nested in it), or NULL. */
const struct field *group_find(const struct group *group, uint32_t tag);

#endif
