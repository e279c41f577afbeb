/* Lets readers through, and holds them back while the map is moved.
 *
 * LMDB can change the size of its map only while no transaction of this process
 * is open, and does not check it. A pthread_rwlock would let a stream of readers
 * starve the writer; here a closing gate goes before new readers. Any thread. */
#ifndef SESSION_STORE_GATE_H
#define SESSION_STORE_GATE_H

#include "fix/base.h"

#include <pthread.h>

/* One reader's place at the gate; part of the reader. */
struct gate_pass {
    struct gate_pass *next;
    pthread_t thread; /* Whoever is inside; meaningful while `inside`. */
    bool inside;
};

struct gate {
    pthread_mutex_t mutex;
    pthread_cond_t changed;
    struct gate_pass *passes; /* All passes that were issued. */
    uint32_t inside_count;
    bool closed;
};

void gate_init(struct gate *gate);
/* No pass may be left. */
void gate_destroy(struct gate *gate);

void gate_pass_issue(struct gate *gate, struct gate_pass *pass);
void gate_pass_return(struct gate *gate, struct gate_pass *pass);

/* Waits while the gate is closed. */
void gate_enter(struct gate *gate, struct gate_pass *pass);
void gate_leave(struct gate *gate, struct gate_pass *pass);

/* Waits until nobody is inside. The calling thread must not be inside itself:
 * it would wait for itself for ever, so that is asserted. */
void gate_close(struct gate *gate);
void gate_open(struct gate *gate);

#endif
