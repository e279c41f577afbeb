/* Visits the fields of a message in the order of the wire, groups as groups.
 *
 * No state, no I/O. Any thread. What JSON, readable text and whatever else shows
 * messages have in common. */
#ifndef GATEWAY_SHELL_MESSAGE_WALK_H
#define GATEWAY_SHELL_MESSAGE_WALK_H

#include "fix/dictionary.h"
#include "fix/message.h"

enum walk_part {
    WALK_HEADER,
    WALK_BODY,
    WALK_TRAILER,
};

/* `definition` is NULL for a tag that the dictionary does not have. */
struct walk_visitor {
    void *context;
    void (*field)(void *context, uint32_t tag, const struct dictionary_field *definition,
                  struct span value);
    void (*group_begin)(void *context, const struct dictionary_field *definition,
                        struct span count);
    void (*entry_begin)(void *context, uint32_t number); /* From 1. */
    void (*entry_end)(void *context);
    void (*group_end)(void *context);
};

/* Visits the top-level fields of one part, with the groups among them. A count
 * field whose entries do not follow as they should is visited as a plain field. */
void message_walk(const struct message *message, const struct dictionary *dictionary,
                  enum walk_part part, const struct walk_visitor *visitor);

#endif
