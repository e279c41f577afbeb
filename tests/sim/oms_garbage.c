/* Requests that no gateway takes. Each stays one however it is cut or mended on its way: a
 * needed field is missing or wrong, so nothing of it ever becomes an order. */
#include "tests/sim/oms_parts.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

enum {
    RANDOM_BYTES_MAX = 300,
    LONG_BYTES = 17 * 1024, /* Beyond what a request may have. */
    LONG_ID_BYTES = 70,
    SOH = '\001',
};

/* Gives the next ClOrdID for garbage: "OMS1-G3". */
static void garbage_id(struct sim_oms *oms, char id[OMS_ID_BYTES_MAX + 1])
{
    (void)snprintf(id, OMS_ID_BYTES_MAX + 1, "%s-G%" PRIu32, oms->name, ++oms->garbage_made);
}

static void send_garbage(struct sim_oms *oms, const char *id, const char *text, size_t size)
{
    oms_send(oms, oms_journal(oms, '?', id, OMS_NONE, span_of(text, size)));
}

static void random_bytes(struct sim_oms *oms)
{
    static const char likely[] = "8=|35=D|11=|38=\001\001\001 ,0{\"";
    struct random *random = &oms->sim->random;
    char text[RANDOM_BYTES_MAX];
    size_t size = random_below(random, sizeof(text) + 1);
    bool alike = random_chance(random, 500);
    for (size_t i = 0; i < size; i++) {
        text[i] = alike ? likely[random_below(random, sizeof(likely) - 1)]
                        : (char)(unsigned char)random_below(random, 256);
    }
    send_garbage(oms, "", text, size);
}

/* The fields of a good order, of which one is to be spoilt. */
static const char *const fields[] = {"35=D", "11=",    "55=VOD", "54=1",
                                     "60=",  "38=100", "40=2",   "44=71.5"};

static bool begins(const char *text, const char *with)
{
    return strncmp(text, with, strlen(with)) == 0;
}

/* A good order but for `spoilt`: without it, or with `instead` in its place. */
static void spoilt_order(struct sim_oms *oms, const char *spoilt, const char *instead,
                         const char *id)
{
    char text[OMS_TEXT_BYTES_MAX + 1];
    char now[OMS_UTC_BYTES];
    oms_utc_text(oms->sim->now_ns, now);
    size_t size = oms_text(text, sizeof(text), "49=%s|526=%s/%s|", oms->name, oms->name, id);
    for (size_t i = 0; i < ARRAY_LEN(fields); i++) {
        bool here = begins(fields[i], spoilt);
        const char *value = begins(fields[i], "11=") ? id : begins(fields[i], "60=") ? now : "";
        if (here && instead[0] != '\0') {
            size += oms_text(text + size, sizeof(text) - size, "%s|", instead);
        } else if (!here) {
            size += oms_text(text + size, sizeof(text) - size, "%s%s|", fields[i], value);
        }
    }
    send_garbage(oms, begins("11=", spoilt) ? "" : id, text, size);
}

static void missing_field(struct sim_oms *oms)
{
    static const char *const needed[] = {"35=", "11=", "55=", "54=", "60=", "38=", "40=", "44="};
    char id[OMS_ID_BYTES_MAX + 1];
    garbage_id(oms, id);
    spoilt_order(oms, needed[random_below(&oms->sim->random, ARRAY_LEN(needed))], "", id);
}

static void wrong_field(struct sim_oms *oms)
{
    static const char *const wrong[][2] = {
        {"38=", "38=abc"},
        {"38=", "38=-5"},
        {"38=", "38=0"},
        {"38=", "38=1e5"},
        {"38=", "38=1.123456789"},
        {"38=", "38=92233720369"},
        {"38=", "38=100|38=200"},
        {"44=", "44=-1"},
        {"44=", "44="},
        {"54=", "54=X"},
        {"54=", "54=11"},
        {"60=", "60=yesterday"},
        {"60=", "60=20261321-10:00:00"},
        {"40=", "40="},
        {"55=", "55="},
        {"35=", "35=E"},
        {"35=", "35=ZZ"},
        {"35=", "35=8"},
        {"35=", "35="},
        {"40=", "40=2|59=6"}, /* Good till which date? */
        {"40=", "40=2|59=x"},
    };
    uint64_t which = random_below(&oms->sim->random, ARRAY_LEN(wrong));
    char id[OMS_ID_BYTES_MAX + 1];
    garbage_id(oms, id);
    spoilt_order(oms, wrong[which][0], wrong[which][1], id);
}

