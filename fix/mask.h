/* Takes the secrets out of FIX bytes before a person may read them: logs, screens.
 *
 * Pure. Any thread, each with masks of its own. FIX 4.4 Vol. 2 "Logon", and the encrypted
 * fields of later versions that brokers use in 4.4. Secret are the values of
 *
 *   Password(554), NewPassword(925), EncryptedPassword(1402), EncryptedNewPassword(1404),
 *   and RawData(96) in a Logon, where counterparties put passwords and signatures.
 *
 * Each becomes "***", however long it was; an empty one stays empty. The length can be
 * worked out from what surrounds it, so in the same message the values of BodyLength(9),
 * CheckSum(10) and of the length field in front of the data become "***" as well. Such a
 * message is no whole FIX message any more, by intention: a BodyLength made to fit would
 * pretend that those bytes were on the wire. message_index_unframed() still reads it, and
 * all its other fields are as they were.
 *
 * In doubt it masks more: a secret's tag counts wherever its digits stand before a '=', in
 * the midst of rubbish too; RawData is secret until MsgType(35) says that this is no Logon;
 * when the stated length of the data cannot be right, all up to the next message is masked.
 * Masking what is masked changes nothing. */
#ifndef FIX_MASK_H
#define FIX_MASK_H

#include "fix/limits.h"

/* Bytes that masking `size` bytes gives, at the most. */
#define MASK_BYTES_MAX(size) (2 * (size) + 16)

enum mask_place {
    MASK_OPEN, /* Outside of secrets. */
    MASK_TEXT, /* In a secret that ends with SOH. */
    MASK_DATA, /* In one whose end cannot be told: it lasts until the next message. */
    MASK_ENDS, /* At its end, if SOH comes now; else as MASK_DATA. */
};

/* Where in a stream the bytes end that were masked so far. Written by mask_…() only. */
struct mask {
    enum mask_place place;
    uint32_t tag_begun;   /* The number that the last digits make; a '=' may follow. */
    bool field_begins;    /* Those digits, if any, are the first of a field. */
    bool type_known;      /* MsgType(35) has been seen in this message… */
    bool logon;           /* …or not, or it is A: RawData is secret. */
    bool secret_seen;     /* In this message: CheckSum is masked. */
    uint32_t counted_tag; /* The data field counted by the last length field; 0: none. */
    size_t counted_bytes; /* What that said; SIZE_MAX: nothing of use. */
};

/* What comes next is the beginning of a stream, or of a message. */
void mask_begin(struct mask *mask);

/* What comes next follows on bytes that were not seen: up to the first SOH it may be the
 * rest of a secret. */
void mask_begin_within(struct mask *mask);

/* Masks the next bytes of a stream, split in any way. Bytes that begin with "8=FIX" begin a
 * message, whatever was before. Returns the count of bytes written to `out`; what does not
 * fit into `capacity` is cut (MASK_BYTES_MAX() always fits). BodyLength is masked if it
 * stands in the same `bytes` as the secret. */
size_t mask_bytes(struct mask *mask, struct span bytes, uint8_t *out, size_t capacity);

/* The same for a message by itself. */
size_t mask_message(struct span message, uint8_t *out, size_t capacity);

/* Is the value of this field secret? */
bool mask_is_secret(uint32_t tag, bool logon);

#endif
