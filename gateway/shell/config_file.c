#include "gateway/shell/config_file.h"

#include <errno.h>
#include <ini.h>
#include <stdarg.h>
#include <stdio.h>
#include <strings.h>

void config_errors_init(struct config_errors *errors, const char *path)
{
    errors->path = path;
    errors->count = 0;
    errors->dropped = 0;
}

void config_errors_add(struct config_errors *errors, uint32_t line, const char *format, ...)
{
    if (errors->count == CONFIG_ERRORS_MAX) {
        errors->dropped += 1;
        return;
    }
    uint32_t place = errors->count;
    while (place > 0 && errors->list[place - 1].line > line) {
        errors->list[place] = errors->list[place - 1];
        place -= 1;
    }
    struct config_error *error = &errors->list[place];
    error->line = line;
    int used = line > 0 ? snprintf(error->text, sizeof(error->text), "%s:%u: ", errors->path, line)
                        : snprintf(error->text, sizeof(error->text), "%s: ", errors->path);
    size_t start = used < 0 ? 0 : (size_t)used;
    error->place = (uint32_t)(start < sizeof(error->text) ? start : 0);
    if (start < sizeof(error->text)) {
        va_list arguments;
        va_start(arguments, format);
        (void)vsnprintf(error->text + start, sizeof(error->text) - start, format, arguments);
        va_end(arguments);
    }
    errors->count += 1;
}

const char *config_error_text(const struct config_error *error)
{
    return error->text + error->place;
}

const char *config_file_keep(struct config_file *file, struct span text)
{
    ASSERT(text.size < sizeof(file->text) - file->used);
    char *kept = file->text + file->used;
    span_to_text(text, kept, text.size + 1);
    file->used += text.size + 1;
    return kept;
}

/* What inih's two callbacks share. */
struct parse {
    struct config_file *file;
    struct config_errors *errors;
    struct span rest; /* Not yet given to inih. */
    uint32_t line;
};

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r' || byte == '\f' || byte == '\v';
}

static struct span trim(struct span text)
{
    while (text.size > 0 && is_space(text.data[0])) {
        text = span_of(text.data + 1, text.size - 1);
    }
    while (text.size > 0 && is_space(text.data[text.size - 1])) {
        text.size -= 1;
    }
    return text;
}

static size_t find_byte(struct span text, const char *bytes)
{
    for (size_t i = 0; i < text.size; i++) {
        if (text.data[i] != '\0' && strchr(bytes, text.data[i]) != NULL) {
            return i;
        }
    }
    return text.size;
}

static void section_line(struct parse *parse, struct span line)
{
    size_t close = find_byte(line, "]");
    struct span name = close < line.size ? trim(span_of(line.data + 1, close - 1)) : line;
    if (close == line.size || name.size == 0) {
        config_errors_add(parse->errors, parse->line,
                          "section header is not closed; write it as [NAME]");
        name = span_text("?");
    } else if (name.size > CONFIG_WORD_BYTES_MAX) {
        config_errors_add(parse->errors, parse->line, "section name is longer than %d bytes",
                          CONFIG_WORD_BYTES_MAX);
        name.size = CONFIG_WORD_BYTES_MAX;
    }
    if (parse->file->sections_count == CONFIG_SECTIONS_MAX) {
        config_errors_add(parse->errors, parse->line, "more than %d sections", CONFIG_SECTIONS_MAX);
        return;
    }
    parse->file->sections[parse->file->sections_count] =
        (struct config_section){.name = config_file_keep(parse->file, name), .line = parse->line};
    parse->file->sections_count += 1;
}

/* True if inih can take this line as it stands. */
static bool entry_line(struct parse *parse, struct span line)
{
    size_t separator = find_byte(line, "=:");
    if (separator == line.size) {
        config_errors_add(parse->errors, parse->line,
                          "neither [SECTION] nor Key=Value; comments begin with # or ;");
        return false;
    }
    if (trim(span_of(line.data, separator)).size > CONFIG_WORD_BYTES_MAX) {
        config_errors_add(parse->errors, parse->line, "key is longer than %d bytes",
                          CONFIG_WORD_BYTES_MAX);
        return false;
    }
    if (parse->file->sections_count == 0) {
        config_errors_add(parse->errors, parse->line,
                          "this line stands before any section; begin with [GATEWAY] or [DEFAULT]");
        return false;
    }
    return true;
}

