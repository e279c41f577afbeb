/* Which reports have been taken already. */
#include "fix/tags.h"
#include "gateway/core/engine/hash.h"
#include "gateway/core/orders/executions_parts.h"

/* It has been taken. The same ExecID with other figures is another matter. */
void executions_told_again(struct engine *engine, const struct incoming *in,
                           const struct execution *before)
{
    struct execution again = {.quantity = decimal_zero()};
    struct decimal cum;
    if (before->quantity.units == 0 || !executions_read_fill(in->message, &again)) {
        return;
    }
    if (decimal_compare(again.quantity, before->quantity) != 0 ||
        decimal_compare(again.price, before->price) != 0) {
        incoming_alert(engine, in->link, in->message, "ExecID(17) told again with other figures");
    } else if (!in->earlier && !before->reversed &&
               message_decimal(in->message, TAG_CumQty, &cum) == VALUE_OK &&
               decimal_compare(cum, executions_of_attempt(&in->order)) > 0) {
        incoming_alert(engine, in->link, in->message,
                       "ExecID(17) told again, with a CumQty(14) above the sum of the fills we "
                       "know: two fills of one name?");
    }
}

/* What a report says, but for when. */
static uint64_t content_of(const struct engine *engine, const struct message *message)
{
    uint64_t content = HASH_SEED;
    for (uint32_t index = 0; index < message->count; index++) {
        const struct field *field = &message->fields[index];
        const struct dictionary_field *known =
            dictionary_field(engine->config->dictionary, field->tag);
        bool frame = known != NULL && (known->in_header || known->in_trailer);
        if (!frame && field->tag != TAG_TransactTime) {
            content = hash_bytes(content ^ field->tag, field_value(message, field));
        }
    }
    return content;
}

/* A fill is known by its ExecID, whatever else it says. Anything else by all that it says: some
 * brokers give ExecID "0" to all reports but fills, or to a bust that of what it takes back. */
struct span executions_key(const struct engine *engine, const struct incoming *in,
                           uint8_t key[EXECUTION_KEY_BYTES_MAX])
{
    struct span broker = incoming_broker(engine, in->link);
    struct span exec_id = message_value(in->message, TAG_ExecID);
    if (message_value(in->message, TAG_ExecType).data[0] == ExecType_TRADE) {
        return execution_key(key, broker, exec_id, in->attempt.root);
    }
    return execution_report_key(key, broker, exec_id, in->attempt.root,
                                content_of(engine, in->message));
}

/* A correction is a fill as well, for a further one to take back. */
void executions_keep(struct engine *engine, const struct incoming *in, struct span key,
                     const struct execution *execution)
{
    uint8_t fill[EXECUTION_KEY_BYTES_MAX];
    execution_save(&engine->view, key, execution);
    if (message_value(in->message, TAG_ExecType).data[0] == ExecType_TRADE_CORRECT) {
        execution_save(&engine->view,
                       execution_key(fill, incoming_broker(engine, in->link),
                                     message_value(in->message, TAG_ExecID), in->attempt.root),
                       execution);
    }
}
