#include "gateway/core/sessions/acceptor.h"

#include "fix/tags.h"
#include "gateway/core/sessions/link_parts.h"

enum { ADDRESS_BITS = 128, IPV4_PREFIX_BITS = 96, ADDRESS_GROUPS = 8 };

/* --- Addresses ---------------------------------------------------------------- */

static bool is_ipv4(const struct address *address)
{
    static const uint8_t mapped[IPV4_PREFIX_BITS / 8] = {[10] = 0xff, [11] = 0xff};
    return memcmp(address->bytes, mapped, sizeof(mapped)) == 0;
}

static void add_hex(struct text *text, uint32_t number)
{
    static const char digits[] = "0123456789abcdef";
    bool begun = false;
    for (int shift = 12; shift >= 0; shift -= 4) {
        uint32_t digit = number >> shift & 15;
        begun = begun || digit != 0 || shift == 0;
        if (begun) {
            char one[2] = {digits[digit], '\0'};
            text_add(text, one);
        }
    }
}

static uint32_t group_at(const struct address *address, unsigned group)
{
    const uint8_t *bytes = address->bytes + (size_t)2 * group;
    return (uint32_t)bytes[0] << 8 | bytes[1];
}

/* The longest run of zero groups, which "::" stands for; none: *count is below 2. */
static unsigned longest_zeros(const struct address *address, unsigned *count)
{
    unsigned best = 0;
    unsigned run = 0;
    *count = 0;
    for (unsigned group = 0; group < ADDRESS_GROUPS; group++) {
        run = group_at(address, group) == 0 ? run + 1 : 0;
        if (run > *count) {
            *count = run;
            best = group + 1 - run;
        }
    }
    return best;
}

struct text *address_text(struct text *text, const struct address *address)
{
    if (is_ipv4(address)) {
        for (unsigned byte = 12; byte < 16; byte++) {
            text_add(text, byte > 12 ? "." : "");
            text_add_uint(text, address->bytes[byte]);
        }
        return text;
    }
    unsigned zeros;
    unsigned first = longest_zeros(address, &zeros);
    for (unsigned group = 0; group < ADDRESS_GROUPS; group++) {
        if (zeros >= 2 && group == first) {
            text_add(text, "::");
            group += zeros - 1;
            continue;
        }
        bool behind_zeros = zeros >= 2 && group == first + zeros;
        text_add(text, group > 0 && !behind_zeros ? ":" : "");
        add_hex(text, group_at(address, group));
    }
    return text;
}

static bool in_block(const struct address *address, const struct address_block *block)
{
    ASSERT(block->prefix_bits <= ADDRESS_BITS);
    unsigned bytes = block->prefix_bits / 8;
    unsigned bits = block->prefix_bits % 8;
    if (memcmp(address->bytes, block->address.bytes, bytes) != 0) {
        return false;
    }
    uint8_t mask = (uint8_t)(0xff00u >> bits);
    return bits == 0 || (address->bytes[bytes] & mask) == (block->address.bytes[bytes] & mask);
}

static bool address_allowed(const struct engine_session_config *config,
                            const struct address *address)
{
    for (uint32_t index = 0; index < config->allowed_count; index++) {
        if (in_block(address, &config->allowed[index])) {
            return true;
        }
    }
    return config->allowed_count == 0;
}

/* --- Names ---------------------------------------------------------------------- */

/* Adds to *score if the session has such an ID; false if the Logon's is another. */
static bool id_fits(const struct message *message, uint32_t tag, const char *wanted,
                    unsigned *score)
{
    if (wanted == NULL || *wanted == '\0') {
        return true;
    }
    *score += 1;
    return span_is(message_value(message, tag), wanted);
}

/* 0: the Logon does not mean this session. The peer's sender is our target. */
static unsigned names_score(const struct session_config *fix, const struct message *message)
{
    unsigned score = 0;
    bool fits = id_fits(message, TAG_SenderCompID, fix->target_comp_id, &score) &&
                id_fits(message, TAG_TargetCompID, fix->sender_comp_id, &score) &&
                id_fits(message, TAG_SenderSubID, fix->target_sub_id, &score) &&
                id_fits(message, TAG_TargetSubID, fix->sender_sub_id, &score) &&
                id_fits(message, TAG_SenderLocationID, fix->target_location_id, &score) &&
                id_fits(message, TAG_TargetLocationID, fix->sender_location_id, &score);
    return fits ? score : 0;
}

static struct link *link_meant(struct engine *engine, uint32_t listener,
                               const struct message *message)
{
    struct link *meant = NULL;
    unsigned best = 0;
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        struct link *link = &engine->links[number];
        if (!link->config->fix.acceptor || link->config->listener != listener) {
            continue;
        }
        unsigned score = names_score(&link->config->fix, message);
        if (score > best) {
            meant = link;
            best = score;
        }
    }
    return meant;
}

