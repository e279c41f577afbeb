/* CheckSum(10): the sum of bytes modulo 256. FIX 4.4 Vol. 1, "CheckSum". Pure. */
#ifndef FIX_CHECK_SUM_H
#define FIX_CHECK_SUM_H

#include "fix/base.h"

uint8_t check_sum(struct span bytes);

#endif
