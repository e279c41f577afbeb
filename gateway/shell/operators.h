/* Who may ask what of a running gateway, as [OPERATOR] sections say it.
 *
 * Plain data. Without any such section everybody who reaches the control socket may do
 * everything, under the name he gives. */
#ifndef GATEWAY_SHELL_OPERATORS_H
#define GATEWAY_SHELL_OPERATORS_H

enum { OPERATORS_MAX = 64 }; /* And the router. */

#define OPERATOR_ENGINE "engine" /* Who acts when the gateway does by itself; nobody else may. */
#define OPERATOR_ROUTER                                                                            \
    "router" /* Has a place of its own where [OPERATOR] sections do not name it. */

struct operator_config {
    const char *name; /* At most ENGINE_NAME_BYTES_MAX bytes; borrowed. */
    unsigned may;     /* enum command_role (gateway/core/commands/command.h), together. */
    /* CURVE, in Z85; borrowed. NULL: he is believed on the socket without keys. Else only by it. */
    const char *public_key;
};

#endif
