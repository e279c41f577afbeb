#include "gateway/console/command_dict.h"

#include <stdio.h>
#include <strings.h>

#include "gateway/console/dictionary_print.h"
#include "gateway/shell/dictionary_file.h"
#include "gateway/shell/nearest.h"

enum exit_code { EXIT_OK = 0, EXIT_BROKEN = 1, EXIT_USAGE = 2 };

static const char HELP[] =
    "fixgate dict: check dictionaries and show what is in them\n"
    "\n"
    "  fixgate dict check FILE...\n"
    "      Reads the base and then overlays on top of it, as the gateway does at its\n"
    "      start, and says what they hold. A dictionary that is broken is refused\n"
    "      with file, line and reason, and the exit status is 1.\n"
    "\n"
    "        fixgate dict check dictionaries/FIX44.xml\n"
    "        fixgate dict check dictionaries/FIX44.xml dictionaries/overlays/ALPHA.xml\n"
    "\n"
    "  fixgate dict show WHAT [-d FILE]... [--json]\n"
    "      Shows a message or a field. WHAT is a MsgType, a tag or a name; upper and\n"
    "      lower case of names do not matter. \"header\" and \"trailer\" work too.\n"
    "\n"
    "        fixgate dict show D                  NewOrderSingle with its members\n"
    "        fixgate dict show ExecutionReport\n"
    "        fixgate dict show 54                 Side with its values\n"
    "        fixgate dict show TimeInForce --json\n"
    "        fixgate dict show 8                  both: BeginString and ExecutionReport\n"
    "        fixgate dict show D -d dictionaries/FIX44.xml -d dictionaries/overlays/BETA.xml\n"
    "\n"
    "      -d, --dictionary FILE   a dictionary; the first is the base, others are laid\n"
    "                              over it in order. Without it: FIX44.xml and\n"
    "                              FIX44-internal.xml from $FIXGATE_DICTIONARIES, from\n"
    "                              ./dictionaries, or from where they were installed.\n"
    "      --json                  one JSON object: {\"messages\":[...],\"fields\":[...]}\n";

struct show {
    const char *what;
    const char *paths[DICTIONARY_SOURCES_MAX];
    size_t paths_count;
    bool json;
};

static int usage(const char *problem, const char *detail)
{
    (void)fprintf(stderr, "fixgate dict: %s%s (see fixgate dict --help)\n", problem, detail);
    return EXIT_USAGE;
}

static int check(int argc, char **argv)
{
    if (argc < 1) {
        return usage("check needs a FILE", "");
    }
    if (argc > DICTIONARY_SOURCES_MAX) {
        return usage("too many files", "");
    }
    const char *paths[DICTIONARY_SOURCES_MAX] = {NULL};
    for (int i = 0; i < argc; i++) {
        if (argv[i][0] == '-') {
            return usage("unknown option ", argv[i]);
        }
        paths[i] = argv[i];
    }
    char error[DICTIONARY_ERROR_BYTES_MAX];
    struct dictionary *dictionary = dictionary_file_load(paths, (size_t)argc, error);
    if (dictionary == NULL) {
        (void)fprintf(stderr, "%s\n", error);
        return EXIT_BROKEN;
    }
    uint32_t values = 0;
    uint32_t internal = 0;
    for (uint32_t i = 0; i < dictionary->fields_count; i++) {
        values += dictionary->fields[i].values_count;
        internal += dictionary->fields[i].internal ? 1 : 0;
    }
    (void)printf("%s: %u messages, %u fields (%u in-house), %u values, %u groups\n",
                 dictionary->begin_string, (unsigned)dictionary->messages_count,
                 (unsigned)dictionary->fields_count, (unsigned)internal, (unsigned)values,
                 (unsigned)dictionary->groups_count);
    dictionary_free(dictionary);
    return EXIT_OK;
}

static int parse_show(struct show *show, int argc, char **argv)
{
    for (int i = 0; i < argc; i++) {
        if (strcmp(argv[i], "--json") == 0) {
            show->json = true;
        } else if (strcmp(argv[i], "-d") == 0 || strcmp(argv[i], "--dictionary") == 0) {
            if (i + 1 == argc) {
                return usage(argv[i], " needs a FILE");
            }
            if (show->paths_count == DICTIONARY_SOURCES_MAX) {
                return usage("too many dictionaries", "");
            }
            show->paths[show->paths_count++] = argv[++i];
        } else if (argv[i][0] == '-' && argv[i][1] != '\0') {
            return usage("unknown option ", argv[i]);
        } else if (show->what != NULL) {
            return usage("show takes one WHAT, not also ", argv[i]);
        } else {
            show->what = argv[i];
        }
    }
    return show->what == NULL ? usage("show needs a MsgType, a tag or a name", "") : EXIT_OK;
}

