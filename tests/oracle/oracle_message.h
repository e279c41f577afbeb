/* Reading FIX messages the oracle's own way: it shares no code with fix/, so that a mistake
 * there cannot hide here.
 *
 * Pure. Any thread. */
#ifndef TESTS_ORACLE_ORACLE_MESSAGE_H
#define TESTS_ORACLE_ORACLE_MESSAGE_H

#include "fix/base.h"

enum {
    ORACLE_FIELDS_MAX = 160, /* Later ones are not seen. */

    TAG_ACCOUNT = 1,
    TAG_AVG_PX = 6,
    TAG_BEGIN_SEQ_NO = 7,
    TAG_BODY_LENGTH = 9,
    TAG_CHECK_SUM = 10,
    TAG_CL_ORD_ID = 11,
    TAG_CUM_QTY = 14,
    TAG_END_SEQ_NO = 16,
    TAG_EXEC_ID = 17,
    TAG_EXEC_REF_ID = 19,
    TAG_LAST_PX = 31,
    TAG_LAST_QTY = 32,
    TAG_MSG_SEQ_NUM = 34,
    TAG_MSG_TYPE = 35,
    TAG_NEW_SEQ_NO = 36,
    TAG_ORDER_ID = 37,
    TAG_ORDER_QTY = 38,
    TAG_ORD_STATUS = 39,
    TAG_ORIG_CL_ORD_ID = 41,
    TAG_POSS_DUP_FLAG = 43,
    TAG_PRICE = 44,
    TAG_REF_SEQ_NUM = 45,
    TAG_SENDING_TIME = 52,
    TAG_SIDE = 54,
    TAG_SYMBOL = 55,
    TAG_TARGET_COMP_ID = 56,
    TAG_TEXT = 58,
    TAG_TIME_IN_FORCE = 59,
    TAG_TRANSACT_TIME = 60,
    TAG_POSS_RESEND = 97,
    TAG_ORD_REJ_REASON = 103,
    TAG_TEST_REQ_ID = 112,
    TAG_ORIG_SENDING_TIME = 122,
    TAG_GAP_FILL_FLAG = 123,
    TAG_EXPIRE_TIME = 126,
    TAG_RESET_SEQ_NUM_FLAG = 141,
    TAG_EXEC_TYPE = 150,
    TAG_LEAVES_QTY = 151,
    TAG_LAST_MSG_SEQ_NUM_PROCESSED = 369,
    TAG_REF_MSG_TYPE = 372,
    TAG_SESSION_REJECT_REASON = 373,
    TAG_REF_ID = 379,
    TAG_CXL_REJ_RESPONSE_TO = 434,
    TAG_SECONDARY_CL_ORD_ID = 526,
    TAG_SECONDARY_EXEC_ID = 527,
    TAG_NEXT_EXPECTED_MSG_SEQ_NUM = 789,
    TAG_BROKER = 10003,
    TAG_ATTEMPT = 10004,
    TAG_ORDER_STATE = 10005,
    TAG_BUS_SEQ = 10006,
    TAG_POSSIBLE_DUPLICATE = 10009,
    TAG_SESSION_NAME = 10011,
    TAG_SESSION_STATE_NAME = 10012,
    TAG_BREAKER = 10020,
    TAG_BREAKER_BEFORE = 10021,
    TAG_BROKER_ADMIN = 10022,
    TAG_BROKER_FROZEN = 10023,
    TAG_OPERATOR = 10030,
    TAG_PROPOSER = 10031,
    TAG_COMMAND = 10032,
    TAG_COMMAND_ARGUMENTS = 10033,
    TAG_COMMAND_RESULT = 10034,
};

struct oracle_field {
    uint32_t tag;
    struct span value;
};

/* Spans point into the message's bytes. */
struct oracle_message {
    struct oracle_field fields[ORACLE_FIELDS_MAX];
    uint32_t count;
    char type; /* MsgType of one letter; 'u' for longer ones: use oracle_value(). */
};

/* False: no FIX message, for it has no MsgType(35). */
MUST_USE bool oracle_message_read(struct oracle_message *message, struct span bytes);

/* The value of the first `tag`; empty, with data NULL, if it is absent. */
struct span oracle_value(const struct oracle_message *message, uint32_t tag);
/* Its first byte, or `otherwise`. */
char oracle_char(const struct oracle_message *message, uint32_t tag, char otherwise);
/* Whole counts of 1e-8; false if it is absent or no number. */
bool oracle_number(const struct oracle_message *message, uint32_t tag, int64_t *out);
/* Digits; false likewise. */
bool oracle_uint(const struct oracle_message *message, uint32_t tag, uint64_t *out);

/* What a message says, without the fields that a resend changes: 9, 10, 34, 43, 52, 97, 122 and
 * 369. Never 0. */
uint64_t oracle_content_of_wire(const struct oracle_message *message);

/* What a request asks for, as docs/bus.md compares it: type and body, without 60. Never 0. */
uint64_t oracle_content_of_request(const struct oracle_message *message);

#endif
