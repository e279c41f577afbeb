#include "fix/mask.h"
#include "fix/message.h"
#include "gateway/shell/log.h"

/* Makes masked bytes fit for a line. */
static void make_printable(uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) {
        bool control = bytes[i] < ' ' || bytes[i] == 0x7f;
        bytes[i] = bytes[i] == FIX_SOH ? '|' : control ? '?' : bytes[i];
    }
}

size_t log_mask_fix(struct span message, char *out, size_t capacity)
{
    size_t size = mask_message(message, (uint8_t *)out, capacity);
    make_printable((uint8_t *)out, size);
    return size;
}

void log_fix(struct log *log, uint64_t now_ns, struct span session, const char *direction,
             struct span message)
{
    if (!log_wants(log, SEVERITY_DEBUG)) {
        return;
    }
    uint8_t text[LOG_LINE_BYTES_MAX / 2];
    struct mask mask;
    if (message.size > 1 && memcmp(message.data, "8=", 2) == 0) {
        mask_begin(&mask);
    } else {
        /* Rubbish comes as it arrives, so this may be the rest of a broken Logon. */
        mask_begin_within(&mask);
    }
    size_t size = mask_bytes(&mask, message, text, sizeof(text));
    make_printable(text, size);
    const struct log_pair pairs[] = {{"session", session}, {"fix", span_text(direction)}};
    log_event(log, now_ns, SEVERITY_DEBUG, span_of(text, size), pairs, ARRAY_LEN(pairs));
}
