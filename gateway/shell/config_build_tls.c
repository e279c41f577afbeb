/* TLS of one session, and whether its files can be used. */
#include "gateway/shell/config_parts.h"

/* Keys that only make sense with TLS. A file that names them and does not say SocketUseSSL
 * would be taken for an encrypted connection by whoever reads it. */
static const enum config_key tls_keys[] = {
    CONFIG_KEY_CertificationAuthoritiesFile,
    CONFIG_KEY_CertificationAuthoritiesDirectory,
    CONFIG_KEY_CertificateRevocationListFile,
    CONFIG_KEY_CertificateRevocationListDirectory,
    CONFIG_KEY_ServerCertificateFile,
    CONFIG_KEY_ServerCertificateKeyFile,
    CONFIG_KEY_ClientCertificateFile,
    CONFIG_KEY_ClientCertificateKeyFile,
    CONFIG_KEY_SocketCertificateFile,
    CONFIG_KEY_SocketPrivateKeyFile,
    CONFIG_KEY_CertificatePin,
};

static void check_not_meant(const struct config_settings *settings, struct config_errors *errors)
{
    if (settings->list[CONFIG_KEY_SocketUseSSL].origin == CONFIG_ORIGIN_FILE) {
        return; /* N, and somebody wrote it. */
    }
    for (size_t i = 0; i < ARRAY_LEN(tls_keys); i++) {
        if (setting_text(settings, tls_keys[i]) != NULL) {
            config_errors_add(errors, setting_line(settings, tls_keys[i]),
                              "%s is set, SocketUseSSL is not: add SocketUseSSL=Y for TLS to the "
                              "session of line %u, or SocketUseSSL=N for none",
                              config_key_definition(tls_keys[i])->name, settings->line);
            return;
        }
    }
}

/* QuickFIX's key for the role, or Go's for either. */
static const char *role_file(const struct config_settings *settings, enum config_key of_role,
                             enum config_key of_both, struct config_errors *errors)
{
    const char *file = setting_text(settings, of_role);
    const char *both = setting_text(settings, of_both);
    if (file != NULL && both != NULL) {
        config_errors_add(
            errors, setting_line(settings, of_both), "%s and %s name the same thing; remove one",
            config_key_definition(of_role)->name, config_key_definition(of_both)->name);
    }
    return file != NULL ? file : both;
}

static void build_certificate(const struct config_settings *settings, struct tls_config *out,
                              struct config_errors *errors)
{
    out->certificate_file = role_file(
        settings, out->server ? CONFIG_KEY_ServerCertificateFile : CONFIG_KEY_ClientCertificateFile,
        CONFIG_KEY_SocketCertificateFile, errors);
    out->key_file = role_file(settings,
                              out->server ? CONFIG_KEY_ServerCertificateKeyFile
                                          : CONFIG_KEY_ClientCertificateKeyFile,
                              CONFIG_KEY_SocketPrivateKeyFile, errors);
    bool both = out->certificate_file != NULL && out->key_file != NULL;
    bool neither = out->certificate_file == NULL && out->key_file == NULL;
    if (!both && (out->server || !neither)) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_SocketUseSSL),
                          out->server ? "an acceptor with TLS needs ServerCertificateFile and "
                                        "ServerCertificateKeyFile"
                                      : "ClientCertificateFile and ClientCertificateKeyFile belong "
                                        "together; set both or neither");
    }
}

static void build_server(const struct config_settings *settings, struct tls_config *out,
                         struct config_errors *errors)
{
    static const enum tls_client_verify levels[] = {TLS_CLIENT_NONE, TLS_CLIENT_REQUIRED,
                                                    TLS_CLIENT_OPTIONAL};
    out->client_verify = levels[setting_number(settings, CONFIG_KEY_CertificateVerifyLevel)];
    if (out->client_verify != TLS_CLIENT_NONE && out->ca_file == NULL &&
        out->ca_directory == NULL) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_CertificateVerifyLevel),
                          "CertificateVerifyLevel wants CertificationAuthoritiesFile: without it "
                          "any certificate of a public authority would do");
    }
    if (out->client_verify == TLS_CLIENT_NONE &&
        setting_text(settings, CONFIG_KEY_CertificatePin) != NULL) {
        config_errors_add(errors, setting_line(settings, CONFIG_KEY_CertificatePin),
                          "CertificatePin of an acceptor needs CertificateVerifyLevel=1, or there "
                          "is no certificate of the peer to compare");
    }
}

bool config_build_tls(const struct config_settings *settings, struct tls_config *out,
                      struct config_errors *errors)
{
    *out = (struct tls_config){.server = setting_is_acceptor(settings)};
    if (!setting_yes(settings, CONFIG_KEY_SocketUseSSL)) {
        check_not_meant(settings, errors);
        return false;
    }
    out->ca_file = setting_text(settings, CONFIG_KEY_CertificationAuthoritiesFile);
    out->ca_directory = setting_text(settings, CONFIG_KEY_CertificationAuthoritiesDirectory);
    out->crl_file = setting_text(settings, CONFIG_KEY_CertificateRevocationListFile);
    out->crl_directory = setting_text(settings, CONFIG_KEY_CertificateRevocationListDirectory);
    out->minimum_tls13 = config_value_tls13_only(setting_text(settings, CONFIG_KEY_SSLProtocol));
    out->cipher_list = setting_text(settings, CONFIG_KEY_SSLCipherSuite);
    out->cipher_suites = setting_text(settings, CONFIG_KEY_TLSCipherSuites);
    const char *pins = setting_text(settings, CONFIG_KEY_CertificatePin);
    out->pins_count = pins != NULL ? config_value_pins(pins, out->pins) : 0;
    build_certificate(settings, out, errors);
    if (out->server) {
        build_server(settings, out, errors);
    } else {
        out->insecure_skip_verify = setting_yes(settings, CONFIG_KEY_SocketInsecureSkipVerify);
    }
    return true;
}

static void check_files(const struct tls_config *tls, uint32_t line, struct config_errors *errors)
{
    struct tls_context *context = NULL;
    char reason[TLS_ERROR_BYTES_MAX] = "";
    if (tls_context_open(tls, &context, reason) == STATUS_OK) {
        tls_context_close(context);
    } else {
        config_errors_add(errors, line, "TLS: %s", reason);
    }
}

void config_tls_check(const struct gateway_config *config, struct config_errors *errors)
{
    for (uint32_t i = 0; i < config->engine.sessions_count; i++) {
        if (config->sockets[i].tls) {
            check_files(&config->sockets[i].tls_config,
                        setting_line(&config->session_settings[i], CONFIG_KEY_SocketUseSSL),
                        errors);
        }
    }
    for (uint32_t i = 0; i < config->listeners_count; i++) {
        const struct listener_config *listener = &config->listeners[i];
        if (listener->tls) {
            check_files(&listener->tls_config,
                        setting_line(&config->session_settings[listener->first_session],
                                     CONFIG_KEY_SocketUseSSL),
                        errors);
        }
    }
}
