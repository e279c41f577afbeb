/* One session, out of settings that are right by themselves: what the engine is told. */
#include "gateway/shell/config_parts.h"

#include <stdio.h>

static uint32_t broker_find(const struct gateway_config *config,
                            const struct config_settings *settings, struct config_errors *errors)
{
    const char *name = setting_text(settings, CONFIG_KEY_Broker);
    for (uint32_t i = 0; i < config->engine.brokers_count; i++) {
        if (strcmp(config->brokers[i].name, name) == 0) {
            return i;
        }
    }
    char known[256] = "";
    for (uint32_t i = 0; i < config->engine.brokers_count; i++) {
        size_t used = strlen(known);
        (void)snprintf(known + used, sizeof(known) - used, "%s%s", used > 0 ? ", " : "",
                       config->brokers[i].name);
    }
    config_errors_add(errors, setting_line(settings, CONFIG_KEY_Broker),
                      "no [BROKER] has Name=%s; there are: %s", name, known);
    return 0;
}

/* --- Its name -------------------------------------------------------------------- */

/* "COMP", "COMP/SUB", "COMP/SUB/LOCATION" */
static void add_party(char id[CONFIG_ID_TEXT_BYTES_MAX], const char *comp, const char *sub,
                      const char *location)
{
    size_t used = strlen(id);
    bool located = location != NULL;
    int size = snprintf(id + used, CONFIG_ID_TEXT_BYTES_MAX - used, "%s%s%s%s%s", comp,
                        sub != NULL || located ? "/" : "", sub != NULL ? sub : "",
                        located ? "/" : "", located ? location : "");
    ASSERT(size > 0 && (size_t)size < CONFIG_ID_TEXT_BYTES_MAX - used);
}

/* Whoever asks before all is right may lack an id. */
static const char *id_or_mark(const struct config_settings *settings, enum config_key key)
{
    return setting_text(settings, key) != NULL ? setting_text(settings, key) : "?";
}

void config_session_id(const struct config_settings *settings, char id[CONFIG_ID_TEXT_BYTES_MAX])
{
    const char *qualifier = setting_text(settings, CONFIG_KEY_SessionQualifier);
    (void)snprintf(id, CONFIG_ID_TEXT_BYTES_MAX,
                   "%s:", id_or_mark(settings, CONFIG_KEY_BeginString));
    add_party(id, id_or_mark(settings, CONFIG_KEY_SenderCompID),
              setting_text(settings, CONFIG_KEY_SenderSubID),
              setting_text(settings, CONFIG_KEY_SenderLocationID));
    memcpy(id + strlen(id), "->", sizeof("->"));
    add_party(id, id_or_mark(settings, CONFIG_KEY_TargetCompID),
              setting_text(settings, CONFIG_KEY_TargetSubID),
              setting_text(settings, CONFIG_KEY_TargetLocationID));
    if (qualifier != NULL) {
        size_t used = strlen(id);
        (void)snprintf(id + used, CONFIG_ID_TEXT_BYTES_MAX - used, ":%s", qualifier);
    }
}

static const char *session_id(struct gateway_config *config, const struct config_settings *settings,
                              struct config_errors *errors)
{
    char id[CONFIG_ID_TEXT_BYTES_MAX];
    config_session_id(settings, id);
    if (strlen(id) > CONFIG_SESSION_ID_BYTES_MAX) {
        config_errors_add(errors, settings->line,
                          "the ids of this session are together longer than %d bytes (%.60s…); "
                          "its name must fit into names of files and tables",
                          CONFIG_SESSION_ID_BYTES_MAX, id);
    }
    return config_file_keep(&config->file, span_text(id));
}

/* --- What the FIX session is told --------------------------------------------------- */

static struct validate_options build_validate(const struct config_settings *settings)
{
    struct validate_options options = validate_options_default();
    options.fields_out_of_order = setting_yes(settings, CONFIG_KEY_ValidateFieldsOutOfOrder);
    options.fields_have_values = setting_yes(settings, CONFIG_KEY_ValidateFieldsHaveValues);
    options.user_defined_fields = setting_yes(settings, CONFIG_KEY_ValidateUserDefinedFields);
    options.groups_unordered_allowed =
        !setting_yes(settings, CONFIG_KEY_ValidateUnorderedGroupFields);
    options.first_in_group_delimits =
        setting_yes(settings, CONFIG_KEY_FirstFieldInGroupIsDelimiter);
    options.unknown_fields_allowed = setting_yes(settings, CONFIG_KEY_AllowUnknownMsgFields);
    options.unknown_enums_allowed = setting_yes(settings, CONFIG_KEY_AllowUnknownEnumValues);
    return options;
}

