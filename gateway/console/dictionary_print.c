#include "gateway/console/dictionary_print.h"

/* Members stand sorted by tag; people want the order of the definition. */
static const struct dictionary_member *member_at(const struct dictionary *dictionary,
                                                 uint32_t begin, uint32_t count, uint32_t position)
{
    const struct dictionary_member *member = &dictionary->members[begin];
    for (uint32_t i = 0; i < count; i++, member++) {
        if (member->position == position) {
            return member;
        }
    }
    ASSERT(count == 0); /* Every position is there once. */
    return NULL;
}

static void print_members(FILE *out, const struct dictionary *dictionary, uint32_t begin,
                          uint32_t count, unsigned depth)
{
    enum { INDENT = 4, NAME_WIDTH = 32 };
    for (uint32_t position = 0; position < count; position++) {
        const struct dictionary_member *member = member_at(dictionary, begin, count, position);
        const struct dictionary_field *field = dictionary_field(dictionary, member->tag);
        const struct dictionary_group *group = dictionary_group_of(dictionary, member);
        const char *mark = member->forbidden ? "-" : member->required ? "*" : " ";
        int indent = (int)(depth * INDENT);
        int width = NAME_WIDTH > indent ? NAME_WIDTH - indent : 1;
        (void)fprintf(out, "%s %*s%6u  %-*s  %s%s%s\n", mark, indent, "", (unsigned)field->tag,
                      width, field->name, dictionary_type_name(field->type),
                      field->internal ? "  in-house" : "", group != NULL ? "  each entry:" : "");
        if (group != NULL) {
            print_members(out, dictionary, group->members_begin, group->members_count, depth + 1);
        }
    }
}

void dictionary_print_message(FILE *out, const struct dictionary *dictionary,
                              const struct dictionary_message *message)
{
    if (message->msg_type[0] == '\0') {
        (void)fprintf(out, "%s of every message\n", message->name);
    } else {
        (void)fprintf(out, "%s  MsgType %s  %s level  %s\n", message->name, message->msg_type,
                      message->admin ? "session" : "application", dictionary->begin_string);
    }
    (void)fprintf(out, "(* required, - forbidden; in a group: of each entry)\n\n");
    print_members(out, dictionary, message->members_begin, message->members_count, 0);
}

static bool level_has(const struct dictionary *dictionary, uint32_t begin, uint32_t count,
                      uint32_t tag)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct dictionary_member *member = &dictionary->members[begin + i];
        const struct dictionary_group *group = dictionary_group_of(dictionary, member);
        bool nested =
            group != NULL && level_has(dictionary, group->members_begin, group->members_count, tag);
        if (!member->forbidden && (member->tag == tag || nested)) {
            return true;
        }
    }
    return false;
}

static bool message_has(const struct dictionary *dictionary,
                        const struct dictionary_message *message, uint32_t tag)
{
    return level_has(dictionary, message->members_begin, message->members_count, tag);
}

static void print_uses(FILE *out, const struct dictionary *dictionary,
                       const struct dictionary_field *field)
{
    if (field->in_header || field->in_trailer) {
        (void)fprintf(out, "\nin the %s of every message\n",
                      field->in_header ? "header" : "trailer");
        return;
    }
    (void)fprintf(out, "\nin:\n");
    for (uint32_t i = 0; i < dictionary->messages_count; i++) {
        const struct dictionary_message *message = &dictionary->messages[i];
        if (message_has(dictionary, message, field->tag)) {
            (void)fprintf(out, "  %-3s %s\n", message->msg_type, message->name);
        }
    }
}

void dictionary_print_field(FILE *out, const struct dictionary *dictionary,
                            const struct dictionary_field *field)
{
    (void)fprintf(out, "%s(%u)  %s%s\n", field->name, (unsigned)field->tag,
                  dictionary_type_name(field->type),
                  field->internal ? "  in-house: never sent to a broker" : "");
    for (uint32_t i = 0; i < field->values_count; i++) {
        const struct dictionary_value *value = &dictionary->values[field->values_begin + i];
        (void)fprintf(out, "  %-8s %s\n", value->value, value->description);
    }
    if (field->values_count > 0 && field->values_open) {
        (void)fprintf(out, "  (or another value)\n");
    }
    if (field->data_tag != 0) {
        (void)fprintf(out, "  bytes of %s(%u)\n",
                      dictionary_field(dictionary, field->data_tag)->name,
                      (unsigned)field->data_tag);
    }
    print_uses(out, dictionary, field);
}

