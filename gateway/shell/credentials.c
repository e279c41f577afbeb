#include "gateway/shell/credentials.h"

#include <stdio.h>

#define DAY_NS UINT64_C(86400000000000)

static void say(struct credentials *credentials, const struct instant *now,
                enum effect_severity severity, const struct credential *credential,
                const char *what)
{
    char line[CREDENTIALS_ERROR_BYTES_MAX + 64];
    (void)snprintf(line, sizeof(line), "TLS of %s: %s", credential->name, what);
    log_text(credentials->log, now->engine_ns, severity, line);
}

enum status credentials_add(struct credentials *credentials, const char *name,
                            const struct tls_config *config, struct tls_context **out,
                            char error[CREDENTIALS_ERROR_BYTES_MAX])
{
    ASSERT(credentials->count < CREDENTIALS_MAX);
    char reason[TLS_ERROR_BYTES_MAX] = "";
    struct credential *credential = &credentials->list[credentials->count];
    *credential = (struct credential){.context = NULL};
    span_to_text(span_text(name), credential->name, sizeof(credential->name));
    enum status status = tls_context_open(config, &credential->context, reason);
    if (status != STATUS_OK) {
        (void)snprintf(error, CREDENTIALS_ERROR_BYTES_MAX, "%s: %s", credential->name, reason);
        return status;
    }
    credentials->count++;
    *out = credential->context;
    return STATUS_OK;
}

void credentials_close(struct credentials *credentials)
{
    for (uint32_t i = 0; i < credentials->count; i++) {
        tls_context_close(credentials->list[i].context);
    }
    credentials->count = 0;
}

void credentials_refresh(struct credentials *credentials, const struct tls_context *context,
                         const struct instant *now)
{
    if (credentials == NULL || context == NULL) {
        return;
    }
    for (uint32_t i = 0; i < credentials->count; i++) {
        struct credential *credential = &credentials->list[i];
        uint64_t due_ns = credential->looked_ns + (uint64_t)CREDENTIALS_LOOK_MS * 1000000u;
        bool due = credential->looked_ns == 0 || now->monotonic_ns >= due_ns;
        if (credential->context != context || !due) {
            continue;
        }
        char error[TLS_ERROR_BYTES_MAX] = "";
        bool changed = false;
        credential->looked_ns = now->monotonic_ns;
        if (tls_context_refresh(credential->context, &changed, error) == STATUS_OK) {
            if (changed) {
                say(credentials, now, SEVERITY_INFO, credential,
                    "the files have changed and are in force from now on");
                credentials->days_next_ns = now->monotonic_ns;
            }
        } else if (error[0] != '\0') {
            char line[TLS_ERROR_BYTES_MAX + 96];
            (void)snprintf(line, sizeof(line),
                           "the files have changed and cannot be used, the old ones stay in "
                           "force: %s",
                           error);
            say(credentials, now, SEVERITY_ERROR, credential, line);
        }
    }
}

void credentials_tick(struct credentials *credentials, const struct instant *now)
{
    if (credentials == NULL || now->monotonic_ns < credentials->days_next_ns) {
        return;
    }
    credentials->days_next_ns = now->monotonic_ns + DAY_NS;
    for (uint32_t i = 0; i < credentials->count; i++) {
        const struct credential *credential = &credentials->list[i];
        int32_t days = tls_context_days_left(credential->context, now->engine_ns);
        if (days >= CREDENTIALS_WARNING_DAYS) {
            continue;
        }
        char line[96];
        (void)snprintf(line, sizeof(line),
                       days < 0 ? "our certificate has expired; put a new one in its place"
                                : "our certificate ends in %d days; put a new one in its place",
                       (int)days);
        say(credentials, now, days < 0 ? SEVERITY_ERROR : SEVERITY_WARNING, credential, line);
    }
}
