#include "gateway/core/orders/order_walk.h"

#include "gateway/core/engine/record.h"
#include "gateway/core/orders/queue.h"

static const char *const words[] = {
#define X(name, word) word,
    ORDER_WALKS(X)
#undef X
};

static enum table table_of(enum order_walk_kind kind)
{
    switch (kind) {
    case WALK_OPEN:
        return TABLE_LIVE;
    case WALK_QUEUED:
        return TABLE_QUEUED;
    case WALK_DEAD:
        return TABLE_DEADLETTER;
    case WALK_ALL:
        return TABLE_ORDER;
    }
    return TABLE_ORDER;
}

/* The key behind "queued:": a place in the queue, else that of the order. */
static bool place_key(struct order_walk *walk, struct span place)
{
    if (walk->kind != WALK_QUEUED) {
        walk->at = order_label_key(walk->engine, place, walk->from);
        return walk->at.size > 0;
    }
    uint64_t arrival = 0;
    for (size_t index = 0; index < place.size; index++) {
        if (place.data[index] < '0' || place.data[index] > '9' || index > 18) {
            return false;
        }
        arrival = 10 * arrival + (uint64_t)(place.data[index] - '0');
    }
    struct record_writer writer = record_writer_on(walk->from, sizeof(walk->from));
    record_put_u64(&writer, arrival);
    walk->at = record_written(&writer);
    return place.size > 0;
}

bool order_walk_begin(struct order_walk *walk, const struct engine *engine,
                      enum order_walk_kind first, enum order_walk_kind last, struct span client,
                      struct span after)
{
    *walk = (struct order_walk){
        .engine = engine, .first = first, .last = last, .kind = first, .client = client};
    if (after.size == 0) {
        return true;
    }
    for (; walk->kind <= last; walk->kind++) {
        struct span word = span_text(words[walk->kind]);
        if (after.size > word.size && memcmp(after.data, word.data, word.size) == 0 &&
            after.data[word.size] == ':') {
            walk->begun = true;
            return place_key(walk, span_of(after.data + word.size + 1, after.size - word.size - 1));
        }
    }
    return false;
}

/* Of one client alone: from the first of its keys on. A longer name is no client's. */
static struct span first_key(struct order_walk *walk)
{
    if (walk->kind != WALK_ALL || walk->client.size == 0 ||
        walk->client.size > ENGINE_NAME_BYTES_MAX) {
        return span_of(NULL, 0);
    }
    return order_key(walk->from, walk->client, span_of(NULL, 0));
}

static bool is_client(struct span key, struct span client)
{
    return key.size > client.size && memcmp(key.data, client.data, client.size) == 0 &&
           key.data[client.size] == 0;
}

/* The record behind where the walk is. */
static bool next_record(struct order_walk *walk, struct span *value)
{
    const struct view *view = &walk->engine->view;
    enum table table = table_of(walk->kind);
    struct span key;
    bool found = walk->begun ? view_after(view, table, walk->at, &key, value)
                             : view_seek(view, table, first_key(walk), &key, value);
    if (!found ||
        (walk->kind == WALK_ALL && walk->client.size > 0 && !is_client(key, walk->client))) {
        return false;
    }
    walk->before = walk->at;
    walk->begun_before = walk->begun;
    walk->at = key;
    walk->begun = true;
    return true;
}

/* The order of a record; false: it is not one to be told of here. */
static bool record_order(const struct order_walk *walk, struct span value, struct order *order)
{
    const struct view *view = &walk->engine->view;
    struct order_request request;
    struct span live;
    struct span key = walk->at;
    char kind = 'D';
    if (walk->kind == WALK_QUEUED) {
        queue_read(value, &kind, &key);
    }
    if (kind != 'D' || order_load(view, key, order, &request) != ORDER_RECORD_ORDER) {
        return false;
    }
    /* A dead letter whose attempt may live was among the open ones. */
    return walk->kind != WALK_DEAD || walk->first == WALK_DEAD ||
           !view_get(view, TABLE_LIVE, key, &live);
}

enum order_walk_step order_walk_next(struct order_walk *walk, struct order *order)
{
    for (; walk->looks < ORDER_LIST_LOOKS_MAX; walk->looks++) {
        struct span value;
        if (!next_record(walk, &value)) {
            if (walk->kind == walk->last) {
                return WALK_END;
            }
            walk->kind += 1;
            walk->begun = false;
        } else if (record_order(walk, value, order)) {
            walk->looks += 1;
            return WALK_ORDER;
        }
    }
    return WALK_PAGE;
}

void order_walk_back(struct order_walk *walk)
{
    walk->at = walk->before;
    walk->begun = walk->begun_before;
}

struct text order_walk_place(const struct order_walk *walk)
{
    struct text place = {.size = 0};
    if (!walk->begun) {
        return place;
    }
    text_add(text_add(&place, words[walk->kind]), ":");
    if (walk->kind == WALK_QUEUED) {
        struct record_reader reader = record_reader_of(walk->at);
        text_add_uint(&place, record_get_u64(&reader));
        return place;
    }
    struct span client;
    struct span cl_ord_id;
    order_key_parts(walk->at, &client, &cl_ord_id);
    text_add_span(text_add(text_add_span(&place, client), "/"), cl_ord_id);
    return place;
}

bool order_listed(struct command_call *call, const struct order_walk *walk, uint64_t count,
                  bool more)
{
    text_add_uint(&call->out->answer, count);
    text_add(&call->out->answer, count == 1 ? " order" : " orders");
    if (!more) {
        return true;
    }
    struct text place = order_walk_place(walk);
    return command_more(call, text_span(&place));
}
