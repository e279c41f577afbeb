#include "gateway/console/command_line.h"

#include "gateway/shell/dictionary_file.h"
#include "gateway/shell/json_text.h"
#include "gateway/shell/nearest.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdio.h>

void command_say(const char *command, const char *format, ...)
{
    (void)fprintf(stderr, "fixgate %s: ", command);
    va_list arguments;
    va_start(arguments, format);
    (void)vfprintf(stderr, format, arguments);
    va_end(arguments);
    (void)fputc('\n', stderr);
}

void command_fail(struct command_fault *fault, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(fault->text, sizeof(fault->text), format, arguments);
    va_end(arguments);
    command_say(fault->command, "%s", fault->text);
}

void command_fault_json(const struct command_fault *fault)
{
    enum { ESCAPED_BYTES_MAX = 6 }; /* Of one byte: \u0001 */
    char bytes[ESCAPED_BYTES_MAX * COMMAND_FAULT_BYTES_MAX + 64];
    struct json_text text;
    json_text_init(&text, bytes, sizeof(bytes));
    json_text_words(&text, "{\"ok\":false");
    json_text_pair(&text, false, "answer", span_text(fault->text));
    json_text_words(&text, "}\n");
    struct span json = json_text_span(&text);
    (void)fwrite(json.data, 1, json.size, stdout);
}

static const struct command_option *find_long(const struct command_words *words, struct span name)
{
    for (size_t i = 0; i < words->options_count; i++) {
        if (span_is(name, words->options[i].name)) {
            return &words->options[i];
        }
    }
    return NULL;
}

static const struct command_option *find_letter(const struct command_words *words, char letter)
{
    for (size_t i = 0; i < words->options_count; i++) {
        if (words->options[i].letter == letter) {
            return &words->options[i];
        }
    }
    return NULL;
}

static enum command_parsed unknown_option(const struct command_words *words, const char *word)
{
    struct nearest nearest;
    nearest_init(&nearest, span_text(word + strspn(word, "-")));
    for (size_t i = 0; i < words->options_count; i++) {
        nearest_offer(&nearest, words->options[i].name);
    }
    command_say(words->command, "unknown option %s%s%s%s; see `fixgate %s --help`", word,
                nearest.best != NULL ? "; did you mean --" : "",
                nearest.best != NULL ? nearest.best : "", nearest.best != NULL ? "?" : "",
                words->command);
    return COMMAND_WRONG;
}

/* Takes the option in argv[*at], and its value from the next word if it is not in it. */
static enum command_parsed take_option(const struct command_words *words, int argc, char **argv,
                                       int *at)
{
    const char *word = argv[*at];
    const char *value = NULL;
    const struct command_option *option = NULL;
    if (word[1] == '-') {
        size_t size = strcspn(word + 2, "=");
        option = find_long(words, span_of(word + 2, size));
        value = word[2 + size] == '=' ? word + 2 + size + 1 : NULL;
    } else {
        option = find_letter(words, word[1]);
        value = word[2] != '\0' ? word + 2 : NULL;
    }
    if (option == NULL) {
        return unknown_option(words, word);
    }
    if (option->flag != NULL) {
        if (value != NULL) {
            command_say(words->command, "option --%s takes no value", option->name);
            return COMMAND_WRONG;
        }
        *option->flag = true;
        return COMMAND_GO;
    }
    if (value == NULL && *at + 1 < argc) {
        *at += 1;
        value = argv[*at];
    }
    if (value == NULL) {
        command_say(words->command, "option --%s needs a value", option->name);
        return COMMAND_WRONG;
    }
    *option->value = value;
    return COMMAND_GO;
}

enum command_parsed command_parse(const struct command_words *words, int argc, char **argv,
                                  uint32_t *count)
{
    bool options = true;
    *count = 0;
    for (int at = 1; at < argc; at++) {
        if (options && strcmp(argv[at], "--") == 0) {
            options = false;
        } else if (options && (strcmp(argv[at], "--help") == 0 || strcmp(argv[at], "-h") == 0)) {
            (void)fputs(words->help, stdout);
            return COMMAND_HELPED;
        } else if (options && argv[at][0] == '-' && argv[at][1] != '\0') {
            enum command_parsed parsed = take_option(words, argc, argv, &at);
            if (parsed != COMMAND_GO) {
                return parsed;
            }
        } else if (*count == words->arguments_max) {
            command_say(words->command, "one word too many: '%s'; see `fixgate %s --help`",
                        argv[at], words->command);
            return COMMAND_WRONG;
        } else {
            argv[*count] = argv[at];
            *count += 1;
        }
    }
    return COMMAND_GO;
}

int command_ended(enum command_parsed parsed)
{
    return parsed == COMMAND_HELPED ? EXIT_CODE_OK : EXIT_CODE_USAGE;
}

bool option_number(const char *command, const char *option, const char *text, uint64_t minimum,
                   uint64_t maximum, uint64_t *out)
{
    uint64_t number = 0;
    size_t size = strlen(text);
    bool right = size > 0 && size < 19 && strspn(text, "0123456789") == size;
    for (size_t i = 0; right && i < size; i++) {
        number = number * 10 + (uint64_t)(text[i] - '0');
    }
    if (!right || number < minimum || number > maximum) {
        command_say(command,
                    "--%s must be a whole number from %" PRIu64 " to %" PRIu64 ", not '%s'", option,
                    minimum, maximum, text);
        return false;
    }
    *out = number;
    return true;
}

struct gateway_config *command_config_or_errors(const char *command, const char *path,
                                                enum config_need need, struct config_errors *errors)
{
    if (path == NULL) {
        config_errors_init(errors, "-c");
        config_errors_add(errors, 0, "which configuration? Give -c FILE");
        command_say(command, "%s", errors->list[0].text + errors->list[0].place);
        return NULL;
    }
    struct gateway_config *config = gateway_config_load(path, need, errors);
    if (config == NULL) {
        config_errors_print(errors, stderr);
        command_say(command, "%u error%s in %s", errors->count + errors->dropped,
                    errors->count + errors->dropped == 1 ? "" : "s", path);
    }
    return config;
}

struct gateway_config *command_config(const char *command, const char *path, enum config_need need)
{
    struct config_errors errors;
    return command_config_or_errors(command, path, need, &errors);
}

struct dictionary *command_dictionary(const char *command)
{
    static const char *const names[] = {"FIX44.xml", "FIX44-internal.xml"};
    char paths[ARRAY_LEN(names)][DICTIONARY_FILE_PATH_BYTES_MAX];
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (!dictionary_file_find(names[i], paths[i])) {
            command_say(command, "dictionary %s not found; set FIXGATE_DICTIONARIES to its folder",
                        paths[i]);
            return NULL;
        }
    }
    const char *const sources[] = {paths[0], paths[1]};
    char error[DICTIONARY_ERROR_BYTES_MAX];
    struct dictionary *dictionary = dictionary_file_load(sources, ARRAY_LEN(sources), error);
    if (dictionary == NULL) {
        command_say(command, "%s", error);
    }
    return dictionary;
}