/* TimestampPrecision wins over the older MillisecondsInTimeStamp, as in QuickFIX. */
static unsigned build_precision(const struct config_settings *settings)
{
    const char *milliseconds = setting_text(settings, CONFIG_KEY_MillisecondsInTimeStamp);
    bool precise = settings->list[CONFIG_KEY_TimestampPrecision].origin == CONFIG_ORIGIN_FILE;
    if (!precise && milliseconds != NULL) {
        return config_value_bool(milliseconds) ? 3 : 0;
    }
    return (unsigned)setting_number(settings, CONFIG_KEY_TimestampPrecision);
}

static void build_identity(struct session_config *fix, const struct config_settings *settings)
{
    fix->begin_string = setting_text(settings, CONFIG_KEY_BeginString);
    fix->sender_comp_id = setting_text(settings, CONFIG_KEY_SenderCompID);
    fix->sender_sub_id = setting_text(settings, CONFIG_KEY_SenderSubID);
    fix->sender_location_id = setting_text(settings, CONFIG_KEY_SenderLocationID);
    fix->target_comp_id = setting_text(settings, CONFIG_KEY_TargetCompID);
    fix->target_sub_id = setting_text(settings, CONFIG_KEY_TargetSubID);
    fix->target_location_id = setting_text(settings, CONFIG_KEY_TargetLocationID);
    fix->username = setting_text(settings, CONFIG_KEY_Username);
    fix->password = setting_text(settings, CONFIG_KEY_Password);
    fix->new_password = setting_text(settings, CONFIG_KEY_NewPassword);
    fix->acceptor = setting_is_acceptor(settings);
}

static void build_timing(struct session_config *fix, const struct config_settings *settings)
{
    fix->heart_bt_int_seconds = (uint32_t)setting_number(settings, CONFIG_KEY_HeartBtInt);
    fix->heart_bt_int_override =
        fix->acceptor && setting_yes(settings, CONFIG_KEY_HeartBtIntOverride);
    fix->heart_beat_check = !setting_yes(settings, CONFIG_KEY_DisableHeartBeatCheck);
    fix->silence_test_permille =
        1000 + (uint32_t)setting_number(settings, CONFIG_KEY_TestRequestDelayMultiplier);
    fix->silence_dead_permille =
        1000 + (uint32_t)setting_number(settings, CONFIG_KEY_HeartBeatTimeoutMultiplier);
    fix->logon_timeout_seconds = (uint32_t)setting_number(settings, CONFIG_KEY_LogonTimeout);
    fix->logout_timeout_seconds = (uint32_t)setting_number(settings, CONFIG_KEY_LogoutTimeout);
    fix->max_latency_seconds = setting_yes(settings, CONFIG_KEY_CheckLatency)
                                   ? (uint32_t)setting_number(settings, CONFIG_KEY_MaxLatency)
                                   : 0;
    fix->timestamp_precision = build_precision(settings);
}

static void build_behaviour(struct session_config *fix, const struct config_settings *settings)
{
    fix->reset_on_logon = setting_yes(settings, CONFIG_KEY_ResetOnLogon);
    fix->reset_on_logout = setting_yes(settings, CONFIG_KEY_ResetOnLogout);
    fix->reset_on_disconnect = setting_yes(settings, CONFIG_KEY_ResetOnDisconnect);
    fix->check_comp_id = setting_yes(settings, CONFIG_KEY_CheckCompID);
    fix->test_request_at_logon = setting_yes(settings, CONFIG_KEY_TestRequestAtLogon);
    fix->next_expected_seq_num = setting_yes(settings, CONFIG_KEY_SendNextExpectedMsgSeqNum);
    fix->last_seq_num_processed = setting_yes(settings, CONFIG_KEY_EnableLastMsgSeqNumProcessed);
    fix->resend_request_chunk_size =
        (uint32_t)setting_number(settings, CONFIG_KEY_ResendRequestChunkSize);
    fix->closed_resend_interval = setting_yes(settings, CONFIG_KEY_ClosedResendInterval);
    fix->redundant_resend_requests = setting_yes(settings, CONFIG_KEY_SendRedundantResendRequests);
    fix->requires_orig_sending_time = setting_yes(settings, CONFIG_KEY_RequiresOrigSendingTime);
    fix->reject_invalid_message = setting_yes(settings, CONFIG_KEY_RejectInvalidMessage);
    fix->reject_garbled_message = setting_yes(settings, CONFIG_KEY_RejectGarbledMessage);
    fix->validate = build_validate(settings);
}

