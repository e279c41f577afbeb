#include "gateway/shell/config_names.h"

#include "gateway/shell/config_names_table.h"
#include "gateway/shell/nearest.h"

#include <stdio.h>
#include <strings.h>

static const struct alias {
    const char *name;
    enum config_key key;
    const char *engines;
    const char *values;
    const char *text;
} aliases[] = {
#define X(name, key, engines, values, text) {#name, CONFIG_KEY_##key, engines, values, text},
    CONFIG_ALIASES(X)
#undef X
};

/* A name that ends in '*' stands for all that begin so. */
static const struct foreign {
    const char *name;
    const char *engines;
    const char *only;
    const char *text;
} noted[] =
    {
#define X(name, engines, only, text) {name, engines, only, text},
        CONFIG_NOTED(X)
#undef X
},
  refused[] = {
#define X(name, engines, text) {name, engines, NULL, text},
      CONFIG_REFUSED(X)
#undef X
};

static bool name_is(const char *pattern, const char *name)
{
    size_t size = strlen(pattern);
    bool family = pattern[size - 1] == '*';
    return family ? strncasecmp(pattern, name, size - 1) == 0 : strcasecmp(pattern, name) == 0;
}

static struct config_name of_key(enum config_key key)
{
    const struct config_key_definition *definition = config_key_definition(key);
    return (struct config_name){.word = CONFIG_WORD_KEY,
                                .key = key,
                                .engines = definition->engines,
                                .spelling = definition->name};
}

static struct config_name of_alias(const struct alias *alias)
{
    return (struct config_name){.word = CONFIG_WORD_KEY,
                                .key = alias->key,
                                .alias = true,
                                .values = alias->values,
                                .engines = alias->engines,
                                .text = alias->text,
                                .spelling = alias->name};
}

static struct config_name of_foreign(const struct foreign *foreign, enum config_word word)
{
    return (struct config_name){.word = word,
                                .only = foreign->only,
                                .engines = foreign->engines,
                                .text = foreign->text,
                                .spelling = foreign->name};
}

/* A name without number. */
static struct config_name find_plain(const char *name)
{
    enum config_key key = config_key_find(name);
    if (key != CONFIG_KEYS_COUNT) {
        return of_key(key);
    }
    for (size_t i = 0; i < ARRAY_LEN(aliases); i++) {
        if (strcasecmp(aliases[i].name, name) == 0) {
            return of_alias(&aliases[i]);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(noted); i++) {
        if (name_is(noted[i].name, name)) {
            return of_foreign(&noted[i], CONFIG_WORD_NOTED);
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(refused); i++) {
        if (name_is(refused[i].name, name)) {
            return of_foreign(&refused[i], CONFIG_WORD_REFUSED);
        }
    }
    return (struct config_name){.word = CONFIG_WORD_UNKNOWN, .engines = "", .spelling = name};
}

/* The bytes of `name` before the number behind it; 0 if there is none, or it begins with 0. */
static size_t number_split(const char *name, uint32_t *number)
{
    size_t size = strlen(name);
    size_t stem = size;
    while (stem > 0 && name[stem - 1] >= '0' && name[stem - 1] <= '9') {
        stem--;
    }
    if (stem == size || name[stem] == '0' || size - stem > 4) {
        return 0;
    }
    *number = 0;
    for (size_t i = stem; i < size; i++) {
        *number = *number * 10 + (uint32_t)(name[i] - '0');
    }
    return stem;
}

/* SocketConnectHost1 and the like; aliases of such keys are numbered too. */
static struct config_name find_numbered(const char *name)
{
    const struct config_name unknown = {
        .word = CONFIG_WORD_UNKNOWN, .engines = "", .spelling = name};
    char stem[CONFIG_NEAREST_BYTES_MAX];
    uint32_t number = 0;
    size_t size = number_split(name, &number);
    if (size == 0 || size >= sizeof(stem)) {
        return unknown;
    }
    span_to_text(span_of(name, size), stem, sizeof(stem));
    struct config_name found = find_plain(stem);
    if (found.word != CONFIG_WORD_KEY || config_key_family(found.key) == CONFIG_FAMILIES_COUNT) {
        return unknown;
    }
    uint32_t max = config_family_max(config_key_family(found.key));
    if (number > max) {
        found.word = CONFIG_WORD_UNKNOWN;
        found.beyond = max;
    }
    found.number = number;
    return found;
}

struct config_name config_name_find(const char *name)
{
    struct config_name found = find_plain(name);
    return found.word == CONFIG_WORD_UNKNOWN ? find_numbered(name) : found;
}

const char *config_name_value(const struct config_name *name, const char *value)
{
    static const char *const words[] = {"0", "1", "2", "Y", "N", "PRIORITY", "ROUNDROBIN"};
    if (name->values == NULL) {
        return value;
    }
    for (const char *pair = name->values; *pair != '\0';) {
        size_t from = strcspn(pair, "=");
        size_t size = strcspn(pair, "|");
        if (strlen(value) == from && strncasecmp(pair, value, from) == 0) {
            struct span to = span_of(pair + from + 1, size - from - 1);
            for (size_t i = 0; i < ARRAY_LEN(words); i++) {
                if (span_is(to, words[i])) {
                    return words[i]; /* Ends in NUL, and lasts. */
                }
            }
            ASSERT(false);
        }
        pair += size + (pair[size] == '|' ? 1 : 0);
    }
    return NULL;
}

bool config_name_takes(const struct config_name *name, const char *value)
{
    return name->only == NULL || strcasecmp(name->only, value) == 0;
}

const char *config_name_nearest(const char *name, char text[CONFIG_NEAREST_BYTES_MAX])
{
    uint32_t number = 0;
    size_t stem = number_split(name, &number);
    struct nearest nearest;
    nearest_init(&nearest, span_text(name));
    struct nearest numbered; /* Of the families, by the name without its number. */
    nearest_init(&numbered, span_of(name, stem));
    uint32_t index = 0;
    struct config_name known;
    while (config_name_next(&index, &known)) {
        if (strchr(known.spelling, '*') == NULL) {
            nearest_offer(&nearest, known.spelling);
        }
    }
    for (uint32_t family = 0; stem > 0 && family < CONFIG_FAMILIES_COUNT; family++) {
        if (number <= config_family_max((enum config_family)family)) {
            enum config_key key = config_family_key((enum config_family)family);
            nearest_offer(&numbered, config_key_definition(key)->name);
        }
    }
    if (numbered.best == NULL || (nearest.best != NULL && nearest.distance < numbered.distance)) {
        return nearest.best;
    }
    (void)snprintf(text, CONFIG_NEAREST_BYTES_MAX, "%.*s%u", CONFIG_NEAREST_BYTES_MAX - 12,
                   numbered.best, number);
    return text;
}

bool config_name_next(uint32_t *index, struct config_name *out)
{
    uint32_t at = *index;
    *index += 1;
    if (at < CONFIG_KEYS_COUNT) {
        *out = of_key((enum config_key)at);
        return true;
    }
    at -= CONFIG_KEYS_COUNT;
    if (at < ARRAY_LEN(aliases)) {
        *out = of_alias(&aliases[at]);
        return true;
    }
    at -= (uint32_t)ARRAY_LEN(aliases);
    if (at < ARRAY_LEN(noted)) {
        *out = of_foreign(&noted[at], CONFIG_WORD_NOTED);
        return true;
    }
    at -= (uint32_t)ARRAY_LEN(noted);
    if (at < ARRAY_LEN(refused)) {
        *out = of_foreign(&refused[at], CONFIG_WORD_REFUSED);
        return true;
    }
    return false;
}
