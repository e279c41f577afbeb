/* `fixgate keys`: a pair of CURVE keys for the control socket. */
#include "gateway/console/command_line.h"
#include "gateway/shell/key_file.h"

#include <stdio.h>

static const char help[] =
    "usage: fixgate keys FILE\n"
    "\n"
    "Makes a pair of CURVE keys: the secret one goes into FILE, which only its owner may read,\n"
    "the public one is printed. If FILE is there already, its public key is printed.\n"
    "\n"
    "  the gateway    ControlSecureKeyFile=FILE; its public key is for the operators\n"
    "  an operator    his public key is PublicKey of his [OPERATOR]; then, from anywhere:\n"
    "                 fixgate ctl ... --control tcp://HOST:PORT --server-key KEY --secret FILE\n"
    "\n"
    "Exit code: 0 done, 2 wrong options, 3 the file cannot be made or read.\n"
    "\n"
    "examples:\n"
    "  fixgate keys /etc/fixgate/control.key\n"
    "  fixgate keys ~/.fixgate.key\n";

int command_keys(int argc, char **argv)
{
    const struct command_words words = {.command = "keys", .help = help, .arguments_max = 1};
    uint32_t count = 0;
    enum command_parsed parsed = command_parse(&words, argc, argv, &count);
    if (parsed != COMMAND_GO) {
        return command_ended(parsed);
    }
    if (count == 0) {
        command_say("keys", "into which file? See `fixgate keys --help`");
        return EXIT_CODE_USAGE;
    }
    char secret[ZEROMQ_KEY_TEXT_BYTES + 1];
    char public_key[ZEROMQ_KEY_TEXT_BYTES + 1];
    char error[KEY_FILE_ERROR_BYTES_MAX];
    FILE *there = fopen(argv[0], "rbe");
    if (there != NULL) {
        (void)fclose(there);
    } else if (!zeromq_key_pair(public_key, secret)) {
        command_say("keys", "this libzmq has no CURVE");
        return EXIT_CODE_ENVIRONMENT;
    } else if (key_file_write(argv[0], secret, error) != STATUS_OK) {
        command_say("keys", "%s", error);
        return EXIT_CODE_ENVIRONMENT;
    }
    if (key_file_read(argv[0], secret, error) != STATUS_OK ||
        !zeromq_key_public(secret, public_key)) {
        command_say("keys", "%s", error);
        return EXIT_CODE_ENVIRONMENT;
    }
    (void)puts(public_key);
    return EXIT_CODE_OK;
}
