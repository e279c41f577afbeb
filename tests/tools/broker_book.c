#include "tests/tools/broker_book.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

void book_init(struct book *book)
{
    memset(book, 0, sizeof *book);
    book->texts_capacity = 4096;
    book->texts = calloc(1, book->texts_capacity);
    book->hash_size = 1024;
    book->hash = calloc(book->hash_size, sizeof *book->hash);
    if (book->texts == NULL || book->hash == NULL) {
        fputs("broker: out of memory\n", stderr);
        abort();
    }
    book->texts_size = 1; /* Offset 0 is the empty text. */
    for (int stream = 0; stream < BOOK_STREAMS; stream++) {
        book->next[stream] = 1;
    }
}

void book_free(struct book *book)
{
    free(book->orders);
    free(book->requests);
    free(book->reports);
    free(book->hash);
    free(book->texts);
    memset(book, 0, sizeof *book);
}

struct book_order *book_order(const struct book *book, uint32_t order)
{
    return order >= 1 && order <= book->orders_count ? &book->orders[order - 1] : NULL;
}

struct book_request *book_request(const struct book *book, uint32_t request)
{
    return request >= 1 && request <= book->requests_count ? &book->requests[request - 1] : NULL;
}

struct book_report *book_report(const struct book *book, uint32_t report)
{
    return report >= 1 && report <= book->reports_count ? &book->reports[report - 1] : NULL;
}

const char *book_text(const struct book *book, size_t offset)
{
    return book->texts + offset;
}

const char *book_cl_ord_id(const struct book *book, uint32_t request)
{
    const struct book_request *found = book_request(book, request);
    return found != NULL ? book_text(book, found->cl_ord_id) : "";
}

uint32_t book_hash(const char *text)
{
    uint32_t hash = 2166136261U;
    for (; *text != '\0'; text++) {
        hash = (hash ^ (unsigned char)*text) * 16777619U;
    }
    return hash;
}

uint32_t book_find(const struct book *book, const char *cl_ord_id)
{
    uint32_t mask = book->hash_size - 1;
    for (uint32_t at = book_hash(cl_ord_id) & mask; book->hash[at] != 0; at = (at + 1) & mask) {
        if (strcmp(book_cl_ord_id(book, book->hash[at]), cl_ord_id) == 0) {
            return book->hash[at];
        }
    }
    return 0;
}

const struct book_order *book_row(const struct book *book, const char *cl_ord_id)
{
    const struct book_request *request = book_request(book, book_find(book, cl_ord_id));
    return request != NULL && request->kind != 'F' ? book_order(book, request->order) : NULL;
}

bool book_order_live(const struct book_order *order)
{
    return order->state == BOOK_PENDING || order->state == BOOK_OPEN ||
           order->state == BOOK_PARTIAL;
}

int64_t book_order_leaves(const struct book_order *order)
{
    return book_order_live(order) ? order->quantity - order->cumulative : 0;
}

char book_order_status(const struct book_order *order)
{
    switch (order->state) {
    case BOOK_PENDING:
        return 'A';
    case BOOK_OPEN:
        return '0';
    case BOOK_PARTIAL:
        return '1';
    case BOOK_FILLED:
        return '2';
    case BOOK_CANCELLED:
        return '4';
    case BOOK_REJECTED:
        return '8';
    }
    return '8';
}

const char *book_state_name(enum book_state state)
{
    static const char *const names[] = {"pending", "open",      "partial",
                                        "filled",  "cancelled", "rejected"};
    return names[state];
}

void book_exec_id(const struct book *book, uint32_t report, char out[BOOK_ID_BYTES_MAX])
{
    snprintf(out, BOOK_ID_BYTES_MAX, "%s-%" PRIx64 "-E%" PRIu32, book->name, book->created, report);
}

void book_order_id(const struct book *book, uint32_t order, char out[BOOK_ID_BYTES_MAX])
{
    snprintf(out, BOOK_ID_BYTES_MAX, "%s-%" PRIx64 "-O%" PRIu32, book->name, book->created, order);
}

uint32_t book_exec_find(const struct book *book, const char *exec_id)
{
    const char *number = strrchr(exec_id, 'E');
    unsigned long report = number != NULL ? strtoul(number + 1, NULL, 10) : 0;
    char wanted[BOOK_ID_BYTES_MAX];
    if (report < 1 || report > book->reports_count) {
        return 0;
    }
    book_exec_id(book, (uint32_t)report, wanted);
    return strcmp(wanted, exec_id) == 0 ? (uint32_t)report : 0;
}
