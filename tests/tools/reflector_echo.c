#include "tests/tools/reflector_echo.h"

#include <stdlib.h>

#include "fix/tags.h"
#include "gateway/core/engine/hash.h"
#include "gateway/core/sessions/links.h"

enum {
    IDS_SLOTS = 128 * 1024, /* A power of two, well above ECHO_IDS_MAX. */
    ECHO_TYPE_BYTES_MAX = 2,
    ECHO_BODY_BYTES_MAX = FIX_MESSAGE_BYTES_MAX - 1024, /* Our header may be longer. */
    ECHOES_PER_TURN_MAX = 256,
};

_Static_assert((IDS_SLOTS & (IDS_SLOTS - 1)) == 0, "slots are found by a mask");
_Static_assert((int)IDS_SLOTS > (int)ECHO_IDS_MAX, "an open table needs free slots");

/* Hashes of IDs, in two generations: when the newer is full it becomes the older. */
struct ids {
    uint64_t *newer;
    uint64_t *older;
    uint32_t newer_count;
};

/* Echoes that wait, as records one behind the other: struct waiting_head, body. */
struct waiting {
    uint8_t *bytes;
    size_t start;
    size_t used;
    uint32_t day; /* session.resets when they were put in. */
};

struct waiting_head {
    char type[ECHO_TYPE_BYTES_MAX];
    uint32_t body_size;
    uint64_t id;
};

struct echo_session {
    struct ids ids;
    struct waiting waiting;
};

struct echo_state {
    uint8_t body[FIX_MESSAGE_BYTES_MAX]; /* Where an echo is put together. */
    uint32_t sessions_count;
    struct echo_session sessions[ENGINE_SESSIONS_MAX];
};

/* The engine hands the application back: it is the first member. */
struct echo {
    struct application application;
    struct echo_state *state;
};

static struct echo_session *session_of(const struct engine *engine, const struct link *link)
{
    const void *application = engine->config->application;
    const struct echo *echo = application;
    ASSERT(link->number < echo->state->sessions_count);
    return &echo->state->sessions[link->number];
}

/* --- IDs -------------------------------------------------------------------- */

static bool table_find(const uint64_t *table, uint64_t id, uint32_t *slot)
{
    uint32_t at = (uint32_t)(id ^ (id >> 32)) & (IDS_SLOTS - 1);
    while (table[at] != 0 && table[at] != id) {
        at = (at + 1) & (IDS_SLOTS - 1);
    }
    *slot = at;
    return table[at] == id;
}

/* True if it had been seen before. */
static bool ids_see(struct ids *ids, uint64_t id)
{
    uint32_t slot = 0;
    if (table_find(ids->older, id, &slot) || table_find(ids->newer, id, &slot)) {
        return true;
    }
    if (ids->newer_count == ECHO_IDS_MAX) {
        uint64_t *emptied = ids->older;
        ids->older = ids->newer;
        ids->newer = emptied;
        ids->newer_count = 0;
        memset(emptied, 0, IDS_SLOTS * sizeof(*emptied));
        (void)table_find(ids->newer, id, &slot);
    }
    ids->newer[slot] = id;
    ids->newer_count++;
    return false;
}

/* One number for MsgType and ID, never 0. */
static uint64_t id_hash(struct span type, struct span id)
{
    uint64_t hash = hash_bytes(hash_bytes(HASH_SEED, type), span_text("="));
    hash = hash_bytes(hash, id);
    return hash != 0 ? hash : 1;
}

/* --- What waits ------------------------------------------------------------- */

static void forget(struct echo_session *session, uint32_t day)
{
    session->waiting.start = 0;
    session->waiting.used = 0;
    session->waiting.day = day;
    session->ids.newer_count = 0;
    memset(session->ids.newer, 0, IDS_SLOTS * sizeof(*session->ids.newer));
    memset(session->ids.older, 0, IDS_SLOTS * sizeof(*session->ids.older));
}

static void forget_if_reset(struct echo_session *session, const struct link *link)
{
    if (session->waiting.day != link->session.resets) {
        forget(session, link->session.resets);
    }
}