static struct session_names build_names(struct gateway_config *config, const char *value,
                                        const char *names[CONFIG_NAMES_MAX], uint32_t line,
                                        struct config_errors *errors)
{
    struct config_items items = {.count = 0};
    bool right = value == NULL || config_items_read(value, &items);
    ASSERT(right);
    if (items.count > CONFIG_NAMES_MAX) {
        config_errors_add(errors, line, "more than %d names in one list", CONFIG_NAMES_MAX);
        items.count = CONFIG_NAMES_MAX;
    }
    for (uint32_t i = 0; i < items.count; i++) {
        names[i] = config_file_keep(&config->file, items.list[i]);
    }
    return (struct session_names){.list = names, .count = items.count};
}

/* As fix/session.h wants: the body of our Logon fits, whatever the settings. 98, 108, 141, 789
 * and the like, three texts of at most 63 bytes, and the tags. */
_Static_assert(CONFIG_LOGON_TAGS_MAX *(180 + 16) + 3 * (63 + 16) + 8 * 32 <= FIX_LOGON_BYTES_MAX,
               "a Logon with all that the file may add must fit");

static void add_logon_tag(struct gateway_config *config, uint32_t index,
                          const struct config_setting *setting, struct config_errors *errors)
{
    struct session_config *fix = &config->sessions[index].fix;
    struct session_logon_tag *tags = config->logon_tags[index];
    if (setting->value == NULL) {
        return;
    }
    struct session_logon_tag tag = {0};
    tag.tag = config_value_logon_tag(setting->value, &tag.value);
    for (uint32_t i = 0; i < fix->logon_tags_count; i++) {
        if (tags[i].tag == tag.tag) {
            config_errors_add(errors, setting->line, "tag %u stands in two LogonTags; remove one",
                              tag.tag);
        }
    }
    tags[fix->logon_tags_count] = tag;
    fix->logon_tags_count += 1;
}

static void build_logon_tags(struct gateway_config *config, uint32_t index,
                             struct config_errors *errors)
{
    const struct config_settings *settings = &config->session_settings[index];
    config->sessions[index].fix.logon_tags = config->logon_tags[index];
    add_logon_tag(config, index, &settings->list[CONFIG_KEY_LogonTag], errors);
    for (uint32_t i = 0; i < CONFIG_NUMBERS_MAX; i++) {
        add_logon_tag(config, index, &settings->numbered[CONFIG_FAMILY_LOGON_TAG][i], errors);
    }
}

static void build_fix(struct gateway_config *config, uint32_t index, struct config_errors *errors)
{
    const struct config_settings *settings = &config->session_settings[index];
    struct session_config fix = session_config_default();
    build_identity(&fix, settings);
    build_timing(&fix, settings);
    build_behaviour(&fix, settings);
    fix.on_behalf_of =
        build_names(config, setting_text(settings, CONFIG_KEY_AllowedOnBehalfOfCompIDs),
                    config->on_behalf_of[index],
                    setting_line(settings, CONFIG_KEY_AllowedOnBehalfOfCompIDs), errors);
    fix.deliver_to =
        build_names(config, setting_text(settings, CONFIG_KEY_AllowedDeliverToCompIDs),
                    config->deliver_to[index],
                    setting_line(settings, CONFIG_KEY_AllowedDeliverToCompIDs), errors);
    config->sessions[index].fix = fix;
    build_logon_tags(config, index, errors);
}

/* --- What goes together -------------------------------------------------------------- */

static void check_unique(const struct gateway_config *config, uint32_t index,
                         struct config_errors *errors)
{
    const struct engine_session_config *session = &config->sessions[index];
    for (uint32_t j = 0; j < index; j++) {
        if (strcmp(config->sessions[j].id, session->id) != 0) {
            continue;
        }
        bool acceptors = session->fix.acceptor && config->sessions[j].fix.acceptor;
        config_errors_add(errors, config->session_settings[index].line,
                          acceptors ? "session %s stands already in line %u; a Logon could not "
                                      "tell the two apart: give one of them other ids"
                                    : "session %s stands already in line %u; tell the two apart "
                                      "with SessionQualifier (of an initiator)",
                          session->id, config->session_settings[j].line);
    }
}

static void check_secrets(const struct config_settings *settings, struct config_errors *errors)
{
    bool new_password = setting_text(settings, CONFIG_KEY_NewPassword) != NULL;
    bool new_file = setting_text(settings, CONFIG_KEY_NewPasswordFile) != NULL;
    bool password = setting_text(settings, CONFIG_KEY_Password) != NULL;
    bool file = setting_text(settings, CONFIG_KEY_PasswordFile) != NULL;
    if (password && file) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_PasswordFile),
                          "Password and PasswordFile are both set; remove Password");
    }
    if (new_password && new_file) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_NewPasswordFile),
                          "NewPassword and NewPasswordFile are both set; remove NewPassword");
    }
    if ((new_password || new_file) && !password && !file) {
        config_errors_add(errors,
                          setting_line(settings, new_password ? CONFIG_KEY_NewPassword
                                                              : CONFIG_KEY_NewPasswordFile),
                          "a new password needs the old one; add PasswordFile");
    }
}

