/* Lists of the configuration: names, addresses, pins, versions of TLS; and LogonTag. */
#include "fix/limits.h"
#include "gateway/shell/config_values.h"
#include "gateway/shell/json_text.h"

#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

static struct span trim(struct span text)
{
    while (text.size > 0 && (text.data[0] == ' ' || text.data[0] == '\t')) {
        text = span_of(text.data + 1, text.size - 1);
    }
    while (text.size > 0 && (text.data[text.size - 1] == ' ' || text.data[text.size - 1] == '\t')) {
        text.size -= 1;
    }
    return text;
}

bool config_items_read(const char *value, struct config_items *out)
{
    out->count = 0;
    for (const char *at = value;; at++) {
        size_t size = strcspn(at, ",");
        struct span item = trim(span_of(at, size));
        if (item.size == 0 || out->count == CONFIG_ITEMS_MAX) {
            return false;
        }
        out->list[out->count] = item;
        out->count += 1;
        at += size;
        if (*at == '\0') {
            return true;
        }
    }
}

static const char *not_a_list(const char *value, const char *of,
                              char reason[CONFIG_REASON_BYTES_MAX])
{
    (void)snprintf(reason, CONFIG_REASON_BYTES_MAX,
                   "'%.60s' is not a list of %s with commas between", value, of);
    return reason;
}

/* --- Names --------------------------------------------------------------------- */

const char *config_check_names(const char *value, char reason[CONFIG_REASON_BYTES_MAX])
{
    struct config_items items;
    if (!config_items_read(value, &items)) {
        return not_a_list(value, "names", reason);
    }
    for (uint32_t i = 0; i < items.count; i++) {
        if (items.list[i].size > CONFIG_ITEM_BYTES_MAX) {
            (void)snprintf(reason, CONFIG_REASON_BYTES_MAX,
                           "holds a name of more than %d bytes (%.20s…)", CONFIG_ITEM_BYTES_MAX,
                           (const char *)items.list[i].data);
            return reason;
        }
    }
    return NULL;
}

/* --- Addresses ----------------------------------------------------------------- */

enum { ADDRESS_BITS = 128, IPV4_BITS_BEFORE = 96 };

static bool address_read(const char *text, struct address *out, uint32_t *bits_before)
{
    static const uint8_t mapped[12] = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF};
    memcpy(out->bytes, mapped, sizeof(mapped));
    *bits_before = IPV4_BITS_BEFORE;
    if (inet_pton(AF_INET, text, out->bytes + sizeof(mapped)) == 1) {
        return true;
    }
    *bits_before = 0;
    return inet_pton(AF_INET6, text, out->bytes) == 1;
}

/* Bits behind the prefix must be 0: 10.1.2.3/16 is a slip of somebody's pen. */
static bool block_is_clean(const struct address_block *block)
{
    for (uint32_t bit = block->prefix_bits; bit < ADDRESS_BITS; bit++) {
        if ((block->address.bytes[bit / 8] & (0x80U >> (bit % 8))) != 0) {
            return false;
        }
    }
    return true;
}

/* NULL, or what is wrong with "10.1.0.0/16", "::1". */
static const char *block_read(struct span item, struct address_block *out)
{
    char text[CONFIG_ITEM_BYTES_MAX + 1];
    if (item.size >= sizeof(text)) {
        return "is neither an IP address nor a block (10.1.0.0/16)";
    }
    span_to_text(item, text, sizeof(text));
    char *slash = strchr(text, '/');
    if (slash != NULL) {
        *slash = '\0';
    }
    uint32_t before = 0;
    if (!address_read(text, &out->address, &before)) {
        return "is neither an IP address nor a block (10.1.0.0/16)";
    }
    out->prefix_bits = ADDRESS_BITS;
    if (slash != NULL) {
        const char *digits = slash + 1;
        size_t size = strlen(digits);
        if (size == 0 || size > 3 || strspn(digits, "0123456789") != size ||
            strtoul(digits, NULL, 10) > ADDRESS_BITS - before) {
            return "has a prefix that is no count of bits";
        }
        out->prefix_bits = (uint8_t)(before + strtoul(digits, NULL, 10));
    }
    return block_is_clean(out) ? NULL
                               : "has bits behind its prefix; write the block's first address";
}

const char *config_check_addresses(const char *value, char reason[CONFIG_REASON_BYTES_MAX])
{
    struct config_items items;
    if (!config_items_read(value, &items)) {
        return not_a_list(value, "IP addresses", reason);
    }
    for (uint32_t i = 0; i < items.count; i++) {
        struct address_block block;
        const char *wrong = block_read(items.list[i], &block);
        if (wrong != NULL) {
            (void)snprintf(reason, CONFIG_REASON_BYTES_MAX, "'%.*s' %s",
                           (int)(items.list[i].size < 60 ? items.list[i].size : 60),
                           (const char *)items.list[i].data, wrong);
            return reason;
        }
    }
    return NULL;
}