static struct span line_take(struct parse *parse)
{
    struct span line = parse->rest;
    size_t end = find_byte(line, "\n");
    size_t skip = end < line.size ? end + 1 : end;
    parse->rest = span_of(line.data + skip, line.size - skip);
    parse->line += 1;
    line.size = end;
    /* A byte order mark is what some editors put first; it is not part of the text. */
    if (parse->line == 1 && line.size >= 3 && memcmp(line.data, "\xEF\xBB\xBF", 3) == 0) {
        line = span_of(line.data + 3, line.size - 3);
    }
    return trim(line);
}

/* inih's reader, as fgets(): it gets each line without leading space, so that an
 * indented key is a key and never the continuation of the one before. A line
 * that is refused here reaches inih as an empty one, which keeps its count. */
static char *parse_reader(char *out, int size, void *context)
{
    struct parse *parse = context;
    if (parse->rest.size == 0) {
        return NULL;
    }
    struct span line = line_take(parse);
    bool give = false;
    if (line.size == 0 || line.data[0] == '#' || line.data[0] == ';') {
        give = false;
    } else if (memchr(line.data, '\0', line.size) != NULL) {
        config_errors_add(parse->errors, parse->line,
                          "line holds a NUL byte; is this a text file?");
    } else if (line.size > CONFIG_LINE_BYTES_MAX) {
        config_errors_add(parse->errors, parse->line, "line is longer than %d bytes",
                          CONFIG_LINE_BYTES_MAX);
    } else if (line.data[0] == '[') {
        section_line(parse, line); /* inih need not see it: it would merge equal names. */
    } else {
        give = entry_line(parse, line);
    }
    ASSERT(size > CONFIG_LINE_BYTES_MAX + 2);
    if (!give) {
        line.size = 0;
    }
    span_to_text(line, out, (size_t)size - 1);
    memcpy(out + line.size, "\n", 2);
    return out;
}

static int parse_entry(void *context, const char *section, const char *key, const char *value)
{
    (void)section;
    struct parse *parse = context;
    struct config_file *file = parse->file;
    if (file->entries_count == CONFIG_ENTRIES_MAX) {
        config_errors_add(parse->errors, parse->line, "more than %d settings", CONFIG_ENTRIES_MAX);
        return 1;
    }
    file->entries[file->entries_count] = (struct config_entry){
        .section = file->sections_count - 1,
        .line = parse->line,
        .key = config_file_keep(file, span_text(key)),
        .value = config_file_keep(file, span_text(value)),
    };
    file->entries_count += 1;
    return 1;
}

void config_file_parse(struct config_file *file, const char *path, struct span text,
                       struct config_errors *errors)
{
    file->path = path;
    file->sections_count = 0;
    file->entries_count = 0;
    file->used = 0;
    if (text.size > CONFIG_FILE_BYTES_MAX) {
        config_errors_add(errors, 0, "file is longer than %d bytes", CONFIG_FILE_BYTES_MAX);
        return;
    }
    struct parse parse = {.file = file, .errors = errors, .rest = text};
    int fault = ini_parse_stream(parse_reader, &parse, parse_entry, &parse);
    if (fault != 0) {
        config_errors_add(errors, fault > 0 ? (uint32_t)fault : 0, "cannot be read as Key=Value");
    }
}

void config_file_read(struct config_file *file, const char *path, struct config_errors *errors)
{
    /* The upper half is free until parsing; entries are kept from the lower half up. */
    char *text = file->text + sizeof(file->text) / 2;
    FILE *stream = fopen(path, "rb");
    if (stream == NULL) {
        config_errors_add(errors, 0, "cannot be opened (%s)", strerror(errno));
        config_file_parse(file, path, span_of(NULL, 0), errors);
        return;
    }
    size_t size = fread(text, 1, CONFIG_FILE_BYTES_MAX, stream);
    bool more = fgetc(stream) != EOF;
    if (ferror(stream)) {
        config_errors_add(errors, 0, "cannot be read (%s)", strerror(errno));
        size = 0;
    } else if (more) {
        config_errors_add(errors, 0, "file is longer than %d bytes", CONFIG_FILE_BYTES_MAX);
        size = 0;
    }
    (void)fclose(stream);
    config_file_parse(file, path, span_of(text, size), errors);
}
