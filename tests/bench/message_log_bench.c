/* What the message log costs the engine's thread: framing, masking, formatting, and the
 * write into the page cache, with one message per turn and with many. The median of the
 * rounds counts. */
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "fix/builder.h"
#include "gateway/shell/clock.h"
#include "gateway/shell/message_log.h"

enum { ROUNDS = 51, MESSAGES_PER_ROUND = 4096 };

static const char body[] =
    "34=1234567\00149=ALPHA\00156=FIXGATE\00152=20261121-08:00:00.123456\00137=ORD-0000000123\001"
    "11=A1B2C3D4E5F6\00117=EXEC-00000000123\001150=F\00139=1\00155=VOD.L\00154=1\00138=1000\001"
    "44=71.25\00132=100\00131=71.25\001151=900\00114=100\0016=71.25\001"
    "60=20261121-08:00:00.123456\001";

static int compare(const void *a, const void *b)
{
    uint64_t left = *(const uint64_t *)a;
    uint64_t right = *(const uint64_t *)b;
    return (left > right) - (left < right);
}

static uint64_t measure(struct message_log *log, struct span message, unsigned per_turn)
{
    static uint64_t rounds[ROUNDS];
    uint64_t now_ns = UINT64_C(1795248000000000000);
    for (unsigned round = 0; round < ROUNDS; round++) {
        uint64_t begin_ns = clock_monotonic_ns();
        for (unsigned turn = 0; turn < MESSAGES_PER_ROUND / per_turn; turn++) {
            for (unsigned i = 0; i < per_turn; i++) {
                message_log_write(log, now_ns, 0, false, message);
            }
            message_log_flush(log, now_ns);
            now_ns += 1000;
        }
        rounds[round] = (clock_monotonic_ns() - begin_ns) / MESSAGES_PER_ROUND;
    }
    qsort(rounds, ROUNDS, sizeof(rounds[0]), compare);
    return rounds[ROUNDS / 2];
}

int main(void)
{
    static const unsigned turns[] = {1, 16, 256};
    static const char *const ids[] = {"FIX.4.4:FIXGATE->ALPHA"};
    static struct log log = {.fd = -1};
    char directory[] = "/tmp/fixgate-bench-XXXXXX";
    char path[sizeof(directory) + 64];
    char error[MESSAGE_LOG_ERROR_BYTES_MAX];
    uint8_t data[1024];
    struct builder builder;
    builder_begin(&builder, data, sizeof(data), span_text("FIX.4.4"), span_text("8"));
    builder_raw(&builder, span_text(body));
    struct span message = builder_finish(&builder);
    ASSERT(message.size > 0);
    if (mkdtemp(directory) == NULL) {
        perror(directory);
        return 1;
    }
    const struct message_log_config config = {
        .directory = directory, .rotate_bytes = 64 << 20, .keep = 0, .heartbeats = true};
    struct message_log *messages = NULL;
    if (message_log_open(&config, ids, 1, &log, &messages, error) != STATUS_OK) {
        (void)fprintf(stderr, "message_log_bench: %s\n", error);
        return 1;
    }
    (void)printf("ExecutionReport, %zu bytes; median of %d rounds\n\n", message.size, ROUNDS);
    for (size_t i = 0; i < ARRAY_LEN(turns); i++) {
        (void)printf("%4u per turn %8llu ns per message\n", turns[i],
                     (unsigned long long)measure(messages, message, turns[i]));
    }
    message_log_close(messages);
    (void)snprintf(path, sizeof(path), "%s/FIX.4.4_FIXGATE-_ALPHA.log", directory);
    (void)unlink(path);
    (void)rmdir(directory);
    return 0;
}
