/* The book's reading side: from a file, into totals, out as JSON. */
#include "tests/tools/broker_book.h"

#include <errno.h>
#include <inttypes.h>
#include <string.h>

bool book_load(struct book *book, const char *path, long *good_bytes, char *error,
               size_t error_size)
{
    FILE *file = fopen(path, "re");
    if (file == NULL) {
        snprintf(error, error_size, "%s: %s", path, strerror(errno));
        return false;
    }
    char line[4096];
    long good = 0;
    unsigned long number = 0;
    bool sound = true;
    while (sound && fgets(line, sizeof line, file) != NULL) {
        size_t size = strlen(line);
        number++;
        if (line[size - 1] != '\n') {
            break;
        }
        sound = book_apply(book, line, size - 1);
        if (!sound) {
            snprintf(error, error_size, "%s:%lu: this line makes no sense: %.*s", path, number,
                     (int)(size - 1), line);
        }
        good += sound ? (long)size : 0;
    }
    if (ferror(file) != 0) {
        snprintf(error, error_size, "%s: %s", path, strerror(errno));
        sound = false;
    }
    fclose(file);
    if (good_bytes != NULL) {
        *good_bytes = good;
    }
    return sound;
}

static bool order_doubled(const struct book *book, const struct book_order *order)
{
    return order->executed_twice || book_request(book, order->request_first)->taken > 1;
}

void book_count(const struct book *book, struct book_totals *out)
{
    memset(out, 0, sizeof *out);
    out->orders = book->orders_count;
    for (uint32_t number = 1; number <= book->orders_count; number++) {
        const struct book_order *order = book_order(book, number);
        out->executed += order->cumulative > 0 ? 1 : 0;
        out->executions += order->executions;
        out->cancelled += order->state == BOOK_CANCELLED ? 1 : 0;
        out->rejected += order->state == BOOK_REJECTED ? 1 : 0;
        out->filled += order->state == BOOK_FILLED ? 1 : 0;
        out->open += order->state == BOOK_OPEN || order->state == BOOK_PARTIAL ? 1 : 0;
        bool aside = book_request(book, order->request_first)->aside;
        out->aside += aside ? 1 : 0;
        out->pending += order->state == BOOK_PENDING && !aside ? 1 : 0;
        out->doubled += order_doubled(book, order) ? 1 : 0;
        out->quantity_executed += order->cumulative;
        out->notional += order->notional;
    }
}

static void json_text(const char *text, FILE *out)
{
    fputc('"', out);
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        if (byte == '"' || byte == '\\') {
            fprintf(out, "\\%c", byte);
        } else if (byte < 0x20 || byte >= 0x7f) {
            fprintf(out, "\\u%04x", byte);
        } else {
            fputc(byte, out);
        }
    }
    fputc('"', out);
}

static void json_number(const char *key, int64_t value, FILE *out)
{
    char text[BROKER_NUMBER_BYTES_MAX];
    broker_number_format(value, text);
    fprintf(out, ",\"%s\":\"%s\"", key, text); /* As text: a reader must not make floats of it. */
}

static void json_order(const struct book *book, const struct book_order *order, FILE *out)
{
    fputs("{\"cl_ord_id\":", out);
    json_text(book_cl_ord_id(book, order->request_first), out);
    fputs(",\"cl_ord_id_now\":", out);
    json_text(book_cl_ord_id(book, order->request_now), out);
    fputs(",\"secondary_cl_ord_id\":", out);
    json_text(order->secondary_cl_ord_id, out);
    fputs(",\"symbol\":", out);
    json_text(order->symbol, out);
    fputs(",\"account\":", out);
    json_text(order->account, out);
    fprintf(out, ",\"side\":\"%c\",\"state\":\"%s\",\"executions\":%" PRIu32 ",\"doubled\":%s",
            order->side,
            book_request(book, order->request_first)->aside ? "aside"
                                                            : book_state_name(order->state),
            order->executions, order_doubled(book, order) ? "true" : "false");
    json_number("qty", order->quantity, out);
    json_number("cum_qty", order->cumulative, out);
    json_number("avg_px", broker_number_average(order->notional, order->cumulative), out);
    fputc('}', out);
}

void book_print_json(const struct book *book, bool orders, FILE *out)
{
    struct book_totals totals;
    book_count(book, &totals);
    fputs("{\"broker\":", out);
    json_text(book->name, out);
    fprintf(out,
            ",\"orders\":%" PRIu64 ",\"executed\":%" PRIu64 ",\"executions\":%" PRIu64
            ",\"filled\":%" PRIu64 ",\"cancelled\":%" PRIu64 ",\"rejected\":%" PRIu64
            ",\"open\":%" PRIu64 ",\"pending\":%" PRIu64 ",\"aside\":%" PRIu64
            ",\"duplicates\":%" PRIu64 ",\"doubled\":%" PRIu64 ",\"anomalies\":%" PRIu64,
            totals.orders, totals.executed, totals.executions, totals.filled, totals.cancelled,
            totals.rejected, totals.open, totals.pending, totals.aside, book->duplicates,
            totals.doubled, book->anomalies);
    json_number("qty_executed", totals.quantity_executed, out);
    json_number("notional", (int64_t)(totals.notional / BROKER_ONE), out);
    if (orders) {
        fputs(",\"rows\":[", out);
        for (uint32_t number = 1; number <= book->orders_count; number++) {
            fputs(number > 1 ? ",\n " : "\n ", out);
            json_order(book, book_order(book, number), out);
        }
        fputs("]", out);
    }
    fputs("}\n", out);
}
