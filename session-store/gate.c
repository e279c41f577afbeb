#include "session-store/gate.h"

static void gate_lock(struct gate *gate)
{
    int result = pthread_mutex_lock(&gate->mutex);
    ASSERT(result == 0);
}

static void gate_unlock(struct gate *gate)
{
    int result = pthread_mutex_unlock(&gate->mutex);
    ASSERT(result == 0);
}

void gate_init(struct gate *gate)
{
    *gate = (struct gate){0};
    int result = pthread_mutex_init(&gate->mutex, NULL);
    ASSERT(result == 0);
    result = pthread_cond_init(&gate->changed, NULL);
    ASSERT(result == 0);
}

void gate_destroy(struct gate *gate)
{
    ASSERT(gate->passes == NULL);
    pthread_cond_destroy(&gate->changed);
    pthread_mutex_destroy(&gate->mutex);
}

void gate_pass_issue(struct gate *gate, struct gate_pass *pass)
{
    gate_lock(gate);
    *pass = (struct gate_pass){.next = gate->passes};
    gate->passes = pass;
    gate_unlock(gate);
}

void gate_pass_return(struct gate *gate, struct gate_pass *pass)
{
    gate_lock(gate);
    ASSERT(!pass->inside);
    struct gate_pass **link = &gate->passes;
    while (*link != pass) {
        ASSERT(*link != NULL);
        link = &(*link)->next;
    }
    *link = pass->next;
    gate_unlock(gate);
}

void gate_enter(struct gate *gate, struct gate_pass *pass)
{
    gate_lock(gate);
    ASSERT(!pass->inside);
    while (gate->closed) {
        pthread_cond_wait(&gate->changed, &gate->mutex);
    }
    pass->inside = true;
    pass->thread = pthread_self();
    gate->inside_count++;
    gate_unlock(gate);
}

void gate_leave(struct gate *gate, struct gate_pass *pass)
{
    gate_lock(gate);
    ASSERT(pass->inside);
    pass->inside = false;
    gate->inside_count--;
    if (gate->inside_count == 0) {
        pthread_cond_broadcast(&gate->changed);
    }
    gate_unlock(gate);
}

void gate_close(struct gate *gate)
{
    gate_lock(gate);
    while (gate->closed) { /* Another thread is moving the map. */
        pthread_cond_wait(&gate->changed, &gate->mutex);
    }
    for (const struct gate_pass *pass = gate->passes; pass != NULL; pass = pass->next) {
        ASSERT(!pass->inside || !pthread_equal(pass->thread, pthread_self()));
    }
    gate->closed = true;
    while (gate->inside_count > 0) {
        pthread_cond_wait(&gate->changed, &gate->mutex);
    }
    gate_unlock(gate);
}

void gate_open(struct gate *gate)
{
    gate_lock(gate);
    ASSERT(gate->closed);
    gate->closed = false;
    pthread_cond_broadcast(&gate->changed);
    gate_unlock(gate);
}
