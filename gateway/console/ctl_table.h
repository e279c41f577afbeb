/* Rows of an answer, for people.
 *
 * Main thread; prints on standard output. */
#ifndef GATEWAY_CONSOLE_CTL_TABLE_H
#define GATEWAY_CONSOLE_CTL_TABLE_H

#include "gateway/console/control_client.h"

/* All rows as a table whose columns are as wide as what they hold; what is empty in all rows
 * is left out. Where the terminal is narrower, row by row with a line for each member. False: a row
 * cannot be read, which was said. */
MUST_USE bool ctl_table_print(struct control_client *client);

/* The one row, a line for each member. */
MUST_USE bool ctl_table_print_one(struct control_client *client);

#endif