/* Names are plain words and values printable ASCII, as the loader demands; a
 * description may be any text that XML can hold, in UTF-8. */
static void json_string(FILE *out, const char *text)
{
    (void)fputc('"', out);
    for (const char *c = text; *c != '\0'; c++) {
        if (*c == '"' || *c == '\\') {
            (void)fprintf(out, "\\%c", *c);
        } else if ((unsigned char)*c < ' ') {
            (void)fprintf(out, "\\u%04x", (unsigned)(unsigned char)*c);
        } else {
            (void)fputc(*c, out);
        }
    }
    (void)fputc('"', out);
}

static void json_pair(FILE *out, const char *name, const char *text)
{
    (void)fprintf(out, "\"%s\":", name);
    json_string(out, text);
}

static const char *json_bool(bool value)
{
    return value ? "true" : "false";
}

static void json_members(FILE *out, const struct dictionary *dictionary, uint32_t begin,
                         uint32_t count)
{
    (void)fputc('[', out);
    for (uint32_t position = 0; position < count; position++) {
        const struct dictionary_member *member = member_at(dictionary, begin, count, position);
        const struct dictionary_field *field = dictionary_field(dictionary, member->tag);
        const struct dictionary_group *group = dictionary_group_of(dictionary, member);
        (void)fprintf(out, "%s{\"tag\":%u,", position == 0 ? "" : ",", (unsigned)field->tag);
        json_pair(out, "name", field->name);
        (void)fputc(',', out);
        json_pair(out, "type", dictionary_type_name(field->type));
        (void)fprintf(out, ",\"required\":%s,\"forbidden\":%s", json_bool(member->required),
                      json_bool(member->forbidden));
        if (group != NULL) {
            (void)fputs(",\"members\":", out);
            json_members(out, dictionary, group->members_begin, group->members_count);
        }
        (void)fputc('}', out);
    }
    (void)fputc(']', out);
}

void dictionary_json_message(FILE *out, const struct dictionary *dictionary,
                             const struct dictionary_message *message)
{
    (void)fputc('{', out);
    json_pair(out, "name", message->name);
    (void)fputc(',', out);
    json_pair(out, "msgType", message->msg_type);
    (void)fprintf(out, ",\"admin\":%s,\"members\":", json_bool(message->admin));
    json_members(out, dictionary, message->members_begin, message->members_count);
    (void)fputc('}', out);
}

void dictionary_json_field(FILE *out, const struct dictionary *dictionary,
                           const struct dictionary_field *field)
{
    (void)fprintf(out, "{\"tag\":%u,", (unsigned)field->tag);
    json_pair(out, "name", field->name);
    (void)fputc(',', out);
    json_pair(out, "type", dictionary_type_name(field->type));
    (void)fprintf(out, ",\"internal\":%s,\"header\":%s,\"trailer\":%s,\"open\":%s,\"values\":[",
                  json_bool(field->internal), json_bool(field->in_header),
                  json_bool(field->in_trailer), json_bool(field->values_open));
    for (uint32_t i = 0; i < field->values_count; i++) {
        const struct dictionary_value *value = &dictionary->values[field->values_begin + i];
        (void)fputs(i == 0 ? "{" : ",{", out);
        json_pair(out, "value", value->value);
        (void)fputc(',', out);
        json_pair(out, "description", value->description);
        (void)fputc('}', out);
    }
    (void)fputs("],\"messages\":[", out);
    const char *comma = "";
    for (uint32_t i = 0; i < dictionary->messages_count; i++) {
        if (message_has(dictionary, &dictionary->messages[i], field->tag)) {
            (void)fputs(comma, out);
            json_string(out, dictionary->messages[i].msg_type);
            comma = ",";
        }
    }
    (void)fputs("]}", out);
}
