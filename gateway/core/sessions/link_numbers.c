/* What is durable of a link: its numbers, and the outbound queue. */
#include "gateway/core/engine/record.h"
#include "gateway/core/sessions/link_parts.h"

enum {
    SESSION_VERSION = 4,
    SESSION_VERSION_NO_DOUBT = 3,
    SESSION_VERSION_NO_RESET_WANTED = 2,
    OUT_VERSION = 2,
    OUT_KEY_BYTES = 12,
    DOWN_VERSION = 1,
    DOWN_KEY_BYTES_MAX = 256,
};

/* A reset of the numbers makes `resets` grow: the day's queue stays as it is, as an
 * archive, and an empty one begins behind it, in the same instant. */
static struct span out_key(uint8_t key[OUT_KEY_BYTES], uint32_t day, uint64_t msg_seq_num)
{
    struct record_writer writer = record_writer_on(key, OUT_KEY_BYTES);
    record_put_u32(&writer, day);
    record_put_u64(&writer, msg_seq_num);
    return record_written(&writer);
}

/* --- Numbers ------------------------------------------------------------------ */

static const char *check_queue(struct engine *engine, const struct link *link, bool has_record,
                               struct text *error)
{
    struct span key;
    struct span value;
    const struct reader *reader = engine->view.reader;
    if (!reader->last(reader->context, TABLE_OUT + link->number, &key, &value)) {
        return NULL;
    }
    struct record_reader reader_of_key = record_reader_of(key);
    uint32_t resets = record_get_u32(&reader_of_key);
    uint64_t last = record_get_u64(&reader_of_key);
    const struct session *session = &link->session;
    if (has_record &&
        (resets < session->resets || (resets == session->resets && last < session->seq_out_next))) {
        return NULL;
    }
    text_add(error, "session ");
    text_add(error, link->config->id);
    text_add(error, ": next MsgSeqNum ");
    text_add_uint(error, session->seq_out_next);
    text_add(error, " of session day ");
    text_add_uint(error, session->resets);
    text_add(error, " is behind its outbound queue, which ends at ");
    text_add_uint(error, last);
    text_add(error, " of day ");
    text_add_uint(error, resets);
    text_add(error, "; the store is not whole: restore the latest backup");
    return error->data;
}

/* What the session's record holds. */
struct numbers {
    uint64_t seq_in_next;
    uint64_t seq_out_next;
    uint64_t created_ns;
    uint32_t resets;
    uint64_t open_count;
    bool reset_wanted;
    uint64_t peer_has; /* struct link_doubt */
    uint64_t unproven_end;
};

static bool numbers_read(struct span value, struct numbers *numbers)
{
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    numbers->seq_in_next = record_get_u64(&reader);
    numbers->seq_out_next = record_get_u64(&reader);
    numbers->created_ns = record_get_u64(&reader);
    numbers->resets = record_get_u32(&reader);
    numbers->open_count = record_get_u64(&reader);
    numbers->reset_wanted = version >= SESSION_VERSION_NO_DOUBT && record_get_u8(&reader) == 1;
    numbers->peer_has = version == SESSION_VERSION ? record_get_u64(&reader) : 0;
    numbers->unproven_end = version == SESSION_VERSION ? record_get_u64(&reader) : 0;
    return version >= SESSION_VERSION_NO_RESET_WANTED && version <= SESSION_VERSION &&
           record_done(&reader);
}

static void numbers_write(struct engine *engine, struct span session_id,
                          const struct numbers *numbers)
{
    uint8_t record[64];
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, SESSION_VERSION);
    record_put_u64(&writer, numbers->seq_in_next);
    record_put_u64(&writer, numbers->seq_out_next);
    record_put_u64(&writer, numbers->created_ns);
    record_put_u32(&writer, numbers->resets);
    record_put_u64(&writer, numbers->open_count);
    record_put_u8(&writer, numbers->reset_wanted ? 1 : 0);
    record_put_u64(&writer, numbers->peer_has);
    record_put_u64(&writer, numbers->unproven_end);
    view_put(&engine->view, TABLE_SESSION, session_id, record_written(&writer));
}

