#include "tests/sim/agenda.h"

#include <stdlib.h>

static bool before(const struct agenda_entry *a, const struct agenda_entry *b)
{
    return a->at_ns != b->at_ns ? a->at_ns < b->at_ns : a->order < b->order;
}

void agenda_free(struct agenda *agenda)
{
    free(agenda->heap);
    *agenda = (struct agenda){0};
}

static void rise(struct agenda *agenda, uint32_t at)
{
    struct agenda_entry entry = agenda->heap[at];
    while (at > 0 && before(&entry, &agenda->heap[(at - 1) / 2])) {
        agenda->heap[at] = agenda->heap[(at - 1) / 2];
        at = (at - 1) / 2;
    }
    agenda->heap[at] = entry;
}

static void sink(struct agenda *agenda, uint32_t at)
{
    struct agenda_entry entry = agenda->heap[at];
    for (uint32_t child = 2 * at + 1; child < agenda->count; child = 2 * at + 1) {
        if (child + 1 < agenda->count && before(&agenda->heap[child + 1], &agenda->heap[child])) {
            child++;
        }
        if (!before(&agenda->heap[child], &entry)) {
            break;
        }
        agenda->heap[at] = agenda->heap[child];
        at = child;
    }
    agenda->heap[at] = entry;
}

void agenda_add(struct agenda *agenda, uint64_t at_ns, agenda_act act, void *actor, uint64_t number)
{
    if (agenda->count == agenda->capacity) {
        agenda->capacity = agenda->capacity == 0 ? 256 : 2 * agenda->capacity;
        agenda->heap = realloc(agenda->heap, agenda->capacity * sizeof(agenda->heap[0]));
        ASSERT(agenda->heap != NULL);
    }
    agenda->heap[agenda->count] = (struct agenda_entry){
        .at_ns = at_ns, .order = agenda->added++, .act = act, .actor = actor, .number = number};
    rise(agenda, agenda->count++);
}

uint64_t agenda_next_ns(const struct agenda *agenda)
{
    return agenda->count == 0 ? UINT64_MAX : agenda->heap[0].at_ns;
}

struct agenda_entry agenda_take(struct agenda *agenda)
{
    ASSERT(agenda->count > 0);
    struct agenda_entry first = agenda->heap[0];
    agenda->heap[0] = agenda->heap[--agenda->count];
    if (agenda->count > 0) {
        sink(agenda, 0);
    }
    return first;
}