static void truncated(struct sim_oms *oms)
{
    char text[OMS_TEXT_BYTES_MAX + 1];
    char id[OMS_ID_BYTES_MAX + 1];
    garbage_id(oms, id);
    size_t size = oms_text(text, sizeof(text), "8=FIX.4.4|35=D|49=%s|526=%s/%s|11=%s|55=VOD|54=1|",
                           oms->name, oms->name, id, id);
    send_garbage(oms, "", text, random_below(&oms->sim->random, size + 1));
}

/* Of F, G and H too. */
static void wrong_change(struct sim_oms *oms)
{
    static const char *const bodies[] = {
        "35=F|49=%s|11=%s|55=VOD|54=1|38=100|",
        "35=F|49=%s|11=%s|41=nobody|55=VOD|54=1|60=x|38=100|",
        "35=G|49=%s|11=%s|41=nobody|55=VOD|54=1|38=100|40=2|",
        "35=G|49=%s|11=%s|41=nobody|55=VOD|54=1|60=20260921-10:00:00|38=0|40=2|44=1|",
        "35=H|49=%s|11=%s|54=1|",
        "35=H|49=%s|11=%s|55=VOD|54=|",
    };
    const char *body = bodies[random_below(&oms->sim->random, ARRAY_LEN(bodies))];
    char id[OMS_ID_BYTES_MAX + 1];
    char text[OMS_TEXT_BYTES_MAX + 1];
    size_t size = 0;
    garbage_id(oms, id);
    for (const char *at = body; *at != '\0'; at++) {
        if (*at == '%') {
            const char *value = strstr(body, "%s") == at ? oms->name : id;
            size += oms_text(text + size, sizeof(text) - size, "%s", value);
            at++;
        } else {
            text[size++] = *at == '|' ? SOH : *at;
        }
    }
    send_garbage(oms, id, text, size);
}

static void too_long(struct sim_oms *oms)
{
    char *text = malloc(LONG_BYTES);
    ASSERT(text != NULL);
    char id[LONG_ID_BYTES + 1];
    memset(id, 'x', LONG_ID_BYTES);
    id[LONG_ID_BYTES] = '\0';
    if (random_chance(&oms->sim->random, 500)) {
        size_t size = oms_text(text, LONG_BYTES, "35=H|49=%s|11=%s|55=VOD|54=1|", oms->name, id);
        send_garbage(oms, "", text, size);
    } else {
        size_t size = oms_text(text, LONG_BYTES, "35=D|49=%s|11=long|58=", oms->name);
        memset(text + size, 'y', LONG_BYTES - size);
        send_garbage(oms, "", text, LONG_BYTES);
    }
    free(text);
}

/* A request that is refused leaves no trace: corrected, its ClOrdID is as good as new. */
static void corrected(struct sim_oms *oms)
{
    char id[OMS_ID_BYTES_MAX + 1];
    garbage_id(oms, id);
    spoilt_order(oms, "38=", "38=0", id);
    uint32_t order = oms_order_add(oms, id);
    oms_draw_instrument(oms, &oms->orders[order]);
    oms_draw_terms(oms, &oms->orders[order].terms);
    oms_new(oms, order);
}

void oms_garbage(struct sim_oms *oms)
{
    static void (*const kinds[])(struct sim_oms *) = {
        random_bytes, missing_field, wrong_field, wrong_field, truncated,
        wrong_change, wrong_change,  too_long,    corrected,   corrected,
    };
    kinds[random_below(&oms->sim->random, ARRAY_LEN(kinds))](oms);
}
