/* dictionaries/FIX44.xml against an independent dictionary of FIX 4.4, field by
 * field. That one is not part of the repository: the test looks for it beside the
 * sources and says so when it is not there. */
#include "dictionary_fixture.h"

#include "fix/dictionary_loader_parts.h"

#define OURS      "dictionaries/FIX44.xml"
#define REFERENCE "../shared/reference/FIX44.xml"

/* Where ours follows the standard and the reference does not. */
static const struct {
    uint32_t tag;
    const char *value;
    const char *reason;
} VALUES_ADDED[] = {
    {103, "12", "Surveillance option: in FIX 4.4's list since 4.3"},
    {167, "?", "wildcard of a SecurityDefinitionRequest: FIX 4.4 Vol. 6, SecurityType"},
};
static const struct {
    uint32_t tag;
    const char *reason;
} VALUES_OPEN[] = {
    {22, "100 and above are free for private identifications"},
    {27, "S, M, L or a number from 0 to 1000000000"},
    {35, "the messages themselves are the list"},
};

static struct dictionary *ours;
static struct dictionary *reference;

static int load(void **state)
{
    (void)state;
    struct span xml = fixture_read(REFERENCE);
    if (xml.data == NULL) {
        print_message("no " REFERENCE ": nothing to compare with\n");
        return 0;
    }
    fixture_free(xml);
    const char *our_paths[] = {OURS, NULL};
    const char *reference_paths[] = {REFERENCE, NULL};
    ours = fixture_load(our_paths);
    reference = fixture_load(reference_paths);
    return 0;
}

static int unload(void **state)
{
    (void)state;
    dictionary_free(ours);
    dictionary_free(reference);
    return 0;
}

static void need_reference(void)
{
    if (reference == NULL) {
        skip();
    }
}

static bool is_added(uint32_t tag, const char *value)
{
    for (size_t i = 0; i < ARRAY_LEN(VALUES_ADDED); i++) {
        if (VALUES_ADDED[i].tag == tag && strcmp(VALUES_ADDED[i].value, value) == 0) {
            return true;
        }
    }
    return false;
}

static bool is_open(uint32_t tag)
{
    for (size_t i = 0; i < ARRAY_LEN(VALUES_OPEN); i++) {
        if (VALUES_OPEN[i].tag == tag) {
            return true;
        }
    }
    return false;
}

static void compare_values(const struct dictionary_field *our, const struct dictionary_field *their)
{
    uint32_t at = 0;
    for (uint32_t i = 0; i < our->values_count; i++) {
        const struct dictionary_value *value = &ours->values[our->values_begin + i];
        if (is_added(our->tag, value->value)) {
            continue;
        }
        assert_true(at < their->values_count);
        const struct dictionary_value *other = &reference->values[their->values_begin + at];
        assert_string_equal(value->value, other->value);
        assert_string_equal(value->description, other->description);
        at++;
    }
    assert_int_equal(at, their->values_count);
}

static void fields_are_those_of_the_reference(void **state)
{
    (void)state;
    need_reference();
    assert_int_equal(ours->fields_count, reference->fields_count);
    for (uint32_t i = 0; i < ours->fields_count; i++) {
        const struct dictionary_field *our = &ours->fields[i];
        const struct dictionary_field *their = &reference->fields[i];
        assert_int_equal(our->tag, their->tag);
        assert_string_equal(our->name, their->name);
        assert_string_equal(dictionary_type_name(our->type), dictionary_type_name(their->type));
        assert_int_equal(our->data_tag, their->data_tag);
        assert_int_equal(our->in_header, their->in_header);
        assert_int_equal(our->in_trailer, their->in_trailer);
        assert_int_equal(our->values_open, is_open(our->tag));
        assert_false(our->internal);
        compare_values(our, their);
    }
}

static void compare_members(uint32_t our_begin, uint32_t their_begin, uint32_t count)
{
    for (uint32_t i = 0; i < count; i++) {
        const struct dictionary_member *our = &ours->members[our_begin + i];
        const struct dictionary_member *their = &reference->members[their_begin + i];
        assert_int_equal(our->tag, their->tag);
        assert_int_equal(our->position, their->position);
        assert_int_equal(our->required, their->required);
        assert_false(our->forbidden);
        assert_int_equal(our->group != 0, their->group != 0);
        if (our->group == 0) {
            continue;
        }
        const struct dictionary_group *our_group = dictionary_group_of(ours, our);
        const struct dictionary_group *their_group = dictionary_group_of(reference, their);
        assert_int_equal(our_group->first_tag, their_group->first_tag);
        assert_int_equal(our_group->required_count, their_group->required_count);
        assert_int_equal(our_group->members_count, their_group->members_count);
        compare_members(our_group->members_begin, their_group->members_begin,
                        our_group->members_count);
    }
}

