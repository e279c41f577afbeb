/* Rounds side by side, each in a process of its own. */
#include "tests/interop/session_rounds.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

enum { JOBS_MAX = 32 };

struct job {
    pid_t pid; /* 0: free. */
    uint64_t seed;
    FILE *output;
};

static void start_job(struct job *job, uint64_t seed)
{
    job->seed = seed;
    job->output = tmpfile();
    ASSERT(job->output != NULL);
    (void)fflush(stdout);
    job->pid = fork();
    ASSERT(job->pid >= 0);
    if (job->pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        ASSERT(dup2(fileno(job->output), STDOUT_FILENO) >= 0);
        ASSERT(dup2(fileno(job->output), STDERR_FILENO) >= 0);
        session_round_run(seed);
        (void)fflush(stdout);
        _exit(0);
    }
}

static void print_output(FILE *output)
{
    char bytes[4096];
    size_t size = 0;
    rewind(output);
    while ((size = fread(bytes, 1, sizeof bytes, output)) > 0) {
        (void)fwrite(bytes, 1, size, stdout);
    }
}

/* True if one ended, and whether it failed. */
static bool reap_job(struct job *jobs, uint32_t count, bool *failed)
{
    int status = 0;
    pid_t pid = waitpid(-1, &status, 0);
    for (uint32_t i = 0; i < count; i++) {
        if (jobs[i].pid != pid) {
            continue;
        }
        *failed = !WIFEXITED(status) || WEXITSTATUS(status) != 0;
        if (*failed) {
            (void)printf("ROUND %llu FAILED (FIXGATE_SEED=%llu runs it again):\n",
                         (unsigned long long)jobs[i].seed, (unsigned long long)jobs[i].seed);
            print_output(jobs[i].output);
        }
        (void)fclose(jobs[i].output);
        jobs[i].pid = 0;
        return true;
    }
    ASSERT(pid < 0 && errno == EINTR);
    return false;
}

uint32_t session_rounds_run(const uint64_t *seeds, uint32_t count, uint32_t jobs_max)
{
    static struct job jobs[JOBS_MAX];
    uint32_t running = 0;
    uint32_t started = 0;
    uint32_t failures = 0;
    ASSERT(jobs_max > 0 && jobs_max <= JOBS_MAX);
    while (started < count || running > 0) {
        for (uint32_t i = 0; i < jobs_max && started < count; i++) {
            if (jobs[i].pid == 0) {
                start_job(&jobs[i], seeds[started]);
                started++;
                running++;
            }
        }
        bool failed = false;
        if (reap_job(jobs, jobs_max, &failed)) {
            running--;
            failures += failed ? 1 : 0;
        }
    }
    return failures;
}
