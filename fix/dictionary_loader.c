#include "fix/dictionary_loader.h"

#include <expat.h>
#include <stdarg.h>
#include <stdio.h>

#include "fix/dictionary_loader_parts.h"

/* The dictionary as handed out, with the memory that it stands in. */
struct loaded {
    struct dictionary dictionary; /* First: the caller's pointer is ours. */
    struct arena arena;
};

#define BIT(x) (1U << (x))

static const char *const ATTRIBUTE_NAMES[] = {
#define X(name) #name,
    LOADER_ATTRIBUTES(X)
#undef X
};

/* Which element may stand where, and with what. The same word means different
 * things in different places, so `parents` is part of what tells them apart. */
struct kind_rule {
    const char *word;
    uint32_t parents; /* 0: the root. */
    uint32_t attributes;
    uint32_t attributes_needed;
};

#define PLACES                                                                                     \
    (BIT(LOADER_HEADER) | BIT(LOADER_TRAILER) | BIT(LOADER_MESSAGE) | BIT(LOADER_GROUP) |          \
     BIT(LOADER_COMPONENT_DEFINITION))
#define HAS(name) BIT(LOADER_ATTRIBUTE_##name)
#define REFERENCE (HAS(name) | HAS(required) | HAS(forbidden))

static const struct kind_rule KINDS[LOADER_KIND_COUNT] = {
    [LOADER_FIX] = {"fix", 0, HAS(type) | HAS(major) | HAS(minor) | HAS(servicepack), 0},
    [LOADER_HEADER] = {"header", BIT(LOADER_FIX), 0, 0},
    [LOADER_TRAILER] = {"trailer", BIT(LOADER_FIX), 0, 0},
    [LOADER_MESSAGES] = {"messages", BIT(LOADER_FIX), 0, 0},
    [LOADER_COMPONENTS] = {"components", BIT(LOADER_FIX), 0, 0},
    [LOADER_FIELDS] = {"fields", BIT(LOADER_FIX), 0, 0},
    [LOADER_MESSAGE] = {"message", BIT(LOADER_MESSAGES), HAS(name) | HAS(msgtype) | HAS(msgcat),
                        HAS(name)},
    [LOADER_COMPONENT_DEFINITION] = {"component", BIT(LOADER_COMPONENTS), HAS(name), HAS(name)},
    [LOADER_FIELD_DEFINITION] = {"field", BIT(LOADER_FIELDS),
                                 HAS(number) | HAS(name) | HAS(type) | HAS(internal) |
                                     HAS(allowOtherValues),
                                 HAS(name)},
    [LOADER_VALUE] = {"value", BIT(LOADER_FIELD_DEFINITION), HAS(enum) | HAS(description),
                      HAS(enum) | HAS(description)},
    [LOADER_FIELD] = {"field", PLACES, REFERENCE, HAS(name)},
    [LOADER_GROUP] = {"group", PLACES, REFERENCE, HAS(name)},
    [LOADER_COMPONENT] = {"component", PLACES, REFERENCE & ~HAS(forbidden), HAS(name)},
};

/* What the callbacks of expat share. */
struct reading {
    struct loader *loader;
    XML_Parser parser;
    uint32_t source;
    uint32_t depth;
    struct loader_element *open; /* The innermost element that has not ended. */
};

static bool fail_with(struct loader *loader, uint32_t source, uint32_t line, const char *format,
                      va_list arguments) __attribute__((format(printf, 4, 0)));

static bool fail_with(struct loader *loader, uint32_t source, uint32_t line, const char *format,
                      va_list arguments)
{
    if (loader->error[0] != '\0') {
        return false;
    }
    int used = snprintf(loader->error, DICTIONARY_ERROR_BYTES_MAX,
                        "%.200s:%u: ", loader->sources[source].name, (unsigned)line);
    ASSERT(used > 0);
    ASSERT(used < DICTIONARY_ERROR_BYTES_MAX);
    size_t room = (size_t)DICTIONARY_ERROR_BYTES_MAX - (size_t)used;
    (void)vsnprintf(loader->error + used, room, format, arguments);
    /* One line, whatever the file put into its names. */
    for (char *byte = loader->error; *byte != '\0'; byte++) {
        if ((unsigned char)*byte < ' ' || *byte == 127) {
            *byte = '?';
        }
    }
    return false;
}

