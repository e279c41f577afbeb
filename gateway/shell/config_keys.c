#include "gateway/shell/config_keys.h"

#include "gateway/shell/nearest.h"

#include <strings.h>

static const struct config_key_definition definitions[] = {
#define X(place, key, type, fallback, minimum, maximum, form, help)                                \
    {#key, CONFIG_##place, CONFIG_##type, fallback, minimum, maximum, form, help},
    CONFIG_KEYS(X)
#undef X
};
_Static_assert(ARRAY_LEN(definitions) == CONFIG_KEYS_COUNT, "one definition per key");

/* What QuickFIX and its kin know and this version does not do. To ignore such a
 * key would be to promise what does not happen. */
static const char *const unsupported[] = {
    "DefaultApplVerID",
    "StartTime",
    "EndTime",
    "StartDay",
    "EndDay",
    "LogonTime",
    "LogoutTime",
    "LogonDay",
    "LogoutDay",
    "UseLocalTime",
    "TimeZone",
    "Weekdays",
    "NonStopSession",
    "ResetSeqTime",
    "SendRedundantResendRequests",
    "ResetOnError",
    "DisconnectOnError",
    "RefreshOnLogon",
    "SendNextExpectedMsgSeqNum",
    "EnableNextExpectedMsgSeqNum",
    "EnableLastMsgSeqNumProcessed",
    "ResendRequestChunkSize",
    "ClosedResendInterval",
    "TestRequestDelayMultiplier",
    "HeartBeatTimeoutMultiplier",
    "DisableHeartBeatCheck",
    "AllowPosDup",
    "LogonTag",
    "RequiresOrigSendingTime",
    "RejectMessageOnUnhandledException",
    "ContinueInitializationOnError",
    "ForceResendWhenCorruptedStore",
    "SenderLocationID",
    "TargetLocationID",
    "TransportDataDictionary",
    "AppDataDictionary",
    "ValidateLengthAndChecksum",
    "ValidateChecksum",
    "FirstFieldInGroupIsDelimiter",
    "ValidateIncomingMessage",
    "ValidateSequenceNumbers",
    "PreserveMessageFieldsOrder",
    "RejectInvalidMessage",
    "RejectGarbledMessage",
    "HeartBtIntOverride",
    "SocketConnectSourceHost",
    "SocketConnectSourcePort",
    "SocketLocalHost",
    "SocketLocalPort",
    "HostSelectionPolicy",
    "HostSelectionPolicyPriorityStartOverInterval",
    "SocketTimeout",
    "SocketTcpNoDelay",
    "SocketSendBufferSize",
    "SocketReceiveBufferSize",
    "SocketAcceptPort",
    "SocketAcceptHost",
    "SocketAcceptAddress",
    "SocketReuseAddress",
    "AllowedRemoteAddresses",
    "AcceptorTemplate",
    "DynamicSession",
    "DynamicSessions",
    "DynamicQualifier",
    "SocketKeepAlive",
    "SocketLinger",
    "SocketTrafficClass",
    "SocketOobInline",
    "SocketSynchronousWrites",
    "SocketSynchronousWriteTimeout",
    "MaxScheduledWriteRequests",
    "InChanCapacity",
    "ProxyType",
    "ProxyVersion",
    "ProxyHost",
    "ProxyPort",
    "ProxyUser",
    "ProxyPassword",
    "UseTCPProxy",
    "HttpAcceptPort",
    "ServerCertificateFile",
    "ServerCertificateKeyFile",
    "ClientCertificateFile",
    "ClientCertificateKeyFile",
    "CertificationAuthoritiesFile",
    "CertificationAuthoritiesDirectory",
    "CertificateRevocationListFile",
    "CertificateRevocationListDirectory",
    "CertificateVerifyLevel",
    "SSLProtocol",
    "SSLCipherSuite",
    "TLSCipherSuites",
    "SocketUseSSL",
    "SocketKeyStore",
    "SocketKeyStorePassword",
    "SocketTrustStore",
    "SocketTrustStorePassword",
    "KeyStoreType",
    "NeedClientAuth",
    "EnabledProtocols",
    "CipherSuites",
    "EndpointIdentificationAlgorithm",
    "UseSNI",
    "SNIHostName",
    "SocketPrivateKeyFile",
    "SocketCertificateFile",
    "SocketCAFile",
    "SocketInsecureSkipVerify",
    "SocketServerName",
    "SocketMinimumTLSVersion",
    "PersistMessages",
    "FileStorePath",
    "FileStoreSync",
    "FileStoreMaxCachedMsgs",
    "FileLogPath",
    "FileLogBackupPath",
    "ScreenLogShowIncoming",
    "ScreenLogShowOutgoing",
    "ScreenLogShowEvents",
    "ScreenLogShowHeartBeats",
    "FileLogHeartbeats",
    "FileIncludeMilliseconds",
    "FileIncludeTimeStampForMessages",
    "LogMessageWhenSessionNotFound",
};

/* Families of keys whose names go on in many ways. */
static const char *const unsupported_prefixes[] = {
    "MySQLStore", "PostgreSQLStore", "OdbcStore",     "Jdbc",    "SQLStore",
    "MongoStore", "MySQLLog",        "PostgreSQLLog", "OdbcLog", "SLF4JLog",
};

/* Families that are numbered: LogonTag1, SocketConnectHost1. */
static const char *const unsupported_numbered[] = {
    "LogonTag",
    "SocketConnectHost",
    "SocketConnectPort",
    "SocketConnectSourceHost",
    "SocketConnectSourcePort",
};

const struct config_key_definition *config_key_definition(enum config_key key)
{
    ASSERT(key < CONFIG_KEYS_COUNT);
    return &definitions[key];
}

enum config_key config_key_find(const char *name)
{
    uint32_t key = 0;
    while (key < CONFIG_KEYS_COUNT && strcasecmp(definitions[key].name, name) != 0) {
        key++;
    }
    return (enum config_key)key;
}

static bool all_digits(const char *text)
{
    return text[0] != '\0' && text[strspn(text, "0123456789")] == '\0';
}

bool config_key_unsupported(const char *name)
{
    for (size_t i = 0; i < ARRAY_LEN(unsupported); i++) {
        if (strcasecmp(unsupported[i], name) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(unsupported_prefixes); i++) {
        if (strncasecmp(unsupported_prefixes[i], name, strlen(unsupported_prefixes[i])) == 0) {
            return true;
        }
    }
    for (size_t i = 0; i < ARRAY_LEN(unsupported_numbered); i++) {
        size_t size = strlen(unsupported_numbered[i]);
        if (strncasecmp(unsupported_numbered[i], name, size) == 0 && all_digits(name + size)) {
            return true;
        }
    }
    return false;
}

const char *config_key_nearest(const char *name)
{
    struct nearest nearest;
    nearest_init(&nearest, span_text(name));
    for (uint32_t key = 0; key < CONFIG_KEYS_COUNT; key++) {
        nearest_offer(&nearest, definitions[key].name);
    }
    return nearest.best;
}
