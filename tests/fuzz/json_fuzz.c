/* Any bytes, as FIX JSON of a client and as a message to be written as JSON.
 *
 * What must hold: nothing is read or written outside (the sanitizers watch); what
 * is decoded is tag=value that can be indexed and holds MsgType(35); writing that
 * as JSON and reading it again gives the same fields, but for bytes that JSON
 * cannot carry; an error is one line of text. */
#include "fix/message.h"
#include "gateway/shell/fix_json.h"
#include "gateway/shell/json_numbers.h"
#include "gateway/shell/readable.h"
#include "tests/fuzz/dictionary.h"
#include "tests/fuzz/fuzz.h"

enum { TEXT_BYTES_MAX = 8 * FIX_MESSAGE_BYTES_MAX };

static struct dictionary *dictionary; /* Loaded once; read only. */
static uint8_t decoded[FIX_MESSAGE_BYTES_MAX];
static uint8_t decoded_again[FIX_MESSAGE_BYTES_MAX];
static uint8_t text[TEXT_BYTES_MAX];

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    dictionary = fuzz_dictionary();
    return 0;
}

static void check_error(const char error[FIX_JSON_ERROR_BYTES_MAX])
{
    size_t size = strnlen(error, FIX_JSON_ERROR_BYTES_MAX);
    ASSERT(size > 0);
    ASSERT(size < FIX_JSON_ERROR_BYTES_MAX);
    ASSERT(memchr(error, FIX_SOH, size) == NULL);
}

/* What was decoded goes into JSON and comes back. */
static void check_round(struct span fields)
{
    char error[FIX_JSON_ERROR_BYTES_MAX];
    struct span json;
    struct span again;
    if (!fix_json_encode(dictionary, fields, text, sizeof(text), &json) ||
        json.size > FIX_JSON_BYTES_MAX) {
        return;
    }
    bool right =
        fix_json_decode(dictionary, json, decoded_again, sizeof(decoded_again), &again, error);
    ASSERT(right);
    ASSERT(span_equal(fields, again));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static struct field fields[FIX_FIELDS_MAX];
    char error[FIX_JSON_ERROR_BYTES_MAX] = "";
    struct span out;
    struct span json;
    if (size > FIX_JSON_BYTES_MAX) {
        return 0;
    }
    if (fix_json_decode(dictionary, span_of(data, size), decoded, sizeof(decoded), &out, error)) {
        struct message message;
        message_init(&message, fields, FIX_FIELDS_MAX);
        enum frame_fault fault = message_index_unframed(&message, out, dictionary);
        ASSERT(fault == FRAME_FAULT_NONE || fault == FRAME_FAULT_FIELDS_MAX);
        if (fault == FRAME_FAULT_NONE) {
            ASSERT(message_type(&message).size > 0);
            check_round(out);
        }
    } else {
        check_error(error);
    }
    (void)!fix_json_encode(dictionary, span_of(data, size), text, sizeof(text), &json);
    (void)readable_format(dictionary, span_of(data, size), READABLE_LINES, (char *)text,
                          sizeof(text));
    return 0;
}
