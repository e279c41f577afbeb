/* QuickFIX's codec alone, as C: what our own is measured against.
 *
 * Each call does what QuickFIX's own session does with one message. No C++
 * exception leaves it. One thread. */
#ifndef TESTS_TOOLS_QUICKFIX_CODEC_H
#define TESTS_TOOLS_QUICKFIX_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct quickfix_codec;

/* `dictionary_path` names a dictionary in QuickFIX's XML; `message` is what is
 * parsed later, and is copied. NULL with the reason in `error`. */
struct quickfix_codec *quickfix_codec_new(const char *dictionary_path, const char *message,
                                          size_t message_size, char *error, size_t error_size);
void quickfix_codec_free(struct quickfix_codec *codec);

/* Parses the message into a new FIX::Message, checking BodyLength and CheckSum. */
bool quickfix_codec_parse(struct quickfix_codec *codec);

/* The same with the dictionary, and validates it. */
bool quickfix_codec_validate(struct quickfix_codec *codec);

/* Numbers and times of one ExecutionReport; its texts are those of codec_bench.c. */
struct quickfix_report {
    int msg_seq_num;
    double order_qty;
    double price;
    double last_qty;
    double last_px;
    double leaves_qty;
    double cum_qty;
    double avg_px;
    long time_s; /* SendingTime and TransactTime, Unix. */
    int time_ms;
};

/* Encodes one; the text is valid until the next call. Its size, 0 on failure. */
size_t quickfix_codec_encode(struct quickfix_codec *codec, const struct quickfix_report *report,
                             const char **text);

#ifdef __cplusplus
}
#endif

#endif
