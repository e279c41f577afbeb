#include "fix/check_sum.h"
#include "fix/message.h"

enum {
    TRAILER_BYTES = 7,       /* 10=ccc<SOH> */
    LENGTH_DIGITS_MAX = 10,  /* Of BodyLength, leading zeros included. */
    VERSION_DIGITS_MAX = 2,  /* Of n and m in FIX.n.m. */
    CHECK_SUM_BYTES_MAX = 16 /* 10=…<SOH> that is not of three digits ends within these. */
};

/* What reading the first fields came to. */
enum step {
    STEP_OK,
    STEP_PARTIAL,
    STEP_FAULT,
};

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

/* Offset of the next place, from `from` on, where a message may begin: "8=FIX",
 * or what may become it when more bytes come. The size if there is none. */
static size_t start_find(struct span input, size_t from)
{
    static const char start[] = "8=FIX";
    size_t at = from;
    while (at < input.size) {
        const uint8_t *eight = memchr(input.data + at, '8', input.size - at);
        if (eight == NULL) {
            return input.size;
        }
        at = (size_t)(eight - input.data);
        size_t rest = input.size - at;
        size_t size = rest < sizeof(start) - 1 ? rest : sizeof(start) - 1;
        if (memcmp(eight, start, size) == 0) {
            return at;
        }
        at += 1;
    }
    return input.size;
}

static enum frame_result garbled(struct frame *out, size_t consumed, enum frame_fault fault)
{
    ASSERT(consumed > 0);
    out->consumed = consumed;
    out->fault = fault;
    return FRAME_GARBLED;
}

/* Expects `text` at *at and moves behind it. */
static enum step text_expect(struct span input, size_t *at, const char *text, size_t size)
{
    size_t rest = input.size - *at;
    size_t compared = rest < size ? rest : size;
    if (memcmp(input.data + *at, text, compared) != 0) {
        return STEP_FAULT;
    }
    if (compared < size) {
        return STEP_PARTIAL;
    }
    *at += size;
    return STEP_OK;
}

/* One number of the version and the byte that must follow it. */
static enum step version_expect(struct span input, size_t *at, uint8_t end)
{
    for (size_t digits = 0; *at < input.size; digits++) {
        uint8_t byte = input.data[*at];
        *at += 1;
        if (byte == end && digits > 0) {
            return STEP_OK;
        }
        if (!is_digit(byte) || digits == VERSION_DIGITS_MAX) {
            return STEP_FAULT;
        }
    }
    return STEP_PARTIAL;
}

/* 8=FIX.n.m or 8=FIXT.n.m, and its SOH. */
static enum step begin_string_read(struct span input, size_t *at)
{
    enum step step = text_expect(input, at, "8=FIX", 5);
    if (step != STEP_OK) {
        return step;
    }
    if (*at < input.size && input.data[*at] == 'T') {
        *at += 1;
    }
    step = text_expect(input, at, ".", 1);
    if (step != STEP_OK) {
        return step;
    }
    step = version_expect(input, at, '.');
    return step == STEP_OK ? version_expect(input, at, FIX_SOH) : step;
}

/* 9=n and its SOH; FAULT also when the message would be longer than is allowed. */
static enum step body_length_read(struct span input, size_t *at, size_t *out)
{
    enum step step = text_expect(input, at, "9=", 2);
    if (step != STEP_OK) {
        return step;
    }
    size_t length = 0;
    for (size_t digits = 0; *at < input.size; digits++) {
        uint8_t byte = input.data[*at];
        *at += 1;
        if (byte == FIX_SOH && digits > 0) {
            *out = length;
            return STEP_OK;
        }
        if (!is_digit(byte) || digits == LENGTH_DIGITS_MAX) {
            return STEP_FAULT;
        }
        length = length * 10 + (size_t)(byte - '0');
        if (length > FIX_MESSAGE_BYTES_MAX) {
            return STEP_FAULT;
        }
    }
    return STEP_PARTIAL;
}

static bool is_trailer(const uint8_t *bytes)
{
    return memcmp(bytes, "10=", 3) == 0 && is_digit(bytes[3]) && is_digit(bytes[4]) &&
           is_digit(bytes[5]) && bytes[6] == FIX_SOH;
}

/* Offset behind the first <SOH>10=ccc<SOH> whose "10=" is at `from` or later; 0
 * if there is none. */
