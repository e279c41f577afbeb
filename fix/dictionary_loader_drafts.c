/* From the elements to messages with their components written out, overlays
 * applied. */
#include "fix/dictionary_loader_parts.h"

/* Where the members that are being added stand. */
struct place {
    bool required;            /* False inside a component that is not required. */
    uint32_t group_depth;     /* Groups around them. */
    uint32_t component_depth; /* Components around them. */
};

static bool add_members(struct loader *loader, struct draft_level *level,
                        const struct loader_element *parent, struct place place);

static struct draft_member *find_member(const struct draft_level *level,
                                        const struct loader_field *field)
{
    struct draft_member *member = level->first;
    while (member != NULL && member->field != field) {
        member = member->next;
    }
    return member;
}

static bool new_member(struct loader *loader, struct draft_level *level,
                       const struct loader_element *element, struct place place,
                       struct draft_member **out)
{
    bool required = false;
    bool forbidden = false;
    if (!loader_yes_no(loader, element, LOADER_ATTRIBUTE_required, &required) ||
        !loader_yes_no(loader, element, LOADER_ATTRIBUTE_forbidden, &forbidden)) {
        return false;
    }
    if (forbidden) {
        return loader_fail_at(loader, element, "%s is forbidden, but it is not there anyway",
                              element->field->field.name);
    }
    if (loader->members_count == LOADER_MEMBERS_MAX) {
        return loader_fail_at(loader, element, "more than %d members, with all components",
                              LOADER_MEMBERS_MAX);
    }
    struct draft_member *member = arena_take(&loader->scratch, sizeof(*member));
    if (member == NULL) {
        return loader_fail_memory(loader, element);
    }
    member->field = element->field;
    member->element = element;
    member->required = required && place.required;
    member->is_group = element->kind == LOADER_GROUP;
    if (level->last == NULL) {
        level->first = member;
    } else {
        level->last->next = member;
    }
    level->last = member;
    level->count++;
    loader->members_count++;
    *out = member;
    return true;
}

/* An overlay meets a member that is there. */
static bool change_member(struct loader *loader, struct draft_member *member,
                          const struct loader_element *element)
{
    const char *name = element->field->field.name;
    bool later = element->source > 0 && element->source >= member->element->source &&
                 element->parent != member->element->parent;
    if (!later) {
        return loader_fail_at(loader, element, "%s twice: first in %s:%u", name,
                              loader->sources[member->element->source].name,
                              (unsigned)member->element->line);
    }
    if (element->kind == LOADER_GROUP && !member->is_group) {
        return loader_fail_at(loader, element, "%s is a plain field in %s:%u", name,
                              loader->sources[member->element->source].name,
                              (unsigned)member->element->line);
    }
    if (!loader_yes_no(loader, element, LOADER_ATTRIBUTE_required, &member->required) ||
        !loader_yes_no(loader, element, LOADER_ATTRIBUTE_forbidden, &member->forbidden)) {
        return false;
    }
    if (member->forbidden && element->attributes[LOADER_ATTRIBUTE_forbidden] != NULL) {
        const char *required = element->attributes[LOADER_ATTRIBUTE_required];
        if (required != NULL && required[0] == 'Y') {
            return loader_fail_at(loader, element, "%s is required and forbidden", name);
        }
        member->required = false;
    }
    member->element = element;
    return true;
}

static bool check_group(struct loader *loader, const struct draft_member *group)
{
    const char *name = group->field->field.name;
    enum dictionary_type type = group->field->field.type;
    if (type != DICTIONARY_TYPE_NUMINGROUP && type != DICTIONARY_TYPE_INT) {
        return loader_fail_at(loader, group->element, "group %s is counted by a field of type %s",
                              name, dictionary_type_name(type));
    }
    const struct draft_member *first = group->entry.first;
    if (first == NULL) {
        return loader_fail_at(loader, group->element, "group %s has no fields", name);
    }
    if (first->is_group) {
        return loader_fail_at(loader, first->element, "group %s begins with a group, not a field",
                              name);
    }
    if (first->forbidden) {
        return loader_fail_at(loader, first->element,
                              "%s begins each entry of %s: it cannot be forbidden",
                              first->field->field.name, name);
    }
    return true;
}

static bool take_member(struct loader *loader, struct draft_level *level,
                        struct loader_element *element, struct place place)
{
    const char *name = element->attributes[LOADER_ATTRIBUTE_name];
    if (element->field == NULL) {
        element->field = loader_field_named(loader, name);
    }
    if (element->field == NULL) {
        return loader_fail_at(loader, element, "no field %s is defined", name);
    }
    struct draft_member *member = find_member(level, element->field);
    bool ok = member == NULL ? new_member(loader, level, element, place, &member)
                             : change_member(loader, member, element);
    if (!ok || element->kind != LOADER_GROUP) {
        return ok;
    }
    if (place.group_depth == FIX_GROUP_DEPTH_MAX) {
        return loader_fail_at(loader, element, "group %s is nested deeper than %d", name,
                              FIX_GROUP_DEPTH_MAX);
    }
    struct place inside = place;
    inside.group_depth++;
    inside.required = true;
    return add_members(loader, &member->entry, element, inside) && check_group(loader, member);
}

