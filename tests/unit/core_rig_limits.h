/* What the tests of limits and kill switch look for in the committed store. */
#ifndef TESTS_UNIT_CORE_RIG_LIMITS_H
#define TESTS_UNIT_CORE_RIG_LIMITS_H

#include "tests/unit/core_rig.h"

/* The counters of open orders are what counting the orders gives. */
void rig_check_open_orders(struct rig *rig);

/* Orders of the store that have not ended, in that state; ORDER_DEAD_LETTER + 1: in any. */
unsigned rig_orders_in(struct rig *rig, unsigned order_state);

size_t rig_table_count(struct rig *rig, uint32_t table);

#endif
