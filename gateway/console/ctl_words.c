#include "gateway/console/ctl_words.h"

#include "gateway/console/command_line.h"
#include "gateway/shell/nearest.h"

#include <stdio.h>

enum { WORDS_MAX = 32 };

/* What is neither an option of ours nor the value of one. */
struct plain {
    const char *list[WORDS_MAX];
    uint32_t count;
    uint32_t next;
};

/* --- The command -------------------------------------------------------------------------- */

/* `words` are parts of `name`, in order: "session" and "reset" of "session.reset". The name of
 * the group may be in the plural, or not: "brokers" for "broker". */
static bool names(const char *name, const char *const *words, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        size_t part = strcspn(name, ".");
        size_t size = strlen(words[i]);
        bool same = size == part && strncmp(name, words[i], part) == 0;
        if (i == 0 && !same) {
            size_t shorter = size < part ? size : part;
            const char *last = size < part ? name : words[i];
            same = strncmp(name, words[i], shorter) == 0 && size + part == 2 * shorter + 1 &&
                   last[shorter] == 's';
        }
        if (!same || (i + 1 < count && name[part] != '.')) {
            return false;
        }
        name += part + (i + 1 < count ? 1 : 0);
        if (i + 1 == count) {
            return name[0] == '\0';
        }
    }
    return false;
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

static void say_unknown(const struct plain *plain)
{
    char given[128];
    struct nearest nearest;
    (void)snprintf(given, sizeof(given), "%.60s%s%.60s", plain->list[0],
                   plain->count > 1 ? "." : "", plain->count > 1 ? plain->list[1] : "");
    nearest_init(&nearest, span_text(given));
    for (const struct command_group *group = command_groups; group->specs != NULL; group++) {
        for (const struct command_spec *spec = group->specs; spec->name != NULL; spec++) {
            nearest_offer(&nearest, spec->name);
        }
    }
    char words[COMMAND_NAME_BYTES_MAX + 1] = "";
    (void)snprintf(words, sizeof(words), "%s", nearest.best != NULL ? nearest.best : "");
    for (char *point = words; *point != '\0'; point++) {
        *point = *point == '.' ? ' ' : *point;
    }
    command_say("ctl", "there is no command '%s%s%s'%s%s%s; see `fixgate ctl --help`",
                plain->list[0], plain->count > 1 ? " " : "", plain->count > 1 ? plain->list[1] : "",
                words[0] != '\0' ? ". Did you mean '" : "", words, words[0] != '\0' ? "'?" : "");
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

static bool add(struct ctl_words *words, struct span name, const char *value)
{
    if (words->spec != NULL && !is_argument_of(words->spec, name)) {
        command_say("ctl", "%s takes no --%.*s; it takes: %s", words->spec->name, (int)name.size,
                    (const char *)name.data,
                    words->spec->arguments[0] != '\0' ? words->spec->arguments : "nothing");
        return false;
    }
    if (given(words, name) || words->arguments_count == COMMAND_ARGUMENTS_MAX) {
        command_say("ctl", "'%.*s' is given twice", (int)name.size, (const char *)name.data);
        return false;
    }
    words->arguments[words->arguments_count].name = name;
    words->arguments[words->arguments_count].value = span_text(value);
    words->arguments_count += 1;
    return true;
}

/* The words behind the command, in the order of what it takes. */
static bool add_plain(struct ctl_words *words, struct plain *plain)
{
    const char *rest = words->spec->arguments;
    struct span name;
    bool optional;
    while (plain->next < plain->count && command_argument_next(&rest, &name, &optional)) {
        if (!given(words, name)) {
            if (!add(words, name, plain->list[plain->next])) {
                return false;
            }
            plain->next += 1;
        }
    }
    if (plain->next < plain->count) {
        command_say("ctl", "one word too many: '%s'; %s takes: %s", plain->list[plain->next],
                    words->spec->name,
                    words->spec->arguments[0] != '\0' ? words->spec->arguments : "nothing");
        return false;
    }
    rest = words->spec->arguments;
    while (command_argument_next(&rest, &name, &optional)) {
        if (!optional && !given(words, name)) {
            command_say("ctl", "'%.*s' is missing; %s takes: %s", (int)name.size,
                        (const char *)name.data, words->spec->name, words->spec->arguments);
            return false;
        }
    }
    return true;
}

/* --- Options -------------------------------------------------------------------------------- */

/* Where the value of an option of ours goes; NULL: it is none. */
static const char **own_option(struct ctl_words *words, struct span name)
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
    }
    return NULL;
}

/* An argument by its name, `--reason slow` or `--reason=slow`; one without a value is true. */
static bool take_option(struct ctl_words *words, int argc, char **argv, int *at)
{
    const char *word = argv[*at] + 2;
    size_t size = strcspn(word, "=");
    struct span name = span_of(word, size);
    const char *value = word[size] == '=' ? word + size + 1 : NULL;
    const char **own = own_option(words, name);
    bool next_is_value =
        *at + 1 < argc && strncmp(argv[*at + 1], "--", 2) != 0 && strcmp(argv[*at + 1], "-c") != 0;
    if (value == NULL && (next_is_value || (own != NULL && *at + 1 < argc))) {
        *at += 1;
        value = argv[*at];
    }
    if (own == NULL) {
        return add(words, name, value != NULL ? value : "true");
    }
    if (value == NULL) {
        command_say("ctl", "option --%.*s needs a value", (int)size, word);
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
            command_say("ctl", "option -c needs a value");
            return false;
        }
        *at += apart ? 1 : 0;
        words->config = apart ? argv[*at] : word + 2;
    } else if (strncmp(word, "--", 2) == 0 && word[2] != '\0') {
        return take_option(words, argc, argv, at);
    } else if (plain->count == WORDS_MAX) {
        command_say("ctl", "one word too many: '%s'", word);
        return false;
    } else {
        plain->list[plain->count++] = word;
    }
    return true;
}

bool ctl_words_read(struct ctl_words *words, int argc, char **argv)
{
    struct plain plain = {.count = 0};
    for (int at = 1; at < argc; at++) {
        if (!take_word(words, &plain, argc, argv, &at)) {
            return false;
        }
    }
    words->spec = plain.count > 0 ? take_command(&plain) : NULL;
    if (words->help) {
        words->group = words->spec == NULL && plain.count > 0 ? plain.list[0] : NULL;
        return true;
    }
    if (plain.count == 0) {
        command_say("ctl", "what is to be done? See `fixgate ctl --help`");
        return false;
    }
    if (words->spec == NULL) {
        say_unknown(&plain);
        return false;
    }
    for (uint32_t i = 0; i < words->arguments_count; i++) {
        struct span name = words->arguments[i].name;
        if (!is_argument_of(words->spec, name)) {
            command_say("ctl", "%s takes no --%.*s; it takes: %s", words->spec->name,
                        (int)name.size, (const char *)name.data, words->spec->arguments);
            return false;
        }
    }
    return add_plain(words, &plain);
}
