/* Every maximum of the FIX layer, in one place. Full is an outcome, with a test. */
#ifndef FIX_LIMITS_H
#define FIX_LIMITS_H

#include "fix/base.h"

enum {
    FIX_MESSAGE_BYTES_MAX = 64 * 1024, /* One whole message, 8= to the SOH of 10=. */
    FIX_FIELDS_MAX = 2048,             /* Fields of one message. */
    FIX_TAG_MAX = 99999,               /* Highest tag number that is a tag. */
    FIX_GROUP_DEPTH_MAX = 4,           /* Groups within groups. */
    FIX_COMP_ID_BYTES_MAX = 63,        /* SenderCompID, TargetCompID and their Subs. */
    FIX_TEXT_BYTES_MAX = 255,          /* Text(58) that we write. */
    FIX_LOGON_BYTES_MAX = 4096,        /* Body of our Logon. */
    FIX_TEST_REQ_ID_BYTES_MAX = 63,    /* TestReqID(112) that we give or echo. */
    FIX_EARLY_MESSAGES_MAX = 1024,     /* Messages kept while a gap before them is open. */
    FIX_EARLY_BYTES_MAX = 1024 * 1024, /* Bytes of those. */
    FIX_EFFECTS_MAX = 32,              /* Effects of one step. */
    FIX_EFFECT_BYTES_MAX = 2 * FIX_MESSAGE_BYTES_MAX, /* Bytes those effects carry. */
};

_Static_assert(FIX_EARLY_BYTES_MAX >= FIX_MESSAGE_BYTES_MAX, "an early message must fit");
_Static_assert(FIX_EFFECT_BYTES_MAX >= 2 * FIX_MESSAGE_BYTES_MAX,
               "an answer and a reject must fit");

#endif
