/* The FIX Trading Community's JSON encoding of FIX messages, both ways.
 *
 *   {"Header":{"MsgType":"D"},"Body":{"ClOrdID":"1","NoPartyIDs":[{"PartyID":"X"}]},"Trailer":{}}
 *
 * No state; takes memory only while it decodes. Any
 * thread. Names are the dictionary's, or plain tag numbers; values are strings.
 * Numbers are taken as they are written (10.50 stays 10.50; no exponents), true
 * and false as Y and N in Boolean fields. Fields of type data are Base64, and
 * their length fields are counted here. BodyLength(9) and CheckSum(10) have no
 * meaning in JSON: they are left away. */
#ifndef GATEWAY_SHELL_FIX_JSON_H
#define GATEWAY_SHELL_FIX_JSON_H

#include "fix/dictionary.h"
#include "fix/limits.h"

enum {
    FIX_JSON_BYTES_MAX = FIX_MESSAGE_BYTES_MAX, /* Longest JSON text that is decoded. */
    FIX_JSON_DEPTH_MAX = 2 + 2 * FIX_GROUP_DEPTH_MAX,
    FIX_JSON_MEMBERS_MAX = 256, /* Fields of one entry of a group. */
    FIX_JSON_PATH_BYTES_MAX = 160,
    FIX_JSON_ERROR_BYTES_MAX = 255, /* As much as Text(58) of a reject carries. */
};

/* Turns JSON text into tag=value fields: 8 (if given), 35, the rest of the header,
 * body, trailer. Whether the message has what it needs is not asked here; what
 * cannot be written as FIX at all is: wrong shapes, doubled or unknown names, SOH.
 * False: `error` says what is wrong with which field ("Body.NoPartyIDs[1].PartyID:
 * …"). `fields` points into `out`. */
MUST_USE bool fix_json_decode(const struct dictionary *dictionary, struct span json, uint8_t *out,
                              size_t capacity, struct span *fields,
                              char error[FIX_JSON_ERROR_BYTES_MAX]);

/* Turns a FIX message (whole, or bare fields) into JSON text in `out`. False: it
 * is no message, or does not fit. */
MUST_USE bool fix_json_encode(const struct dictionary *dictionary, struct span message,
                              uint8_t *out, size_t capacity, struct span *json);

#endif
