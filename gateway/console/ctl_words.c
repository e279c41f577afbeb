#include "gateway/console/ctl_words.h"

#include "fix/text.h"
#include "gateway/shell/nearest.h"

#include <stdio.h>

enum { WORDS_MAX = 32, ARGUMENT_NAMES_MAX = 16, ARGUMENT_NAME_BYTES_MAX = 31 };

/* What is neither an option of ours nor the value of one. */
struct plain {
    const char *list[WORDS_MAX];
    uint32_t count;
    uint32_t next;
};

/* --- The command -------------------------------------------------------------------------- */

struct span ctl_group_name(const struct command_group *group)
{
    const char *name = group->specs[0].name;
    ASSERT(name != NULL);
    return span_of(name, strcspn(name, "."));
}

/* They are the same word, or one is the other's plural: "brokers" for "broker". */
static bool same_word(struct span name, const char *word)
{
    size_t size = strlen(word);
    size_t shorter = size < name.size ? size : name.size;
    if (!span_equal(span_of(name.data, shorter), span_of(word, shorter))) {
        return false;
    }
    uint8_t last = size < name.size ? name.data[shorter] : (uint8_t)word[shorter];
    return size == name.size || (size + name.size == 2 * shorter + 1 && last == 's');
}

const struct command_group *ctl_group(const char *word)
{
    for (const struct command_group *group = command_groups; group->specs != NULL; group++) {
        if (same_word(ctl_group_name(group), word)) {
            return group;
        }
    }
    return NULL;
}

/* `words` are the parts of `name`, in order: "session" and "reset" of "session.reset". The group
 * may be in the plural, or not. */
static bool names(const char *name, const char *const *words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        struct span part = span_of(name, strcspn(name, "."));
        bool last = i + 1 == count;
        if (!(i == 0 ? same_word(part, words[i]) : span_is(part, words[i])) ||
            (name[part.size] == '\0') != last) {
            return false;
        }
        name += part.size + (last ? 0 : 1);
    }
    return true;
}

static const struct command_spec *find(const char *const *words, uint32_t count)
{
    for (const struct command_group *group = command_groups; group->specs != NULL; group++) {
        for (const struct command_spec *spec = group->specs; spec->name != NULL; spec++) {
            if (names(spec->name, words, count)) {
                return spec;
            }
        }
    }
    return NULL;
}

/* The command of the first words: as many of them as name one; "brokers" alone lists them. */
static const struct command_spec *take_command(struct plain *plain)
{
    enum { PARTS_MAX = 4 };
    uint32_t most = plain->count < PARTS_MAX ? plain->count : PARTS_MAX;
    for (uint32_t count = most; count > 0; count--) {
        const struct command_spec *spec = find(plain->list, count);
        spec = spec == NULL && count == 1 ? command_find(span_text(plain->list[0])) : spec;
        if (spec != NULL) {
            plain->next = count;
            return spec;
        }
    }
    if (plain->count == 1) {
        const char *const listed[] = {plain->list[0], "list"};
        plain->next = 1;
        return find(listed, 2);
    }
    return NULL;
}

/* "broker.drain" as it is typed: "broker drain". */
static void add_typed(struct text *text, const char *name)
{
    for (; *name != '\0'; name++) {
        char byte = *name == '.' ? ' ' : *name;
        text_add_span(text, span_of(&byte, 1));
    }
}

/* A group by itself: what it can do. */
static void fail_alone(struct ctl_words *words, const struct command_group *group)
{
    struct text list = {.size = 0};
    for (const struct command_spec *spec = group->specs; spec->name != NULL; spec++) {
        add_typed(text_add(&list, spec == group->specs ? "" : ", "), spec->name);
    }
    struct span name = ctl_group_name(group);
    command_fail(&words->fault, "which of them? %s; see `fixgate ctl %.*s --help`", list.data,
                 (int)name.size, (const char *)name.data);
}

static void offer(struct nearest *nearest, const struct command_group *group, const char *verb)
{
    for (const struct command_spec *spec = group->specs; spec->name != NULL; spec++) {
        const char *own = spec->name + strcspn(spec->name, ".");
        /* A verb without its group: "drain ALPHA". */
        bool is_verb = verb != NULL && own[0] == '.' && strcmp(own + 1, verb) == 0;
        nearest_offer(nearest, spec->name);
        if (is_verb && nearest->distance > 1) {
            nearest->best = spec->name;
            nearest->distance = 1;
        }
    }
}

