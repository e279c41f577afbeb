/* Passwords that stand in files of their own. */
#include "gateway/shell/config_parts.h"

#include <errno.h>
#include <stdio.h>
#include <sys/stat.h>

/* The first line of a file that only its owner may read. NULL: `errors` says why. */
static const char *password_read(struct gateway_config *config, enum config_key key,
                                 const struct config_setting *setting, struct config_errors *errors)
{
    const char *name = config_key_definition(key)->name;
    const char *path = setting->value;
    FILE *stream = fopen(path, "rbe");
    if (stream == NULL) {
        config_errors_add(errors, setting->line, "%s %s cannot be opened (%s)", name, path,
                          strerror(errno));
        return NULL;
    }
    struct stat about;
    char text[130] = "";
    bool private = fstat(fileno(stream), &about) == 0 && (about.st_mode & 077) == 0;
    bool read = fgets(text, (int)sizeof(text), stream) != NULL;
    (void)fclose(stream);
    text[strcspn(text, "\r\n")] = '\0';
    char reason[CONFIG_REASON_BYTES_MAX];
    if (!private) {
        config_errors_add(errors, setting->line, "%s %s can be read by others; chmod 600 it", name,
                          path);
    } else if (!read || text[0] == '\0') {
        config_errors_add(errors, setting->line, "%s %s has no password in its first line", name,
                          path);
    } else if (config_value_check(CONFIG_KEY_Password, text, reason) != NULL) {
        config_errors_add(errors, setting->line,
                          "the password in %s %s is not printable ASCII of at most 63 bytes", name,
                          path);
    } else {
        return config_file_keep(&config->file, span_text(text));
    }
    return NULL;
}

void config_passwords_read(struct gateway_config *config, struct config_errors *errors)
{
    for (uint32_t i = 0; i < config->engine.sessions_count; i++) {
        const struct config_settings *settings = &config->session_settings[i];
        struct session_config *fix = &config->sessions[i].fix;
        if (setting_text(settings, CONFIG_KEY_PasswordFile) != NULL) {
            fix->password = password_read(config, CONFIG_KEY_PasswordFile,
                                          &settings->list[CONFIG_KEY_PasswordFile], errors);
        }
        if (setting_text(settings, CONFIG_KEY_NewPasswordFile) != NULL) {
            fix->new_password = password_read(config, CONFIG_KEY_NewPasswordFile,
                                              &settings->list[CONFIG_KEY_NewPasswordFile], errors);
        }
    }
}
