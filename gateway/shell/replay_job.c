#include "gateway/shell/replay_job.h"

#include "gateway/core/engine/event.h"

bool replay_job_wants(const struct replay_job *job, struct span topic)
{
    for (uint32_t i = 0; i < job->prefixes_count; i++) {
        if (topic_matches(topic, span_of(job->prefixes[i].bytes, job->prefixes[i].size))) {
            return true;
        }
    }
    return job->prefixes_count == 0;
}

/* The arguments behind "REPLAY". Returns NULL, or what is wrong with them. */
static const char *read_arguments(const struct span *frames, uint32_t count, struct replay_job *job)
{
    if (count < 2 || frames[0].size != 8 || frames[1].size != 4) {
        return "REPLAY wants: from BusSeq (8 bytes), most events (4 bytes), topic prefixes";
    }
    if (count - 2 > REPLAY_PREFIXES_MAX) {
        return "too many topic prefixes; at most 16";
    }
    const uint8_t *most = frames[1].data;
    uint32_t left = (uint32_t)most[0] << 24 | (uint32_t)most[1] << 16 | (uint32_t)most[2] << 8 |
                    (uint32_t)most[3];
    job->next = bus_seq_decode(frames[0]);
    if (job->next == 0) {
        job->next = 1;
    }
    job->left = left < REPLAY_EVENTS_MAX ? left : REPLAY_EVENTS_MAX;
    job->prefixes_count = count - 2;
    for (uint32_t i = 0; i < job->prefixes_count; i++) {
        struct span prefix = frames[i + 2];
        if (prefix.size > ENGINE_TOPIC_BYTES_MAX) {
            return "a topic prefix is too long; at most 128 bytes";
        }
        job->prefixes[i].size = prefix.size;
        if (prefix.size > 0) {
            memcpy(job->prefixes[i].bytes, prefix.data, prefix.size);
        }
    }
    return NULL;
}

enum replay_asked replay_job_read(struct replay_job *job, const struct span *frames, uint32_t count,
                                  const char **wrong)
{
    if (count == 0 || frames[0].size > sizeof(job->identity)) {
        return REPLAY_ASKED_NOBODY;
    }
    job->identity_size = frames[0].size;
    memcpy(job->identity, frames[0].data, frames[0].size);
    uint32_t next = 1;
    if (next < count && frames[next].size == 0) {
        job->delimiter = true;
        next++;
    }
    if (next + 1 == count && span_is(frames[next], "LAST")) {
        return REPLAY_ASKED_LAST;
    }
    *wrong = "unknown request; ask for REPLAY or LAST";
    if (next < count && span_is(frames[next], "REPLAY")) {
        *wrong = read_arguments(&frames[next + 1], count - next - 1, job);
    }
    return *wrong == NULL ? REPLAY_ASKED_EVENTS : REPLAY_ASKED_WRONG;
}
