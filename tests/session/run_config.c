#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>

#include "tests/session/run.h"

enum setting_kind {
    SETTING_FLAG,   /* Y or N, into a bool. */
    SETTING_NUMBER, /* Into a uint32_t. */
    SETTING_TEXT,   /* Into a const char *; the bytes are the world's. */
    SETTING_NAMES,  /* a,b,c, into a struct session_names. */
    SETTING_TAG,    /* tag:value, one more LogonTag. */
    SETTING_DIGITS, /* Into an unsigned. */
    SETTING_SEQ_IN, /* The stored numbers. */
    SETTING_SEQ_OUT,
    SETTING_DICTIONARY,
};

#define FIELD(name) offsetof(struct session_config, name)

static const struct setting {
    const char *key;
    enum setting_kind kind;
    size_t offset;
} settings[] = {
    {"HeartBtInt", SETTING_NUMBER, FIELD(heart_bt_int_seconds)},
    {"HeartBtIntOverride", SETTING_FLAG, FIELD(heart_bt_int_override)},
    {"HeartBeatCheck", SETTING_FLAG, FIELD(heart_beat_check)},
    {"SilenceTestPermille", SETTING_NUMBER, FIELD(silence_test_permille)},
    {"SilenceDeadPermille", SETTING_NUMBER, FIELD(silence_dead_permille)},
    {"LogonTimeout", SETTING_NUMBER, FIELD(logon_timeout_seconds)},
    {"LogoutTimeout", SETTING_NUMBER, FIELD(logout_timeout_seconds)},
    {"MaxLatency", SETTING_NUMBER, FIELD(max_latency_seconds)},
    {"TimestampPrecision", SETTING_DIGITS, FIELD(timestamp_precision)},
    {"ResetOnLogon", SETTING_FLAG, FIELD(reset_on_logon)},
    {"ResetOnLogout", SETTING_FLAG, FIELD(reset_on_logout)},
    {"ResetOnDisconnect", SETTING_FLAG, FIELD(reset_on_disconnect)},
    {"CheckCompID", SETTING_FLAG, FIELD(check_comp_id)},
    {"TestRequestAtLogon", SETTING_FLAG, FIELD(test_request_at_logon)},
    {"SendNextExpectedMsgSeqNum", SETTING_FLAG, FIELD(next_expected_seq_num)},
    {"EnableLastMsgSeqNumProcessed", SETTING_FLAG, FIELD(last_seq_num_processed)},
    {"ResendRequestChunkSize", SETTING_NUMBER, FIELD(resend_request_chunk_size)},
    {"ClosedResendInterval", SETTING_FLAG, FIELD(closed_resend_interval)},
    {"SendRedundantResendRequests", SETTING_FLAG, FIELD(redundant_resend_requests)},
    {"RequiresOrigSendingTime", SETTING_FLAG, FIELD(requires_orig_sending_time)},
    {"RejectInvalidMessage", SETTING_FLAG, FIELD(reject_invalid_message)},
    {"RejectGarbledMessage", SETTING_FLAG, FIELD(reject_garbled_message)},
    {"ValidateFieldsOutOfOrder", SETTING_FLAG, FIELD(validate.fields_out_of_order)},
    {"ValidateFieldsHaveValues", SETTING_FLAG, FIELD(validate.fields_have_values)},
    {"ValidateUserDefinedFields", SETTING_FLAG, FIELD(validate.user_defined_fields)},
    {"AllowUnknownMsgFields", SETTING_FLAG, FIELD(validate.unknown_fields_allowed)},
    {"AllowUnknownEnumValues", SETTING_FLAG, FIELD(validate.unknown_enums_allowed)},
    {"AllowUnorderedGroupFields", SETTING_FLAG, FIELD(validate.groups_unordered_allowed)},
    {"FirstFieldInGroupIsDelimiter", SETTING_FLAG, FIELD(validate.first_in_group_delimits)},
    {"SenderSubID", SETTING_TEXT, FIELD(sender_sub_id)},
    {"TargetSubID", SETTING_TEXT, FIELD(target_sub_id)},
    {"SenderLocationID", SETTING_TEXT, FIELD(sender_location_id)},
    {"TargetLocationID", SETTING_TEXT, FIELD(target_location_id)},
    {"Username", SETTING_TEXT, FIELD(username)},
    {"Password", SETTING_TEXT, FIELD(password)},
    {"NewPassword", SETTING_TEXT, FIELD(new_password)},
    {"OnBehalfOfCompID", SETTING_NAMES, FIELD(on_behalf_of)},
    {"DeliverToCompID", SETTING_NAMES, FIELD(deliver_to)},
    {"LogonTag", SETTING_TAG, 0},
    {"UseDataDictionary", SETTING_DICTIONARY, 0},
    {"in", SETTING_SEQ_IN, 0},
    {"out", SETTING_SEQ_OUT, 0},
};