bool loader_fail(struct loader *loader, uint32_t source, uint32_t line, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)fail_with(loader, source, line, format, arguments);
    va_end(arguments);
    return false;
}

bool loader_fail_at(struct loader *loader, const struct loader_element *element, const char *format,
                    ...)
{
    va_list arguments;
    va_start(arguments, format);
    (void)fail_with(loader, element->source, element->line, format, arguments);
    va_end(arguments);
    return false;
}

bool loader_fail_memory(struct loader *loader, const struct loader_element *element)
{
    return loader_fail_at(loader, element, "out of memory: the dictionary is too big");
}

/* Reports at the parser's place and stops it. */
static void stop(struct reading *reading, const char *what, const char *detail)
{
    uint32_t line = (uint32_t)XML_GetCurrentLineNumber(reading->parser);
    (void)loader_fail(reading->loader, reading->source, line, "%s%.100s", what, detail);
    (void)XML_StopParser(reading->parser, XML_FALSE);
}

static enum loader_kind kind_of(const char *word, const struct loader_element *parent)
{
    for (uint32_t kind = 0; kind < LOADER_KIND_COUNT; kind++) {
        bool fits = parent == NULL ? KINDS[kind].parents == 0
                                   : (KINDS[kind].parents & BIT(parent->kind)) != 0;
        if (fits && strcmp(KINDS[kind].word, word) == 0) {
            return (enum loader_kind)kind;
        }
    }
    return LOADER_KIND_COUNT;
}

static bool take_attribute(struct reading *reading, struct loader_element *element,
                           const char *name, const char *value)
{
    uint32_t index = 0;
    while (index < LOADER_ATTRIBUTE_COUNT && strcmp(ATTRIBUTE_NAMES[index], name) != 0) {
        index++;
    }
    if (index == LOADER_ATTRIBUTE_COUNT || (KINDS[element->kind].attributes & BIT(index)) == 0) {
        return loader_fail_at(reading->loader, element, "<%s> has no attribute '%.100s'",
                              KINDS[element->kind].word, name);
    }
    if (strlen(value) > LOADER_ATTRIBUTE_BYTES_MAX) {
        return loader_fail_at(reading->loader, element, "%s is longer than %d bytes", name,
                              LOADER_ATTRIBUTE_BYTES_MAX);
    }
    if (value[0] == '\0' && index != LOADER_ATTRIBUTE_servicepack) {
        return loader_fail_at(reading->loader, element, "%s is empty", name);
    }
    element->attributes[index] = arena_text(&reading->loader->kept, span_text(value));
    return element->attributes[index] != NULL || loader_fail_memory(reading->loader, element);
}

static bool take_attributes(struct reading *reading, struct loader_element *element,
                            const char **attributes)
{
    for (size_t i = 0; attributes[i] != NULL; i += 2) {
        if (!take_attribute(reading, element, attributes[i], attributes[i + 1])) {
            return false;
        }
    }
    for (uint32_t index = 0; index < LOADER_ATTRIBUTE_COUNT; index++) {
        bool needed = (KINDS[element->kind].attributes_needed & BIT(index)) != 0;
        if (needed && element->attributes[index] == NULL) {
            return loader_fail_at(reading->loader, element, "<%s> without %s",
                                  KINDS[element->kind].word, ATTRIBUTE_NAMES[index]);
        }
    }
    return true;
}

static void append(struct loader_element *parent, struct loader_element *element)
{
    if (parent->last == NULL) {
        parent->first = element;
    } else {
        parent->last->next = element;
    }
    parent->last = element;
}

static void XMLCALL on_start(void *context, const char *word, const char **attributes)
{
    struct reading *reading = context;
    struct loader *loader = reading->loader;
    enum loader_kind kind = kind_of(word, reading->open);
    if (kind == LOADER_KIND_COUNT) {
        stop(reading, reading->open == NULL ? "the root is not <fix> but " : "misplaced element ",
             word);
        return;
    }
    if (reading->depth == LOADER_DEPTH_MAX) {
        stop(reading, "elements are nested too deeply at ", word);
        return;
    }
    struct loader_element *element = arena_take(&loader->scratch, sizeof(*element));
    if (element == NULL) {
        stop(reading, "out of memory", "");
        return;
    }
    element->kind = kind;
    element->source = reading->source;
    element->line = (uint32_t)XML_GetCurrentLineNumber(reading->parser);
    element->parent = reading->open;
    if (!take_attributes(reading, element, attributes)) {
        (void)XML_StopParser(reading->parser, XML_FALSE);
        return;
    }
    if (reading->open == NULL) {
        loader->roots[reading->source] = element;
    } else {
        append(reading->open, element);
    }
    loader->counts[kind]++;
    reading->open = element;
    reading->depth++;
}

