/* `fixgate run -c FILE`: the gateway in the foreground. Main thread. */
#ifndef GATEWAY_CONSOLE_COMMAND_RUN_H
#define GATEWAY_CONSOLE_COMMAND_RUN_H

/* Returns the process's exit code (enum command_exit). */
int command_run(int argc, char **argv);

#endif