uint32_t config_value_addresses(const char *value, struct address_block out[CONFIG_ITEMS_MAX])
{
    struct config_items items;
    bool right = config_items_read(value, &items);
    ASSERT(right);
    for (uint32_t i = 0; i < items.count; i++) {
        const char *wrong = block_read(items.list[i], &out[i]);
        ASSERT(wrong == NULL);
    }
    return items.count;
}

/* --- Pins ---------------------------------------------------------------------- */

static int digit_of(const char *digits, uint8_t byte)
{
    const char *found = byte != '\0' ? strchr(digits, byte) : NULL;
    return found != NULL ? (int)(found - digits) : -1;
}

static bool pin_from_hex(struct span text, uint8_t pin[TLS_PIN_BYTES])
{
    for (size_t i = 0; i < text.size; i++) {
        uint8_t byte = text.data[i];
        byte = byte >= 'A' && byte <= 'F' ? (uint8_t)(byte - 'A' + 'a') : byte;
        int digit = digit_of("0123456789abcdef", byte);
        if (digit < 0) {
            return false;
        }
        pin[i / 2] = (uint8_t)(i % 2 == 0 ? digit << 4 : pin[i / 2] | digit);
    }
    return true;
}

static bool pin_from_base64(struct span text, uint8_t pin[TLS_PIN_BYTES])
{
    uint8_t bytes[TLS_PIN_BYTES + 1]; /* What 44 characters could be. */
    size_t size = 0;
    if (!base64_decode(text, bytes, &size) || size != TLS_PIN_BYTES) {
        return false;
    }
    memcpy(pin, bytes, TLS_PIN_BYTES);
    return true;
}

static bool pin_read(struct span item, uint8_t pin[TLS_PIN_BYTES])
{
    enum { HEX_BYTES = 64, BASE64_BYTES = 44 };
    static const char curl[] = "sha256//"; /* As curl writes them. */
    if (item.size > strlen(curl) && memcmp(item.data, curl, strlen(curl)) == 0) {
        item = span_of(item.data + strlen(curl), item.size - strlen(curl));
    }
    return (item.size == HEX_BYTES && pin_from_hex(item, pin)) ||
           (item.size == BASE64_BYTES && pin_from_base64(item, pin));
}

const char *config_check_pins(const char *value, char reason[CONFIG_REASON_BYTES_MAX])
{
    struct config_items items;
    uint8_t pin[TLS_PIN_BYTES];
    bool right = config_items_read(value, &items) && items.count <= TLS_PINS_MAX;
    for (uint32_t i = 0; right && i < items.count; i++) {
        right = pin_read(items.list[i], pin);
    }
    if (right) {
        return NULL;
    }
    (void)snprintf(reason, CONFIG_REASON_BYTES_MAX,
                   "is not a list of at most %d SHA-256 hashes (64 hexadecimal digits, or 44 "
                   "characters of base64)",
                   TLS_PINS_MAX);
    return reason;
}

uint32_t config_value_pins(const char *value, uint8_t out[TLS_PINS_MAX][TLS_PIN_BYTES])
{
    struct config_items items;
    bool right = config_items_read(value, &items);
    ASSERT(right && items.count <= TLS_PINS_MAX);
    for (uint32_t i = 0; i < items.count; i++) {
        right = pin_read(items.list[i], out[i]);
        ASSERT(right);
    }
    return items.count;
}

/* --- Versions of TLS ------------------------------------------------------------ */

enum { TLS_OLD = 1, TLS_12 = 2, TLS_13 = 4, TLS_UNKNOWN = 8 };

/* What a word stands for. Go's name the oldest that is allowed, all others one version. */
static unsigned protocol_word(struct span word)
{
    static const struct {
        const char *word;
        unsigned versions;
    } words[] = {
        {"all", TLS_OLD | TLS_12 | TLS_13},
        {"TLSv1_3", TLS_13},
        {"TLSv1.3", TLS_13},
        {"TLSv1_2", TLS_12},
        {"TLSv1.2", TLS_12},
        {"TLSv1_1", TLS_OLD},
        {"TLSv1.1", TLS_OLD},
        {"TLSv1", TLS_OLD},
        {"TLSv1.0", TLS_OLD},
        {"SSLv3", TLS_OLD},
        {"SSLv2", TLS_OLD},
        {"SSLv2Hello", TLS_OLD},
        {"TLS13", TLS_13},
        {"TLS12", TLS_12 | TLS_13},
        {"TLS11", TLS_OLD | TLS_12 | TLS_13},
        {"TLS10", TLS_OLD | TLS_12 | TLS_13},
        {"SSL30", TLS_OLD | TLS_12 | TLS_13},
    };
    for (size_t i = 0; i < ARRAY_LEN(words); i++) {
        if (word.size == strlen(words[i].word) &&
            strncasecmp(words[i].word, (const char *)word.data, word.size) == 0) {
            return words[i].versions;
        }
    }
    return TLS_UNKNOWN;
}