static struct loader_component *find_component(const struct loader *loader, const char *name)
{
    for (uint32_t i = 0; i < loader->components_count; i++) {
        if (strcmp(loader->components[i].name, name) == 0) {
            return &loader->components[i];
        }
    }
    return NULL;
}

static bool take_component(struct loader *loader, struct draft_level *level,
                           struct loader_element *element, struct place place)
{
    const char *name = element->attributes[LOADER_ATTRIBUTE_name];
    if (element->component == NULL) {
        element->component = find_component(loader, name);
    }
    if (element->component == NULL) {
        return loader_fail_at(loader, element, "no component %s is defined", name);
    }
    if (element->component->open) {
        return loader_fail_at(loader, element, "component %s contains itself", name);
    }
    if (place.component_depth == LOADER_COMPONENT_DEPTH_MAX) {
        return loader_fail_at(loader, element, "component %s is nested deeper than %d", name,
                              LOADER_COMPONENT_DEPTH_MAX);
    }
    bool required = false;
    if (!loader_yes_no(loader, element, LOADER_ATTRIBUTE_required, &required)) {
        return false;
    }
    struct place inside = place;
    inside.component_depth++;
    inside.required = place.required && required;
    element->component->open = true;
    bool ok = true;
    for (struct loader_body *body = element->component->bodies; body != NULL && ok;
         body = body->next) {
        ok = add_members(loader, level, body->element, inside);
    }
    element->component->open = false;
    return ok;
}

static bool add_members(struct loader *loader, struct draft_level *level,
                        const struct loader_element *parent, struct place place)
{
    for (struct loader_element *element = parent->first; element != NULL; element = element->next) {
        bool ok = element->kind == LOADER_COMPONENT ? take_component(loader, level, element, place)
                                                    : take_member(loader, level, element, place);
        if (!ok) {
            return false;
        }
    }
    return true;
}

static bool collect_component(struct loader *loader, const struct loader_element *element)
{
    const char *name = element->attributes[LOADER_ATTRIBUTE_name];
    if (!loader_check_name(loader, element)) {
        return false;
    }
    struct loader_component *component = find_component(loader, name);
    if (component == NULL) {
        if (loader->components_count == LOADER_COMPONENTS_MAX) {
            return loader_fail_at(loader, element, "more than %d components",
                                  LOADER_COMPONENTS_MAX);
        }
        component = &loader->components[loader->components_count++];
        component->name = name;
    }
    struct loader_body **place = &component->bodies;
    while (*place != NULL) {
        if ((*place)->element->source == element->source) {
            return loader_fail_at(loader, element, "component %s twice: first in line %u", name,
                                  (unsigned)(*place)->element->line);
        }
        place = &(*place)->next;
    }
    *place = arena_take(&loader->scratch, sizeof(**place));
    if (*place == NULL) {
        return loader_fail_memory(loader, element);
    }
    (*place)->element = element;
    return true;
}

/* Writes each component out once, so that one that no message uses is checked too. */
static bool check_components(struct loader *loader)
{
    const struct place place = {.required = true};
    uint32_t members_count = loader->members_count;
    for (uint32_t i = 0; i < loader->components_count; i++) {
        struct loader_component *component = &loader->components[i];
        struct draft_level level = {.first = NULL};
        ASSERT(component->bodies != NULL);
        component->open = true;
        for (struct loader_body *body = component->bodies; body != NULL; body = body->next) {
            if (!add_members(loader, &level, body->element, place)) {
                return false;
            }
        }
        component->open = false;
        if (level.count == 0) {
            return loader_fail_at(loader, component->bodies->element, "component %s has no fields",
                                  component->name);
        }
        loader->members_count = members_count;
    }
    return true;
}

static bool check_msg_type(struct loader *loader, const struct loader_element *element)
{
    const char *msg_type = element->attributes[LOADER_ATTRIBUTE_msgtype];
    bool right = strlen(msg_type) <= LOADER_MSG_TYPE_BYTES_MAX;
    for (const char *c = msg_type; *c != '\0'; c++) {
        right = right && *c > ' ' && *c < 127;
    }
    return right ||
           loader_fail_at(loader, element, "'%s' is not a msgtype: 1 to %d printable bytes",
                          msg_type, LOADER_MSG_TYPE_BYTES_MAX);
}

