/* QuickFIX and our engine end every round in agreement, whatever happened to the line.
 *
 *   FIXGATE_ROUNDS=200   so many random rounds instead of the few of `make test`
 *   FIXGATE_SEED=4711    this one round alone
 *   FIXGATE_JOBS=4       how many at once */
#include "tests/interop/session_rounds.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include <stdlib.h>
#include <time.h>

enum { ROUNDS_MAX = 100000, FIXED_ROUNDS = 12, JOBS = 4 };

static uint64_t number_from(const char *name, uint64_t otherwise)
{
    const char *text = getenv(name);
    return text != NULL ? strtoull(text, NULL, 10) : otherwise;
}

static void rounds_end_in_agreement(void **state)
{
    static uint64_t seeds[ROUNDS_MAX];
    (void)state;
    uint64_t begin = (uint64_t)time(NULL) * 1000;
    uint64_t rounds = number_from("FIXGATE_ROUNDS", 0);
    uint32_t jobs = (uint32_t)number_from("FIXGATE_JOBS", JOBS);
    uint32_t count = 0;
    if (getenv("FIXGATE_SEED") != NULL) {
        seeds[0] = number_from("FIXGATE_SEED", 0);
        count = 1;
    } else if (rounds > 0) {
        for (; count < rounds && count < ROUNDS_MAX; count++) {
            seeds[count] = begin + count;
        }
    } else {
        for (; count < FIXED_ROUNDS; count++) {
            seeds[count] = count + 1;
        }
        seeds[count] = begin;
        count++;
    }
    print_message("%u rounds, the last with seed %llu\n", count,
                  (unsigned long long)seeds[count - 1]);
    assert_int_equal(session_rounds_run(seeds, count, jobs), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rounds_end_in_agreement),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
