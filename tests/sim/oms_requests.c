#include "tests/sim/oms_parts.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

enum {
    SOH = '\001',
    DAY_SECONDS = 86400,
    GTD_LEAST_MS = -3000, /* Over already: to be refused. */
    GTD_MOST_MS = 60 * 1000,
};

static const char *const symbols[] = {"VOD", "BARC", "TSCO", "BP.", "HSBA"};

size_t oms_text(char *text, size_t room, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, room, format, arguments);
    va_end(arguments);
    ASSERT(size >= 0);
    ASSERT((size_t)size < room);
    for (int i = 0; i < size; i++) {
        text[i] = text[i] == '|' ? SOH : text[i];
    }
    return (size_t)size;
}

/* --- Times ----------------------------------------------------------------------- */

struct utc {
    unsigned year;
    unsigned month;
    unsigned day;
    unsigned second; /* Of the day. */
};

static bool is_leap(unsigned year)
{
    return (year % 4 == 0 && year % 100 != 0) || year % 400 == 0;
}

static unsigned days_of(unsigned year, unsigned month)
{
    static const unsigned char days[] = {31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31};
    return days[month - 1] + (month == 2 && is_leap(year) ? 1u : 0u);
}

static struct utc utc_of(uint64_t instant_ns)
{
    uint64_t seconds = instant_ns / SIM_SECOND_NS;
    uint64_t days = seconds / DAY_SECONDS;
    struct utc utc = {.year = 1970, .month = 1, .second = (unsigned)(seconds % DAY_SECONDS)};
    while (days >= (is_leap(utc.year) ? 366u : 365u)) {
        days -= is_leap(utc.year) ? 366u : 365u;
        utc.year++;
    }
    while (days >= days_of(utc.year, utc.month)) {
        days -= days_of(utc.year, utc.month);
        utc.month++;
    }
    utc.day = (unsigned)days + 1;
    return utc;
}

static void utc_date(uint64_t instant_ns, char text[OMS_UTC_BYTES])
{
    struct utc utc = utc_of(instant_ns);
    (void)snprintf(text, OMS_UTC_BYTES, "%04u%02u%02u", utc.year, utc.month, utc.day);
}

void oms_utc_text(uint64_t instant_ns, char text[OMS_UTC_BYTES])
{
    struct utc utc = utc_of(instant_ns);
    (void)snprintf(text, OMS_UTC_BYTES, "%04u%02u%02u-%02u:%02u:%02u.%03u", utc.year, utc.month,
                   utc.day, utc.second / 3600, utc.second / 60 % 60, utc.second % 60,
                   (unsigned)(instant_ns / SIM_MS_NS % 1000));
}

/* --- What is drawn ------------------------------------------------------------------ */

void oms_draw_number(struct random *random, char text[OMS_NUMBER_BYTES_MAX + 1])
{
    uint64_t whole = random_between(random, 1, 1000);
    uint64_t shape = random_below(random, 20);
    size_t room = OMS_NUMBER_BYTES_MAX + 1;
    if (shape < 12) {
        (void)snprintf(text, room, "%" PRIu64, whole);
    } else if (shape < 15) {
        (void)snprintf(text, room, "%" PRIu64 ".%02" PRIu64, whole, random_below(random, 100));
    } else if (shape < 16) {
        (void)snprintf(text, room, "%" PRIu64 ".%08" PRIu64, whole % 100,
                       random_between(random, 1, 99999999));
    } else if (shape < 17) {
        (void)snprintf(text, room, "0.0000000%" PRIu64, random_between(random, 1, 9));
    } else if (shape < 18) {
        (void)snprintf(text, room, "%" PRIu64, whole * UINT64_C(1000000));
    } else if (shape < 19) {
        (void)snprintf(text, room, "%" PRIu64 ".0", whole); /* Another writing of a number. */
    } else {
        (void)snprintf(text, room, "%" PRIu64, whole * 100);
    }
}