static uint32_t as_tag(const char *text)
{
    uint32_t tag = 0;
    for (const char *c = text; *c != '\0'; c++) {
        if (*c < '0' || *c > '9' || tag > FIX_TAG_MAX) {
            return 0;
        }
        tag = tag * 10 + (uint32_t)(*c - '0');
    }
    return tag;
}

static const struct dictionary_message *find_message(const struct dictionary *dictionary,
                                                     const char *what)
{
    if (strcasecmp(what, "header") == 0) {
        return &dictionary->header;
    }
    if (strcasecmp(what, "trailer") == 0) {
        return &dictionary->trailer;
    }
    const struct dictionary_message *message = dictionary_message(dictionary, span_text(what));
    for (uint32_t i = 0; i < dictionary->messages_count && message == NULL; i++) {
        bool same = strcasecmp(dictionary->messages[i].name, what) == 0;
        message = same ? &dictionary->messages[i] : NULL;
    }
    return message;
}

static const struct dictionary_field *find_field(const struct dictionary *dictionary,
                                                 const char *what)
{
    const struct dictionary_field *field = dictionary_field(dictionary, as_tag(what));
    for (uint32_t i = 0; i < dictionary->fields_count && field == NULL; i++) {
        bool same = strcasecmp(dictionary->fields[i].name, what) == 0;
        field = same ? &dictionary->fields[i] : NULL;
    }
    return field;
}

static void print_nearest(const struct dictionary *dictionary, const char *what)
{
    struct nearest nearest;
    nearest_init(&nearest, span_text(what));
    for (uint32_t i = 0; i < dictionary->messages_count; i++) {
        nearest_offer(&nearest, dictionary->messages[i].name);
    }
    for (uint32_t i = 0; i < dictionary->fields_count; i++) {
        nearest_offer(&nearest, dictionary->fields[i].name);
    }
    (void)fprintf(stderr, "fixgate dict: nothing is called '%s'", what);
    if (nearest.best != NULL) {
        (void)fprintf(stderr, "; did you mean %s?", nearest.best);
    }
    (void)fputc('\n', stderr);
}

static void print_found(const struct show *show, const struct dictionary *dictionary,
                        const struct dictionary_message *message,
                        const struct dictionary_field *field)
{
    if (show->json) {
        (void)fputs("{\"messages\":[", stdout);
        if (message != NULL) {
            dictionary_json_message(stdout, dictionary, message);
        }
        (void)fputs("],\"fields\":[", stdout);
        if (field != NULL) {
            dictionary_json_field(stdout, dictionary, field);
        }
        (void)fputs("]}\n", stdout);
        return;
    }
    if (message != NULL) {
        dictionary_print_message(stdout, dictionary, message);
    }
    if (message != NULL && field != NULL) {
        (void)fputc('\n', stdout);
    }
    if (field != NULL) {
        dictionary_print_field(stdout, dictionary, field);
    }
}

static int show(int argc, char **argv)
{
    struct show show = {.what = NULL};
    int result = parse_show(&show, argc, argv);
    if (result != EXIT_OK) {
        return result;
    }
    char base[DICTIONARY_FILE_PATH_BYTES_MAX];
    char internal[DICTIONARY_FILE_PATH_BYTES_MAX];
    if (show.paths_count == 0) {
        /* A file that is nowhere is reported by the load, by its usual path. */
        bool found = dictionary_file_find("FIX44.xml", base);
        show.paths[show.paths_count++] = base;
        if (found && dictionary_file_find("FIX44-internal.xml", internal)) {
            show.paths[show.paths_count++] = internal;
        }
    }
    char error[DICTIONARY_ERROR_BYTES_MAX];
    struct dictionary *dictionary = dictionary_file_load(show.paths, show.paths_count, error);
    if (dictionary == NULL) {
        (void)fprintf(stderr, "%s\n", error);
        return EXIT_BROKEN;
    }
    const struct dictionary_message *message = find_message(dictionary, show.what);
    const struct dictionary_field *field = find_field(dictionary, show.what);
    if (message == NULL && field == NULL) {
        print_nearest(dictionary, show.what);
        result = EXIT_BROKEN;
    } else {
        print_found(&show, dictionary, message, field);
    }
    dictionary_free(dictionary);
    return result;
}

int command_dict(int argc, char **argv)
{
    for (int i = 1; i < argc; i++) {
        if (strcmp(argv[i], "--help") == 0 || strcmp(argv[i], "-h") == 0) {
            (void)fputs(HELP, stdout);
            return EXIT_OK;
        }
    }
    if (argc < 2) {
        (void)fputs(HELP, stderr);
        return EXIT_USAGE;
    }
    if (strcmp(argv[1], "check") == 0) {
        return check(argc - 2, argv + 2);
    }
    if (strcmp(argv[1], "show") == 0) {
        return show(argc - 2, argv + 2);
    }
    return usage("unknown command ", argv[1]);
}