static bool wait(struct waiting *waiting, struct waiting_head head, struct span body)
{
    size_t size = sizeof(head) + body.size;
    if (size > ECHO_WAITING_BYTES_MAX - waiting->used) {
        return false;
    }
    if (size > ECHO_WAITING_BYTES_MAX - waiting->start - waiting->used) {
        memmove(waiting->bytes, waiting->bytes + waiting->start, waiting->used);
        waiting->start = 0;
    }
    uint8_t *end = waiting->bytes + waiting->start + waiting->used;
    memcpy(end, &head, sizeof(head));
    memcpy(end + sizeof(head), body.data, body.size);
    waiting->used += size;
    return true;
}

static struct span tag_of(const uint64_t *id)
{
    return span_of(id, sizeof(*id));
}

static void send(struct engine *engine, struct link *link, const struct waiting_head *head,
                 struct span body)
{
    char type[ECHO_TYPE_BYTES_MAX + 1] = "";
    memcpy(type, head->type, ECHO_TYPE_BYTES_MAX);
    (void)link_send(engine, link, type, body, tag_of(&head->id));
}

/* True if more could go out at once. */
static bool send_waiting(struct engine *engine, struct link *link)
{
    struct echo_session *session = session_of(engine, link);
    struct waiting *waiting = &session->waiting;
    forget_if_reset(session, link);
    for (int i = 0; i < ECHOES_PER_TURN_MAX && waiting->used > 0; i++) {
        if (engine_turn_full(engine) || !link_can_send(engine, link, LINK_NEW)) {
            return false;
        }
        struct waiting_head head;
        memcpy(&head, waiting->bytes + waiting->start, sizeof(head));
        struct span body = span_of(waiting->bytes + waiting->start + sizeof(head), head.body_size);
        waiting->start += sizeof(head) + head.body_size;
        waiting->used -= sizeof(head) + head.body_size;
        send(engine, link, &head, body);
    }
    return waiting->used > 0 && link_can_send(engine, link, LINK_NEW);
}

/* --- Deliveries ------------------------------------------------------------- */

/* What a session writes itself (FIX 4.4 Vol. 1, standard header and trailer). */
static bool is_around(uint32_t tag)
{
    static const uint16_t tags[] = {
        TAG_BeginString,
        TAG_BodyLength,
        TAG_MsgType,
        TAG_SenderCompID,
        TAG_TargetCompID,
        TAG_OnBehalfOfCompID,
        TAG_DeliverToCompID,
        TAG_SecureDataLen,
        TAG_SecureData,
        TAG_MsgSeqNum,
        TAG_SenderSubID,
        TAG_SenderLocationID,
        TAG_TargetSubID,
        TAG_TargetLocationID,
        TAG_OnBehalfOfSubID,
        TAG_DeliverToSubID,
        TAG_DeliverToLocationID,
        TAG_OnBehalfOfLocationID,
        TAG_PossDupFlag,
        TAG_PossResend,
        TAG_SendingTime,
        TAG_OrigSendingTime,
        TAG_XmlDataLen,
        TAG_XmlData,
        TAG_MessageEncoding,
        TAG_LastMsgSeqNumProcessed,
        TAG_NoHops,
        TAG_HopCompID,
        TAG_HopSendingTime,
        TAG_HopRefID,
        TAG_SignatureLength,
        TAG_Signature,
        TAG_CheckSum,
    };
    for (size_t i = 0; i < ARRAY_LEN(tags); i++) {
        if (tags[i] == tag) {
            return true;
        }
    }
    return false;
}

/* PossResend belongs to the header and goes right behind it; then the body. */
static struct span body_of(const struct message *message, bool poss_resend,
                           uint8_t body[FIX_MESSAGE_BYTES_MAX])
{
    size_t size = 0;
    if (poss_resend) {
        memcpy(body, "97=Y\001", 5);
        size = 5;
    }
    for (uint32_t i = 0; i < message->count; i++) {
        const struct field *field = &message->fields[i];
        size_t bytes = (size_t)field->value - field->start + field->size + 1;
        if (!is_around(field->tag) && size + bytes <= FIX_MESSAGE_BYTES_MAX) {
            memcpy(body + size, message->bytes.data + field->start, bytes);
            size += bytes;
        }
    }
    return span_of(body, size);
}

