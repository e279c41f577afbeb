/* Gaps in what we received, and the early messages kept meanwhile (2.2). */
#include "fix/session_internal.h"

void session_early_clear(struct session *session)
{
    session->early_count = 0;
    session->early_bytes_used = 0;
    session->gap_end = 0;
    session->gap_asked = false;
    session->gap_asked_end = 0;
    session->gap_moved_ns = 0;
}

static void early_remove_first(struct session *session, uint32_t count)
{
    ASSERT(count <= session->early_count);
    session->early_count -= count;
    if (session->early_count > 0) {
        memmove(session->early, session->early + count,
                session->early_count * sizeof(*session->early));
    } else {
        session->early_bytes_used = 0;
    }
}

void session_early_keep(struct session *session, const struct inbound *in, bool done)
{
    ASSERT(in->seq > session->seq_in_next);
    uint32_t place = session->early_count;
    while (place > 0 && session->early[place - 1].msg_seq_num >= in->seq) {
        place -= 1;
    }
    if (place < session->early_count && session->early[place].msg_seq_num == in->seq) {
        return;
    }
    size_t size = done ? 0 : in->message->bytes.size;
    if (session->early_count == session->early_max ||
        size > FIX_EARLY_BYTES_MAX - session->early_bytes_used) {
        session_log(in->out, SEVERITY_WARNING,
                    span_text("no room for another early message: it will be asked for again"));
        return;
    }
    memmove(session->early + place + 1, session->early + place,
            (session->early_count - place) * sizeof(*session->early));
    session->early[place] = (struct session_early){
        .msg_seq_num = in->seq,
        .start = session->early_bytes_used,
        .size = (uint32_t)size,
        .done = done,
    };
    if (size > 0) {
        memcpy(session->early_bytes + session->early_bytes_used, in->message->bytes.data, size);
    }
    session->early_bytes_used += (uint32_t)size;
    session->early_count += 1;
}

bool session_early_void(struct session *session)
{
    uint32_t count = 0;
    bool unread = false;
    while (count < session->early_count &&
           session->early[count].msg_seq_num < session->seq_in_next) {
        unread = unread || !session->early[count].done;
        count += 1;
    }
    if (count > 0) {
        early_remove_first(session, count);
    }
    return unread;
}

void session_gap_note(struct session *session, uint64_t seq)
{
    ASSERT(seq > session->seq_in_next);
    if (seq > session->gap_end) {
        session->gap_end = seq;
    }
}

void session_gap_ask(struct session *session, uint64_t now_ns, struct effects *out)
{
    /* During a resend our request waits for its end (6.4). */
    if (session->gap_end == 0 || session->gap_asked || session->resend_next != 0) {
        return;
    }
    /* A kept message is due: session_receive_kept() comes next. */
    if (session->early_count > 0 && session->early[0].msg_seq_num <= session->seq_in_next) {
        return;
    }
    const struct session_config *config = session->config;
    uint64_t begin = session->seq_in_next;
    uint64_t chunk = config->resend_request_chunk_size;
    /* What is kept need not come again, so the gap ends before it. */
    uint64_t end = session->early_count > 0 ? session->early[0].msg_seq_num - 1 : session->gap_end;
    if (chunk > 0 && end - begin >= chunk) {
        end = begin + chunk - 1;
    }
    session->gap_asked = true;
    session->gap_asked_end = end;
    session->gap_moved_ns = now_ns;
    /* An open end is what counterparties expect most; a chunk must have its own. */
    bool open = chunk == 0 && !config->closed_resend_interval;
    session_send_resend_request(session, now_ns, begin, open ? 0 : end, out);
}

void session_gap_promised(struct session *session, uint64_t now_ns)
{
    ASSERT(session->gap_end > session->seq_in_next);
    session->gap_asked = true;
    session->gap_asked_end = session->gap_end - 1;
    session->gap_moved_ns = now_ns;
}

void session_gap_update(struct session *session, uint64_t now_ns, struct effects *out)
{
    (void)session_early_void(session);
    if (session->gap_end == 0) {
        return;
    }
    if (session->seq_in_next > session->gap_end) {
        ASSERT(session->early_count == 0);
        session_early_clear(session);
        return;
    }
    if (session->gap_asked && session->seq_in_next > session->gap_asked_end) {
        session->gap_asked = false;
    }
    session_gap_ask(session, now_ns, out);
}

/* Removes the first kept message, which is due. Its bytes stay where they are
 * until another message is kept. */
static struct session_early early_pop(struct session *session)
{
    struct session_early first = session->early[0];
    early_remove_first(session, 1);
    return first;
}

bool session_receive_kept(struct session *session, uint64_t now_ns, struct message *message,
                          struct effects *out)
{
    if (!session_logged_on(session) || session->leaving || session->resend_next != 0) {
        return false;
    }
    (void)session_early_void(session);
    if (session->early_count == 0 || session->early[0].msg_seq_num != session->seq_in_next) {
        return false;
    }
    struct session_early first = early_pop(session);
    struct inbound in = {
        .message = message,
        .now_ns = now_ns,
        .seq = first.msg_seq_num,
        .kept = true,
        .out = out,
    };
    if (first.done) {
        session_take(session, &in);
        session_settle(session, now_ns, out);
        return true;
    }
    struct span bytes = span_of(session->early_bytes + first.start, first.size);
    enum frame_fault fault = message_index(message, bytes, session->config->dictionary);
    ASSERT(fault == FRAME_FAULT_NONE); /* It was indexed when it arrived. */
    session_process(session, &in);
    return true;
}
