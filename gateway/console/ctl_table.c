#include "gateway/console/ctl_table.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { COLUMN_NAME_BYTES_MAX = 40 };

struct column {
    char name[COLUMN_NAME_BYTES_MAX + 1];
    size_t width;
    bool number; /* To the right. */
    bool used;   /* Some row has something there. */
};

struct columns {
    uint32_t count;
    struct column list[JSON_FLAT_MEMBERS_MAX];
};

static bool colours(void)
{
    return isatty(STDOUT_FILENO) == 1 && getenv("NO_COLOR") == NULL;
}

/* Of the terminal; SIZE_MAX where there is none, so that what is piped is one row a line. */
static size_t terminal_columns(void)
{
    struct winsize size = {.ws_col = 0};
    bool known = isatty(STDOUT_FILENO) == 1 && ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0;
    return known && size.ws_col > 0 ? size.ws_col : SIZE_MAX;
}

/* What a peer or client sent must not steer the terminal. */
static void print_plain(const char *text)
{
    for (; *text != '\0'; text++) {
        unsigned char byte = (unsigned char)*text;
        (void)fputc(byte < ' ' || byte == 0x7f ? '?' : byte, stdout);
    }
}

static void pad(size_t count)
{
    (void)printf("%*s", (int)count, "");
}

static struct column *column_of(struct columns *columns, const char *name)
{
    for (uint32_t i = 0; i < columns->count; i++) {
        if (strncmp(columns->list[i].name, name, COLUMN_NAME_BYTES_MAX) == 0) {
            return &columns->list[i];
        }
    }
    if (columns->count == JSON_FLAT_MEMBERS_MAX) {
        return NULL;
    }
    struct column *column = &columns->list[columns->count++];
    *column = (struct column){.number = true};
    (void)snprintf(column->name, sizeof(column->name), "%s", name);
    column->width = strlen(column->name);
    return column;
}

static void measure(struct columns *columns, const struct json_flat *row)
{
    for (uint32_t i = 0; i < row->count; i++) {
        const char *value = row->list[i].value;
        struct column *column = column_of(columns, row->list[i].name);
        size_t width = strlen(value);
        if (column == NULL || width == 0) {
            continue;
        }
        column->width = width > column->width ? width : column->width;
        column->number = column->number && strspn(value, "-.0123456789") == width;
        column->used = true;
    }
}

/* A cell with the blanks around it; nothing behind the last one. */
static void print_cell(const struct column *column, const char *text, bool first, bool last)
{
    size_t size = strlen(text);
    size_t blanks = column->width > size ? column->width - size : 0;
    pad(first ? 0 : 2);
    pad(column->number ? blanks : 0);
    print_plain(text);
    pad(column->number || last ? 0 : blanks);
}

static uint32_t last_used(const struct columns *columns)
{
    uint32_t last = 0;
    for (uint32_t i = 0; i < columns->count; i++) {
        last = columns->list[i].used ? i : last;
    }
    return last;
}

static void print_head(const struct columns *columns)
{
    bool first = true;
    (void)fputs(colours() ? "\033[1m" : "", stdout);
    for (uint32_t i = 0; i < columns->count; i++) {
        const struct column *column = &columns->list[i];
        if (!column->used) {
            continue;
        }
        char name[COLUMN_NAME_BYTES_MAX + 1];
        for (size_t at = 0; at <= strlen(column->name); at++) {
            char byte = column->name[at];
            name[at] = (char)(byte >= 'a' && byte <= 'z' ? byte - 'a' + 'A'
                              : byte == '_'              ? ' '
                                                         : byte);
        }
        print_cell(column, name, first, i == last_used(columns));
        first = false;
    }
    (void)fputs(colours() ? "\033[0m\n" : "\n", stdout);
}

static void print_row(const struct control_client *client, const struct columns *columns)
{
    bool first = true;
    for (uint32_t i = 0; i < columns->count; i++) {
        if (columns->list[i].used) {
            print_cell(&columns->list[i], control_client_value(client, columns->list[i].name),
                       first, i == last_used(columns));
            first = false;
        }
    }
    (void)fputc('\n', stdout);
}

static size_t width_of(const struct columns *columns)
{
    size_t width = 0;
    for (uint32_t i = 0; i < columns->count; i++) {
        const struct column *column = &columns->list[i];
        width += column->used ? column->width + (width > 0 ? 2 : 0) : 0;
    }
    return width;
}

/* client->row, a member a line. */
static void print_record(const struct json_flat *row)
{
    size_t width = 0;
    for (uint32_t i = 0; i < row->count; i++) {
        size_t size = strlen(row->list[i].name);
        width = size > width ? size : width;
    }
    for (uint32_t i = 0; i < row->count; i++) {
        const struct json_member *member = &row->list[i];
        if (member->value[0] != '\0') {
            (void)printf("%-*s  ", (int)width, member->name);
            print_plain(member->value);
            (void)fputc('\n', stdout);
        }
    }
}

bool ctl_table_print(struct control_client *client)
{
    struct columns columns = {.count = 0};
    for (uint32_t frame = 1; frame < client->frames.count; frame++) {
        if (!control_client_read(client, frame)) {
            return false;
        }
        measure(&columns, &client->row);
    }
    bool wide = width_of(&columns) <= terminal_columns();
    if (wide) {
        print_head(&columns);
    }
    for (uint32_t frame = 1; frame < client->frames.count; frame++) {
        if (!control_client_read(client, frame)) {
            return false;
        }
        if (wide) {
            print_row(client, &columns);
            continue;
        }
        print_record(&client->row);
        (void)fputc('\n', stdout);
    }
    return true;
}

bool ctl_table_print_one(struct control_client *client)
{
    if (!control_client_read(client, 1)) {
        return false;
    }
    print_record(&client->row);
    return true;
}
