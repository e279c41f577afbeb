/* The door to <jansson.h>: only the files that read JSON include this. */
#ifndef GATEWAY_SHELL_JSON_DOOR_H
#define GATEWAY_SHELL_JSON_DOOR_H

#include <jansson.h>

#endif
