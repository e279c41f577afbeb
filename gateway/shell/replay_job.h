/* One request to the replay service, as it is read and kept.
 *
 * No I/O, no memory of its own. The replay service's thread. */
#ifndef GATEWAY_SHELL_REPLAY_JOB_H
#define GATEWAY_SHELL_REPLAY_JOB_H

#include "gateway/core/engine/limits.h"
#include "gateway/shell/replay.h"

/* One request under way. */
struct replay_job {
    bool active;
    bool delimiter; /* The client put an empty frame first. */
    bool stalled;   /* The client's queue was full at the last try. */
    uint64_t next;  /* BusSeq to look at next. */
    uint32_t left;  /* Events it may still get. */
    uint64_t progress_ns;
    size_t identity_size;
    uint8_t identity[REPLAY_IDENTITY_BYTES_MAX];
    uint32_t prefixes_count;
    struct replay_prefix {
        size_t size;
        uint8_t bytes[ENGINE_TOPIC_BYTES_MAX];
    } prefixes[REPLAY_PREFIXES_MAX];
};

enum replay_asked {
    REPLAY_ASKED_EVENTS,
    REPLAY_ASKED_LAST,
    REPLAY_ASKED_WRONG,  /* *wrong says why. */
    REPLAY_ASKED_NOBODY, /* Without a sender: nobody to answer. */
};

/* Reads the frames of a request, the sender's identity first, into `job`. */
enum replay_asked replay_job_read(struct replay_job *job, const struct span *frames, uint32_t count,
                                  const char **wrong);

/* Whether it asks for events under that topic. */
bool replay_job_wants(const struct replay_job *job, struct span topic);

#endif
