#include "fix/mask.h"

#include "fix/message.h"
#include "fix/tags.h"

enum {
    TAG_EncryptedPasswordLen = 1401, /* FIX 5.0 SP1 on; FIX44.xml does not have these four. */
    TAG_EncryptedPassword = 1402,
    TAG_EncryptedNewPasswordLen = 1403,
    TAG_EncryptedNewPassword = 1404,
    LENGTH_DIGITS_MAX = 9,
};

static const char hidden[] = "***";
static const char message_start[] = "8=FIX";
enum { HIDDEN_BYTES = sizeof(hidden) - 1, MESSAGE_START_BYTES = sizeof(message_start) - 1 };

/* One call of mask_bytes(). */
struct masking {
    struct mask *mask;
    struct span bytes;
    size_t at;         /* Everything before is decided. */
    size_t kept;       /* Everything before is in `out`, or masked. */
    size_t body_begin; /* BodyLength's value, not yet in `out`; body_end 0: there is none. */
    size_t body_end;
    uint8_t *out;
    size_t capacity;
    size_t size;
};

static bool is_digit(uint8_t byte)
{
    return byte >= '0' && byte <= '9';
}

static bool starts_with(struct span bytes, const char *text, size_t size)
{
    return bytes.size >= size && memcmp(bytes.data, text, size) == 0;
}

void mask_begin(struct mask *mask)
{
    *mask = (struct mask){.place = MASK_OPEN, .field_begins = true, .logon = true};
}

void mask_begin_within(struct mask *mask)
{
    mask_begin(mask);
    mask->place = MASK_TEXT;
    mask->field_begins = false;
}

bool mask_is_secret(uint32_t tag, bool logon)
{
    return tag == TAG_Password || tag == TAG_NewPassword || tag == TAG_EncryptedPassword ||
           tag == TAG_EncryptedNewPassword || (tag == TAG_RawData && logon);
}

/* The secret data that a length field counts; 0 if it counts none. */
static uint32_t secret_counted(uint32_t tag, bool logon)
{
    if (tag == TAG_EncryptedPasswordLen || tag == TAG_EncryptedNewPasswordLen) {
        return tag + 1;
    }
    return tag == TAG_RawDataLength && logon ? TAG_RawData : 0;
}

static void put(struct masking *masking, const void *data, size_t size)
{
    size_t room = masking->capacity - masking->size;
    size = size < room ? size : room;
    if (size > 0) {
        memcpy(masking->out + masking->size, data, size);
        masking->size += size;
    }
}

static void keep_until(struct masking *masking, size_t end)
{
    put(masking, masking->bytes.data + masking->kept, end - masking->kept);
    masking->kept = end;
}

/* Writes "***" in place of what stands from `begin` to `end`. What is found in rubbish may
 * begin within what is masked already. */
static void hide(struct masking *masking, size_t begin, size_t end)
{
    if (begin >= masking->kept) {
        keep_until(masking, begin);
        put(masking, hidden, HIDDEN_BYTES);
    }
    masking->kept = end > masking->kept ? end : masking->kept;
    masking->at = masking->kept;
}

/* The same for a secret, whose length BodyLength must not tell. */
static void hide_secret(struct masking *masking, size_t begin, size_t end)
{
    if (masking->body_end > 0) {
        hide(masking, masking->body_begin, masking->body_end);
        masking->body_end = 0;
    }
    masking->mask->secret_seen = true;
    hide(masking, begin, end);
}

/* Offset of the first SOH from `from` on, or the size. */
static size_t soh_find(struct span bytes, size_t from)
{
    const uint8_t *soh =
        from < bytes.size ? memchr(bytes.data + from, FIX_SOH, bytes.size - from) : NULL;
    return soh != NULL ? (size_t)(soh - bytes.data) : bytes.size;
}

/* Offset of the first message that begins behind `from`, or the size. */
static size_t message_find_start(struct span bytes, size_t from)
{
    for (size_t soh = soh_find(bytes, from); soh < bytes.size; soh = soh_find(bytes, soh + 1)) {
        struct span rest = span_of(bytes.data + soh + 1, bytes.size - soh - 1);
        if (starts_with(rest, message_start, MESSAGE_START_BYTES)) {
            return soh;
        }
    }
    return bytes.size;
}

/* A secret, or what tells its length, that ends with SOH. */
static void take_text(struct masking *masking, size_t value)
{
    size_t end = soh_find(masking->bytes, value);
    if (end == value && end < masking->bytes.size) {
        return;
    }
    hide_secret(masking, value, end);
    masking->mask->place = end < masking->bytes.size ? MASK_OPEN : MASK_TEXT;
}

/* A secret that may hold SOH. */
static void take_data(struct masking *masking, uint32_t tag, size_t value)
{
    struct mask *mask = masking->mask;
    struct span bytes = masking->bytes;
    if (mask->counted_tag == 0) {
        take_text(masking, value);
        return;
    }
    size_t room = bytes.size - value;
    size_t size = mask->counted_tag == tag ? mask->counted_bytes : SIZE_MAX;
    if (size == SIZE_MAX && starts_with(span_of(bytes.data + value, room), hidden, HIDDEN_BYTES)) {
        size = HIDDEN_BYTES; /* Masked before, and so is its length. */
    }
    if (size <= room && (size == room || bytes.data[value + size] == FIX_SOH)) {
        hide_secret(masking, value, value + size);
        mask->place = size == room ? MASK_ENDS : MASK_OPEN;
        return;
    }
    size_t end = message_find_start(bytes, value);
    hide_secret(masking, value, end);
    mask->place = end < bytes.size ? MASK_OPEN : MASK_DATA;
}