/* Mostly of a market; at times none, at times an awkward one. */
static void draw_price(struct random *random, char text[OMS_NUMBER_BYTES_MAX + 1])
{
    if (random_chance(random, 150)) {
        text[0] = '\0';
    } else if (random_chance(random, 100)) {
        oms_draw_number(random, text);
    } else {
        uint64_t whole = random_between(random, 50, 150);
        (void)snprintf(text, OMS_NUMBER_BYTES_MAX + 1, "%" PRIu64 ".%02" PRIu64, whole,
                       random_below(random, 100));
    }
}

static void draw_tif(struct sim_oms *oms, char tif[OMS_TIF_BYTES_MAX + 1])
{
    static const char *const plain[] = {"59=3|", "59=4|", "59=0|", ""};
    struct random *random = &oms->sim->random;
    uint64_t now_ns = oms->sim->now_ns;
    char text[OMS_UTC_BYTES];
    if (!random_chance(random, oms->settings.short_lived_permille)) {
        (void)snprintf(tif, OMS_TIF_BYTES_MAX + 1, "59=1|");
        return;
    }
    uint64_t kind = random_below(random, 6);
    if (kind < ARRAY_LEN(plain)) {
        (void)snprintf(tif, OMS_TIF_BYTES_MAX + 1, "%s", plain[kind]);
    } else if (kind == ARRAY_LEN(plain)) {
        uint64_t ms = random_below(random, GTD_MOST_MS - GTD_LEAST_MS + 1);
        oms_utc_text(now_ns + ms * SIM_MS_NS - (uint64_t)-GTD_LEAST_MS * SIM_MS_NS, text);
        (void)snprintf(tif, OMS_TIF_BYTES_MAX + 1, "59=6|126=%s|", text);
    } else {
        utc_date(now_ns + random_below(random, 2) * DAY_SECONDS * SIM_SECOND_NS, text);
        (void)snprintf(tif, OMS_TIF_BYTES_MAX + 1, "59=6|432=%s|", text);
    }
}

static void draw_extra(struct sim_oms *oms, char extra[OMS_EXTRA_BYTES_MAX + 1])
{
    static const char *const more[] = {"1=ACC-7|", "58=as told|", "10001=71.25|", "1=A|21=1|"};
    struct random *random = &oms->sim->random;
    bool some = random_chance(random, 300);
    (void)snprintf(extra, OMS_EXTRA_BYTES_MAX + 1, "%s",
                   some ? more[random_below(random, ARRAY_LEN(more))] : "");
}

void oms_draw_terms(struct sim_oms *oms, struct oms_terms *terms)
{
    oms_draw_number(&oms->sim->random, terms->quantity);
    draw_price(&oms->sim->random, terms->price);
    draw_tif(oms, terms->tif);
    draw_extra(oms, terms->extra);
}

void oms_draw_instrument(struct sim_oms *oms, struct oms_order *order)
{
    const char *symbol = symbols[random_below(&oms->sim->random, ARRAY_LEN(symbols))];
    (void)snprintf(order->symbol, sizeof(order->symbol), "%s", symbol);
    order->side = random_chance(&oms->sim->random, 500) ? '1' : '2';
}

/* --- Requests ------------------------------------------------------------------------ */

/* D and G. The marker is the order's, under whatever name it goes: by it brokers' books are
 * compared with what was asked. */
static void order_text(struct sim_oms *oms, char kind, const char *id, const char *orig,
                       uint32_t order_index, const struct oms_terms *terms)
{
    const struct oms_order *order = &oms->orders[order_index];
    char now[OMS_UTC_BYTES];
    char text[OMS_TEXT_BYTES_MAX + 1];
    oms_utc_text(oms->sim->now_ns, now);
    size_t size = oms_text(
        text, sizeof(text),
        "8=FIX.4.4|35=%c|49=%s|11=%s|%s%s%s526=%s/%s|55=%s|54=%c|60=%s|38=%s|40=%c|%s%s%s15=GBX|"
        "%s%s",
        kind, oms->name, id, orig != NULL ? "41=" : "", orig != NULL ? orig : "",
        orig != NULL ? "|" : "", oms->name, order->id, order->symbol, order->side, now,
        terms->quantity, terms->price[0] != '\0' ? '2' : '1', terms->price[0] != '\0' ? "44=" : "",
        terms->price, terms->price[0] != '\0' ? "|" : "", terms->tif, terms->extra);
    oms_send(oms, oms_journal(oms, kind, id, order_index, span_of(text, size)));
}

