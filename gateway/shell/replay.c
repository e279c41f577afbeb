#include "gateway/shell/replay.h"

#include "gateway/core/engine/event.h"
#include "gateway/shell/clock.h"
#include "gateway/shell/replay_job.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <unistd.h>

enum { RETRY_MS = 10, REQUESTS_PER_ROUND_MAX = 64 };

struct replay {
    struct replay_config config;
    struct zeromq_socket socket;
    struct store_reader *reader;
    pthread_t thread;
    int stop_fd;
    uint8_t instance_id[8];
    char endpoint[ZEROMQ_ENDPOINT_BYTES_MAX + 1];
    struct zeromq_frames frames;
    struct replay_job jobs[REPLAY_JOBS_MAX];
};

/* --- Answers ---------------------------------------------------------------- */

enum { ANSWER_PARTS_MAX = 5, ENVELOPE_PARTS_MAX = 2 };

static enum status answer(struct replay *replay, const struct replay_job *job,
                          const struct span *parts, uint32_t count)
{
    struct span frames[ENVELOPE_PARTS_MAX + ANSWER_PARTS_MAX];
    uint32_t total = 0;
    ASSERT(count <= ANSWER_PARTS_MAX);
    frames[total++] = span_of(job->identity, job->identity_size);
    if (job->delimiter) {
        frames[total++] = span_of(NULL, 0);
    }
    for (uint32_t i = 0; i < count; i++) {
        frames[total++] = parts[i];
    }
    return zeromq_send(&replay->socket, frames, total);
}

/* Whoever does not get it has gone, or asks again. */
static void tell_error(struct replay *replay, const struct replay_job *job, const char *text)
{
    struct span parts[] = {span_text("ERROR"), span_text(text)};
    enum status sent = answer(replay, job, parts, ARRAY_LEN(parts));
    (void)sent;
}

static enum status answer_end(struct replay *replay, const struct replay_job *job, uint64_t next,
                              uint64_t last)
{
    uint8_t next_bytes[8];
    uint8_t last_bytes[8];
    bus_seq_encode(next, next_bytes);
    bus_seq_encode(last, last_bytes);
    struct span parts[] = {
        span_text("END"),
        span_of(next_bytes, sizeof(next_bytes)),
        span_of(last_bytes, sizeof(last_bytes)),
        span_of(replay->instance_id, sizeof(replay->instance_id)),
    };
    return answer(replay, job, parts, ARRAY_LEN(parts));
}

static enum status answer_event(struct replay *replay, const struct replay_job *job,
                                const struct event *event)
{
    uint8_t seq[8];
    bus_seq_encode(event->bus_seq, seq);
    struct span parts[] = {
        span_text("EVENT"),
        event->topic,
        span_of(seq, sizeof(seq)),
        span_of(replay->instance_id, sizeof(replay->instance_id)),
        event->message,
    };
    return answer(replay, job, parts, ARRAY_LEN(parts));
}

/* --- Pages ------------------------------------------------------------------ */

enum page {
    PAGE_MORE,  /* There may be more behind it. */
    PAGE_END,   /* All that was asked for is sent. */
    PAGE_STALL, /* The client's queue is full. */
    PAGE_GONE,  /* The client is not there any more. */
    PAGE_BAD,   /* A record cannot be read. */
};

static enum page sent_page(enum status sent)
{
    if (sent == STATUS_OK) {
        return PAGE_MORE;
    }
    return sent == STATUS_BUSY ? PAGE_STALL : PAGE_GONE;
}

/* Sends the next events within an open read transaction. */
static enum page send_page(struct replay *replay, struct replay_job *job)
{
    uint8_t from[EVENT_KEY_BYTES];
    bus_seq_encode(job->next, from);
    struct span key;
    struct span value;
    enum status status = store_seek(replay->reader, replay->config.event_table,
                                    span_of(from, sizeof(from)), &key, &value);
    for (uint32_t seen = 0; status == STATUS_OK; seen++) {
        if (seen == REPLAY_PAGE_EVENTS_MAX) {
            return PAGE_MORE;
        }
        if (job->left == 0) {
            return PAGE_END;
        }
        struct event event;
        if (!event_decode(key, value, &event)) {
            return PAGE_BAD;
        }
        if (replay_job_wants(job, event.topic)) {
            enum page sent = sent_page(answer_event(replay, job, &event));
            if (sent != PAGE_MORE) {
                return sent;
            }
            job->left--;
        }
        job->next = event.bus_seq + 1;
        job->progress_ns = clock_monotonic_ns();
        status = store_after(replay->reader, replay->config.event_table, key, &key, &value);
    }
    return status == STATUS_NOT_FOUND ? PAGE_END : PAGE_BAD;
}