static void reflect(struct engine *engine, struct link *link, const struct message *message,
                    uint32_t id_tag, bool poss_resend)
{
    const void *application = engine->config->application;
    const struct echo *echo = application;
    struct echo_session *session = session_of(engine, link);
    struct span type = message_type(message);
    uint64_t id = id_hash(type, message_value(message, id_tag));
    forget_if_reset(session, link);
    if (ids_see(&session->ids, id) && poss_resend) {
        return;
    }
    struct span body = body_of(message, poss_resend, echo->state->body);
    if (body.size > ECHO_BODY_BYTES_MAX) {
        link_business_reject(engine, link, message, 0, "too long to be sent back");
        return;
    }
    struct waiting_head head = {.body_size = (uint32_t)body.size, .id = id};
    ASSERT(type.size <= ECHO_TYPE_BYTES_MAX);
    memcpy(head.type, type.data, type.size);
    if (session->waiting.used == 0 && link_can_send(engine, link, LINK_NEW)) {
        send(engine, link, &head, body);
    } else if (!wait(&session->waiting, head, body)) {
        link_business_reject(engine, link, message, 4, "too many messages wait to be sent back");
    }
}

static void deliver(struct engine *engine, struct link *link, const struct message *message,
                    bool poss_dup, bool poss_resend)
{
    static const struct {
        const char *type;
        uint32_t id_tag;
    } reflected[] = {{"D", TAG_ClOrdID}, {"d", TAG_SecurityReqID}, {"C", TAG_EmailThreadID}};
    (void)poss_dup; /* The session drops what it had; this is new. */
    struct span type = message_type(message);
    if (span_is(type, "3") || span_is(type, "j")) {
        return;
    }
    for (size_t i = 0; i < ARRAY_LEN(reflected); i++) {
        if (span_is(type, reflected[i].type)) {
            reflect(engine, link, message, reflected[i].id_tag, poss_resend);
            return;
        }
    }
    link_business_reject(engine, link, message, 3, "Unsupported Message Type");
}

/* The outbound queue holds with each echo the ID that it was about. */
static void start(struct engine *engine, struct link *link)
{
    struct echo_session *session = session_of(engine, link);
    uint64_t end = link->session.seq_out_next;
    uint64_t number = end > ECHO_RESTORED_MAX ? end - ECHO_RESTORED_MAX : 1;
    session->waiting.day = link->session.resets;
    for (; number < end; number++) {
        struct span tag;
        uint64_t id = 0;
        if (link_sent_tag(engine, link, number, &tag) && tag.size == sizeof(id)) {
            memcpy(&id, tag.data, sizeof(id));
            (void)ids_see(&session->ids, id);
        }
    }
}

/* --- Memory ----------------------------------------------------------------- */

static bool open_session(struct echo_session *session)
{
    session->ids.newer = calloc(IDS_SLOTS, sizeof(*session->ids.newer));
    session->ids.older = calloc(IDS_SLOTS, sizeof(*session->ids.older));
    session->waiting.bytes = malloc(ECHO_WAITING_BYTES_MAX);
    return session->ids.newer != NULL && session->ids.older != NULL &&
           session->waiting.bytes != NULL;
}

struct echo *echo_open(uint32_t sessions_count)
{
    ASSERT(sessions_count <= ENGINE_SESSIONS_MAX);
    struct echo *echo = calloc(1, sizeof(*echo));
    if (echo == NULL) {
        return NULL;
    }
    echo->application = (struct application){
        .start = start,
        .deliver = deliver,
        .tick = send_waiting,
    };
    echo->state = calloc(1, sizeof(*echo->state));
    if (echo->state == NULL) {
        free(echo);
        return NULL;
    }
    bool whole = true;
    for (uint32_t i = 0; i < sessions_count; i++) {
        echo->state->sessions_count++;
        whole = open_session(&echo->state->sessions[i]) && whole;
    }
    if (!whole) {
        echo_close(echo);
        return NULL;
    }
    return echo;
}

void echo_close(struct echo *echo)
{
    for (uint32_t i = 0; i < echo->state->sessions_count; i++) {
        free(echo->state->sessions[i].ids.newer);
        free(echo->state->sessions[i].ids.older);
        free(echo->state->sessions[i].waiting.bytes);
    }
    free(echo->state);
    free(echo);
}

const struct application *echo_application(const struct echo *echo)
{
    return &echo->application;
}