/* Kept as long as the world lives. */
static const char *config_text(struct world *world, const char *value)
{
    size_t size = strlen(value) + 1;
    ASSERT(size <= sizeof(world->config_text) - world->config_text_used);
    char *kept = world->config_text + world->config_text_used;
    memcpy(kept, value, size);
    world->config_text_used += size;
    return kept;
}

static struct session_names config_names(struct world *world, char *value)
{
    size_t begin = world->config_names_count;
    char *save = NULL;
    for (char *name = strtok_r(value, ",", &save); name != NULL;
         name = strtok_r(NULL, ",", &save)) {
        ASSERT(world->config_names_count < WORLD_CONFIG_NAMES_MAX);
        world->config_names[world->config_names_count] = config_text(world, name);
        world->config_names_count += 1;
    }
    return (struct session_names){.list = world->config_names + begin,
                                  .count = (uint32_t)(world->config_names_count - begin)};
}

static bool config_logon_tag(struct world *world, const char *value)
{
    ASSERT(world->config.logon_tags_count < WORLD_CONFIG_NAMES_MAX);
    char *colon = NULL;
    unsigned long tag = strtoul(value, &colon, 10);
    if (*colon != ':') {
        return false;
    }
    world->logon_tags[world->config.logon_tags_count] =
        (struct session_logon_tag){.tag = (uint32_t)tag, .value = config_text(world, colon + 1)};
    world->config.logon_tags = world->logon_tags;
    world->config.logon_tags_count += 1;
    return true;
}

static bool config_set(struct run *run, const struct setting *setting, char *value)
{
    struct world *world = run->world;
    void *at = (char *)&world->config + setting->offset;
    bool yes = strcmp(value, "Y") == 0;
    switch (setting->kind) {
    case SETTING_FLAG:
        *(bool *)at = yes;
        break;
    case SETTING_NUMBER:
        *(uint32_t *)at = (uint32_t)strtoul(value, NULL, 10);
        break;
    case SETTING_TEXT:
        *(const char **)at = config_text(world, value);
        break;
    case SETTING_NAMES:
        *(struct session_names *)at = config_names(world, value);
        break;
    case SETTING_TAG:
        return config_logon_tag(world, value);
    case SETTING_DIGITS:
        *(unsigned *)at = (unsigned)strtoul(value, NULL, 10);
        break;
    case SETTING_SEQ_IN:
        run->seq_in = strtoull(value, NULL, 10);
        break;
    case SETTING_SEQ_OUT:
        run->seq_out = strtoull(value, NULL, 10);
        break;
    case SETTING_DICTIONARY:
        world->config.dictionary = yes ? run->dictionary : NULL;
        break;
    }
    return true;
}

static const struct setting *setting_find(const char *key)
{
    for (size_t i = 0; i < ARRAY_LEN(settings); i++) {
        if (strcmp(settings[i].key, key) == 0) {
            return &settings[i];
        }
    }
    return NULL;
}

/* An acceptor says nothing of its own accord after its Logon, as the gateway
 * configures it. */
static bool config_role(struct run *run, const char *word)
{
    bool acceptor = run->acceptor;
    if (strcmp(word, "both") == 0) {
        run->for_both = true;
    } else if (strcmp(word, "acceptor") == 0) {
        acceptor = true;
    } else if (strcmp(word, "initiator") == 0) {
        acceptor = false;
    } else {
        return false;
    }
    run->world->config.acceptor = acceptor;
    run->world->config.test_request_at_logon = !acceptor;
    return true;
}

bool run_config_read(struct run *run)
{
    char line[SCRIPT_LINE_BYTES_MAX];
    (void)snprintf(line, sizeof(line), "%s", run->rest);
    run->seq_in = 1;
    run->seq_out = 1;
    char *save = NULL;
    for (char *word = strtok_r(line, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        if (config_role(run, word)) {
            continue;
        }
        char *equal = strchr(word, '=');
        if (equal == NULL) {
            return run_fail_text(run, "initiator, acceptor, both or Key=value", word);
        }
        *equal = '\0';
        const struct setting *setting = setting_find(word);
        if (setting == NULL) {
            return run_fail_text(run, "a setting", word);
        }
        if (!config_set(run, setting, equal + 1)) {
            return run_fail_text(run, "LogonTag=number:value", equal + 1);
        }
    }
    return true;
}

bool run_config(struct run *run)
{
    if (!run_config_read(run)) {
        return false;
    }
    world_start(run->world, run->seq_in, run->seq_out);
    run->world->peer_seq = run->seq_in;
    return true;
}
