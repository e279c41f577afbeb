#include "gateway/shell/config_keys.h"

#include <strings.h>

static const struct config_key_definition definitions[] = {
#define X(place, key, type, fallback, minimum, maximum, engines, elsewhere, form, help)            \
    {#key,    CONFIG_##place, CONFIG_##type, fallback, minimum,                                    \
     maximum, engines,        elsewhere,     form,     help},
    CONFIG_KEYS(X)
#undef X
};
_Static_assert(ARRAY_LEN(definitions) == CONFIG_KEYS_COUNT, "one definition per key");

static const struct {
    enum config_key key;
    uint32_t max;
} families[] = {
    [CONFIG_FAMILY_LOGON_TAG] = {CONFIG_KEY_LogonTag, CONFIG_NUMBERS_MAX},
    [CONFIG_FAMILY_CONNECT_HOST] = {CONFIG_KEY_SocketConnectHost, 7},
    [CONFIG_FAMILY_CONNECT_PORT] = {CONFIG_KEY_SocketConnectPort, 7},
    [CONFIG_FAMILY_SOURCE_HOST] = {CONFIG_KEY_SocketConnectSourceHost, 7},
    [CONFIG_FAMILY_SOURCE_PORT] = {CONFIG_KEY_SocketConnectSourcePort, 7},
};
_Static_assert(ARRAY_LEN(families) == CONFIG_FAMILIES_COUNT, "one line per family");

const struct config_key_definition *config_key_definition(enum config_key key)
{
    ASSERT(key < CONFIG_KEYS_COUNT);
    return &definitions[key];
}

bool config_key_required(enum config_key key)
{
    const char *fallback = config_key_definition(key)->fallback;
    return fallback != NULL && fallback[0] == CONFIG_REQUIRED[0];
}

enum config_family config_key_family(enum config_key key)
{
    uint32_t family = 0;
    while (family < CONFIG_FAMILIES_COUNT && families[family].key != key) {
        family++;
    }
    return (enum config_family)family;
}

enum config_key config_family_key(enum config_family family)
{
    ASSERT(family < CONFIG_FAMILIES_COUNT);
    return families[family].key;
}

uint32_t config_family_max(enum config_family family)
{
    ASSERT(family < CONFIG_FAMILIES_COUNT);
    return families[family].max;
}

enum config_key config_key_find(const char *name)
{
    uint32_t key = 0;
    while (key < CONFIG_KEYS_COUNT && strcasecmp(definitions[key].name, name) != 0) {
        key++;
    }
    return (enum config_key)key;
}
