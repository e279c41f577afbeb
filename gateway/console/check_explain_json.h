/* Inside of check_explain.c: the same as JSON. */
#ifndef GATEWAY_CONSOLE_CHECK_EXPLAIN_JSON_H
#define GATEWAY_CONSOLE_CHECK_EXPLAIN_JSON_H

#include "gateway/shell/config_quickfix.h"

/* {"quickfix":…,"taken":…,"sections":[…],"problems":[…],"add":[…],"warnings":[…]} */
void check_explain_json(const struct config_explanation *explanation, const char *path, FILE *out);

#endif