static void fail_unknown(struct ctl_words *words, const struct plain *plain)
{
    char given[128];
    struct nearest nearest;
    const char *first = plain->list[0];
    const char *second = plain->count > 1 ? plain->list[1] : "";
    const struct command_group *own = ctl_group(first);
    if (own != NULL && plain->count == 1) {
        fail_alone(words, own);
        return;
    }
    (void)snprintf(given, sizeof(given), "%.60s%s%.60s", first, plain->count > 1 ? "." : "",
                   second);
    nearest_init(&nearest, span_text(given));
    for (const struct command_group *group = command_groups; group->specs != NULL; group++) {
        if (own == NULL || own == group) {
            offer(&nearest, group, own == NULL ? first : NULL);
        }
    }
    struct text best = {.size = 0};
    add_typed(&best, nearest.best != NULL ? nearest.best : "");
    struct span help = own != NULL ? ctl_group_name(own) : span_of(NULL, 0);
    command_fail(&words->fault,
                 "there is no command '%.60s%s%.60s'%s%s%s; see `fixgate ctl%s%.*s --help`", first,
                 second[0] != '\0' ? " " : "", second, best.size > 0 ? ". Did you mean '" : "",
                 best.data, best.size > 0 ? "'?" : "", help.size > 0 ? " " : "", (int)help.size,
                 help.size > 0 ? (const char *)help.data : "");
}

void ctl_usage(const struct command_spec *spec, char text[CTL_USAGE_BYTES_MAX])
{
    struct text usage = {.size = 0};
    const char *rest = spec->arguments;
    struct span name;
    bool optional;
    add_typed(&usage, spec->name);
    while (command_argument_next(&rest, &name, &optional)) {
        text_add(&usage, optional ? " [" : " ");
        for (size_t i = 0; i < name.size; i++) {
            char byte = (char)name.data[i];
            byte = byte >= 'a' && byte <= 'z' ? (char)(byte - 'a' + 'A') : byte;
            text_add_span(&usage, span_of(&byte, 1));
        }
        text_add(&usage, optional ? "]" : "");
    }
    (void)snprintf(text, CTL_USAGE_BYTES_MAX, "%s", usage.data);
}

/* --- Arguments ------------------------------------------------------------------------------ */

static bool is_argument_of(const struct command_spec *spec, struct span name)
{
    const char *rest = spec->arguments;
    struct span known;
    bool optional;
    while (command_argument_next(&rest, &known, &optional)) {
        if (span_equal(known, name)) {
            return true;
        }
    }
    return false;
}

static bool given(const struct ctl_words *words, struct span name)
{
    for (uint32_t i = 0; i < words->arguments_count; i++) {
        if (span_equal(words->arguments[i].name, name)) {
            return true;
        }
    }
    return false;
}

/* Where the value of an option of ours goes; NULL: it is none. */
static const char **own_option(struct ctl_words *words, struct span name, struct nearest *nearest)
{
    const struct {
        const char *name;
        const char **value;
    } options[] = {{"config", &words->config},          {"control", &words->control},
                   {"operator", &words->operator_name}, {"key", &words->key},
                   {"server-key", &words->server_key},  {"secret", &words->secret}};
    for (size_t i = 0; i < ARRAY_LEN(options); i++) {
        if (span_is(name, options[i].name)) {
            return options[i].value;
        }
        if (nearest != NULL) {
            nearest_offer(nearest, options[i].name);
        }
    }
    return NULL;
}

static void fail_argument(struct ctl_words *words, struct span wrong)
{
    char usage[CTL_USAGE_BYTES_MAX];
    char names[ARGUMENT_NAMES_MAX][ARGUMENT_NAME_BYTES_MAX + 1];
    struct nearest nearest;
    struct span name;
    bool optional;
    uint32_t count = 0;
    const char *rest = words->spec->arguments;
    nearest_init(&nearest, wrong);
    while (count < ARGUMENT_NAMES_MAX && command_argument_next(&rest, &name, &optional)) {
        span_to_text(name, names[count], sizeof(names[count]));
        nearest_offer(&nearest, names[count]);
        count += 1;
    }
    (void)own_option(words, wrong, &nearest);
    ctl_usage(words->spec, usage);
    command_fail(&words->fault, "%s takes no --%.*s%s%s%s: fixgate ctl %s", words->spec->name,
                 (int)wrong.size, (const char *)wrong.data,
                 nearest.best != NULL ? ". Did you mean --" : "",
                 nearest.best != NULL ? nearest.best : "", nearest.best != NULL ? "?" : "", usage);
}

static bool add(struct ctl_words *words, struct span name, const char *value)
{
    if (words->spec != NULL && !is_argument_of(words->spec, name)) {
        fail_argument(words, name);
        return false;
    }
    if (given(words, name) || words->arguments_count == COMMAND_ARGUMENTS_MAX) {
        command_fail(&words->fault, "'%.*s' is given twice", (int)name.size,
                     (const char *)name.data);
        return false;
    }
    words->arguments[words->arguments_count].name = name;
    words->arguments[words->arguments_count].value = span_text(value);
    words->arguments_count += 1;
    return true;
}