/* The length of a secret: read, and masked. */
static void take_length(struct masking *masking, uint32_t counted, size_t value)
{
    struct span bytes = masking->bytes;
    size_t end = soh_find(bytes, value);
    bool right = end > value && end < bytes.size && end - value <= LENGTH_DIGITS_MAX;
    size_t length = 0;
    for (size_t i = value; right && i < end; i++) {
        right = is_digit(bytes.data[i]);
        length = length * 10 + (size_t)(bytes.data[i] - '0');
    }
    masking->mask->counted_tag = counted;
    masking->mask->counted_bytes = right ? length : SIZE_MAX;
    take_text(masking, value);
}

/* "8=FIX" begins a message; what may become it when more bytes come, too. */
static void take_begin_string(struct masking *masking, size_t value)
{
    struct span rest = span_of(masking->bytes.data + value, masking->bytes.size - value);
    size_t size = rest.size < 3 ? rest.size : 3;
    if (starts_with(rest, "FIX", size)) {
        mask_begin(masking->mask);
        masking->body_end = 0;
    }
}

static void take_body_length(struct masking *masking, size_t value)
{
    size_t end = soh_find(masking->bytes, value);
    if (end > value) {
        masking->body_begin = value;
        masking->body_end = end;
    }
}

static void take_type(struct masking *masking, size_t value)
{
    struct mask *mask = masking->mask;
    size_t end = soh_find(masking->bytes, value);
    if (!mask->type_known && end < masking->bytes.size) {
        mask->type_known = true;
        mask->logon = span_is(span_of(masking->bytes.data + value, end - value), "A");
    }
}

/* `begins`: the tag is the first of a field, and not in the midst of a value or rubbish. */
static void take_field(struct masking *masking, uint32_t tag, bool begins, size_t value)
{
    const struct mask *mask = masking->mask;
    uint32_t counted = secret_counted(tag, mask->logon);
    bool tells_secret = tag == TAG_CheckSum && begins && mask->secret_seen;
    if (counted != 0) {
        take_length(masking, counted, value);
    } else if (tag == TAG_Password || tag == TAG_NewPassword || tells_secret) {
        take_text(masking, value);
    } else if (mask_is_secret(tag, mask->logon)) {
        take_data(masking, tag, value);
    } else if (tag == TAG_BeginString && begins) {
        take_begin_string(masking, value);
    } else if (tag == TAG_BodyLength && begins) {
        take_body_length(masking, value);
    } else if (tag == TAG_MsgType && begins) {
        take_type(masking, value);
    }
}

/* The number that the digits before `end` make, begun in an earlier call perhaps; 0 if
 * there is none. `*begins`: it is the first of a field. */
static uint32_t tag_before(const struct masking *masking, size_t end, bool *begins)
{
    struct span bytes = masking->bytes;
    size_t start = end;
    while (start > masking->kept && is_digit(bytes.data[start - 1])) {
        start--;
    }
    bool continued = start == 0;
    uint32_t tag = continued ? masking->mask->tag_begun : 0;
    for (size_t i = start; i < end; i++) {
        /* Leading zeros do not make a secret's tag another one; too many digits do. */
        tag = tag > FIX_TAG_MAX ? tag : tag * 10 + (uint32_t)(bytes.data[i] - '0');
    }
    *begins = continued ? masking->mask->field_begins : bytes.data[start - 1] == FIX_SOH;
    return tag;
}

/* Passes over the rest of a secret that an earlier call left open. */
static void leave_secret(struct masking *masking)
{
    struct mask *mask = masking->mask;
    if (mask->place == MASK_ENDS) {
        mask->place = masking->bytes.data[0] == FIX_SOH ? MASK_OPEN : MASK_DATA;
    }
    if (mask->place == MASK_OPEN) {
        return;
    }
    size_t end = mask->place == MASK_TEXT ? soh_find(masking->bytes, 0)
                                          : message_find_start(masking->bytes, 0);
    masking->kept = end;
    masking->at = end;
    mask->place = end < masking->bytes.size ? MASK_OPEN : mask->place;
}

size_t mask_bytes(struct mask *mask, struct span bytes, uint8_t *out, size_t capacity)
{
    struct masking masking = {.mask = mask, .bytes = bytes, .out = out, .capacity = capacity};
    if (starts_with(bytes, message_start, MESSAGE_START_BYTES)) {
        mask_begin(mask);
    }
    if (bytes.size == 0) {
        return 0;
    }
    leave_secret(&masking);
    while (masking.at < bytes.size) {
        const uint8_t *equals = memchr(bytes.data + masking.at, '=', bytes.size - masking.at);
        if (equals == NULL) {
            break;
        }
        size_t end = (size_t)(equals - bytes.data);
        bool begins = false;
        uint32_t tag = tag_before(&masking, end, &begins);
        masking.at = end + 1;
        take_field(&masking, tag, begins, end + 1);
    }
    if (mask->place == MASK_OPEN) {
        mask->tag_begun = tag_before(&masking, bytes.size, &mask->field_begins);
    } else {
        mask->tag_begun = 0;
        mask->field_begins = false;
    }
    keep_until(&masking, bytes.size);
    return masking.size;
}

size_t mask_message(struct span message, uint8_t *out, size_t capacity)
{
    struct mask mask;
    mask_begin(&mask);
    return mask_bytes(&mask, message, out, capacity);
}
