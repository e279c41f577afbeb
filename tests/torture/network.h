/* Two networks with one wire between them: the gateway alone in the one, all else in the other,
 * so that a link can be down, lose packets or carry them one way only, as TCP really meets it.
 *
 * Namespaces of Linux, as root or as a user who may have his own; `ip` and `tc` do the work.
 * Where that is not to be had the network is not there, and its `why` says so. What reaches the
 * disk is not touched: sockets of ipc:// go on through it all. One thread. */
#ifndef TESTS_TORTURE_NETWORK_H
#define TESTS_TORTURE_NETWORK_H

#include "fix/base.h"

enum { NETWORK_ADDRESS_BYTES_MAX = 16, NETWORK_WHY_BYTES_MAX = 160 };

struct network {
    bool there;
    const char *loss; /* How packets get lost: "netem", "tbf"; NULL: not at all. */
    bool one_way;     /* The way back can be lost alone. */
    bool mounts;      /* File systems can be mounted, unseen by others. */
    int gateway;      /* The namespaces. */
    int others;       /* */
    const char *ip;   /* Programs. */
    const char *tc;   /* NULL: not there. */
    char why[NETWORK_WHY_BYTES_MAX];
};

/* Enters namespaces of its own, if it can: from here on this process is in the one of the
 * brokers. Before any thread is started. */
void network_open(struct network *network);

/* The address at which the gateway finds broker `index`. */
void network_address(const struct network *network, uint32_t index,
                     char out[NETWORK_ADDRESS_BYTES_MAX]);

/* Between these two, what is started stands in the gateway's network. */
void network_enter_gateway(const struct network *network);
void network_leave_gateway(const struct network *network);

/* The wire: out, or in again. */
void network_link(const struct network *network, bool up);
/* Nothing of broker `index` arrives at the gateway any more; the other way goes on. */
void network_one_way(const struct network *network, uint32_t index, bool on);
/* Packets get lost. */
void network_loss(const struct network *network, bool on);

#endif
