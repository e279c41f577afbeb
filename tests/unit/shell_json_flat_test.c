/* The flat JSON objects of the control socket: what is taken, and what is refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "gateway/shell/json_flat.h"

static struct json_flat flat;
static char error[JSON_FLAT_ERROR_BYTES_MAX];

/* From bytes that end where the memory does, so that a read beyond them is found. */
static bool read_bytes(const char *text, size_t size)
{
    char *copy = malloc(size + (size == 0));
    assert_non_null(copy);
    memcpy(copy, text, size);
    error[0] = '\0';
    bool right = json_flat_read(span_of(copy, size), &flat, error);
    free(copy);
    return right;
}

static bool read_text(const char *text)
{
    return read_bytes(text, strlen(text));
}

/* Text without its end; returns where it goes on. */
static char *put(char *at, const char *text)
{
    struct span bytes = span_text(text);
    memcpy(at, bytes.data, bytes.size);
    return at + bytes.size;
}

static void members_of_every_plain_kind_are_taken_in_their_order(void **state)
{
    (void)state;
    assert_true(read_text(" {\"b\":\"text\",\"a\":-12,\"c\":true,\"d\":false,\"e\":null} "));
    static const char *const names[] = {"b", "a", "c", "d", "e"};
    static const char *const values[] = {"text", "-12", "true", "false", "null"};
    assert_int_equal(ARRAY_LEN(names), flat.count);
    for (size_t i = 0; i < ARRAY_LEN(names); i++) {
        assert_string_equal(names[i], flat.list[i].name);
        assert_string_equal(values[i], flat.list[i].value);
        assert_int_equal(i == 0, flat.list[i].quoted);
    }
    assert_true(read_text("{}"));
    assert_int_equal(0, flat.count);
}

static void text_is_decoded(void **state)
{
    (void)state;
    assert_true(read_text("{\"a\":\"\\\"\\\\\\u0041\\u00e4\\u0001\"}"));
    assert_string_equal("\"\\A\xc3\xa4\x01", json_flat_find(&flat, "a"));
}

static void true_is_not_the_text_true(void **state)
{
    (void)state;
    assert_true(read_text("{\"yes\":true,\"text\":\"true\",\"no\":false,\"one\":1}"));
    assert_true(json_flat_true(&flat, "yes"));
    assert_false(json_flat_true(&flat, "text"));
    assert_false(json_flat_true(&flat, "no"));
    assert_false(json_flat_true(&flat, "one"));
    assert_false(json_flat_true(&flat, "absent"));
    assert_null(json_flat_find(&flat, "absent"));
    assert_null(json_flat_member(&flat, "absent"));
}

static void what_is_no_flat_object_is_refused_with_a_reason(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *reason;
    } cases[] = {
        {"", "empty"},
        {" ", ""},
        {"{", ""},
        {"{\"a\":1", ""},
        {"{\"a\":1}}", ""},
        {"{\"a\":1}{\"b\":2}", ""},
        {"{a:1}", ""},
        {"{\"a\":1,}", ""},
        {"[]", "not a JSON object"},
        {"5", ""},
        {"\"a\"", ""},
        {"{\"a\":1,\"a\":1}", "duplicate"},
        {"{\"a\":{}}", "'a'"},
        {"{\"ok\":1,\"list\":[1]}", "'list'"},
        {"{\"a\":1.5}", "'a'"},
        {"{\"a\":1e400}", ""},
        {"{\"a\":99999999999999999999}", ""},
        {"{\"a\":\"\\u0000\"}", ""},
        {"{\"\\u0000\":1}", ""},
        {"{\"a\":\"\\ud800\"}", ""},
        {"{\"a\":\"\xff\"}", ""},
        {"{\"a\":\"\x01\"}", ""},
        {"{\"a\":\"", ""},
    };
    for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
        assert_false(read_text(cases[i].text));
        assert_true(error[0] != '\0');
        assert_non_null(strstr(error, cases[i].reason));
    }
    assert_false(read_bytes("{\"a\":1}\0", 8));
    assert_false(read_bytes("\0", 1));
}

