/* When a session runs: the schedule of each, and the zones that all of them name. */
#include "gateway/shell/config_parts.h"

#include <stdlib.h>

static bool has(const struct config_settings *settings, enum config_key key)
{
    return setting_text(settings, key) != NULL;
}

static const char *name_of(enum config_key key)
{
    return config_key_definition(key)->name;
}

/* What gives a session times; TimeZone and UseLocalTime only say what they mean. */
static const enum config_key time_keys[] = {
    CONFIG_KEY_StartTime,  CONFIG_KEY_EndTime,  CONFIG_KEY_StartDay,
    CONFIG_KEY_EndDay,     CONFIG_KEY_Weekdays, CONFIG_KEY_LogonTime,
    CONFIG_KEY_LogoutTime, CONFIG_KEY_LogonDay, CONFIG_KEY_LogoutDay,
};

/* True: the session never ends. In its own section it overrules times of [DEFAULT]. */
static bool is_non_stop(const struct config_settings *settings, struct config_errors *errors)
{
    const struct config_setting *non_stop = &settings->list[CONFIG_KEY_NonStopSession];
    bool asked = config_value_bool(non_stop->value);
    bool times = false;
    for (size_t i = 0; i < ARRAY_LEN(time_keys); i++) {
        const struct config_setting *setting = &settings->list[time_keys[i]];
        times = times || setting->value != NULL;
        if (asked && setting->value != NULL && !(non_stop->own && !setting->own)) {
            config_errors_add(errors, setting->line,
                              "NonStopSession=Y in line %u excludes %s; remove one of the two",
                              non_stop->line, name_of(time_keys[i]));
        }
    }
    return asked || !times;
}

static void say_missing(const struct config_settings *settings, enum config_key given,
                        enum config_key missing, struct config_errors *errors)
{
    if (has(settings, given) && !has(settings, missing)) {
        config_errors_add(errors, setting_line(settings, given), "%s needs %s; set both",
                          name_of(given), name_of(missing));
    }
}

static void check_pairs(const struct config_settings *settings, struct config_errors *errors)
{
    for (size_t i = 0; i < ARRAY_LEN(time_keys); i++) {
        if (time_keys[i] != CONFIG_KEY_StartTime) {
            say_missing(settings, time_keys[i], CONFIG_KEY_StartTime, errors);
        }
    }
    say_missing(settings, CONFIG_KEY_StartTime, CONFIG_KEY_EndTime, errors);
    say_missing(settings, CONFIG_KEY_StartDay, CONFIG_KEY_EndDay, errors);
    say_missing(settings, CONFIG_KEY_EndDay, CONFIG_KEY_StartDay, errors);
    say_missing(settings, CONFIG_KEY_LogonDay, CONFIG_KEY_StartDay, errors);
    say_missing(settings, CONFIG_KEY_LogoutDay, CONFIG_KEY_StartDay, errors);
    if (has(settings, CONFIG_KEY_StartDay) && has(settings, CONFIG_KEY_Weekdays)) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_Weekdays),
                          "StartDay in line %u makes a session of a week, Weekdays one of a day; "
                          "remove one of the two",
                          setting_line(settings, CONFIG_KEY_StartDay));
    }
}

static struct schedule_moment moment(const struct config_settings *settings, enum config_key time,
                                     enum config_key day)
{
    return (struct schedule_moment){
        .second = config_value_clock(setting_text(settings, time)).second,
        .day = has(settings, day) ? config_value_day(setting_text(settings, day)) : 0,
    };
}

static void build_times(struct schedule *schedule, const struct config_settings *settings)
{
    bool weekly = has(settings, CONFIG_KEY_StartDay);
    schedule->kind = weekly ? SCHEDULE_WEEKLY : SCHEDULE_DAILY;
    schedule->weekdays = has(settings, CONFIG_KEY_Weekdays)
                             ? config_value_days(setting_text(settings, CONFIG_KEY_Weekdays))
                             : SCHEDULE_EVERY_DAY;
    schedule->start = moment(settings, CONFIG_KEY_StartTime, CONFIG_KEY_StartDay);
    schedule->end = moment(settings, CONFIG_KEY_EndTime, CONFIG_KEY_EndDay);
    schedule->has_logon_window =
        has(settings, CONFIG_KEY_LogonTime) || has(settings, CONFIG_KEY_LogoutTime) ||
        has(settings, CONFIG_KEY_LogonDay) || has(settings, CONFIG_KEY_LogoutDay);
    /* What the window does not say is as for the session. */
    schedule->logon = moment(
        settings, has(settings, CONFIG_KEY_LogonTime) ? CONFIG_KEY_LogonTime : CONFIG_KEY_StartTime,
        has(settings, CONFIG_KEY_LogonDay) ? CONFIG_KEY_LogonDay : CONFIG_KEY_StartDay);
    schedule->logout = moment(
        settings, has(settings, CONFIG_KEY_LogoutTime) ? CONFIG_KEY_LogoutTime : CONFIG_KEY_EndTime,
        has(settings, CONFIG_KEY_LogoutDay) ? CONFIG_KEY_LogoutDay : CONFIG_KEY_EndDay);
}

void config_build_schedule(struct gateway_config *config, uint32_t index,
                           struct config_errors *errors)
{
    const struct config_settings *settings = &config->session_settings[index];
    struct engine_session_config *session = &config->sessions[index];
    uint32_t before = errors->count + errors->dropped;
    if (has(settings, CONFIG_KEY_TimeZone) && setting_yes(settings, CONFIG_KEY_UseLocalTime)) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_UseLocalTime),
                          "UseLocalTime=Y and TimeZone of line %u contradict each other; remove "
                          "one",
                          setting_line(settings, CONFIG_KEY_TimeZone));
    }
    if (!is_non_stop(settings, errors)) {
        check_pairs(settings, errors);
        if (errors->count + errors->dropped == before) {
            build_times(&session->schedule, settings);
        }
    }
    const char *reset = setting_text(settings, CONFIG_KEY_ResetSeqTime);
    session->has_reset_time = reset != NULL && setting_yes(settings, CONFIG_KEY_EnableResetSeqTime);
    session->reset_second = reset != NULL ? config_value_clock(reset).second : 0;
}

