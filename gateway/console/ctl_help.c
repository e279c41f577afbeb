/* `fixgate ctl --help`, out of the engine's tables of commands. */
#include "gateway/console/ctl_words.h"

#include <stdio.h>

static const char head[] =
    "usage: fixgate ctl GROUP VERB [ARGUMENTS] (-c FILE | --control ENDPOINT)\n"
    "                   [--operator NAME] [--key KEY] [--json]\n"
    "\n"
    "Asks a running gateway. Arguments follow in the order shown, or by name (--reason slow,\n"
    "reason=slow); those in brackets may be left out. `fixgate ctl GROUP --help` has examples, "
    "and\n"
    "`fixgate ctl GROUP VERB --help` explains a command and what it takes.\n"
    "\n"
    "  -c, --config FILE       the configuration of the gateway\n"
    "      --control ENDPOINT  its ControlEndpoint, without a configuration\n"
    "      --operator NAME     who asks (default: your login name)\n"
    "      --server-key KEY    the gateway's public key, at its ControlSecureEndpoint,\n"
    "      --secret FILE       and the file of your secret key (`fixgate keys`)\n"
    "      --key KEY           the same key again is answered as before, and done once: for\n"
    "                          scripts that ask again after a timeout\n"
    "      --json              rows as JSON, one a line; an answer without rows, and all that\n"
    "                          goes wrong, as {\"ok\":...,\"answer\":\"...\"}\n";

static const char tail[] =
    "\n"
    "Commands marked 2 want a second person: they become a proposal, and another operator types\n"
    "what is printed then. All that changes something is in the audit, with its operator.\n"
    "\n"
    "Exit code: 0 done, 1 refused, 2 wrong words, 3 the gateway is not there, 4 proposed: it\n"
    "waits for another operator.\n"
    "\n"
    "examples:\n"
    "  fixgate ctl session list -c fixgate.cfg\n"
    "  fixgate ctl session reset FIX.4.4:US-\\>BETA --confirm -c fixgate.cfg --operator jane\n"
    "  fixgate ctl approvals list -c fixgate.cfg\n"
    "  fixgate ctl approvals approve 12 -c fixgate.cfg --operator bob\n"
    "  fixgate ctl audit list --by jane -c fixgate.cfg --json | jq .outcome\n";

static void print_group(const struct command_group *group)
{
    enum { COLUMN = 36 };
    (void)printf("\n%s\n", group->title);
    for (const struct command_spec *spec = group->specs; spec->name != NULL; spec++) {
        char usage[CTL_USAGE_BYTES_MAX];
        ctl_usage(spec, usage);
        int size = printf("%s%s", spec->two_persons ? "2 " : "  ", usage);
        if (size >= COLUMN) {
            (void)fputc('\n', stdout);
            size = 0;
        }
        (void)printf("%*s %s\n", COLUMN - size, "", spec->help);
    }
}

static void print_roles(unsigned may)
{
    const char *before = "";
    for (unsigned role = 1; role <= MAY_SERVE; role <<= 1) {
        if ((may & role) != 0) {
            (void)printf("%s%s", before, command_role_name((enum command_role)role));
            before = " or ";
        }
    }
}

static void print_arguments(const struct command_spec *spec)
{
    enum { COLUMN = 17 };
    const char *rest = spec->arguments;
    struct span name;
    bool optional;
    while (command_argument_next(&rest, &name, &optional)) {
        const char *words = ctl_argument_help(spec, name);
        int size =
            printf(optional ? "  [%.*s]" : "  %.*s", (int)name.size, (const char *)name.data);
        (void)printf("%*s %s\n", size < COLUMN ? COLUMN - size : 0, "", words != NULL ? words : "");
    }
    (void)fputs(spec->arguments[0] != '\0' ? "\n" : "", stdout);
}

/* Those of the group's examples that are of this command, or all. */
static void print_examples(const struct command_group *group, const struct command_spec *spec)
{
    char usage[CTL_USAGE_BYTES_MAX] = "";
    const char *title = "\nexamples:\n";
    if (spec != NULL) {
        ctl_usage(spec, usage);
        usage[strlen(spec->name)] = '\0'; /* Without what it takes. */
    }
    const char *line = ctl_group_examples(group);
    while (*line != '\0') {
        size_t size = strcspn(line, "\n");
        if (strncmp(line, usage, strlen(usage)) == 0) {
            (void)printf("%s  fixgate ctl %.*s\n", title, (int)size, line);
            title = "";
        }
        line += size + (line[size] == '\n' ? 1 : 0);
    }
}

static void print_command(const struct command_spec *spec)
{
    char usage[CTL_USAGE_BYTES_MAX];
    char group[COMMAND_NAME_BYTES_MAX + 1];
    ctl_usage(spec, usage);
    (void)printf("usage: fixgate ctl %s\n"
                 "                   (-c FILE | --control ENDPOINT) [--operator NAME]\n"
                 "                   [--key KEY] [--json]\n\n  %s\n\n",
                 usage, spec->help);
    print_arguments(spec);
    (void)fputs("Needs the role ", stdout);
    print_roles(spec->may);
    const char *second = !spec->two_persons    ? ""
                         : spec->alone != NULL ? " Where it may do harm another operator must "
                                                 "approve it: exit code 4."
                                               : " Another operator must approve it: exit code 4.";
    (void)printf(". %s%s\n",
                 spec->changes ? "What came of it is in the audit." : "It changes nothing.",
                 second);
    span_to_text(span_of(spec->name, strcspn(spec->name, ".")), group, sizeof(group));
    print_examples(ctl_group(group), spec);
}

static void print_group_alone(const struct command_group *group)
{
    struct span name = ctl_group_name(group);
    (void)printf("usage: fixgate ctl %.*s VERB [ARGUMENTS] (-c FILE | --control ENDPOINT)\n"
                 "                   [--operator NAME] [--key KEY] [--json]\n",
                 (int)name.size, (const char *)name.data);
    print_group(group);
    print_examples(group, NULL);
    (void)printf(
        "\n2: another operator must approve it. Exit code: 0 done, 1 refused, 2 wrong words, "
        "3 the\ngateway is not there, 4 proposed. `fixgate ctl %.*s VERB --help` explains "
        "a command.\n",
        (int)name.size, (const char *)name.data);
}

void ctl_help_print(const struct ctl_words *words)
{
    const struct command_group *own = words->group != NULL ? ctl_group(words->group) : NULL;
    if (words->spec != NULL) {
        print_command(words->spec);
        return;
    }
    if (own != NULL) {
        print_group_alone(own);
        return;
    }
    (void)fputs(head, stdout);
    for (const struct command_group *group = command_groups; group->specs != NULL; group++) {
        print_group(group);
    }
    (void)fputs(tail, stdout);
}