static void remember_stored(struct link *link, const struct numbers *numbers)
{
    link->stored_in = numbers->seq_in_next;
    link->stored_out = numbers->seq_out_next;
    link->stored_resets = numbers->resets;
    link->stored_created_ns = numbers->created_ns;
    link->stored_open_count = numbers->open_count;
    link->stored_reset_wanted = numbers->reset_wanted;
    link->stored_peer_has = numbers->peer_has;
    link->stored_unproven_end = numbers->unproven_end;
}

const char *link_start(struct engine *engine, uint32_t number, struct text *error)
{
    struct link *link = &engine->links[number];
    link->config = &engine->config->sessions[number];
    link->number = number;
    link->told = SESSION_LOGON_SENT;
    link->connect_at_ns = engine->now_ns;
    link->backoff_ns = link->config->reconnect_interval_ns;
    link->application_busy = true;
    link->application_due_ns = UINT64_MAX;
    link->archive_due_ns = engine->now_ns;

    struct span value;
    struct numbers numbers = {.seq_in_next = 1, .seq_out_next = 1, .created_ns = engine->now_ns};
    bool found = view_get(&engine->view, TABLE_SESSION, span_text(link->config->id), &value);
    if (found && !numbers_read(value, &numbers)) {
        text_add(error, "session record of an unknown version: run the fixgate that wrote it");
        return error->data;
    }
    session_init(&link->session, &link->config->fix, link->early, FIX_EARLY_MESSAGES_MAX,
                 link->early_bytes, numbers.seq_in_next, numbers.seq_out_next);
    /* Of a clock that was ahead and has been set right: with a day to come, its beginning
     * would not be noticed. */
    link->session.created_ns =
        numbers.created_ns < engine->now_ns ? numbers.created_ns : engine->now_ns;
    link->session.resets = numbers.resets;
    link->session.reset_wanted = numbers.reset_wanted;
    link->open_count = numbers.open_count;
    link->doubt.peer_has = numbers.peer_has;
    link->doubt.unproven_end = numbers.unproven_end;
    if (found) {
        remember_stored(link, &numbers);
    }
    link->down = link_down_stored(engine, link);
    link_rate_start(engine, link);
    link_schedule_start(engine, link);
    return check_queue(engine, link, found, error);
}

void link_store_numbers(struct engine *engine, struct link *link)
{
    const struct session *session = &link->session;
    if (link->stored_in == session->seq_in_next && link->stored_out == session->seq_out_next &&
        link->stored_resets == session->resets && link->stored_created_ns == session->created_ns &&
        link->stored_open_count == link->open_count &&
        link->stored_reset_wanted == session->reset_wanted &&
        link->stored_peer_has == link->doubt.peer_has &&
        link->stored_unproven_end == link->doubt.unproven_end) {
        return;
    }
    struct numbers numbers = {.seq_in_next = session->seq_in_next,
                              .seq_out_next = session->seq_out_next,
                              .created_ns = session->created_ns,
                              .resets = session->resets,
                              .open_count = link->open_count,
                              .reset_wanted = session->reset_wanted,
                              .peer_has = link->doubt.peer_has,
                              .unproven_end = link->doubt.unproven_end};
    numbers_write(engine, span_text(link->config->id), &numbers);
    remember_stored(link, &numbers);
}

void link_open_add(struct engine *engine, struct span session_id, int change)
{
    ASSERT(change == 1 || change == -1);
    uint64_t step = change == 1 ? 1 : UINT64_MAX;
    struct link *link = link_find(engine, session_id);
    if (link != NULL) {
        ASSERT(change == 1 || link->open_count > 0);
        link->open_count += step;
        return;
    }
    /* The configuration has the session no more; it may come back. */
    struct span value;
    struct numbers numbers;
    if (view_get(&engine->view, TABLE_SESSION, session_id, &value) &&
        numbers_read(value, &numbers)) {
        numbers.open_count += step;
        numbers_write(engine, session_id, &numbers);
    }
}

/* --- Held down by an operator ----------------------------------------------------- */

