#include "tests/tools/peer_journal.h"

#include <stdarg.h>
#include <stdlib.h>

enum { LINE_BYTES_MAX = 512, NUMBERS_MAX = 2 * PEER_ORDERS_MAX };

static void fault(struct peer_journal *journal, const char *format, ...)
    __attribute__((format(printf, 2, 3)));

static void fault(struct peer_journal *journal, const char *format, ...)
{
    if (journal->faults == 0) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(journal->fault, sizeof journal->fault, format, arguments);
        va_end(arguments);
    }
    journal->faults++;
}

void peer_journal_open(struct peer_journal *journal, const char *path)
{
    *journal = (struct peer_journal){
        .file = fopen(path, "a+"),
        .orders = calloc(PEER_ORDERS_MAX, sizeof *journal->orders),
        .received = calloc(NUMBERS_MAX, sizeof *journal->received),
    };
    ASSERT(journal->file != NULL && journal->orders != NULL && journal->received != NULL);
    rewind(journal->file);
}

void peer_journal_close(struct peer_journal *journal)
{
    (void)fclose(journal->file);
    free(journal->orders);
    free(journal->received);
    *journal = (struct peer_journal){.file = NULL};
}

static void begin_day(struct peer_journal *journal, uint64_t created_s)
{
    journal->created_s = created_s;
    journal->days++;
    memset(journal->received, 0, ((size_t)journal->received_last + 1) * sizeof *journal->received);
    journal->received_last = 0;
    journal->echo_last = 0;
}

static void note_echo(struct peer_journal *journal, uint32_t number, bool poss_dup, uint32_t id)
{
    uint32_t *known = &journal->received[number];
    struct peer_order *order = &journal->orders[id - 1];
    journal->poss_dups += poss_dup ? 1 : 0;
    if (!order->sent) {
        fault(journal, "order o%u came back, but was never sent", id);
        return;
    }
    if (*known != 0) {
        journal->repeats++;
        if (*known != id || !poss_dup) {
            fault(journal, "number %u carried o%u, and now o%u with 43=%c", number, *known, id,
                  poss_dup ? 'Y' : 'N');
        }
        return;
    }
    *known = id;
    journal->received_last = number > journal->received_last ? number : journal->received_last;
    order->echoes++;
    if (order->echoes > 1) {
        fault(journal, "order o%u came back twice, the second time as number %u", id, number);
    }
    if (!order->poss_resend) {
        if (id < journal->echo_last) {
            fault(journal, "order o%u came back after o%u", id, journal->echo_last);
        }
        journal->echo_last = id;
    }
}

static void note_sent(struct peer_journal *journal, char kind, uint32_t id)
{
    struct peer_order *order = &journal->orders[id - 1];
    switch (kind) {
    case 'S':
        order->sent = true;
        journal->orders_count = id > journal->orders_count ? id : journal->orders_count;
        break;
    case 'P':
        order->poss_resend = true;
        journal->poss_resends++;
        break;
    case 'A':
        journal->sent_again++;
        break;
    default:
        order->gap_filled = true;
        break;
    }
}

/* The numbers behind the first letter; true if there are exactly `count`. */
static bool read_numbers(const char *line, uint64_t *numbers, size_t count)
{
    const char *at = line + 1;
    for (size_t i = 0; i < count; i++) {
        char *end = NULL;
        numbers[i] = strtoull(at, &end, 10);
        if (end == at) {
            return false;
        }
        at = end;
    }
    return *at == '\0';
}

static bool is_order(uint64_t id)
{
    return id > 0 && id <= PEER_ORDERS_MAX;
}

static void read_fact(struct peer_journal *journal, const char *line)
{
    uint64_t numbers[3];
    char kind = line[0];
    if ((kind == 'B' || kind == 'E') && read_numbers(line, numbers, 1)) {
        if (kind == 'E' || journal->created_s != numbers[0]) {
            begin_day(journal, numbers[0]);
        }
        return;
    }
    if (kind == 'R' && read_numbers(line, numbers, 3) && numbers[0] > 0 &&
        numbers[0] < NUMBERS_MAX && is_order(numbers[2])) {
        note_echo(journal, (uint32_t)numbers[0], numbers[1] == 1, (uint32_t)numbers[2]);
        return;
    }
    if (kind != '\0' && strchr("SPAG", kind) != NULL && read_numbers(line, numbers, 2) &&
        is_order(numbers[1])) {
        note_sent(journal, kind, (uint32_t)numbers[1]);
        return;
    }
    fault(journal, "unexpected: %s", line);
}

void peer_journal_read(struct peer_journal *journal)
{
    char line[LINE_BYTES_MAX];
    for (;;) {
        long begin = ftell(journal->file);
        if (fgets(line, sizeof line, journal->file) == NULL) {
            clearerr(journal->file);
            return;
        }
        size_t size = strlen(line);
        if (line[size - 1] != '\n') { /* Half written: next time. */
            (void)fseek(journal->file, begin, SEEK_SET);
            return;
        }
        line[size - 1] = '\0';
        read_fact(journal, line);
    }
}

uint32_t peer_journal_missing(const struct peer_journal *journal, uint32_t from)
{
    for (uint32_t id = from; id <= journal->orders_count; id++) {
        const struct peer_order *order = &journal->orders[id - 1];
        if (order->sent && order->echoes == 0 && !order->gap_filled) {
            return id;
        }
    }
    return 0;
}
