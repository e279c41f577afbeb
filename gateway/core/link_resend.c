/* What the peer asks for again, page by page out of the outbound queue (6.2). */
#include "gateway/core/link_parts.h"

bool link_may_resend(const struct engine *engine, const struct link *link)
{
    uint64_t next;
    uint64_t end;
    return link->connected && !link->closing &&
           link->backlog_bytes < link->config->backlog_bytes_high &&
           session_resend_next(&link->session, &next, &end) &&
           link_rate_allows(engine, link, LINK_CHANGE);
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
        struct out_record out = {.kind = MESSAGE_ADMIN};
        bool found = link_out_load(engine, link, next, &out);
        bool gap_fill =
            found && out.kind == MESSAGE_APPLICATION && !may_go_again(engine, link, &out);
        effects_reset(&engine->effects);
        session_resend_message(&link->session, engine->now_ns, found ? out.bytes : span_of(NULL, 0),
                               out.kind, gap_fill, &engine->effects);
        link_carry_out(engine, link, NULL, span_of(NULL, 0));
    }
}