static void cancel_text(struct sim_oms *oms, const char *id, const char *orig, uint32_t order_index,
                        const char *quantity)
{
    const struct oms_order *order = &oms->orders[order_index];
    char now[OMS_UTC_BYTES];
    char text[OMS_TEXT_BYTES_MAX + 1];
    oms_utc_text(oms->sim->now_ns, now);
    size_t size = oms_text(
        text, sizeof(text), "8=FIX.4.4|35=F|49=%s|11=%s|41=%s|526=%s/%s|55=%s|54=%c|60=%s|38=%s|",
        oms->name, id, orig, oms->name, order->id, order->symbol, order->side, now, quantity);
    oms_send(oms, oms_journal(oms, 'F', id, order_index, span_of(text, size)));
}

/* "OMS1-7-C2" */
static void change_id(char id[OMS_ID_BYTES_MAX + 1], const struct oms_order *order, char letter,
                      uint32_t number)
{
    int size = snprintf(id, OMS_ID_BYTES_MAX + 1, "%.*s-%c%" PRIu32, OMS_ID_BYTES_MAX - 12,
                        order->id, letter, number);
    ASSERT(size <= OMS_ID_BYTES_MAX);
}

void oms_new(struct sim_oms *oms, uint32_t order)
{
    struct oms_terms terms = oms->orders[order].terms;
    order_text(oms, 'D', oms->orders[order].id, NULL, order, &terms);
}

void oms_cancel(struct sim_oms *oms, uint32_t order, const char *orig)
{
    char id[OMS_ID_BYTES_MAX + 1];
    change_id(id, &oms->orders[order], 'C', ++oms->orders[order].cancels);
    cancel_text(oms, id, orig != NULL ? orig : oms->orders[order].latest, order,
                oms->orders[order].terms.quantity);
}

void oms_replace(struct sim_oms *oms, uint32_t order, const char *orig,
                 const struct oms_terms *terms)
{
    char id[OMS_ID_BYTES_MAX + 1];
    change_id(id, &oms->orders[order], 'R', ++oms->orders[order].replaces);
    order_text(oms, 'G', id, orig != NULL ? orig : oms->orders[order].latest, order, terms);
}

void oms_status(struct sim_oms *oms, const char *id)
{
    uint32_t known = oms_request_find(oms, span_text(id));
    uint32_t order = known != OMS_NONE ? oms->requests[known].order : OMS_NONE;
    char text[OMS_TEXT_BYTES_MAX + 1];
    size_t size = oms_text(text, sizeof(text), "8=FIX.4.4|35=H|49=%s|11=%s|55=%s|54=%c|", oms->name,
                           id, order != OMS_NONE ? oms->orders[order].symbol : symbols[0],
                           order != OMS_NONE ? oms->orders[order].side : '1');
    oms_send(oms, oms_journal(oms, 'H', id, order, span_of(text, size)));
}

void oms_changed(struct sim_oms *oms, uint32_t index)
{
    struct oms_request request = oms->requests[index];
    struct oms_order *order = &oms->orders[request.order];
    struct oms_terms terms = order->terms;
    (void)snprintf(terms.extra, sizeof(terms.extra), "58=changed %u|",
                   (unsigned)random_below(&oms->sim->random, 1000));
    if (random_chance(&oms->sim->random, 500)) {
        oms_draw_number(&oms->sim->random, terms.quantity);
    }
    if (request.kind == 'F') {
        char quantity[OMS_NUMBER_BYTES_MAX + 1];
        oms_draw_number(&oms->sim->random, quantity);
        cancel_text(oms, request.id, order->latest, request.order, quantity);
    } else {
        order_text(oms, request.kind, request.id, request.kind == 'G' ? order->latest : NULL,
                   request.order, &terms);
    }
}
