/* Configuration files that nobody checked: gateway_config_parse() reads them as text, and
 * what it takes must be whole.
 *
 * Each error names the file and says something; without one there is a configuration whose
 * parts exist, whose names and texts are within their limits and can stand in a message,
 * and which can be listed. What has no [GATEWAY] is also explained, as `fixgate check` does
 * with the files of other engines. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "gateway/shell/config_quickfix.h"
#include "tests/fuzz/fuzz.h"

static struct config_errors errors;
static FILE *nowhere;

int LLVMFuzzerInitialize(int *argc, char ***argv)
{
    (void)argc;
    (void)argv;
    nowhere = fopen("/dev/null", "w");
    ASSERT(nowhere != NULL);
    return 0;
}

static void check_errors(void)
{
    ASSERT(errors.count > 0);
    ASSERT(errors.count <= CONFIG_ERRORS_MAX);
    for (uint32_t i = 0; i < errors.count; i++) {
        const struct config_error *error = &errors.list[i];
        size_t size = strnlen(error->text, sizeof(error->text));
        ASSERT(size < sizeof(error->text));
        ASSERT(error->place < size);
        ASSERT(strncmp(error->text, "fuzz.cfg", 8) == 0);
    }
}

static void check_text(const char *text, size_t bytes_max)
{
    ASSERT(text != NULL);
    size_t size = strlen(text);
    ASSERT(size > 0);
    ASSERT(size <= bytes_max);
    /* It goes into messages as it is. */
    for (size_t i = 0; i < size; i++) {
        ASSERT((uint8_t)text[i] >= ' ');
    }
}

static void check_optional(const char *text)
{
    if (text != NULL) {
        check_text(text, FIX_COMP_ID_BYTES_MAX);
    }
}

static void check_session(const struct gateway_config *config, uint32_t index)
{
    const struct engine_session_config *session = &config->engine.sessions[index];
    const struct session_config *fix = &session->fix;
    check_text(session->id, CONFIG_SESSION_ID_BYTES_MAX);
    check_text(fix->sender_comp_id, FIX_COMP_ID_BYTES_MAX);
    check_text(fix->target_comp_id, FIX_COMP_ID_BYTES_MAX);
    check_optional(fix->sender_sub_id);
    check_optional(fix->target_sub_id);
    check_optional(fix->sender_location_id);
    check_optional(fix->target_location_id);
    ASSERT(session->broker < config->engine.brokers_count);
    ASSERT(fix->timestamp_precision <= 9);
    ASSERT(fix->logon_timeout_seconds > 0);
    ASSERT(fix->logout_timeout_seconds > 0);
    ASSERT(fix->heart_bt_int_seconds <= INT32_MAX);
    if (fix->acceptor) {
        ASSERT(session->listener < config->listeners_count);
    } else {
        ASSERT(session->endpoints_count >= 1);
        ASSERT(session->endpoints_count <= CONFIG_ENDPOINTS_MAX);
        ASSERT(session->endpoint_tries >= 1);
    }
    ASSERT(session->rate_per_second == 0 || session->rate_burst >= 1);
    ASSERT(session->backlog_bytes_high <= session->backlog_bytes_max);
    size_t logon_bytes = 0;
    for (uint32_t i = 0; i < fix->logon_tags_count; i++) {
        ASSERT(fix->logon_tags[i].tag >= 1);
        ASSERT(fix->logon_tags[i].tag <= FIX_TAG_MAX);
        check_text(fix->logon_tags[i].value, FIX_LOGON_BYTES_MAX);
        logon_bytes += strlen(fix->logon_tags[i].value) + 16;
    }
    ASSERT(logon_bytes <= FIX_LOGON_BYTES_MAX);
    for (uint32_t other = 0; other < index; other++) {
        ASSERT(strcmp(session->id, config->engine.sessions[other].id) != 0);
    }
}

static void check_config(const struct gateway_config *config)
{
    ASSERT(errors.count == 0);
    ASSERT(config->engine.sessions_count >= 1);
    ASSERT(config->engine.sessions_count <= ENGINE_SESSIONS_MAX);
    ASSERT(config->engine.brokers_count <= ENGINE_BROKERS_MAX);
    for (uint32_t index = 0; index < config->engine.sessions_count; index++) {
        check_session(config, index);
    }
    gateway_config_print(config, false, nowhere);
    gateway_config_print(config, true, nowhere);
}

static void explain(struct span text)
{
    static char path[64];
    if (path[0] == '\0') {
        (void)snprintf(path, sizeof(path), "/dev/shm/fixgate-config-fuzz-%d", (int)getpid());
    }
    FILE *file = fopen(path, "w");
    ASSERT(file != NULL);
    (void)fwrite(text.data, 1, text.size, file);
    (void)fclose(file);
    struct config_explanation *explanation = config_explain(path);
    ASSERT(explanation != NULL);
    ASSERT(explanation->lines_count <= CONFIG_ENTRIES_MAX);
    for (uint32_t i = 0; i < explanation->lines_count; i++) {
        const struct explained_line *line = &explanation->lines[i];
        ASSERT(line->group < EXPLAIN_GROUPS_COUNT);
        ASSERT(line->group != EXPLAIN_REFUSES || line->text[0] != '\0');
    }
    config_explanation_free(explanation);
    (void)unlink(path);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct gateway_config *config =
        gateway_config_parse("fuzz.cfg", span_of(data, size), CONFIG_NEED_SETTINGS, &errors);
    if (config == NULL) {
        check_errors();
    } else {
        check_config(config);
        gateway_config_free(config);
    }
    static const char gateway[] = "[GATEWAY]";
    bool ours = false;
    for (size_t at = 0; at + sizeof(gateway) - 1 <= size; at++) {
        ours = ours || memcmp(data + at, gateway, sizeof(gateway) - 1) == 0;
    }
    if (!ours && size > 0) {
        explain(span_of(data, size));
    }
    return 0;
}
