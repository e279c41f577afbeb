#include <stdio.h>
#include <stdlib.h>

#include "tests/session/run.h"

static bool config_flag(const char *value)
{
    return strcmp(value, "Y") == 0;
}

static bool config_set(struct run *run, const char *key, const char *value, uint64_t numbers[2])
{
    struct world *world = run->world;
    struct session_config *config = &world->config;
    if (strcmp(key, "HeartBtInt") == 0) {
        config->heart_bt_int_seconds = (uint32_t)strtoul(value, NULL, 10);
    } else if (strcmp(key, "ResetOnLogon") == 0) {
        config->reset_on_logon = config_flag(value);
    } else if (strcmp(key, "ResetOnLogout") == 0) {
        config->reset_on_logout = config_flag(value);
    } else if (strcmp(key, "ResetOnDisconnect") == 0) {
        config->reset_on_disconnect = config_flag(value);
    } else if (strcmp(key, "CheckCompID") == 0) {
        config->check_comp_id = config_flag(value);
    } else if (strcmp(key, "MaxLatency") == 0) {
        config->max_latency_seconds = (uint32_t)strtoul(value, NULL, 10);
    } else if (strcmp(key, "TimestampPrecision") == 0) {
        config->timestamp_precision = (unsigned)strtoul(value, NULL, 10);
    } else if (strcmp(key, "SenderSubID") == 0) {
        span_to_text(span_text(value), world->comp_ids[0], sizeof(world->comp_ids[0]));
        config->sender_sub_id = world->comp_ids[0];
    } else if (strcmp(key, "TargetSubID") == 0) {
        span_to_text(span_text(value), world->comp_ids[1], sizeof(world->comp_ids[1]));
        config->target_sub_id = world->comp_ids[1];
    } else if (strcmp(key, "Username") == 0) {
        span_to_text(span_text(value), world->username, sizeof(world->username));
        config->username = world->username;
    } else if (strcmp(key, "Password") == 0) {
        span_to_text(span_text(value), world->password, sizeof(world->password));
        config->password = world->password;
    } else if (strcmp(key, "UseDataDictionary") == 0) {
        config->dictionary = config_flag(value) ? run->dictionary : NULL;
    } else if (strcmp(key, "in") == 0) {
        numbers[0] = strtoull(value, NULL, 10);
    } else if (strcmp(key, "out") == 0) {
        numbers[1] = strtoull(value, NULL, 10);
    } else {
        return run_fail_text(run, "a setting", key);
    }
    return true;
}

bool run_config(struct run *run)
{
    char line[SCRIPT_LINE_BYTES_MAX];
    (void)snprintf(line, sizeof(line), "%s", run->rest);
    uint64_t numbers[2] = {1, 1};
    char *save = NULL;
    for (char *word = strtok_r(line, " ", &save); word != NULL; word = strtok_r(NULL, " ", &save)) {
        char *equal = strchr(word, '=');
        if (strcmp(word, "initiator") == 0 || strcmp(word, "acceptor") == 0) {
            run->world->config.acceptor = word[0] == 'a';
        } else if (equal == NULL) {
            return run_fail_text(run, "Key=value", word);
        } else {
            *equal = '\0';
            if (!config_set(run, word, equal + 1, numbers)) {
                return false;
            }
        }
    }
    world_start(run->world, numbers[0], numbers[1]);
    run->world->peer_seq = numbers[0];
    return true;
}