/* The last committed BusSeq, 0 if there is none. */
static enum status read_last(struct replay *replay, uint64_t *last)
{
    struct span key;
    struct span value;
    *last = 0;
    enum status status = store_last(replay->reader, replay->config.event_table, &key, &value);
    if (status == STATUS_NOT_FOUND) {
        return STATUS_OK;
    }
    if (status == STATUS_OK) {
        *last = bus_seq_decode(key);
    }
    return status;
}

static void settle(struct replay *replay, struct replay_job *job, enum page page, uint64_t last)
{
    enum status sent = STATUS_OK;
    job->stalled = page == PAGE_STALL;
    switch (page) {
    case PAGE_MORE:
        return;
    case PAGE_END:
        sent = answer_end(replay, job, job->next, last);
        job->stalled = sent == STATUS_BUSY;
        break;
    case PAGE_STALL:
        break;
    case PAGE_GONE:
        job->active = false;
        return;
    case PAGE_BAD:
        job->active = false;
        tell_error(replay, job, "the store has a record that cannot be read");
        return;
    }
    uint64_t limit_ns = (uint64_t)REPLAY_STALL_LIMIT_MS * 1000000u;
    if (!job->stalled || clock_monotonic_ns() - job->progress_ns > limit_ns) {
        job->active = false;
    }
}

static void serve(struct replay *replay, struct replay_job *job)
{
    uint64_t last = 0;
    enum page page = PAGE_BAD;
    if (store_read_begin(replay->reader) == STATUS_OK) {
        page = send_page(replay, job);
        if (page == PAGE_END && read_last(replay, &last) != STATUS_OK) {
            page = PAGE_BAD;
        }
        store_read_end(replay->reader);
    }
    settle(replay, job, page, last);
}

/* --- Requests --------------------------------------------------------------- */

/* A repeated request of a client takes the place of its last one. */
static struct replay_job *job_slot(struct replay *replay, const struct replay_job *asked)
{
    struct replay_job *free_slot = NULL;
    for (uint32_t i = 0; i < REPLAY_JOBS_MAX; i++) {
        struct replay_job *job = &replay->jobs[i];
        if (job->active && span_equal(span_of(job->identity, job->identity_size),
                                      span_of(asked->identity, asked->identity_size))) {
            return job;
        }
        if (!job->active && free_slot == NULL) {
            free_slot = job;
        }
    }
    return free_slot;
}

static void answer_last(struct replay *replay, const struct replay_job *asked)
{
    uint64_t last = 0;
    enum status status = store_read_begin(replay->reader);
    if (status == STATUS_OK) {
        status = read_last(replay, &last);
        store_read_end(replay->reader);
    }
    if (status != STATUS_OK) {
        tell_error(replay, asked, "the store cannot be read");
        return;
    }
    enum status sent = answer_end(replay, asked, last + 1, last);
    (void)sent; /* Whoever does not get it asks again. */
}

static void take_request(struct replay *replay)
{
    struct replay_job asked = {.active = true, .progress_ns = clock_monotonic_ns()};
    const char *wrong = NULL;
    switch (replay_job_read(&asked, replay->frames.list, replay->frames.count, &wrong)) {
    case REPLAY_ASKED_NOBODY:
        return;
    case REPLAY_ASKED_LAST:
        answer_last(replay, &asked);
        return;
    case REPLAY_ASKED_EVENTS:
    case REPLAY_ASKED_WRONG:
        break;
    }
    struct replay_job *job = wrong == NULL ? job_slot(replay, &asked) : NULL;
    if (wrong == NULL && job == NULL) {
        wrong = "too many replays at once; ask again later";
    }
    if (wrong != NULL) {
        tell_error(replay, &asked, wrong);
        return;
    }
    *job = asked;
}

