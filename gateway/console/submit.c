#include "gateway/console/submit.h"

#include "gateway/shell/clock.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#define MILLISECOND_NS UINT64_C(1000000)

static void slot_free(struct submit *submit, struct submit_slot *slot)
{
    free(slot->bytes);
    *slot = (struct submit_slot){0};
    submit->out_count -= 1;
}

static bool slot_fill(struct submit *submit, struct span request, uint64_t now_ns)
{
    struct submit_slot *slot = submit->slots;
    while (slot->number != 0) {
        slot++;
    }
    ASSERT(slot < submit->slots + submit->window);
    slot->bytes = malloc(request.size);
    if (slot->bytes == NULL) {
        return false;
    }
    memcpy(slot->bytes, request.data, request.size);
    slot->size = request.size;
    submit->number_last += 1;
    slot->number = submit->number_last;
    slot->line = submit->input.line;
    slot->begun_ns = now_ns;
    submit_id(submit->dictionary, request, slot->id);
    submit->out_count += 1;
    submit->summary.submitted += 1;
    return true;
}

/* Takes requests from what is read, as far as the window allows. */
static bool take_lines(struct submit *submit, uint64_t now_ns)
{
    while (submit->out_count < submit->window) {
        struct span request;
        enum submit_line taken = submit_input_take(&submit->input, &request);
        if (taken == SUBMIT_LINE_NONE) {
            return true;
        }
        if (taken == SUBMIT_LINE_LONG) {
            submit->summary.unreadable += 1;
            submit->failed(submit->context, submit->input.line, "", "the line is too long");
        } else if (!slot_fill(submit, request, now_ns)) {
            return false;
        }
    }
    return true;
}

/* The request that waits longest to be sent, or NULL. */
static struct submit_slot *unsent(struct submit *submit)
{
    struct submit_slot *first = NULL;
    for (uint32_t i = 0; i < submit->window; i++) {
        struct submit_slot *slot = &submit->slots[i];
        bool waits = slot->number != 0 && slot->sent_ns == 0;
        if (waits && (first == NULL || slot->number < first->number)) {
            first = slot;
        }
    }
    return first;
}

static enum status send_all(struct submit *submit, uint64_t now_ns)
{
    for (uint32_t i = 0; i < submit->window; i++) {
        struct submit_slot *slot = unsent(submit);
        if (slot == NULL) {
            break;
        }
        const struct span frame = span_of(slot->bytes, slot->size);
        enum status status = zeromq_send(&submit->socket, &frame, 1);
        if (status != STATUS_OK) {
            return status;
        }
        submit->summary.resent += slot->tries > 0 ? 1 : 0;
        slot->tries += 1;
        slot->sent_ns = now_ns;
    }
    return STATUS_OK;
}

/* The request that an answer belongs to: the oldest with its ClOrdID. An answer
 * without one (to what could not be read) belongs to the oldest request without. */
static struct submit_slot *slot_of(struct submit *submit, const char *id)
{
    struct submit_slot *first = NULL;
    for (uint32_t i = 0; i < submit->window; i++) {
        struct submit_slot *slot = &submit->slots[i];
        bool fits = slot->number != 0 && slot->tries > 0 && strcmp(slot->id, id) == 0;
        if (fits && (first == NULL || slot->number < first->number)) {
            first = slot;
        }
    }
    return first;
}

/* A Reject of a request that had no readable form carries no ClOrdID, though ours
 * may have had one. Answers come in the order of the requests: it is the oldest's. */
static struct submit_slot *slot_oldest(struct submit *submit)
{
    struct submit_slot *first = NULL;
    for (uint32_t i = 0; i < submit->window; i++) {
        struct submit_slot *slot = &submit->slots[i];
        if (slot->number != 0 && slot->tries > 0 &&
            (first == NULL || slot->number < first->number)) {
            first = slot;
        }
    }
    return first;
}

