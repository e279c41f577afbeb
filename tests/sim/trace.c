#include "tests/sim/trace.h"

#include "fix/text.h"

#include <inttypes.h>
#include <stdarg.h>

enum {
    WHO_COLUMNS = 20,
    MESSAGE_BYTES_MAX = 480,
    SOH = '\001',
};

static const struct {
    const char *type;
    const char *name;
} names[] = {
    {"0", "Heartbeat"},
    {"1", "TestRequest"},
    {"2", "ResendRequest"},
    {"3", "Reject"},
    {"4", "SequenceReset"},
    {"5", "Logout"},
    {"6", "IOI"},
    {"8", "ExecutionReport"},
    {"9", "OrderCancelReject"},
    {"A", "Logon"},
    {"D", "NewOrderSingle"},
    {"F", "OrderCancelRequest"},
    {"G", "OrderCancelReplaceRequest"},
    {"H", "OrderStatusRequest"},
    {"j", "BusinessMessageReject"},
    {"U1", "OrderEvent"},
    {"U2", "SessionEvent"},
    {"U3", "Alert"},
    {"U4", "BrokerEvent"},
    {"U5", "ControlEvent"},
    {"AF", "OrderMassStatusRequest"},
    {"q", "OrderMassCancelRequest"},
    {"r", "OrderMassCancelReport"},
};

void trace_init(struct trace *trace, const uint64_t *now_ns, FILE *print)
{
    *trace = (struct trace){.now_ns = now_ns,
                            .begin_ns = *now_ns,
                            .hash = UINT64_C(0xcbf29ce484222325),
                            .print = print};
}

static void take_line(struct trace *trace, const char *line)
{
    for (const char *at = line; *at != '\0'; at++) {
        trace->hash = (trace->hash ^ (unsigned char)*at) * UINT64_C(0x100000001b3);
    }
    trace->hash = (trace->hash ^ '\n') * UINT64_C(0x100000001b3);
    trace->lines++;
    if (trace->print != NULL) {
        (void)fprintf(trace->print, "%s\n", line);
    }
}

static int begin_line(const struct trace *trace, char *line, const char *who)
{
    uint64_t since_ns = *trace->now_ns - trace->begin_ns;
    int size = snprintf(line, TRACE_LINE_BYTES_MAX, "%6" PRIu64 ".%06" PRIu64 "  %-*s ",
                        since_ns / 1000000000u, since_ns % 1000000000u / 1000u, WHO_COLUMNS, who);
    ASSERT(size > 0);
    ASSERT(size < TRACE_LINE_BYTES_MAX);
    return size;
}

void trace_say(struct trace *trace, const char *who, const char *format, ...)
{
    char *line = trace->kept[trace->lines % TRACE_KEPT_LINES];
    int used = begin_line(trace, line, who);
    size_t room = TRACE_LINE_BYTES_MAX - (size_t)used;
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(line + used, room, format, arguments);
    va_end(arguments);
    if (size < 0 || (size_t)size >= room) {
        memcpy(line + TRACE_LINE_BYTES_MAX - 4, "...", 4);
    }
    take_line(trace, line);
}

static const char *name_of(struct span type)
{
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        if (span_is(type, names[i].type)) {
            return names[i].name;
        }
    }
    return NULL;
}

/* The same in every line, or told by the line itself. */
static bool is_dull(struct span tag)
{
    static const char *const dull[] = {"8", "9", "10", "35", "49", "56", "52", "122"};
    for (size_t i = 0; i < ARRAY_LEN(dull); i++) {
        if (span_is(tag, dull[i])) {
            return true;
        }
    }
    return false;
}

static void add(char *text, size_t *used, struct span bytes)
{
    for (size_t i = 0; i < bytes.size && *used < MESSAGE_BYTES_MAX; i++) {
        uint8_t byte = bytes.data[i];
        bool plain = byte >= ' ' && byte < 0x7f;
        text[(*used)++] = plain ? (char)byte : byte == SOH ? '|' : '.';
    }
    text[*used] = '\0';
}

/* The next "tag=value" without its SOH; false at the end. */
static bool next_field(struct span *rest, struct span *tag, struct span *field)
{
    if (rest->size == 0) {
        return false;
    }
    const uint8_t *end = memchr(rest->data, SOH, rest->size);
    size_t size = end != NULL ? (size_t)(end - rest->data) : rest->size;
    const uint8_t *equals = memchr(rest->data, '=', size);
    *field = span_of(rest->data, size);
    *tag = span_of(rest->data, equals != NULL ? (size_t)(equals - rest->data) : size);
    size_t taken = end != NULL ? size + 1 : size;
    *rest = span_of(rest->data + taken, rest->size - taken);
    return true;
}

static struct span type_of(struct span bytes)
{
    struct span rest = bytes;
    struct span tag;
    struct span field;
    while (next_field(&rest, &tag, &field)) {
        if (span_is(tag, "35") && field.size > 3) {
            return span_of(field.data + 3, field.size - 3);
        }
    }
    return span_of(NULL, 0);
}

void trace_message(struct trace *trace, const char *who, struct span bytes, const char *note)
{
    char text[MESSAGE_BYTES_MAX + 1] = "";
    size_t used = 0;
    struct span type = type_of(bytes);
    if (type.size == 0) {
        add(text, &used, bytes);
        trace_say(trace, who, "(%zu bytes) %s%s%s", bytes.size, text, note != NULL ? "  -- " : "",
                  note != NULL ? note : "");
        return;
    }
    const char *name = name_of(type);
    if (name != NULL) {
        add(text, &used, span_text(name));
    } else {
        add(text, &used, span_text("35="));
        add(text, &used, type);
    }
    struct span rest = bytes;
    struct span tag;
    struct span field;
    while (next_field(&rest, &tag, &field)) {
        if (!is_dull(tag)) {
            add(text, &used, span_text(" "));
            add(text, &used, field);
        }
    }
    trace_say(trace, who, "%s%s%s", text, note != NULL ? "  -- " : "", note != NULL ? note : "");
}

void trace_print_kept(const struct trace *trace, FILE *to)
{
    uint64_t count = trace->lines < TRACE_KEPT_LINES ? trace->lines : TRACE_KEPT_LINES;
    for (uint64_t i = trace->lines - count; i < trace->lines; i++) {
        (void)fprintf(to, "%s\n", trace->kept[i % TRACE_KEPT_LINES]);
    }
}
