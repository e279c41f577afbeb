/* `fixgate ctl --help`, out of the engine's tables of commands. */
#include "gateway/console/ctl_words.h"

#include <stdio.h>

static const char head[] =
    "usage: fixgate ctl GROUP VERB [ARGUMENTS] (-c FILE | --control ENDPOINT)\n"
    "                   [--operator NAME] [--key KEY] [--json]\n"
    "\n"
    "Asks a running gateway. Arguments follow in the order shown, or by name (--reason slow);\n"
    "those in brackets may be left out. `fixgate ctl GROUP VERB --help` explains a command.\n"
    "\n"
    "  -c, --config FILE       the configuration of the gateway\n"
    "      --control ENDPOINT  its ControlEndpoint, without a configuration\n"
    "      --operator NAME     who asks (default: your login name)\n"
    "      --server-key KEY    the gateway's public key, at its ControlSecureEndpoint,\n"
    "      --secret FILE       and the file of your secret key (`fixgate keys`)\n"
    "      --key KEY           the same key again is answered as before, and done once: for\n"
    "                          scripts that ask again after a timeout\n"
    "      --json              rows as JSON, one a line\n";

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

/* "broker.drain" as it is typed: "broker drain". */
static int print_name(const char *name)
{
    int size = 0;
    for (; name[size] != '\0'; size++) {
        (void)fputc(name[size] == '.' ? ' ' : name[size], stdout);
    }
    return size;
}

/* "BROKER [REASON]" */
static int print_arguments(const char *arguments)
{
    struct span name;
    bool optional;
    int size = 0;
    while (command_argument_next(&arguments, &name, &optional)) {
        (void)fputs(optional ? " [" : " ", stdout);
        for (size_t i = 0; i < name.size; i++) {
            char byte = (char)name.data[i];
            (void)fputc(byte >= 'a' && byte <= 'z' ? byte - 'a' + 'A' : byte, stdout);
        }
        (void)fputs(optional ? "]" : "", stdout);
        size += (int)name.size + (optional ? 3 : 1);
    }
    return size;
}

static void print_group(const struct command_group *group)
{
    enum { COLUMN = 36 };
    (void)printf("\n%s\n", group->title);
    for (const struct command_spec *spec = group->specs; spec->name != NULL; spec++) {
        (void)fputs(spec->two_persons ? "2 " : "  ", stdout);
        int size = 2 + print_name(spec->name) + print_arguments(spec->arguments);
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

static void print_command(const struct command_spec *spec)
{
    (void)fputs("usage: fixgate ctl ", stdout);
    (void)print_name(spec->name);
    (void)print_arguments(spec->arguments);
    (void)printf(" (-c FILE | --control ENDPOINT) ...\n\n  %s\n\nNeeds the role ", spec->help);
    print_roles(spec->may);
    (void)printf(". %s%s\n",
                 spec->changes ? "What came of it is in the audit." : "It changes nothing.",
                 spec->two_persons ? " Another operator must approve it." : "");
}

/* The group's commands begin so: "broker" of "broker.drain", also in the plural. */
static bool begins(const struct command_group *group, const char *word)
{
    const char *name = group->specs[0].name;
    size_t part = strcspn(name, ".");
    size_t size = strlen(word);
    return (size == part || size + 1 == part || size == part + 1) &&
           strncmp(name, word, size < part ? size : part) == 0;
}

void ctl_help_print(const struct ctl_words *words)
{
    if (words->spec != NULL) {
        print_command(words->spec);
        return;
    }
    bool any = false;
    for (const struct command_group *group = command_groups; group->specs != NULL; group++) {
        if (words->group != NULL && begins(group, words->group)) {
            print_group(group);
            any = true;
        }
    }
    if (any) {
        return;
    }
    (void)fputs(head, stdout);
    for (const struct command_group *group = command_groups; group->specs != NULL; group++) {
        print_group(group);
    }
    (void)fputs(tail, stdout);
}
