/* QuickFIX's codec alone, for the benchmarks to measure beside ours.
 *
 * Each function does what QuickFIX's own session does with a message, in the
 * fastest way its interface has: a std::string is kept for the input, values are
 * given as text. No exception leaves. One thread per codec. */
#ifndef TESTS_TOOLS_QUICKFIX_CODEC_H
#define TESTS_TOOLS_QUICKFIX_CODEC_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

struct quickfix_codec;

/* With the dictionary at `path`, or NULL without one. NULL on failure, with the
 * reason in `error`. */
struct quickfix_codec *quickfix_codec_open(const char *path, char *error, size_t error_size);
void quickfix_codec_close(struct quickfix_codec *codec);

/* Copies the message that the parse functions read, out of the measured loop. */
void quickfix_codec_load(struct quickfix_codec *codec, const char *message, size_t size);

/* Parses the loaded message, BodyLength and CheckSum verified, groups left flat.
 * False if QuickFIX refuses it. */
bool quickfix_codec_parse(struct quickfix_codec *codec);

/* Parses it with the dictionary and validates it in full. Needs a dictionary. */
bool quickfix_codec_parse_validate(struct quickfix_codec *codec);

/* Why the last parse was refused; "" if it was not. */
const char *quickfix_codec_reason(const struct quickfix_codec *codec);

/* Value of a field of the last parse in header or body; false if absent. */
bool quickfix_codec_value(struct quickfix_codec *codec, int tag, char *out, size_t out_size);

/* An ExecutionReport with its header; all values as text. */
struct quickfix_execution_report {
    const char *sender_comp_id;
    const char *target_comp_id;
    int msg_seq_num;
    const char *sending_time;
    const char *order_id;
    const char *exec_id;
    const char *cl_ord_id;
    const char *account;
    const char *symbol;
    const char *order_qty;
    const char *price;
    const char *last_qty;
    const char *last_px;
    const char *leaves_qty;
    const char *cum_qty;
    const char *avg_px;
    const char *transact_time;
    char exec_type;
    char ord_status;
    char side;
    char ord_type;
};

/* Builds and serialises it; bytes written, 0 if it does not fit. */
size_t quickfix_codec_encode(struct quickfix_codec *codec,
                             const struct quickfix_execution_report *report, char *out,
                             size_t out_size);

#ifdef __cplusplus
}
#endif

#endif
