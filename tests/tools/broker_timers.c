/* A binary heap of actions by due time. */
#include "tests/tools/broker.h"

#include <stdlib.h>
#include <string.h>

static bool sooner(const struct broker_action *a, const struct broker_action *b)
{
    return a->due_ms != b->due_ms ? a->due_ms < b->due_ms : a->serial < b->serial;
}

static void swap(struct broker_action *a, struct broker_action *b)
{
    struct broker_action kept = *a;
    *a = *b;
    *b = kept;
}

static void room_make(struct broker_timers *timers)
{
    if (timers->count < timers->capacity) {
        return;
    }
    timers->capacity = timers->capacity == 0 ? 256 : timers->capacity * 2;
    timers->heap = realloc(timers->heap, timers->capacity * sizeof *timers->heap);
    if (timers->heap == NULL) {
        fputs("broker: out of memory\n", stderr);
        abort();
    }
}

void timers_add(struct broker *broker, int64_t delay_ms, enum broker_action_kind kind,
                uint32_t index, const char *message, size_t size)
{
    struct broker_timers *timers = &broker->timers;
    room_make(timers);
    char *copy = NULL;
    if (message != NULL) {
        copy = malloc(size + 1);
        if (copy == NULL) {
            fputs("broker: out of memory\n", stderr);
            abort();
        }
        memcpy(copy, message, size);
        copy[size] = '\0';
    }
    size_t at = timers->count++;
    timers->heap[at] = (struct broker_action){
        .due_ms = broker_now_ms() + (uint64_t)delay_ms,
        .serial = timers->serial++,
        .kind = kind,
        .index = index,
        .message = copy,
        .size = size,
    };
    while (at > 0 && sooner(&timers->heap[at], &timers->heap[(at - 1) / 2])) {
        swap(&timers->heap[at], &timers->heap[(at - 1) / 2]);
        at = (at - 1) / 2;
    }
}

bool timers_next(struct broker *broker, uint64_t now_ms, struct broker_action *out)
{
    struct broker_timers *timers = &broker->timers;
    if (timers->count == 0 || timers->heap[0].due_ms > now_ms) {
        return false;
    }
    *out = timers->heap[0];
    timers->heap[0] = timers->heap[--timers->count];
    size_t at = 0;
    for (;;) {
        size_t child = at * 2 + 1;
        if (child + 1 < timers->count && sooner(&timers->heap[child + 1], &timers->heap[child])) {
            child++;
        }
        if (child >= timers->count || !sooner(&timers->heap[child], &timers->heap[at])) {
            return true;
        }
        swap(&timers->heap[at], &timers->heap[child]);
        at = child;
    }
}

int timers_wait(const struct broker *broker, uint64_t now_ms, int otherwise)
{
    const struct broker_timers *timers = &broker->timers;
    if (timers->count == 0 || timers->heap[0].due_ms >= now_ms + (uint64_t)otherwise) {
        return otherwise;
    }
    return timers->heap[0].due_ms > now_ms ? (int)(timers->heap[0].due_ms - now_ms) : 0;
}

void timers_free(struct broker_timers *timers)
{
    for (size_t index = 0; index < timers->count; index++) {
        free(timers->heap[index].message);
    }
    free(timers->heap);
}