/* --- The first message ------------------------------------------------------------ */

static void add_id(struct text *text, const char *name, const struct message *message, uint32_t tag)
{
    struct span value = message_value(message, tag);
    if (value.size > 0) {
        text_add_span(text_add(text_add(text_add(text, " "), name), "="), value);
    }
}

/* "from 10.1.2.3: why, SenderCompID=A TargetCompID=B": who knocked, for the log. */
static enum acceptor_verdict refuse(const struct address *peer, const struct message *message,
                                    const char *why, char *reason)
{
    struct text text = {.size = 0};
    text_add(&text, "connection from ");
    address_text(&text, peer);
    text_add(text_add(&text, " refused: "), why);
    if (message != NULL) {
        text_add(&text, ";");
        add_id(&text, "SenderCompID", message, TAG_SenderCompID);
        add_id(&text, "TargetCompID", message, TAG_TargetCompID);
        add_id(&text, "SenderSubID", message, TAG_SenderSubID);
        add_id(&text, "TargetSubID", message, TAG_TargetSubID);
        add_id(&text, "SenderLocationID", message, TAG_SenderLocationID);
        add_id(&text, "TargetLocationID", message, TAG_TargetLocationID);
    }
    span_to_text(text_span(&text), reason, ENGINE_TEXT_BYTES_MAX + 1);
    return ACCEPTOR_REFUSE;
}

static enum acceptor_verdict judge(struct engine *engine, uint32_t listener,
                                   const struct address *peer, const struct message *message,
                                   uint32_t *session, char *reason)
{
    if (!span_is(message_type(message), MSG_Logon)) {
        return refuse(peer, message, "its first message is not a Logon", reason);
    }
    struct link *link = link_meant(engine, listener, message);
    if (link == NULL) {
        return refuse(peer, message, "no session of this listener has these IDs", reason);
    }
    if (!address_allowed(link->config, peer)) {
        return refuse(peer, message, "AllowedRemoteAddresses does not name the address", reason);
    }
    if (link->connected) {
        *session = link->number;
        return refuse(peer, message, "the session is connected already", reason);
    }
    link_schedule_renew(engine, link);
    const char *closed = link_closed_now(engine, link);
    if (closed != NULL) {
        return refuse(peer, message, closed, reason);
    }
    *session = link->number;
    return ACCEPTOR_FOUND;
}

/* Whom no session of the listener would let in need not say anything. */
static bool address_welcome(const struct engine *engine, uint32_t listener,
                            const struct address *peer)
{
    for (uint32_t number = 0; number < engine->config->sessions_count; number++) {
        const struct engine_session_config *config = &engine->config->sessions[number];
        if (config->fix.acceptor && config->listener == listener && address_allowed(config, peer)) {
            return true;
        }
    }
    return false;
}

/* A ClientHello: a TLS record of type handshake, of version 3.x (RFC 8446 §5.1). */
static bool begins_tls(struct span bytes)
{
    return bytes.size >= 2 && bytes.data[0] == 22 && bytes.data[1] == 3;
}

enum acceptor_verdict engine_identify(struct engine *engine, uint32_t listener,
                                      const struct address *peer, struct span bytes,
                                      size_t *consumed, uint32_t *session,
                                      char reason[ENGINE_TEXT_BYTES_MAX + 1])
{
    *consumed = 0;
    *session = UINT32_MAX;
    reason[0] = '\0';
    if (!address_welcome(engine, listener, peer)) {
        return refuse(peer, NULL, "AllowedRemoteAddresses of no session names the address", reason);
    }
    if (begins_tls(bytes)) {
        return refuse(peer, NULL,
                      "it speaks TLS, this port does not: set SocketUseSSL=Y, or let it do without",
                      reason);
    }
    for (unsigned garbled = 0; garbled <= ACCEPTOR_GARBLED_MAX;) {
        struct frame frame;
        struct message message;
        enum frame_result result =
            frame_find(span_of(bytes.data + *consumed, bytes.size - *consumed), &frame);
        if (result == FRAME_PARTIAL) {
            return ACCEPTOR_WAIT;
        }
        message_init(&message, engine->fields, FIX_FIELDS_MAX);
        if (result == FRAME_FOUND &&
            message_index(&message, frame.bytes, NULL) == FRAME_FAULT_NONE) {
            return judge(engine, listener, peer, &message, session, reason);
        }
        *consumed += frame.consumed;
        garbled += 1;
        if (*consumed == bytes.size) {
            return ACCEPTOR_WAIT;
        }
    }
    return refuse(peer, NULL, "what it sends is not FIX", reason);
}
