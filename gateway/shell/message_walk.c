#include "gateway/shell/message_walk.h"

struct walk {
    const struct message *message;
    const struct dictionary *dictionary;
    const struct walk_visitor *visitor;
};

static enum walk_part part_of(const struct dictionary_field *definition)
{
    if (definition == NULL) {
        return WALK_BODY;
    }
    return definition->in_trailer ? WALK_TRAILER : definition->in_header ? WALK_HEADER : WALK_BODY;
}

static void visit_field(const struct walk *walk, uint32_t at)
{
    const struct field *field = &walk->message->fields[at];
    walk->visitor->field(walk->visitor->context, field->tag,
                         dictionary_field(walk->dictionary, field->tag),
                         field_value(walk->message, field));
}

/* Is fields[at] the count of a group, here? Then `group` is open on it. */
static bool opens_group(const struct walk *walk, const struct group *outer, uint32_t at,
                        struct group *group)
{
    uint32_t tag = walk->message->fields[at].tag;
    enum group_result result = outer == NULL
                                   ? group_open(group, walk->message, walk->dictionary, tag)
                                   : group_open_nested(group, outer, tag);
    return result == GROUP_OK && group->next == at + 1;
}

static uint32_t visit(const struct walk *walk, const struct group *outer, uint32_t at,
                      unsigned depth);

static uint32_t visit_group(const struct walk *walk, struct group *group, uint32_t at,
                            unsigned depth)
{
    const struct walk_visitor *visitor = walk->visitor;
    const struct field *count = &walk->message->fields[at];
    visitor->group_begin(visitor->context, dictionary_field(walk->dictionary, count->tag),
                         field_value(walk->message, count));
    while (group_next(group)) {
        visitor->entry_begin(visitor->context, group->entry);
        uint32_t inner = group->entry_begin;
        while (inner < group->entry_end) {
            inner = visit(walk, group, inner, depth + 1);
        }
        visitor->entry_end(visitor->context);
    }
    visitor->group_end(visitor->context);
    return group->next;
}

/* Visits the field or group at `at`; returns the index behind it. */
static uint32_t visit(const struct walk *walk, const struct group *outer, uint32_t at,
                      unsigned depth)
{
    struct group group;
    if (depth < FIX_GROUP_DEPTH_MAX && opens_group(walk, outer, at, &group)) {
        return visit_group(walk, &group, at, depth);
    }
    visit_field(walk, at);
    return at + 1;
}

/* The index behind the field or group at `at`, of another part than the wanted. */
static uint32_t pass_over(const struct walk *walk, uint32_t at)
{
    struct group group;
    if (!opens_group(walk, NULL, at, &group)) {
        return at + 1;
    }
    while (group_next(&group)) {
    }
    return group.next;
}

void message_walk(const struct message *message, const struct dictionary *dictionary,
                  enum walk_part part, const struct walk_visitor *visitor)
{
    const struct walk walk = {.message = message, .dictionary = dictionary, .visitor = visitor};
    uint32_t at = 0;
    while (at < message->count) {
        bool wanted = part_of(dictionary_field(dictionary, message->fields[at].tag)) == part;
        at = wanted ? visit(&walk, NULL, at, 0) : pass_over(&walk, at);
    }
}
