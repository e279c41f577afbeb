/* What a key in a file means: a key of ours, another engine's word for one, or one of
 * theirs that is not here, and why.
 *
 * Nothing that QuickFIX, QuickFIX/J or quickfixgo know for FIX 4.4 is merely ignored: a key
 * is carried out (under its own name or as an alias), NOTED (taken, because what it asks for
 * is so anyway or has no meaning here) or REFUSED (with the reason and what to do instead).
 * No state, no I/O. Any thread. */
#ifndef GATEWAY_SHELL_CONFIG_NAMES_H
#define GATEWAY_SHELL_CONFIG_NAMES_H

#include "gateway/shell/config_keys.h"

enum config_word {
    CONFIG_WORD_UNKNOWN,
    CONFIG_WORD_KEY,
    CONFIG_WORD_NOTED,
    CONFIG_WORD_REFUSED,
};

struct config_name {
    enum config_word word;
    enum config_key key;  /* KEY */
    uint32_t number;      /* KEY: of a family (SocketConnectHost1); 0 = without. */
    bool alias;           /* KEY: under another engine's name; `text` says what differs. */
    const char *values;   /* Alias: how its values read here ("Y=1|N=0"); NULL: the same. */
    const char *only;     /* NOTED: the one value that is taken; NULL: any. */
    const char *engines;  /* Who knows it; "" for our own keys. */
    const char *text;     /* NOTED, REFUSED: why, and the remedy. NULL: nothing to say. */
    uint32_t beyond;      /* UNKNOWN: a number above this, the highest of its family; else 0. */
    const char *spelling; /* As the tables spell it; ends in '*' for a family of names. */
};

/* Without regard to case. */
struct config_name config_name_find(const char *name);

/* `value` as the key takes it; NULL: the alias has no such value. */
const char *config_name_value(const struct config_name *name, const char *value);

/* NOTED: whether `value` may stand there. */
bool config_name_takes(const struct config_name *name, const char *value);

/* The known name nearest to `name` (keys, aliases, numbered families, noted and refused
 * ones); NULL if none is near. `text` holds it where a number had to be put behind. */
enum { CONFIG_NEAREST_BYTES_MAX = 64 };
const char *config_name_nearest(const char *name, char text[CONFIG_NEAREST_BYTES_MAX]);

/* All of the three tables one after the other, for the documents: false after the last. */
bool config_name_next(uint32_t *index, struct config_name *out);

#endif
