#include "gateway/console/submit_input.h"

#include "fix/message.h"
#include "gateway/shell/fix_json.h"

#include <errno.h>
#include <unistd.h>

void submit_input_init(struct submit_input *input, int fd)
{
    memset(input, 0, sizeof(*input));
    input->fd = fd;
    input->end = fd < 0;
}

enum status submit_input_fill(struct submit_input *input)
{
    if (input->end) {
        return STATUS_OK;
    }
    memmove(input->buffer, input->buffer + input->begin, input->size - input->begin);
    input->size -= input->begin;
    input->begin = 0;
    if (input->size == sizeof(input->buffer)) {
        return STATUS_OK; /* A whole line is there already, or one too long to take. */
    }
    ssize_t got = read(input->fd, input->buffer + input->size, sizeof(input->buffer) - input->size);
    if (got < 0) {
        return errno == EINTR || errno == EAGAIN ? STATUS_OK : STATUS_IO;
    }
    input->size += (size_t)got;
    input->end = got == 0;
    return STATUS_OK;
}

/* '|' stands for SOH where no SOH is: easier to type, and what logs show. */
static void separate(uint8_t *data, size_t size)
{
    if (memchr(data, FIX_SOH, size) != NULL) {
        return;
    }
    for (size_t i = 0; i < size; i++) {
        data[i] = data[i] == '|' ? FIX_SOH : data[i];
    }
}

static bool is_space(uint8_t byte)
{
    return byte == ' ' || byte == '\t' || byte == '\r';
}

enum submit_line submit_input_take(struct submit_input *input, struct span *request)
{
    while (input->begin < input->size) {
        uint8_t *line = input->buffer + input->begin;
        size_t left = input->size - input->begin;
        const uint8_t *feed = memchr(line, '\n', left);
        size_t size = feed != NULL ? (size_t)(feed - line) : left;
        if (input->skip) {
            input->begin += size + (feed != NULL ? 1 : 0);
            input->skip = feed == NULL;
            continue;
        }
        if (feed == NULL && !input->end && left <= SUBMIT_LINE_BYTES_MAX) {
            return SUBMIT_LINE_NONE;
        }
        input->begin += size + (feed != NULL ? 1 : 0);
        input->line += 1;
        input->skip = feed == NULL && !input->end;
        if (input->skip) {
            return SUBMIT_LINE_LONG;
        }
        while (size > 0 && is_space(line[size - 1])) {
            size--;
        }
        while (size > 0 && is_space(line[0])) {
            line++;
            size--;
        }
        if (size > SUBMIT_LINE_BYTES_MAX) {
            return SUBMIT_LINE_LONG;
        }
        if (size > 0 && line[0] != '#') {
            if (line[0] != '{') {
                separate(line, size);
            }
            *request = span_of(line, size);
            return SUBMIT_LINE_TAKEN;
        }
    }
    return SUBMIT_LINE_NONE;
}

/* Indexes a message in either encoding; JSON is turned into tag=value in `room`. */
static bool index_any(const struct dictionary *dictionary, struct span message,
                      struct message *indexed, uint8_t *room, size_t capacity)
{
    char error[FIX_JSON_ERROR_BYTES_MAX];
    struct span fields = message;
    if (message.size > 0 && message.data[0] == '{' &&
        !fix_json_decode(dictionary, message, room, capacity, &fields, error)) {
        return false;
    }
    return message_index_unframed(indexed, fields, dictionary) == FRAME_FAULT_NONE;
}

void submit_id(const struct dictionary *dictionary, struct span message,
               char id[SUBMIT_ID_BYTES_MAX])
{
    static const uint32_t cl_ord_id = 11;
    struct field fields[FIX_FIELDS_MAX];
    uint8_t room[FIX_MESSAGE_BYTES_MAX];
    struct message indexed;
    message_init(&indexed, fields, FIX_FIELDS_MAX);
    id[0] = '\0';
    if (index_any(dictionary, message, &indexed, room, sizeof(room))) {
        span_to_text(message_value(&indexed, cl_ord_id), id, SUBMIT_ID_BYTES_MAX);
    }
}

bool submit_answer_rejects(const struct dictionary *dictionary, struct span message)
{
    static const uint32_t ord_status = 39;
    struct field fields[FIX_FIELDS_MAX];
    uint8_t room[FIX_MESSAGE_BYTES_MAX];
    struct message indexed;
    message_init(&indexed, fields, FIX_FIELDS_MAX);
    if (!index_any(dictionary, message, &indexed, room, sizeof(room))) {
        return true;
    }
    struct span type = message_type(&indexed);
    bool report = span_is(type, "8");
    bool rejected = span_is(message_value(&indexed, ord_status), "8");
    return report ? rejected : span_is(type, "3") || span_is(type, "j") || span_is(type, "9");
}