static bool new_message(struct loader *loader, const struct loader_element *element)
{
    const char *name = element->attributes[LOADER_ATTRIBUTE_name];
    const char *msg_type = element->attributes[LOADER_ATTRIBUTE_msgtype];
    const char *category = element->attributes[LOADER_ATTRIBUTE_msgcat];
    if (!loader_check_name(loader, element)) {
        return false;
    }
    if (loader->messages_count == LOADER_MESSAGES_MAX) {
        return loader_fail_at(loader, element, "more than %d messages", LOADER_MESSAGES_MAX);
    }
    if (msg_type == NULL) {
        return loader_fail_at(loader, element, "message %s without msgtype", name);
    }
    if (!check_msg_type(loader, element)) {
        return false;
    }
    if (category != NULL && strcmp(category, "app") != 0 && strcmp(category, "admin") != 0) {
        return loader_fail_at(loader, element, "msgcat '%s' is neither app nor admin", category);
    }
    for (uint32_t i = 0; i < loader->messages_count; i++) {
        const struct draft_message *other = &loader->messages[i];
        if (strcmp(other->msg_type, msg_type) == 0) {
            return loader_fail_at(loader, element, "msgtype %s twice: message %s has it in %s:%u",
                                  msg_type, other->name,
                                  loader->sources[other->element->source].name,
                                  (unsigned)other->element->line);
        }
    }
    loader->messages[loader->messages_count++] = (struct draft_message){
        .name = name,
        .msg_type = msg_type,
        .admin = category != NULL && strcmp(category, "admin") == 0,
        .element = element,
    };
    return true;
}

static bool take_message(struct loader *loader, const struct loader_element *element)
{
    const char *name = element->attributes[LOADER_ATTRIBUTE_name];
    const char *msg_type = element->attributes[LOADER_ATTRIBUTE_msgtype];
    struct draft_message *message = NULL;
    for (uint32_t i = 0; i < loader->messages_count && message == NULL; i++) {
        bool same = strcmp(loader->messages[i].name, name) == 0;
        message = same ? &loader->messages[i] : NULL;
    }
    if (message == NULL) {
        if (!new_message(loader, element)) {
            return false;
        }
        message = &loader->messages[loader->messages_count - 1];
    } else if (message->element->source == element->source) {
        return loader_fail_at(loader, element, "message %s twice: first in line %u", name,
                              (unsigned)message->element->line);
    } else if (msg_type != NULL && strcmp(msg_type, message->msg_type) != 0) {
        return loader_fail_at(loader, element, "message %s has msgtype %s in %s:%u", name,
                              message->msg_type, loader->sources[message->element->source].name,
                              (unsigned)message->element->line);
    }
    message->element = element;
    return add_members(loader, &message->body, element, (struct place){.required = true});
}

/* Header and trailer are given once per file. */
static bool take_envelope(struct loader *loader, struct draft_message *envelope,
                          const struct loader_element *element)
{
    if (envelope->element != NULL && envelope->element->source == element->source) {
        return loader_fail_at(loader, element, "a second %s: first in line %u", envelope->name,
                              (unsigned)envelope->element->line);
    }
    envelope->element = element;
    return add_members(loader, &envelope->body, element, (struct place){.required = true});
}

static bool take_messages(struct loader *loader, const struct loader_element *section)
{
    for (const struct loader_element *e = section->first; e != NULL; e = e->next) {
        if (!take_message(loader, e)) {
            return false;
        }
    }
    return true;
}

static bool take_section(struct loader *loader, const struct loader_element *section)
{
    if (section->kind == LOADER_HEADER) {
        return take_envelope(loader, &loader->header, section);
    }
    if (section->kind == LOADER_TRAILER) {
        return take_envelope(loader, &loader->trailer, section);
    }
    return section->kind != LOADER_MESSAGES || take_messages(loader, section);
}

static bool collect_components(struct loader *loader)
{
    for (size_t source = 0; source < loader->sources_count; source++) {
        const struct loader_element *section = loader->roots[source]->first;
        for (; section != NULL; section = section->next) {
            const struct loader_element *e =
                section->kind == LOADER_COMPONENTS ? section->first : NULL;
            for (; e != NULL; e = e->next) {
                if (!collect_component(loader, e)) {
                    return false;
                }
            }
        }
    }
    return true;
}

bool loader_drafts(struct loader *loader)
{
    size_t components = loader->counts[LOADER_COMPONENT_DEFINITION];
    size_t messages = loader->counts[LOADER_MESSAGE];
    loader->components = arena_take(&loader->scratch, components * sizeof(*loader->components));
    loader->messages = arena_take(&loader->scratch, messages * sizeof(*loader->messages));
    if (loader->components == NULL || loader->messages == NULL) {
        return loader_fail_memory(loader, loader->roots[0]);
    }
    loader->header = (struct draft_message){.name = "header", .msg_type = ""};
    loader->trailer = (struct draft_message){.name = "trailer", .msg_type = ""};
    if (!collect_components(loader) || !check_components(loader)) {
        return false;
    }
    for (size_t source = 0; source < loader->sources_count; source++) {
        const struct loader_element *section = loader->roots[source]->first;
        for (; section != NULL; section = section->next) {
            if (!take_section(loader, section)) {
                return false;
            }
        }
    }
    if (loader->header.body.count == 0 || loader->trailer.body.count == 0 ||
        loader->messages_count == 0) {
        return loader_fail_at(loader, loader->roots[0],
                              "no <header>, no <trailer> or no <messages>");
    }
    return true;
}
