/* `fixgate dict`: checks dictionaries and shows what is in them.
 *
 * Shell; main thread; the process ends with the result. Data goes to standard
 * output, messages to standard error. */
#ifndef GATEWAY_CONSOLE_COMMAND_DICT_H
#define GATEWAY_CONSOLE_COMMAND_DICT_H

/* argv[0] is the command's own name ("dict"). 0; 1 when a dictionary is broken or
 * does not have what was asked for; 2 when the command line makes no sense. */
int command_dict(int argc, char **argv);

#endif