/* The versions asked for; TLS_UNKNOWN among them: *unknown is the first such word. */
static unsigned protocols_read(const char *value, struct span *unknown)
{
    unsigned versions = 0;
    for (const char *at = value; *at != '\0';) {
        at += strspn(at, " ,\t:");
        size_t size = strcspn(at, " ,\t:");
        if (size == 0) {
            break;
        }
        bool signed_word = *at == '+' || *at == '-';
        struct span word = span_of(at + (signed_word ? 1 : 0), size - (signed_word ? 1 : 0));
        unsigned found = protocol_word(word);
        if (found == TLS_UNKNOWN) {
            *unknown = word;
            return TLS_UNKNOWN;
        }
        versions = *at == '-' ? versions & ~found : versions | found;
        at += size;
    }
    return versions;
}

const char *config_check_protocols(const char *value, char reason[CONFIG_REASON_BYTES_MAX])
{
    struct span unknown = span_of(NULL, 0);
    unsigned versions = protocols_read(value, &unknown);
    if (versions == TLS_UNKNOWN) {
        (void)snprintf(reason, CONFIG_REASON_BYTES_MAX,
                       "'%.*s' is no version of TLS; write TLSv1_2, TLSv1_3 or both",
                       (int)(unknown.size < 60 ? unknown.size : 60), (const char *)unknown.data);
        return reason;
    }
    if ((versions & (TLS_12 | TLS_13)) == 0) {
        (void)snprintf(reason, CONFIG_REASON_BYTES_MAX,
                       "'%.60s' leaves only versions that are broken; TLS 1.2 is the oldest that "
                       "fixgate speaks: write TLSv1_2, TLSv1_3 or both",
                       value);
        return reason;
    }
    return NULL;
}

bool config_value_tls13_only(const char *value)
{
    struct span unknown;
    return (protocols_read(value, &unknown) & TLS_12) == 0;
}

/* --- LogonTag ------------------------------------------------------------------- */

/* Fields that the session itself writes into a Logon. */
static bool tag_is_ours(uint32_t tag)
{
    static const uint32_t ours[] = {8,  9,  10,  34,  35,  43,  49,  50,  52,  56,
                                    57, 97, 98,  108, 122, 141, 142, 143, 369, 789,
                                    90, 91, 115, 116, 128, 129, 144, 145, 464};
    for (size_t i = 0; i < ARRAY_LEN(ours); i++) {
        if (ours[i] == tag) {
            return true;
        }
    }
    return false;
}

static uint32_t logon_tag_read(const char *value, const char **text)
{
    size_t size = strspn(value, "0123456789");
    bool right =
        size > 0 && size <= 5 && value[0] != '0' && value[size] == '=' && value[size + 1] != '\0';
    *text = right ? value + size + 1 : "";
    return right ? (uint32_t)strtoul(value, NULL, 10) : 0;
}

const char *config_check_logon_tag(const char *value, char reason[CONFIG_REASON_BYTES_MAX])
{
    const char *text = NULL;
    uint32_t tag = logon_tag_read(value, &text);
    if (tag == 0 || tag > FIX_TAG_MAX) {
        return "is not tag=value"; /* The value may be a secret: it is not repeated. */
    }
    const char *own = tag == 553 ? "Username" : tag == 554 ? "PasswordFile" : "NewPasswordFile";
    if (tag == 553 || tag == 554 || tag == 925) {
        (void)snprintf(reason, CONFIG_REASON_BYTES_MAX,
                       "has a key of its own for tag %u: write %s, which keeps it out of logs and "
                       "of this file",
                       tag, own);
        return reason;
    }
    if (tag_is_ours(tag)) {
        (void)snprintf(reason, CONFIG_REASON_BYTES_MAX,
                       "names tag %u, which the session itself writes; remove the line", tag);
        return reason;
    }
    return NULL;
}

uint32_t config_value_logon_tag(const char *value, const char **text)
{
    uint32_t tag = logon_tag_read(value, text);
    ASSERT(tag != 0);
    return tag;
}