static void take_answer(struct submit *submit, struct span answer)
{
    char id[SUBMIT_ID_BYTES_MAX];
    submit_id(submit->dictionary, answer, id);
    struct submit_slot *slot = slot_of(submit, id);
    if (slot == NULL && id[0] == '\0') {
        slot = slot_oldest(submit);
    }
    if (slot == NULL) {
        return; /* The second answer to what was sent twice. */
    }
    bool rejected = submit_answer_rejects(submit->dictionary, answer);
    submit->summary.rejected += rejected ? 1 : 0;
    submit->summary.accepted += rejected ? 0 : 1;
    submit->answered(submit->context, slot->line, answer, rejected);
    slot_free(submit, slot);
}

static enum status take_answers(struct submit *submit)
{
    for (uint32_t i = 0; i < SUBMIT_WINDOW_MAX; i++) {
        enum status status = zeromq_receive(&submit->socket, &submit->frames);
        if (status == STATUS_BUSY) {
            return STATUS_OK;
        }
        if (status == STATUS_IO) {
            return status;
        }
        if (status == STATUS_OK && submit->frames.count > 0) {
            take_answer(submit, submit->frames.list[submit->frames.count - 1]);
        }
    }
    return STATUS_OK;
}

/* Sends again, or gives up, what was not answered in time. */
static void expire(struct submit *submit, uint64_t now_ns)
{
    for (uint32_t i = 0; i < submit->window; i++) {
        struct submit_slot *slot = &submit->slots[i];
        bool late =
            slot->number != 0 && slot->sent_ns != 0 && now_ns - slot->sent_ns >= submit->timeout_ns;
        bool over =
            slot->number != 0 && now_ns - slot->begun_ns >= submit->timeout_ns * submit->tries_max;
        if (over) {
            submit->summary.unanswered += 1;
            submit->failed(submit->context, slot->line, slot->id,
                           slot->tries > 0 ? "no answer" : "could not be sent: no gateway there");
            slot_free(submit, slot);
        } else if (late) {
            slot->sent_ns = 0;
        }
    }
}

/* Sleeps until an answer or, if the window has room, more input is there. */
static enum status wait(struct submit *submit)
{
    bool more = !submit->input.end && submit->out_count < submit->window;
    struct zeromq_poll items[] = {{.socket = &submit->socket},
                                  {.socket = NULL, .fd = submit->input.fd}};
    TRY(zeromq_poll(items, more ? 2 : 1, SUBMIT_RETRY_MS));
    if (more && items[1].readable) {
        TRY(submit_input_fill(&submit->input));
    }
    return STATUS_OK;
}

static enum status step(struct submit *submit)
{
    uint64_t now_ns = clock_monotonic_ns();
    if (!take_lines(submit, now_ns)) {
        errno = ENOMEM;
        return STATUS_IO;
    }
    enum status sent = send_all(submit, now_ns);
    if (sent != STATUS_OK && sent != STATUS_BUSY) {
        return sent;
    }
    TRY(take_answers(submit));
    expire(submit, clock_monotonic_ns());
    return STATUS_OK;
}

static bool finished(const struct submit *submit)
{
    return submit->input.end && submit->out_count == 0 && submit->input.begin == submit->input.size;
}

enum status submit_run(struct submit *submit, struct zeromq *zeromq, const char *endpoint, int fd,
                       char error[ZEROMQ_ERROR_BYTES_MAX])
{
    ASSERT(submit->window > 0 && submit->window <= SUBMIT_WINDOW_MAX);
    const struct zeromq_options options = {
        .kind = ZEROMQ_DEALER, .send_max = SUBMIT_WINDOW_MAX, .receive_max = 2 * SUBMIT_WINDOW_MAX};
    submit_input_init(&submit->input, fd);
    TRY(zeromq_socket_open(zeromq, &options, &submit->socket, error));
    enum status status = zeromq_connect(&submit->socket, endpoint, error);
    bool running = status == STATUS_OK;
    while (running && status == STATUS_OK && !finished(submit)) {
        status = step(submit);
        if (status == STATUS_OK && !finished(submit)) {
            status = wait(submit);
        }
    }
    if (running && status != STATUS_OK) {
        (void)snprintf(error, ZEROMQ_ERROR_BYTES_MAX, "socket or input failed (%s)",
                       strerror(errno));
    }
    for (uint32_t i = 0; i < submit->window; i++) {
        free(submit->slots[i].bytes);
    }
    zeromq_frames_release(&submit->frames);
    zeromq_socket_close(&submit->socket);
    return status;
}