static void compare_messages(const struct dictionary_message *our,
                             const struct dictionary_message *their)
{
    assert_string_equal(our->msg_type, their->msg_type);
    assert_string_equal(our->name, their->name);
    assert_int_equal(our->admin, their->admin);
    assert_int_equal(our->members_count, their->members_count);
    assert_int_equal(our->required_count, their->required_count);
    compare_members(our->members_begin, their->members_begin, our->members_count);
}

static void messages_are_those_of_the_reference(void **state)
{
    (void)state;
    need_reference();
    assert_string_equal(ours->begin_string, reference->begin_string);
    assert_int_equal(ours->messages_count, reference->messages_count);
    compare_messages(&ours->header, &reference->header);
    compare_messages(&ours->trailer, &reference->trailer);
    for (uint32_t i = 0; i < ours->messages_count; i++) {
        compare_messages(&ours->messages[i], &reference->messages[i]);
    }
}

/* Components vanish when messages are written out, so they are compared as the
 * elements of the XML. */
static const struct loader_element *components_of(struct loader *loader,
                                                  struct dictionary_source *source,
                                                  char error[DICTIONARY_ERROR_BYTES_MAX])
{
    *loader = (struct loader){.sources = source, .sources_count = 1, .error = error};
    error[0] = '\0';
    arena_init(&loader->scratch);
    arena_init(&loader->kept);
    assert_true(loader_parse(loader, 0));
    const struct loader_element *section = loader->roots[0]->first;
    while (section != NULL && section->kind != LOADER_COMPONENTS) {
        section = section->next;
    }
    assert_non_null(section);
    return section;
}

static void compare_elements(const struct loader_element *our, const struct loader_element *their)
{
    const struct loader_element *a = our->first;
    const struct loader_element *b = their->first;
    for (; a != NULL && b != NULL; a = a->next, b = b->next) {
        assert_int_equal(a->kind, b->kind);
        assert_string_equal(a->attributes[LOADER_ATTRIBUTE_name],
                            b->attributes[LOADER_ATTRIBUTE_name]);
        assert_string_equal(a->attributes[LOADER_ATTRIBUTE_required],
                            b->attributes[LOADER_ATTRIBUTE_required]);
        compare_elements(a, b);
    }
    assert_null(a);
    assert_null(b);
}

static const struct loader_element *named(const struct loader_element *section, const char *name)
{
    const struct loader_element *element = section->first;
    while (element != NULL && strcmp(element->attributes[LOADER_ATTRIBUTE_name], name) != 0) {
        element = element->next;
    }
    return element;
}

static void components_are_those_of_the_reference(void **state)
{
    (void)state;
    need_reference();
    char error[DICTIONARY_ERROR_BYTES_MAX];
    struct dictionary_source our_source = {OURS, fixture_read(OURS)};
    struct dictionary_source their_source = {REFERENCE, fixture_read(REFERENCE)};
    struct loader our_loader;
    struct loader their_loader;
    const struct loader_element *our = components_of(&our_loader, &our_source, error);
    const struct loader_element *their = components_of(&their_loader, &their_source, error);
    assert_int_equal(our_loader.counts[LOADER_COMPONENT_DEFINITION],
                     their_loader.counts[LOADER_COMPONENT_DEFINITION]);
    for (const struct loader_element *e = their->first; e != NULL; e = e->next) {
        const struct loader_element *same = named(our, e->attributes[LOADER_ATTRIBUTE_name]);
        assert_non_null(same);
        compare_elements(same, e);
    }
    arena_free(&our_loader.scratch);
    arena_free(&our_loader.kept);
    arena_free(&their_loader.scratch);
    arena_free(&their_loader.kept);
    fixture_free(our_source.xml);
    fixture_free(their_source.xml);
}

static void differences_are_still_differences(void **state)
{
    (void)state;
    need_reference();
    for (size_t i = 0; i < ARRAY_LEN(VALUES_ADDED); i++) {
        struct span value = span_text(VALUES_ADDED[i].value);
        const struct dictionary_field *our = dictionary_field(ours, VALUES_ADDED[i].tag);
        const struct dictionary_field *their = dictionary_field(reference, VALUES_ADDED[i].tag);
        assert_non_null(dictionary_value_name(ours, our, value));
        if (dictionary_value_name(reference, their, value) != NULL) {
            fail_msg("the reference has it now: %s", VALUES_ADDED[i].reason);
        }
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fields_are_those_of_the_reference),
        cmocka_unit_test(messages_are_those_of_the_reference),
        cmocka_unit_test(components_are_those_of_the_reference),
        cmocka_unit_test(differences_are_still_differences),
    };
    return cmocka_run_group_tests(tests, load, unload);
}
