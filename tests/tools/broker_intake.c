/* Requests in: into the book first; the answer comes from broker_orders.c. */
#include "tests/tools/broker.h"

#include <string.h>

static bool text_take(const char *message, size_t size, int tag, char *out, size_t out_size)
{
    return fields_get(message, size, tag, out, out_size) && out[0] != '\0';
}

static int64_t number_take(const char *message, size_t size, int tag)
{
    char text[BROKER_NUMBER_BYTES_MAX];
    int64_t value = 0;
    bool good =
        fields_get(message, size, tag, text, sizeof text) && broker_number_parse(text, &value);
    return good ? value : 0;
}

static void line_field(struct fields *line, const char *key, const char *message, size_t size,
                       int tag)
{
    char text[BOOK_ID_BYTES_MAX];
    if (fields_get(message, size, tag, text, sizeof text) && text[0] != '\0') {
        line_text(line, key, text);
    }
}

/* The journal line of a D, F or G; the caller has checked its ClOrdID. */
static void request_write(struct broker *broker, const char *message, size_t size, char kind,
                          uint32_t order)
{
    struct fields line;
    journal_begin(&line, kind == 'D' ? "ORDER" : kind == 'F' ? "CANCEL" : "REPLACE");
    line_field(&line, "clordid", message, size, 11);
    line_field(&line, "orig", message, size, 41);
    line_uint(&line, "order", order);
    line_field(&line, "seq", message, size, 34);
    if (kind == 'D') {
        line_field(&line, "symbol", message, size, 55);
        line_field(&line, "account", message, size, 1);
        line_field(&line, "secondary", message, size, 526);
        line_field(&line, "currency", message, size, 15);
        line_char(&line, "side", fields_char(message, size, 54, '1'));
        line_char(&line, "tif", fields_char(message, size, 59, '0'));
    }
    if (kind != 'F') {
        line_char(&line, "type", fields_char(message, size, 40, '1'));
        line_number(&line, "qty", number_take(message, size, 38));
        line_number(&line, "price", number_take(message, size, 44));
    }
    if (fields_char(message, size, 97, 'N') == 'Y') {
        line_char(&line, "possresend", 'Y');
    }
    journal_write(broker, &line);
}

/* A request that was set aside has come after all. */
static void aside_take(struct broker *broker, const char *message, size_t size, uint32_t request)
{
    struct fields line;
    journal_begin(&line, "TAKEN");
    line_field(&line, "clordid", message, size, 11);
    line_field(&line, "seq", message, size, 34);
    journal_write(broker, &line);
    timers_add(broker, broker->policy.ack_latency, BROKER_ACTION_REQUEST, request, NULL, 0);
}

/* A ClOrdID that the book has already: never a second order. */
static void duplicate_take(struct broker *broker, const char *message, size_t size)
{
    bool possdup = fields_char(message, size, 43, 'N') == 'Y';
    bool possresend = fields_char(message, size, 97, 'N') == 'Y';
    struct fields line;
    journal_begin(&line, "DUPLICATE");
    line_field(&line, "clordid", message, size, 11);
    line_text(&line, "how", possdup ? "possdup" : possresend ? "possresend" : "plain");
    line_text(&line, "answer", possdup ? "none" : possresend ? "status" : "reject");
    journal_write(broker, &line);
    /* A PossDup was taken when it first came, and its reports are in QuickFIX's
     * store or still to be sent: an answer would be one too many. */
    if (!possdup) {
        timers_add(broker, broker->policy.ack_latency, BROKER_ACTION_MESSAGE, 0, message, size);
    }
}

/* The first field that is longer than the book can keep, or 0. */
static int field_too_long(const char *message, size_t size)
{
    const struct book_order *order = NULL; /* For the sizes alone. */
    const struct {
        int tag;
        size_t room;
    } table[] = {
        {11, BOOK_ID_BYTES_MAX},       {41, BOOK_ID_BYTES_MAX},
        {55, sizeof order->symbol},    {1, sizeof order->account},
        {15, sizeof order->currency},  {526, sizeof order->secondary_cl_ord_id},
        {38, BROKER_NUMBER_BYTES_MAX}, {44, BROKER_NUMBER_BYTES_MAX},
    };
    for (size_t row = 0; row < sizeof table / sizeof table[0]; row++) {
        if (fields_size(message, size, table[row].tag) >= table[row].room) {
            return table[row].tag;
        }
    }
    return 0;
}

static enum quickfix_verdict request_take(struct broker *broker, const char *message, size_t size,
                                          char kind, int *tag)
{
    char id[BOOK_ID_BYTES_MAX];
    char other[BOOK_ID_BYTES_MAX];
    int required = kind == 'D' ? 55 : 41;
    *tag = field_too_long(message, size);
    if (*tag != 0) {
        return QUICKFIX_FIELD_WRONG;
    }
    if (!text_take(message, size, 11, id, sizeof id)) {
        *tag = 11;
        return QUICKFIX_FIELD_MISSING;
    }
    if (!text_take(message, size, required, other, sizeof other)) {
        *tag = required;
        return QUICKFIX_FIELD_MISSING;
    }
    uint32_t known = book_find(&broker->book, id);
    if (known != 0 && book_request(&broker->book, known)->aside) {
        aside_take(broker, message, size, known);
        return QUICKFIX_TAKEN;
    }
    if (known != 0) {
        duplicate_take(broker, message, size);
        return QUICKFIX_TAKEN;
    }
    uint32_t order = broker->book.orders_count + 1;
    if (kind != 'D') {
        const struct book_request *orig =
            book_request(&broker->book, book_find(&broker->book, other));
        order = orig != NULL ? orig->order : 0;
    }
    request_write(broker, message, size, kind, order);
    timers_add(broker, broker->policy.ack_latency, BROKER_ACTION_REQUEST,
               broker->book.requests_count, NULL, 0);
    return QUICKFIX_TAKEN;
}

enum quickfix_verdict orders_receive(struct broker *broker, const char *message, size_t size,
                                     int *tag)
{
    char type[8];
    fields_get(message, size, 35, type, sizeof type);
    if (strcmp(type, "D") == 0 || strcmp(type, "F") == 0 || strcmp(type, "G") == 0) {
        return request_take(broker, message, size, type[0], tag);
    }
    if (strcmp(type, "H") == 0 || strcmp(type, "AF") == 0) {
        timers_add(broker, broker->policy.ack_latency, BROKER_ACTION_MESSAGE, 0, message, size);
        return QUICKFIX_TAKEN;
    }
    return QUICKFIX_UNSUPPORTED;
}