/* --- Zones ----------------------------------------------------------------------- */

/* The zone of that name (NULL: this machine's), loaded once. NULL: in `errors`. */
static const struct zone *zone_of(struct gateway_config *config, const char *name, uint32_t line,
                                  struct config_errors *errors)
{
    for (uint32_t i = 0; i < config->zones_count; i++) {
        const char *known = config->zones[i].asked;
        if (name == NULL ? known == NULL : known != NULL && strcmp(known, name) == 0) {
            return &config->zones[i].table->zone;
        }
    }
    if (config->zones_count == CONFIG_ZONES_MAX) {
        config_errors_add(errors, line, "more than %d time zones", CONFIG_ZONES_MAX);
        return NULL;
    }
    struct zone_table *table = calloc(1, sizeof(*table));
    if (table == NULL || zone_load(name, table) != STATUS_OK) {
        config_errors_add(errors, line,
                          table == NULL  ? "no memory for time zone %s"
                          : name == NULL ? "the zone of this machine cannot be read%s; set TimeZone"
                                         : "the system knows no time zone %s; see "
                                           "/usr/share/zoneinfo (package tzdata)",
                          name != NULL ? name : "");
        free(table);
        return NULL;
    }
    config->zones[config->zones_count] = (struct config_zone){.asked = name, .table = table};
    config->zones_count += 1;
    return &table->zone;
}

/* The zone of one time: its own, or that of all times of the session. */
static const struct zone *time_zone(struct gateway_config *config,
                                    const struct config_settings *settings, enum config_key key,
                                    struct config_errors *errors)
{
    struct span own = config_value_clock(setting_text(settings, key)).zone;
    if (own.size > 0) {
        const char *name = config_file_keep(&config->file, own);
        return zone_of(config, name, setting_line(settings, key), errors);
    }
    if (has(settings, CONFIG_KEY_TimeZone)) {
        return zone_of(config, setting_text(settings, CONFIG_KEY_TimeZone),
                       setting_line(settings, CONFIG_KEY_TimeZone), errors);
    }
    return setting_yes(settings, CONFIG_KEY_UseLocalTime)
               ? zone_of(config, NULL, setting_line(settings, CONFIG_KEY_UseLocalTime), errors)
               : NULL;
}

/* Trading hours: the same, but their own zone. */
static void load_hours(struct gateway_config *config, uint32_t index, struct config_errors *errors)
{
    const struct config_settings *settings = &config->limit_settings[index];
    struct order_limit_config *limit = &config->limits[index];
    static const enum config_key keys[] = {CONFIG_KEY_TradingStart, CONFIG_KEY_TradingEnd};
    struct schedule_moment *moments[] = {&limit->hours.start, &limit->hours.end};
    uint32_t before = errors->count;
    for (size_t i = 0; limit->has[LIMIT_HOURS] && i < ARRAY_LEN(keys); i++) {
        struct span own = config_value_clock(setting_text(settings, keys[i])).zone;
        const char *zone = own.size > 0 ? config_file_keep(&config->file, own)
                                        : setting_text(settings, CONFIG_KEY_TradingZone);
        moments[i]->zone =
            zone != NULL ? zone_of(config, zone, setting_line(settings, keys[i]), errors) : NULL;
    }
    const char *fault =
        limit->has[LIMIT_HOURS] && errors->count == before ? schedule_fault(&limit->hours) : NULL;
    if (fault != NULL) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_TradingStart), "%s", fault);
    }
}

static void load_session(struct gateway_config *config, uint32_t index,
                         struct config_errors *errors)
{
    const struct config_settings *settings = &config->session_settings[index];
    struct engine_session_config *session = &config->sessions[index];
    struct schedule *schedule = &session->schedule;
    uint32_t before = errors->count;
    if (session->has_reset_time) {
        session->reset_zone = time_zone(config, settings, CONFIG_KEY_ResetSeqTime, errors);
    }
    if (schedule->kind == SCHEDULE_NON_STOP) {
        return;
    }
    schedule->start.zone = time_zone(config, settings, CONFIG_KEY_StartTime, errors);
    schedule->end.zone = time_zone(config, settings, CONFIG_KEY_EndTime, errors);
    schedule->logon.zone = has(settings, CONFIG_KEY_LogonTime)
                               ? time_zone(config, settings, CONFIG_KEY_LogonTime, errors)
                               : schedule->start.zone;
    schedule->logout.zone = has(settings, CONFIG_KEY_LogoutTime)
                                ? time_zone(config, settings, CONFIG_KEY_LogoutTime, errors)
                                : schedule->end.zone;
    const char *fault = errors->count == before ? schedule_fault(schedule) : NULL;
    if (fault != NULL) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_StartTime), "%s", fault);
    }
}

void config_zones_load(struct gateway_config *config, struct config_errors *errors)
{
    for (uint32_t i = 0; i < config->engine.sessions_count; i++) {
        load_session(config, i, errors);
    }
    for (uint32_t i = 0; i < config->limit_sections; i++) {
        load_hours(config, i, errors);
    }
}

void config_zones_free(struct gateway_config *config)
{
    for (uint32_t i = 0; i < config->zones_count; i++) {
        free(config->zones[i].table);
    }
    config->zones_count = 0;
}
