/* Many seeds on several processes, with progress and figures. One thread. */
#ifndef TESTS_SIM_CROWD_H
#define TESTS_SIM_CROWD_H

#include "fix/base.h"

struct crowd_options {
    uint64_t first;
    uint64_t last;
    uint32_t jobs;
    bool keep_going; /* Past seeds that fail. */
    bool json;       /* The summary for scripts. */
    bool quiet;      /* No progress. */
};

/* Runs them all. On a failure: the seed, the commit and the end of the trace. True if none
 * failed. */
bool crowd_run(const struct crowd_options *options);

/* Tells of the failure of one seed that was lived in this process. */
void crowd_tell_failure(uint64_t seed, const char *rule, const char *text);

#endif
