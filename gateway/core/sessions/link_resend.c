/* What the peer asks for again, page by page out of the outbound queue (6.2). */
#include "gateway/core/sessions/link_parts.h"

/* Until it has read what is more than BacklogHigh: a page at most. */
#define STUCK_NS (UINT64_C(60) * 1000000000)

bool link_may_resend(const struct engine *engine, const struct link *link)
{
    uint64_t next;
    uint64_t end;
    return link->connected && !link->closing &&
           link->backlog_bytes < link->config->backlog_bytes_high &&
           session_resend_next(&link->session, &next, &end) &&
           link_rate_allows(engine, link, LINK_CHANGE);
}

static bool is_stuck(const struct link *link)
{
    uint64_t next;
    uint64_t end;
    return link->connected && !link->closing &&
           link->backlog_bytes >= link->config->backlog_bytes_high &&
           session_resend_next(&link->session, &next, &end);
}

void link_resend_watch(struct engine *engine, struct link *link)
{
    if (!is_stuck(link)) {
        link->stuck_ns = 0;
    } else if (link->stuck_ns == 0) {
        link->stuck_ns = engine->now_ns;
    } else if (engine->now_ns - link->stuck_ns >= STUCK_NS) {
        link->stuck_ns = 0;
        link_close(engine, link, SEVERITY_WARNING,
                   span_text("slow peer cut off: it asked for messages again and has not read "
                             "them for 60 s"));
    }
}

uint64_t link_resend_due_ns(const struct link *link)
{
    return link->stuck_ns != 0 ? link->stuck_ns + STUCK_NS : UINT64_MAX;
}

static bool may_go_again(struct engine *engine, struct link *link, const struct out_record *out)
{
    const struct application *application = application_of(engine);
    if (out->bytes.size == 0) {
        if (application->lost != NULL) {
            application->lost(engine, link, out->tag);
        }
        return false;
    }
    return application->may_resend == NULL ||
           application->may_resend(engine, link, out->tag, out->sent_ns);
}

void link_resend_page(struct engine *engine, struct link *link)
{
    size_t bytes_max = engine->turn->releases.used + TURN_RESEND_BYTES_MAX;
    for (unsigned count = 0; count < TURN_RESEND_MAX; count++) {
        uint64_t next;
        uint64_t end;
        if (engine_turn_full(engine) || engine->turn->releases.used >= bytes_max ||
            !link_rate_allows(engine, link, LINK_CHANGE)) {
            return;
        }
        if (!session_resend_next(&link->session, &next, &end)) {
            link_receive_kept(engine, link);
            return;
        }
        if (!link->resend_told && application_of(engine)->asked != NULL) {
            application_of(engine)->asked(engine, link, next);
        }
        link->resend_told = true;
        struct out_record out = {.kind = MESSAGE_ADMIN};
        bool found = link_out_load(engine, link, next, &out);
        bool gap_fill =
            found && out.kind == MESSAGE_APPLICATION && !may_go_again(engine, link, &out);
        effects_reset(&engine->effects);
        session_resend_message(&link->session, engine->now_ns, found ? out.bytes : span_of(NULL, 0),
                               out.kind, gap_fill, &engine->effects);
        link->resend_told = session_resend_next(&link->session, &next, &end);
        link_carry_out(engine, link, NULL, span_of(NULL, 0));
    }
}