static struct span down_key(uint8_t key[DOWN_KEY_BYTES_MAX], const struct link *link)
{
    struct record_writer writer = record_writer_on(key, DOWN_KEY_BYTES_MAX);
    record_put_bytes(&writer, span_text("down"));
    record_put_u8(&writer, 0);
    record_put_bytes(&writer, span_text(link->config->id));
    return record_written(&writer);
}

bool link_down_stored(const struct engine *engine, const struct link *link)
{
    uint8_t key[DOWN_KEY_BYTES_MAX];
    struct span value;
    return view_get(&engine->view, TABLE_CONTROL, down_key(key, link), &value);
}

void link_down_store(struct engine *engine, struct link *link, bool down, struct span operator_name)
{
    uint8_t key[DOWN_KEY_BYTES_MAX];
    uint8_t record[ENGINE_NAME_BYTES_MAX + 16];
    if (down == link->down) {
        return;
    }
    link->down = down;
    if (!down) {
        view_delete(&engine->view, TABLE_CONTROL, down_key(key, link));
        return;
    }
    struct record_writer writer = record_writer_on(record, sizeof(record));
    record_put_u8(&writer, DOWN_VERSION);
    record_put_u64(&writer, engine->now_ns);
    record_put_bytes(&writer, operator_name);
    view_put(&engine->view, TABLE_CONTROL, down_key(key, link), record_written(&writer));
}

/* --- Outbound queue ------------------------------------------------------------- */

void link_out_keep(struct engine *engine, const struct link *link, uint32_t day,
                   const struct effect *effect, struct span tag)
{
    ASSERT(tag.size <= LINK_TAG_BYTES_MAX);
    struct record_writer writer =
        record_writer_on(engine->scratch_out, sizeof(engine->scratch_out));
    record_put_u8(&writer, OUT_VERSION);
    record_put_u8(&writer, (uint8_t)effect->message);
    record_put_u64(&writer, engine->now_ns);
    record_put_span(&writer, tag);
    /* Session messages are never resent (6.2): their number is all that is
     * needed, and a Logon's password stays out of the store. */
    if (effect->message == MESSAGE_APPLICATION && link->config->persist_messages) {
        record_put_bytes(&writer, effect->bytes);
    }
    uint8_t key[OUT_KEY_BYTES];
    view_append(&engine->view, TABLE_OUT + link->number, out_key(key, day, effect->msg_seq_num),
                record_written(&writer));
}

bool link_out_load(const struct engine *engine, const struct link *link, uint64_t msg_seq_num,
                   struct out_record *out)
{
    uint8_t key[OUT_KEY_BYTES];
    struct span value;
    if (!view_get(&engine->view, TABLE_OUT + link->number,
                  out_key(key, link->session.resets, msg_seq_num), &value)) {
        return false;
    }
    struct record_reader reader = record_reader_of(value);
    uint8_t version = record_get_u8(&reader);
    ASSERT(version == OUT_VERSION);
    out->kind = (enum message_kind)record_get_u8(&reader);
    out->sent_ns = record_get_u64(&reader);
    out->tag = record_get_span(&reader);
    ASSERT(!reader.bad);
    out->bytes = span_of(value.data + reader.next, value.size - reader.next);
    return true;
}

bool link_out_first(const struct engine *engine, const struct link *link, struct span *key,
                    struct out_place *place)
{
    struct span value;
    if (!view_seek(&engine->view, TABLE_OUT + link->number, span_of(NULL, 0), key, &value)) {
        return false;
    }
    struct record_reader key_reader = record_reader_of(*key);
    struct record_reader reader = record_reader_of(value);
    place->day = record_get_u32(&key_reader);
    uint8_t version = record_get_u8(&reader);
    ASSERT(version == OUT_VERSION);
    (void)record_get_u8(&reader);
    place->sent_ns = record_get_u64(&reader);
    ASSERT(!reader.bad);
    return true;
}

bool link_sent_tag(const struct engine *engine, const struct link *link, uint64_t msg_seq_num,
                   struct span *tag)
{
    struct out_record out;
    if (!link_out_load(engine, link, msg_seq_num, &out) || out.tag.size == 0) {
        return false;
    }
    *tag = out.tag;
    return true;
}