/* Words such as "confirm=true", as the audit prints them: taken out of those in order. */
static bool add_named(struct ctl_words *words, struct plain *plain)
{
    uint32_t kept = plain->next;
    for (uint32_t i = plain->next; i < plain->count; i++) {
        const char *word = plain->list[i];
        size_t size = strcspn(word, "=");
        struct span name = span_of(word, size);
        if (word[size] != '=' || !is_argument_of(words->spec, name)) {
            plain->list[kept++] = word;
        } else if (!add(words, name, word + size + 1)) {
            return false;
        }
    }
    plain->count = kept;
    return true;
}

/* The words behind the command, in the order of what it takes. */
static bool add_plain(struct ctl_words *words, struct plain *plain)
{
    char usage[CTL_USAGE_BYTES_MAX];
    const char *rest = words->spec->arguments;
    struct span name;
    bool optional;
    ctl_usage(words->spec, usage);
    if (!add_named(words, plain)) {
        return false;
    }
    while (plain->next < plain->count && command_argument_next(&rest, &name, &optional)) {
        if (!given(words, name)) {
            if (!add(words, name, plain->list[plain->next])) {
                return false;
            }
            plain->next += 1;
        }
    }
    if (plain->next < plain->count) {
        command_fail(&words->fault, "one word too many: '%.100s': fixgate ctl %s",
                     plain->list[plain->next], usage);
        return false;
    }
    rest = words->spec->arguments;
    while (command_argument_next(&rest, &name, &optional)) {
        if (!optional && !given(words, name)) {
            command_fail(&words->fault, "'%.*s' is missing: fixgate ctl %s", (int)name.size,
                         (const char *)name.data, usage);
            return false;
        }
    }
    return true;
}

/* --- Options -------------------------------------------------------------------------------- */

/* An argument by its name, `--reason slow` or `--reason=slow`; one without a value is true. */
static bool take_option(struct ctl_words *words, int argc, char **argv, int *at)
{
    const char *word = argv[*at] + 2;
    size_t size = strcspn(word, "=");
    struct span name = span_of(word, size);
    const char *value = word[size] == '=' ? word + size + 1 : NULL;
    const char **own = own_option(words, name, NULL);
    bool next_is_value =
        *at + 1 < argc && strncmp(argv[*at + 1], "--", 2) != 0 && strcmp(argv[*at + 1], "-c") != 0;
    if (value == NULL && next_is_value) {
        *at += 1;
        value = argv[*at];
    }
    if (own == NULL) {
        return add(words, name, value != NULL ? value : "true");
    }
    if (value == NULL) {
        command_fail(&words->fault, "option --%.*s needs a value", (int)size, word);
        return false;
    }
    *own = value;
    return true;
}

static bool take_word(struct ctl_words *words, struct plain *plain, int argc, char **argv, int *at)
{
    const char *word = argv[*at];
    if (strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0) {
        words->help = true;
    } else if (strcmp(word, "--json") == 0) {
        words->json = true;
    } else if (strncmp(word, "-c", 2) == 0) {
        bool apart = word[2] == '\0';
        if (apart && *at + 1 == argc) {
            command_fail(&words->fault, "option -c needs a value");
            return false;
        }
        *at += apart ? 1 : 0;
        words->config = apart ? argv[*at] : word + 2;
    } else if (strncmp(word, "--", 2) == 0 && word[2] != '\0') {
        return take_option(words, argc, argv, at);
    } else if (plain->count == WORDS_MAX) {
        command_fail(&words->fault, "one word too many: '%s'", word);
        return false;
    } else {
        plain->list[plain->count++] = word;
    }
    return true;
}

bool ctl_words_read(struct ctl_words *words, int argc, char **argv)
{
    struct plain plain = {.count = 0};
    words->fault.command = "ctl";
    for (int at = 1; at < argc; at++) {
        if (!take_word(words, &plain, argc, argv, &at)) {
            return false;
        }
    }
    words->spec = plain.count > 0 ? take_command(&plain) : NULL;
    if (words->help) {
        /* "kill" alone is short for its list; its help is that of the group. */
        bool group = plain.count == 1 && ctl_group(plain.list[0]) != NULL;
        words->spec = group ? NULL : words->spec;
        words->group = plain.count > 0 && words->spec == NULL ? plain.list[0] : NULL;
        if (words->group != NULL && ctl_group(words->group) == NULL) {
            fail_unknown(words, &plain);
            return false;
        }
        return true;
    }
    if (plain.count == 0) {
        command_fail(&words->fault, "what is to be done? See `fixgate ctl --help`");
        return false;
    }
    if (words->spec == NULL) {
        fail_unknown(words, &plain);
        return false;
    }
    for (uint32_t i = 0; i < words->arguments_count; i++) {
        if (!is_argument_of(words->spec, words->arguments[i].name)) {
            fail_argument(words, words->arguments[i].name);
            return false;
        }
    }
    return add_plain(words, &plain);
}
