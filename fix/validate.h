/* Checks a message against a dictionary: session-behaviours §11, a to k.
 *
 * Pure. Any thread. */
#ifndef FIX_VALIDATE_H
#define FIX_VALIDATE_H

#include "fix/dictionary.h"
#include "fix/message.h"

/* SessionRejectReason(373). */
enum session_reject_reason {
    REJECT_INVALID_TAG = 0,
    REJECT_REQUIRED_TAG_MISSING = 1,
    REJECT_TAG_NOT_OF_MESSAGE = 2,
    REJECT_UNDEFINED_TAG = 3,
    REJECT_NO_VALUE = 4,
    REJECT_VALUE_OUT_OF_RANGE = 5,
    REJECT_BAD_FORMAT = 6,
    REJECT_DECRYPTION = 7,
    REJECT_SIGNATURE = 8,
    REJECT_COMP_ID = 9,
    REJECT_SENDING_TIME = 10,
    REJECT_MSG_TYPE = 11,
    REJECT_REPEATED_TAG = 13,
    REJECT_OUT_OF_ORDER = 14,
    REJECT_GROUP_ORDER = 15,
    REJECT_GROUP_COUNT = 16,
    REJECT_SOH_IN_VALUE = 17,
    REJECT_NONE = 99,
};

/* Which checks are on: the Validate* keys of QuickFIX. All on is the default. */
struct validate_options {
    bool fields_out_of_order;
    bool fields_have_values;
    bool user_defined_fields;
    bool unknown_fields_allowed; /* AllowUnknownMsgFields. */
    bool unknown_enums_allowed;  /* AllowUnknownEnumValues. */
    bool groups_unordered_allowed;
    /* FirstFieldInGroupIsDelimiter: the entries of a group begin with whichever of its fields
     * comes first behind the count; the others stay in their order. */
    bool first_in_group_delimits;
};

struct validate_fault {
    enum session_reject_reason reason; /* REJECT_NONE: the message is right. */
    uint32_t tag;                      /* RefTagID(371); 0 = none. */
};

struct validate_options validate_options_default(void);

/* The words of a reason ("Required tag missing"), as the standard has them. */
const char *session_reject_reason_text(enum session_reject_reason reason);

/* First fault of a framed message: header, body and trailer. */
struct validate_fault validate_message(const struct dictionary *dictionary,
                                       const struct validate_options *options,
                                       const struct message *message);

/* First fault of the body fields of an unframed message; header and trailer
 * fields may be missing (order entry of our own clients). */
struct validate_fault validate_body(const struct dictionary *dictionary,
                                    const struct validate_options *options,
                                    const struct message *message);

#endif