static void nesting_of_any_depth_is_refused(void **state)
{
    (void)state;
    static const unsigned depths[] = {1, 100, 2000, 100000};
    for (size_t i = 0; i < ARRAY_LEN(depths); i++) {
        for (unsigned kind = 0; kind < 2; kind++) {
            const char *open = kind == 0 ? "[" : "{\"a\":";
            size_t step = strlen(open);
            char *text = malloc(5 + step * depths[i]);
            assert_non_null(text);
            char *at = put(text, "{\"a\":");
            for (unsigned depth = 0; depth < depths[i]; depth++) {
                at = put(at, open);
            }
            assert_false(read_bytes(text, 5 + step * depths[i]));
            free(text);
        }
    }
    assert_false(read_text("{\"a\":[[[[[[[[[[]]]]]]]]]]}"));
}

static void an_object_with_as_many_members_as_fit_is_taken_and_one_more_is_not(void **state)
{
    (void)state;
    char text[16 * (JSON_FLAT_MEMBERS_MAX + 2)];
    for (unsigned more = 0; more < 2; more++) {
        size_t used = (size_t)snprintf(text, sizeof(text), "{\"m0\":0");
        for (unsigned i = 1; i < JSON_FLAT_MEMBERS_MAX + more; i++) {
            used += (size_t)snprintf(text + used, sizeof(text) - used, ",\"m%u\":%u", i, i);
        }
        (void)snprintf(text + used, sizeof(text) - used, "}");
        assert_int_equal(more == 0, read_text(text));
    }
    assert_non_null(strstr(error, "too many members"));
    assert_non_null(strstr(error, "'m48'"));
}

static void what_is_longer_than_the_room_is_refused(void **state)
{
    (void)state;
    /* {"a":"xxx"}: two bytes of name, size bytes of value and its end. */
    static char text[JSON_FLAT_BYTES_MAX + 16];
    for (size_t more = 0; more < 2; more++) {
        size_t size = JSON_FLAT_BYTES_MAX - 3 + more;
        char *at = put(text, "{\"a\":\"");
        memset(at, 'x', size);
        (void)put(at + size, "\"}");
        assert_int_equal(more == 0, read_bytes(text, size + 8));
    }
    assert_string_equal("the object is too long", error);
    /* A name that is long stands in the reason only with its beginning. */
    memset(text, 'x', sizeof(text));
    (void)put(text, "{\"");
    (void)put(text + 4000, "\":[]}");
    assert_false(read_bytes(text, 4005));
    assert_true(strlen(error) < JSON_FLAT_ERROR_BYTES_MAX);
}

static void no_beginning_of_an_object_is_one(void **state)
{
    (void)state;
    static const char whole[] =
        "{\"command\":\"session.reset\",\"n\":12,\"confirm\":true,\"x\":null}";
    for (size_t size = 0; size < strlen(whole); size++) {
        assert_false(read_bytes(whole, size));
    }
    assert_true(read_text(whole));
    /* And no byte changed brings it down. */
    char text[sizeof(whole)];
    for (size_t i = 0; i < strlen(whole); i++) {
        for (unsigned byte = 0; byte < 256; byte++) {
            memcpy(text, whole, sizeof(whole));
            text[i] = (char)byte;
            if (read_bytes(text, strlen(whole))) {
                assert_true(flat.count <= 4);
            }
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(members_of_every_plain_kind_are_taken_in_their_order),
        cmocka_unit_test(text_is_decoded),
        cmocka_unit_test(true_is_not_the_text_true),
        cmocka_unit_test(what_is_no_flat_object_is_refused_with_a_reason),
        cmocka_unit_test(nesting_of_any_depth_is_refused),
        cmocka_unit_test(an_object_with_as_many_members_as_fit_is_taken_and_one_more_is_not),
        cmocka_unit_test(what_is_longer_than_the_room_is_refused),
        cmocka_unit_test(no_beginning_of_an_object_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
