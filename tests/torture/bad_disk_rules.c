#include "tests/torture/bad_disk_rules.h"

#include <stdio.h>
#include <stdlib.h>

enum { WORD_BYTES_MAX = 16, PER_MILLE = 1000 };

struct word {
    const char *text;
    uint32_t value;
};

static const struct word calls[] = {
    {"sync", 1u << BAD_DISK_CALL_SYNC},
    {"write", 1u << BAD_DISK_CALL_PLAIN | 1u << BAD_DISK_CALL_META},
    {"plain", 1u << BAD_DISK_CALL_PLAIN},
    {"meta", 1u << BAD_DISK_CALL_META},
    {"truncate", 1u << BAD_DISK_CALL_TRUNCATE},
};
static const struct word outcomes[] = {
    {"EIO", BAD_DISK_EIO},
    {"ENOSPC", BAD_DISK_ENOSPC},
    {"short", BAD_DISK_SHORT},
    {"unsure", BAD_DISK_UNSURE},
};
static const struct word whens[] = {{"", BAD_DISK_ALWAYS},
                                    {"at", BAD_DISK_AT},
                                    {"from", BAD_DISK_FROM},
                                    {"chance", BAD_DISK_CHANCE}};

static bool word_find(const struct word *words, size_t count, const char *text, uint32_t *value)
{
    for (size_t index = 0; index < count; index++) {
        if (strcmp(words[index].text, text) == 0) {
            *value = words[index].value;
            return true;
        }
    }
    return false;
}

/* The next word of a rule; "" at its end. Returns where it ends. */
static const char *word_take(const char *text, char word[WORD_BYTES_MAX])
{
    text += strspn(text, " \t");
    size_t size = strcspn(text, " \t\n;");
    size_t taken = size < WORD_BYTES_MAX - 1 ? size : WORD_BYTES_MAX - 1;
    memcpy(word, text, taken);
    word[taken] = '\0';
    return text + size;
}

/* One rule, at whose end `*text` is left. */
static bool rule_read(struct bad_disk_rule *rule, const char **text)
{
    char what[WORD_BYTES_MAX];
    char how[WORD_BYTES_MAX];
    char when[WORD_BYTES_MAX];
    char number[WORD_BYTES_MAX];
    char more[WORD_BYTES_MAX];
    const char *end = word_take(*text, what);
    end = word_take(end, how);
    end = word_take(end, when);
    end = word_take(end, number);
    end = word_take(end, more);
    *text = end;
    uint32_t outcome = 0;
    uint32_t moment = 0;
    *rule = (struct bad_disk_rule){0};
    if (!word_find(calls, ARRAY_LEN(calls), what, &rule->calls) ||
        !word_find(outcomes, ARRAY_LEN(outcomes), how, &outcome) ||
        !word_find(whens, ARRAY_LEN(whens), when, &moment) || more[0] != '\0') {
        return false;
    }
    char *digits_end = NULL;
    rule->outcome = (enum bad_disk_outcome)outcome;
    rule->when = (enum bad_disk_when)moment;
    rule->number = strtoull(number, &digits_end, 10);
    return *digits_end == '\0' && (rule->when == BAD_DISK_ALWAYS) == (number[0] == '\0');
}

bool bad_disk_rules_read(struct bad_disk_rules *rules, const char *text)
{
    if (strncmp(rules->text, text, sizeof rules->text) == 0) {
        return true;
    }
    size_t size = strlen(text);
    if (size >= sizeof rules->text) {
        return false;
    }
    memcpy(rules->text, text, size + 1);
    rules->count = 0;
    for (;;) {
        text += strspn(text, " \t\n;");
        if (*text == '\0') {
            return true;
        }
        if (rules->count == BAD_DISK_RULES_MAX || !rule_read(&rules->rules[rules->count], &text)) {
            return false;
        }
        rules->count++;
    }
}

static bool rule_fits(struct bad_disk_rule *rule, enum bad_disk_call call, uint64_t *random)
{
    if ((rule->calls & 1u << call) == 0) {
        return false;
    }
    rule->count++;
    switch (rule->when) {
    case BAD_DISK_ALWAYS:
        return true;
    case BAD_DISK_AT:
        return rule->count == rule->number;
    case BAD_DISK_FROM:
        return rule->count >= rule->number;
    case BAD_DISK_CHANCE:
        *random ^= *random << 13;
        *random ^= *random >> 7;
        *random ^= *random << 17;
        return *random % PER_MILLE < rule->number;
    }
    return false;
}

enum bad_disk_outcome bad_disk_rules_apply(struct bad_disk_rules *rules, enum bad_disk_call call,
                                           uint64_t *random)
{
    enum bad_disk_outcome outcome = BAD_DISK_WELL;
    for (uint32_t index = 0; index < rules->count; index++) {
        struct bad_disk_rule *rule = &rules->rules[index];
        /* Every rule counts every call. */
        if (rule_fits(rule, call, random) && outcome == BAD_DISK_WELL) {
            outcome = rule->outcome;
        }
    }
    return outcome;
}
