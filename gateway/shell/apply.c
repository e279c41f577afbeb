#include "gateway/shell/apply.h"

/* --- Reading: the engine's port over the store ----------------------------------- */

/* Absence is an answer; anything else the store says is a failure, which is kept
 * and stops the turn before its commit. */
static bool answered(struct apply_reader *reader, enum status status)
{
    if (status != STATUS_OK && status != STATUS_NOT_FOUND && reader->status == STATUS_OK) {
        reader->status = status;
        reader->port.failed = true;
    }
    return status == STATUS_OK;
}

static bool port_get(void *context, uint32_t table, struct span key, struct span *value)
{
    struct apply_reader *reader = context;
    return answered(reader, store_get(reader->store_reader, table, key, value));
}

static bool port_seek(void *context, uint32_t table, struct span from, struct span *key,
                      struct span *value)
{
    struct apply_reader *reader = context;
    return answered(reader, store_seek(reader->store_reader, table, from, key, value));
}

static bool port_after(void *context, uint32_t table, struct span key, struct span *key_out,
                       struct span *value)
{
    struct apply_reader *reader = context;
    return answered(reader, store_after(reader->store_reader, table, key, key_out, value));
}

static bool port_last(void *context, uint32_t table, struct span *key, struct span *value)
{
    struct apply_reader *reader = context;
    return answered(reader, store_last(reader->store_reader, table, key, value));
}

void apply_reader_init(struct apply_reader *reader, struct store_reader *store_reader)
{
    *reader = (struct apply_reader){
        .store_reader = store_reader,
        .status = STATUS_OK,
        .port = {.context = reader,
                 .get = port_get,
                 .seek = port_seek,
                 .after = port_after,
                 .last = port_last},
    };
}

/* --- Commit ------------------------------------------------------------------------ */

static enum status write_op(struct store *store, const struct batch_op *op)
{
    switch (op->kind) {
    case BATCH_PUT:
        return store_put(store, op->table, op->key, op->value);
    case BATCH_PUT_NEW:
        return store_put_new(store, op->table, op->key, op->value);
    case BATCH_APPEND:
        return store_append(store, op->table, op->key, op->value);
    case BATCH_DELETE:
        return store_delete(store, op->table, op->key);
    case BATCH_CLEAR:
        return store_clear(store, op->table);
    }
    return STATUS_CORRUPT;
}

static enum status commit(struct store *store, const struct batch *batch)
{
    struct span sealed = span_of(batch->bytes, batch->used);
    struct batch_op op;
    size_t cursor = 0;
    TRY(store_begin(store));
    while (batch_next(sealed, &cursor, &op)) {
        TRY(write_op(store, &op));
    }
    return store_commit(store, batch->number);
}

/* --- Release ----------------------------------------------------------------------- */

static void let_out(const struct release *release, const struct release_ports *ports)
{
    switch (release->kind) {
    case RELEASE_SEND:
        ports->send(ports->context, release->session, release->bytes);
        return;
    case RELEASE_CONNECT:
        ports->connect(ports->context, release->session, release->endpoint);
        return;
    case RELEASE_CLOSE:
        ports->close(ports->context, release->session, release->topic);
        return;
    case RELEASE_REPLY:
        ports->reply(ports->context, release->route, release->bytes);
        return;
    case RELEASE_PUBLISH:
        ports->publish(ports->context, release->topic, release->bus_seq, release->bytes);
        return;
    case RELEASE_HEARTBEAT:
        ports->heartbeat(ports->context, release->bus_seq);
        return;
    case RELEASE_LOG:
        ports->log(ports->context, release->severity, release->bytes);
        return;
    }
}

enum status apply_turn(struct store *store, const struct apply_reader *reader,
                       const struct turn *turn, const struct release_ports *ports)
{
    TRY(reader->status);
    if (turn->batch.count > 0) {
        TRY(commit(store, &turn->batch));
    }
    for (uint32_t index = 0; index < turn->releases.count; index++) {
        let_out(&turn->releases.list[index], ports);
    }
    return STATUS_OK;
}