static void check_session(const struct gateway_config *config, uint32_t index,
                          struct config_errors *errors)
{
    const struct config_settings *settings = &config->session_settings[index];
    const struct engine_session_config *session = &config->sessions[index];
    check_unique(config, index, errors);
    check_secrets(settings, errors);
    if (session->backlog_bytes_max <= session->backlog_bytes_high) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_BacklogMax),
                          "BacklogMax must be above BacklogHigh, or a slow peer is cut off before "
                          "orders stop going to it");
    }
    if (session->fix.silence_dead_permille <= session->fix.silence_test_permille) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_HeartBeatTimeoutMultiplier),
                          "HeartBeatTimeoutMultiplier must be above TestRequestDelayMultiplier, or "
                          "a silent peer is given up before it was asked");
    }
    if (session->role == ROLE_ORDERS && !session->order_status_request &&
        config->brokers[session->broker].dead_attempt_status) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_OrderStatusRequest),
                          "OrderStatusRequest=N leaves DeadAttemptStatus=Y of its broker without "
                          "an answer; set one of them otherwise");
    }
    if (session->rate_per_second == 0 && setting_text(settings, CONFIG_KEY_OutboundBurst) != NULL) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_OutboundBurst),
                          "OutboundBurst has no use without OutboundRate; set that too");
    }
}

/* Defaults that follow from other settings. */
static void settle_defaults(struct config_settings *settings)
{
    bool acceptor = setting_is_acceptor(settings);
    setting_default(settings, CONFIG_KEY_TestRequestAtLogon, acceptor ? "N" : "Y");
    if (!acceptor) {
        bool longer = setting_number(settings, CONFIG_KEY_ReconnectInterval) > 300;
        setting_default(settings, CONFIG_KEY_ReconnectIntervalMax,
                        longer ? setting_text(settings, CONFIG_KEY_ReconnectInterval) : "300");
    }
    if (setting_number(settings, CONFIG_KEY_OutboundRate) > 0) {
        setting_default(settings, CONFIG_KEY_OutboundBurst,
                        setting_text(settings, CONFIG_KEY_OutboundRate));
    }
}

void config_build_session(struct gateway_config *config, uint32_t index,
                          struct config_errors *errors)
{
    static const enum session_role roles[] = {ROLE_ORDERS, ROLE_DROPCOPY, ROLE_MARKETDATA};
    struct config_settings *settings = &config->session_settings[index];
    settle_defaults(settings);
    bool limited = setting_number(settings, CONFIG_KEY_OutboundRate) > 0;
    config->sessions[index] = (struct engine_session_config){
        .id = session_id(config, settings, errors),
        .role = roles[setting_choice(settings, CONFIG_KEY_Role)],
        .broker = broker_find(config, settings, errors),
        .rate_per_second = (uint32_t)setting_number(settings, CONFIG_KEY_OutboundRate),
        .rate_burst = limited ? (uint32_t)setting_number(settings, CONFIG_KEY_OutboundBurst) : 1,
        .persist_messages = setting_yes(settings, CONFIG_KEY_PersistMessages),
        .mass_cancel = setting_yes(settings, CONFIG_KEY_MassCancel),
        .archive_days = (uint32_t)setting_number(settings, CONFIG_KEY_OutboundArchiveDays),
        .stale_order_ns = setting_ns(settings, CONFIG_KEY_StaleOrderAge),
        .resend_orders = setting_yes(settings, CONFIG_KEY_ResendOrders),
        .numbers_behind_max = (uint32_t)setting_number(settings, CONFIG_KEY_NumbersBehindMax),
        .order_status_request = setting_yes(settings, CONFIG_KEY_OrderStatusRequest),
        .order_mass_status_request = setting_yes(settings, CONFIG_KEY_OrderMassStatusRequest),
        .order_status_interval_ns = setting_ns(settings, CONFIG_KEY_OrderStatusInterval),
        .backlog_bytes_high = setting_number(settings, CONFIG_KEY_BacklogHigh),
        .backlog_bytes_max = setting_number(settings, CONFIG_KEY_BacklogMax),
    };
    build_fix(config, index, errors);
    config_build_schedule(config, index, errors);
    config_build_socket(config, index, errors);
    check_session(config, index, errors);
}
