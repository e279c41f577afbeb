#define _GNU_SOURCE /* unshare(), setns() */
#include "tests/torture/network.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/tools/process.h"

/* Of the addresses: 10.66.0.1 and from .11 on the brokers' side, 10.66.0.2 the gateway's. */
#define WIRE_HERE  "fgwire0"
#define WIRE_THERE "fgwire1"

enum { COMMAND_BYTES_MAX = 256, WORDS_MAX = 24, COMMAND_MS = 10000, ADDRESSES = 8, FIRST = 11 };

/* Runs one command, its words parted by blanks. */
static bool run(const char *format, ...) __attribute__((format(printf, 1, 2)));

static bool run(const char *format, ...)
{
    char text[COMMAND_BYTES_MAX];
    char output[1024];
    const char *words[WORDS_MAX + 1] = {NULL};
    size_t count = 0;
    char *rest = NULL;
    va_list arguments;
    va_start(arguments, format);
    int size = vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    ASSERT(size > 0 && size < (int)sizeof text);
    for (char *word = strtok_r(text, " ", &rest); word != NULL; word = strtok_r(NULL, " ", &rest)) {
        ASSERT(count < WORDS_MAX);
        words[count++] = word;
    }
    return process_run(words, NULL, output, sizeof output, COMMAND_MS) == 0;
}

static const char *find_program(const char *const *paths)
{
    for (; *paths != NULL; paths++) {
        if (access(*paths, X_OK) == 0) {
            return *paths;
        }
    }
    return NULL;
}

static bool file_write(const char *path, const char *text)
{
    int file = open(path, O_WRONLY | O_CLOEXEC);
    ssize_t size = (ssize_t)strlen(text);
    bool written = file >= 0 && write(file, text, strlen(text)) == size;
    if (file >= 0) {
        (void)close(file);
    }
    return written;
}

/* As root, or as a user who is root in a namespace of his own. */
static bool namespaces_enter(int kinds)
{
    if (unshare(kinds) == 0) {
        return true;
    }
    char map[64];
    unsigned user = (unsigned)getuid();
    unsigned group = (unsigned)getgid();
    if (unshare(CLONE_NEWUSER | kinds) != 0) {
        return false;
    }
    (void)file_write("/proc/self/setgroups", "deny");
    (void)snprintf(map, sizeof map, "0 %u 1", user);
    bool mapped = file_write("/proc/self/uid_map", map);
    (void)snprintf(map, sizeof map, "0 %u 1", group);
    return mapped && file_write("/proc/self/gid_map", map);
}

static bool mounts_private(void)
{
    /* In a chroot "/" is no mount point: then there is nothing to keep to ourselves. */
    return mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL) == 0 || errno == EINVAL;
}

static bool wire_put(struct network *network)
{
    const char *ip = network->ip;
    if (!run("%s link set lo up", ip) ||
        !run("%s link add " WIRE_HERE " type veth peer name " WIRE_THERE " netns /proc/%d/fd/%d",
             ip, (int)getpid(), network->gateway)) {
        return false;
    }
    bool good = run("%s addr add 10.66.0.1/24 dev " WIRE_HERE, ip);
    for (int index = 0; index < ADDRESSES; index++) {
        good = good && run("%s addr add 10.66.0.%d/24 dev " WIRE_HERE, ip, FIRST + index);
    }
    good = good && run("%s link set " WIRE_HERE " up", ip);
    network_enter_gateway(network);
    good = good && run("%s link set lo up", ip) &&
           run("%s addr add 10.66.0.2/24 dev " WIRE_THERE, ip) &&
           run("%s link set " WIRE_THERE " up", ip);
    network_leave_gateway(network);
    return good;
}

/* What this kernel can do beyond a wire that is in or out. */
static void learn(struct network *network)
{
    if (network->tc != NULL) {
        network->loss = "netem";
        bool can = run("%s qdisc add dev " WIRE_HERE " root netem loss 10%%", network->tc);
        if (!can) {
            network->loss = "tbf";
            can = run("%s qdisc add dev " WIRE_HERE " root tbf rate 1mbit burst 4k limit 3k",
                      network->tc);
        }
        network->loss = can ? network->loss : NULL;
        (void)run("%s qdisc del dev " WIRE_HERE " root", network->tc);
    }
    network->one_way = run("%s rule add from 10.66.0.9 blackhole", network->ip);
    if (network->one_way) {
        (void)run("%s rule del from 10.66.0.9 blackhole", network->ip);
    }
}