static size_t trailer_find(struct span input, size_t from)
{
    ASSERT(from > 0);
    size_t at = from - 1;
    while (at < input.size && input.size - at > TRAILER_BYTES) {
        const uint8_t *soh = memchr(input.data + at, FIX_SOH, input.size - at - TRAILER_BYTES);
        if (soh == NULL) {
            return 0;
        }
        at = (size_t)(soh - input.data) + 1;
        if (is_trailer(input.data + at)) {
            return at + TRAILER_BYTES;
        }
    }
    return 0;
}

/* The BodyLength does not lead to a CheckSum. What is lost ends with the first
 * CheckSum from its stated end on: this very message if it was too small, all up
 * to there if it was too big (session-behaviours 1.3). */
static enum frame_result resynchronise(struct span input, size_t body_end, struct frame *out)
{
    /* What is decided may not depend on how much has come beyond the limit. */
    size_t size = input.size < FIX_MESSAGE_BYTES_MAX ? input.size : FIX_MESSAGE_BYTES_MAX;
    struct span window = span_of(input.data, size);
    const uint8_t *end = window.data + body_end;
    if (end[-1] == FIX_SOH && memcmp(end, "10=", 3) == 0) {
        /* The length is right, and the CheckSum has not three digits. */
        size_t rest = size - body_end;
        size_t limit = rest < CHECK_SUM_BYTES_MAX ? rest : CHECK_SUM_BYTES_MAX;
        const uint8_t *soh = memchr(end, FIX_SOH, limit);
        if (soh != NULL) {
            return garbled(out, (size_t)(soh - window.data) + 1, FRAME_FAULT_CHECK_SUM);
        }
        if (limit < CHECK_SUM_BYTES_MAX && size < FIX_MESSAGE_BYTES_MAX) {
            return FRAME_PARTIAL;
        }
    }
    size_t consumed = trailer_find(window, body_end);
    if (consumed > 0) {
        return garbled(out, consumed, FRAME_FAULT_BODY_LENGTH);
    }
    if (size < FIX_MESSAGE_BYTES_MAX) {
        return FRAME_PARTIAL;
    }
    return garbled(out, start_find(window, 1), FRAME_FAULT_BODY_LENGTH);
}

/* The whole message lies in the input and its CheckSum stands where it must. */
static enum frame_result frame_verify(struct span message, size_t body, struct frame *out)
{
    size_t body_end = message.size - TRAILER_BYTES;
    const uint8_t *digits = message.data + body_end + 3;
    unsigned stated =
        (digits[0] - '0') * 100U + (digits[1] - '0') * 10U + (unsigned)(digits[2] - '0');
    if (check_sum(span_of(message.data, body_end)) != stated) {
        return garbled(out, message.size, FRAME_FAULT_CHECK_SUM);
    }
    if (body_end - body < 3 || memcmp(message.data + body, "35=", 3) != 0) {
        return garbled(out, message.size, FRAME_FAULT_MSG_TYPE);
    }
    out->bytes = message;
    out->consumed = message.size;
    return FRAME_FOUND;
}

enum frame_result frame_find(struct span input, struct frame *out)
{
    *out = (struct frame){.fault = FRAME_FAULT_NONE};
    if (input.size == 0) {
        return FRAME_PARTIAL;
    }
    if (input.data[0] != '8' || (input.size > 1 && input.data[1] != '=')) {
        return garbled(out, start_find(input, 1), FRAME_FAULT_NOISE);
    }
    size_t body = 0;
    size_t length = 0;
    enum frame_fault fault = FRAME_FAULT_BEGIN_STRING;
    enum step step = begin_string_read(input, &body);
    if (step == STEP_OK) {
        fault = FRAME_FAULT_BODY_LENGTH;
        step = body_length_read(input, &body, &length);
    }
    if (step == STEP_PARTIAL) {
        return FRAME_PARTIAL;
    }
    size_t body_end = body + length;
    if (step == STEP_FAULT || body_end + TRAILER_BYTES > FIX_MESSAGE_BYTES_MAX) {
        /* Nothing says where this message ends; the next one is looked for. */
        return garbled(out, start_find(input, 1), fault);
    }
    if (input.size < body_end + TRAILER_BYTES) {
        return FRAME_PARTIAL;
    }
    if (input.data[body_end - 1] != FIX_SOH || !is_trailer(input.data + body_end)) {
        return resynchronise(input, body_end, out);
    }
    return frame_verify(span_of(input.data, body_end + TRAILER_BYTES), body, out);
}