/* --- The thread ------------------------------------------------------------- */

static void take_requests(struct replay *replay)
{
    for (uint32_t i = 0; i < REQUESTS_PER_ROUND_MAX; i++) {
        enum status status = zeromq_receive(&replay->socket, &replay->frames);
        if (status == STATUS_BUSY || status == STATUS_IO) {
            return;
        }
        if (status == STATUS_FULL) {
            replay->frames.count = 1; /* Only whom to tell: the rest was cut. */
        }
        take_request(replay);
    }
}

/* One page for each client. How long to sleep after it. */
static int serve_round(struct replay *replay)
{
    int sleep_ms = -1;
    for (uint32_t i = 0; i < REPLAY_JOBS_MAX; i++) {
        struct replay_job *job = &replay->jobs[i];
        if (job->active) {
            serve(replay, job);
        }
        if (job->active && !job->stalled) {
            sleep_ms = 0;
        } else if (job->active && sleep_ms < 0) {
            sleep_ms = RETRY_MS;
        }
    }
    return sleep_ms;
}

static void *run(void *argument)
{
    struct replay *replay = argument;
    struct zeromq_poll items[] = {{.socket = &replay->socket}, {.fd = replay->stop_fd}};
    int sleep_ms = 0;
    while (!items[1].readable) {
        take_requests(replay);
        sleep_ms = serve_round(replay);
        if (zeromq_readable(&replay->socket)) {
            sleep_ms = 0;
        }
        if (zeromq_poll(items, ARRAY_LEN(items), sleep_ms) != STATUS_OK) {
            break; /* The context ended. */
        }
    }
    return NULL;
}

static void release(struct replay *replay)
{
    zeromq_frames_release(&replay->frames);
    zeromq_socket_close(&replay->socket);
    if (replay->reader != NULL) {
        store_reader_close(replay->reader);
    }
    if (replay->stop_fd >= 0) {
        (void)close(replay->stop_fd);
    }
    free(replay);
}

static enum status prepare(struct replay *replay, char error[ZEROMQ_ERROR_BYTES_MAX])
{
    struct zeromq_options options = {.kind = ZEROMQ_ROUTER};
    TRY(zeromq_socket_open(replay->config.zeromq, &options, &replay->socket, error));
    TRY(zeromq_bind(&replay->socket, replay->config.endpoint, error));
    zeromq_endpoint(&replay->socket, replay->endpoint);
    replay->stop_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    enum status status = store_reader_open(replay->config.store, &replay->reader);
    if (status != STATUS_OK || replay->stop_fd < 0) {
        (void)snprintf(error, ZEROMQ_ERROR_BYTES_MAX, "replay: cannot open a reader of the store");
        return STATUS_IO;
    }
    return STATUS_OK;
}

enum status replay_start(const struct replay_config *config, struct replay **out,
                         char error[ZEROMQ_ERROR_BYTES_MAX])
{
    *out = NULL;
    struct replay *replay = calloc(1, sizeof(*replay));
    if (replay == NULL) {
        (void)snprintf(error, ZEROMQ_ERROR_BYTES_MAX, "replay: out of memory");
        return STATUS_FULL;
    }
    replay->config = *config;
    replay->stop_fd = -1;
    bus_seq_encode(config->instance_id, replay->instance_id);
    enum status status = prepare(replay, error);
    if (status == STATUS_OK && pthread_create(&replay->thread, NULL, run, replay) != 0) {
        (void)snprintf(error, ZEROMQ_ERROR_BYTES_MAX, "replay: cannot start a thread");
        status = STATUS_IO;
    }
    if (status != STATUS_OK) {
        release(replay);
        return status;
    }
    *out = replay;
    return STATUS_OK;
}

const char *replay_endpoint(const struct replay *replay)
{
    return replay->endpoint;
}

void replay_stop(struct replay *replay)
{
    if (replay == NULL) {
        return;
    }
    uint64_t one = 1;
    ssize_t written = write(replay->stop_fd, &one, sizeof(one));
    ASSERT(written == (ssize_t)sizeof(one));
    (void)pthread_join(replay->thread, NULL);
    release(replay);
}