static void XMLCALL on_end(void *context, const char *word)
{
    (void)word;
    struct reading *reading = context;
    if (reading->open != NULL) {
        reading->open = reading->open->parent;
        reading->depth--;
    }
}

static void XMLCALL on_text(void *context, const char *text, int size)
{
    for (int i = 0; i < size; i++) {
        if (strchr(" \t\r\n", text[i]) == NULL) {
            stop(context, "text between the elements", "");
            return;
        }
    }
}

/* Entities are declared in a document type and nowhere else: without one there
 * is nothing to expand and nothing external to fetch. */
static void XMLCALL on_doctype(void *context, const char *name, const char *system_id,
                               const char *public_id, int has_subset)
{
    (void)system_id;
    (void)public_id;
    (void)has_subset;
    stop(context, "a document type is not allowed: ", name);
}

bool loader_parse(struct loader *loader, uint32_t source)
{
    struct span xml = loader->sources[source].xml;
    if (xml.size > LOADER_SOURCE_BYTES_MAX) {
        return loader_fail(loader, source, 1, "longer than %d bytes", LOADER_SOURCE_BYTES_MAX);
    }
    XML_Parser parser = XML_ParserCreate(NULL);
    if (parser == NULL) {
        return loader_fail(loader, source, 1, "out of memory");
    }
    struct reading reading = {.loader = loader, .parser = parser, .source = source};
    XML_SetUserData(parser, &reading);
    XML_SetElementHandler(parser, on_start, on_end);
    XML_SetCharacterDataHandler(parser, on_text);
    XML_SetStartDoctypeDeclHandler(parser, on_doctype);
    const char *text = xml.size == 0 ? "" : (const char *)xml.data;
    if (XML_Parse(parser, text, (int)xml.size, XML_TRUE) != XML_STATUS_OK) {
        (void)loader_fail(loader, source, (uint32_t)XML_GetCurrentLineNumber(parser),
                          "not well-formed XML: %s", XML_ErrorString(XML_GetErrorCode(parser)));
    }
    XML_ParserFree(parser);
    return loader->error[0] == '\0';
}

static bool load(struct loader *loader, struct loaded **out)
{
    for (uint32_t source = 0; source < loader->sources_count; source++) {
        if (!loader_parse(loader, source)) {
            return false;
        }
    }
    if (!loader_fields(loader) || !loader_drafts(loader)) {
        return false;
    }
    struct dictionary *dictionary = loader_tables(loader);
    if (dictionary == NULL) {
        return false;
    }
    struct loaded *loaded = arena_take(&loader->kept, sizeof(*loaded));
    if (loaded == NULL) {
        return loader_fail_memory(loader, loader->roots[0]);
    }
    loaded->dictionary = *dictionary;
    loaded->arena = loader->kept;
    *out = loaded;
    return true;
}

struct dictionary *dictionary_load(const struct dictionary_source *sources, size_t count,
                                   char error[DICTIONARY_ERROR_BYTES_MAX])
{
    ASSERT(count > 0);
    ASSERT(count <= DICTIONARY_SOURCES_MAX);
    struct loader loader = {.sources = sources, .sources_count = count, .error = error};
    error[0] = '\0';
    arena_init(&loader.scratch);
    arena_init(&loader.kept);
    struct loaded *loaded = NULL;
    bool ok = load(&loader, &loaded);
    arena_free(&loader.scratch);
    if (!ok) {
        ASSERT(error[0] != '\0');
        arena_free(&loader.kept);
        return NULL;
    }
    return &loaded->dictionary;
}

void dictionary_free(struct dictionary *dictionary)
{
    if (dictionary != NULL) {
        /* The arena holds its own description, so it is copied out first. */
        struct arena arena = ((struct loaded *)dictionary)->arena;
        arena_free(&arena);
    }
}
