#include "tests/sim/gateway.h"
#include "tests/sim/oms_parts.h"
#include "tests/sim/words.h"

#include <stdio.h>

/* "7" of a script is "OMS1-7" on the wire. */
static bool take_id(struct sim_oms *oms, const char **rest, char id[OMS_ID_BYTES_MAX + 1])
{
    char word[OMS_ID_BYTES_MAX - OMS_NAME_BYTES_MAX];
    if (!words_next(rest, word, sizeof(word))) {
        return false;
    }
    (void)snprintf(id, OMS_ID_BYTES_MAX + 1, "%s-%s", oms->name, word);
    return true;
}

/* "@ PX", or nothing: then the price is left as it is. */
static bool take_price(const char **rest, struct oms_terms *terms)
{
    return !words_take(rest, "@") || words_next(rest, terms->price, sizeof(terms->price));
}

static bool take_tif(const char **rest, struct oms_terms *terms)
{
    static const struct {
        const char *word;
        const char *field;
    } known[] = {{"day", "59=0|"}, {"gtc", "59=1|"}, {"ioc", "59=3|"}, {"fok", "59=4|"}};
    const char *field = "59=1|";
    for (size_t i = 0; i < ARRAY_LEN(known); i++) {
        if (words_take(rest, known[i].word)) {
            field = known[i].field;
        }
    }
    (void)snprintf(terms->tif, sizeof(terms->tif), "%s", field);
    return words_done(*rest);
}

/* --- Each act: what stands behind its first word ------------------------------------ */

static bool act_new(struct sim_oms *oms, const char *rest)
{
    char id[OMS_ID_BYTES_MAX + 1];
    char symbol[OMS_SYMBOL_BYTES_MAX + 1];
    struct oms_terms terms = {.price = ""};
    if (!take_id(oms, &rest, id)) {
        return false;
    }
    bool buys = words_take(&rest, "buy");
    if ((!buys && !words_take(&rest, "sell")) ||
        !words_next(&rest, terms.quantity, sizeof(terms.quantity)) ||
        !words_next(&rest, symbol, sizeof(symbol)) || !take_price(&rest, &terms) ||
        !take_tif(&rest, &terms)) {
        return false;
    }
    uint32_t index = oms_order_add(oms, id);
    struct oms_order *order = &oms->orders[index];
    order->side = buys ? '1' : '2';
    memcpy(order->symbol, symbol, sizeof(symbol));
    order->terms = terms;
    oms_new(oms, index);
    return true;
}

/* The order of an ID; one that was never given is made up. */
static uint32_t order_of(struct sim_oms *oms, const char *id)
{
    uint32_t known = oms_request_find(oms, span_text(id));
    if (known != OMS_NONE) {
        return oms->requests[known].order;
    }
    uint32_t index = oms_order_add(oms, id);
    struct oms_order *order = &oms->orders[index];
    (void)snprintf(order->symbol, sizeof(order->symbol), "VOD");
    (void)snprintf(order->terms.quantity, sizeof(order->terms.quantity), "100");
    return index;
}

static bool act_cancel(struct sim_oms *oms, const char *rest)
{
    char id[OMS_ID_BYTES_MAX + 1];
    if (!take_id(oms, &rest, id) || !words_done(rest)) {
        return false;
    }
    oms_cancel(oms, order_of(oms, id), NULL);
    return true;
}

static bool act_replace(struct sim_oms *oms, const char *rest)
{
    char id[OMS_ID_BYTES_MAX + 1];
    char quantity[OMS_NUMBER_BYTES_MAX + 1];
    struct oms_terms price = {.price = ""};
    if (!take_id(oms, &rest, id) || !words_next(&rest, quantity, sizeof(quantity)) ||
        !take_price(&rest, &price) || !words_done(rest)) {
        return false;
    }
    uint32_t order = order_of(oms, id);
    struct oms_terms terms = oms->orders[order].terms;
    memcpy(terms.quantity, quantity, sizeof(quantity));
    if (price.price[0] != '\0') {
        memcpy(terms.price, price.price, sizeof(terms.price));
    }
    oms_replace(oms, order, NULL, &terms);
    return true;
}

static bool act_status(struct sim_oms *oms, const char *rest)
{
    char id[OMS_ID_BYTES_MAX + 1];
    if (!take_id(oms, &rest, id) || !words_done(rest)) {
        return false;
    }
    oms_status(oms, id);
    return true;
}

/* False if nothing was ever asked for under that ID. */
static bool take_request(struct sim_oms *oms, const char *rest, uint32_t *request)
{
    char id[OMS_ID_BYTES_MAX + 1];
    if (!take_id(oms, &rest, id) || !words_done(rest)) {
        return false;
    }
    *request = oms_request_find(oms, span_text(id));
    return *request != OMS_NONE;
}

static bool act_again(struct sim_oms *oms, const char *rest)
{
    uint32_t request;
    if (!take_request(oms, rest, &request)) {
        return false;
    }
    oms_send(oms, request);
    return true;
}

static bool act_changed(struct sim_oms *oms, const char *rest)
{
    uint32_t request;
    if (!take_request(oms, rest, &request)) {
        return false;
    }
    oms_changed(oms, request);
    return true;
}

static bool act_garbage(struct sim_oms *oms, const char *rest)
{
    if (words_done(rest)) {
        oms_garbage(oms);
    }
    return words_done(rest);
}

bool sim_oms_act(struct sim_oms *oms, const char *words)
{
    static const struct {
        const char *word;
        bool (*act)(struct sim_oms *, const char *);
    } acts[] = {
        {"new", act_new},         {"cancel", act_cancel}, {"replace", act_replace},
        {"status", act_status},   {"again", act_again},   {"changed", act_changed},
        {"garbage", act_garbage},
    };
    const char *rest = words;
    if (words_take(&rest, "crash") && words_done(rest)) {
        oms_crash(oms);
        return true;
    }
    if (words_take(&rest, "return") && words_done(rest)) {
        oms_return(oms);
        return true;
    }
    for (size_t i = 0; i < ARRAY_LEN(acts); i++) {
        if (words_take(&rest, acts[i].word)) {
            return oms->dead || acts[i].act(oms, rest);
        }
    }
    return false;
}

void sim_oms_canary(struct sim_oms *oms, const struct sim_oms_canary *canary)
{
    if (oms->dead || !sim_gateway_up(oms->sim->gateway)) {
        return;
    }
    uint32_t index = oms_order_add(oms, canary->id);
    struct oms_order *order = &oms->orders[index];
    struct oms_terms *terms = &order->terms;
    order->side = '1';
    (void)snprintf(order->symbol, sizeof(order->symbol), "%s", canary->symbol);
    (void)snprintf(terms->quantity, sizeof(terms->quantity), "%s", canary->quantity);
    (void)snprintf(terms->price, sizeof(terms->price), "%s", canary->price);
    (void)snprintf(terms->tif, sizeof(terms->tif), "59=3|");
    (void)snprintf(
        terms->extra, sizeof(terms->extra), "%s%s%s", canary->account != NULL ? "1=" : "",
        canary->account != NULL ? canary->account : "", canary->account != NULL ? "|" : "");
    oms_new(oms, index);
}