/* The gateway's network first, then that of the others, where this process stays. */
static bool networks_make(struct network *network)
{
    if (!namespaces_enter(CLONE_NEWNET)) {
        return false;
    }
    network->gateway = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    bool second = unshare(CLONE_NEWNET) == 0;
    network->others = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC);
    return second && network->gateway >= 0 && network->others >= 0 && wire_put(network);
}

/* Tried in a child first: half a network would be worse than none. */
static bool works_in_a_child(bool (*make)(struct network *), struct network network)
{
    pid_t pid = fork();
    ASSERT(pid >= 0);
    if (pid == 0) {
        _exit(make(&network) ? 0 : 1);
    }
    int status = 1;
    pid_t ended = waitpid(pid, &status, 0);
    ASSERT(ended == pid);
    return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

static bool mounts_make(struct network *network)
{
    (void)network;
    return namespaces_enter(CLONE_NEWNS) && mounts_private() &&
           mount("torture", "/tmp", "tmpfs", 0, "size=64k") == 0;
}

void network_open(struct network *network)
{
    static const char *const ip_paths[] = {"/usr/sbin/ip", "/sbin/ip", "/usr/bin/ip", "/bin/ip",
                                           NULL};
    static const char *const tc_paths[] = {"/usr/sbin/tc", "/sbin/tc", "/usr/bin/tc", "/bin/tc",
                                           NULL};
    *network = (struct network){.gateway = -1, .others = -1, .ip = find_program(ip_paths)};
    network->tc = find_program(tc_paths);
    network->mounts = works_in_a_child(mounts_make, *network);
    if (network->ip == NULL) {
        (void)snprintf(network->why, sizeof network->why, "there is no program `ip` here");
    } else if (!works_in_a_child(networks_make, *network)) {
        (void)snprintf(network->why, sizeof network->why, "this system grants no namespaces");
    } else {
        network->there = networks_make(network);
        ASSERT(network->there); /* It just worked. */
        learn(network);
    }
    if (network->mounts) {
        network->mounts = namespaces_enter(CLONE_NEWNS) && mounts_private();
    }
}

void network_address(const struct network *network, uint32_t index,
                     char out[NETWORK_ADDRESS_BYTES_MAX])
{
    ASSERT(index < ADDRESSES);
    if (network->there) {
        (void)snprintf(out, NETWORK_ADDRESS_BYTES_MAX, "10.66.0.%u", (unsigned)(FIRST + index));
    } else {
        (void)snprintf(out, NETWORK_ADDRESS_BYTES_MAX, "127.0.0.1");
    }
}

static void stand_in(int namespace_fd)
{
    int entered = setns(namespace_fd, CLONE_NEWNET);
    ASSERT(entered == 0);
}

void network_enter_gateway(const struct network *network)
{
    if (network->gateway >= 0) {
        stand_in(network->gateway);
    }
}

void network_leave_gateway(const struct network *network)
{
    if (network->gateway >= 0) {
        stand_in(network->others);
    }
}

/* What worked once works again: anything else is a mistake of ours. */
static void must(bool done)
{
    ASSERT(done);
}

void network_link(const struct network *network, bool up)
{
    must(run("%s link set " WIRE_HERE " %s", network->ip, up ? "up" : "down"));
}

void network_one_way(const struct network *network, uint32_t index, bool on)
{
    must(run("%s rule %s from 10.66.0.%u blackhole", network->ip, on ? "add" : "del",
             (unsigned)(FIRST + index)));
}

void network_loss(const struct network *network, bool on)
{
    ASSERT(network->loss != NULL);
    if (!on) {
        must(run("%s qdisc del dev " WIRE_HERE " root", network->tc));
    } else if (strcmp(network->loss, "netem") == 0) {
        must(
            run("%s qdisc add dev " WIRE_HERE " root netem loss 10%% delay 5ms 20ms", network->tc));
    } else {
        /* A thin wire with hardly a queue: what comes in a burst is dropped. */
        must(run("%s qdisc add dev " WIRE_HERE " root tbf rate 400kbit burst 2k limit 2k",
                 network->tc));
    }
}
