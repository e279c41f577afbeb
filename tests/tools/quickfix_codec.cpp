// QuickFIX's codec for the benchmarks; quickfix_codec.h is its manual.
#include "tests/tools/quickfix_codec.h"

#include <quickfix/DataDictionary.h>
#include <quickfix/fix44/ExecutionReport.h>

#include <cstdio>
#include <cstring>
#include <memory>
#include <string>

struct quickfix_codec {
    std::unique_ptr<FIX::DataDictionary> dictionary; // May be null.
    std::string input;
    std::string output; // Reused, as QuickFIX's session does.
    std::string reason;
    FIX::Message last;
};

struct quickfix_codec *quickfix_codec_open(const char *path, char *error, size_t error_size)
{
    const char *problem = "unknown exception";
    std::string text;
    try {
        auto codec = std::make_unique<quickfix_codec>();
        if (path != nullptr) {
            codec->dictionary = std::make_unique<FIX::DataDictionary>(path);
        }
        return codec.release();
    } catch (const std::exception &thrown) {
        text = thrown.what();
        problem = text.c_str();
    } catch (...) {
        // problem says it.
    }
    std::snprintf(error, error_size, "%s", problem);
    return nullptr;
}

void quickfix_codec_close(struct quickfix_codec *codec)
{
    delete codec;
}

void quickfix_codec_load(struct quickfix_codec *codec, const char *message, size_t size)
{
    codec->input.assign(message, size);
}

// The one Message is cleared and used again, which costs QuickFIX less than the
// new one that its session makes for each that comes.
template <typename Work> static bool guarded(struct quickfix_codec *codec, Work work)
{
    codec->reason.clear();
    try {
        work();
        return true;
    } catch (const std::exception &thrown) {
        codec->reason = thrown.what();
    } catch (...) {
        codec->reason = "unknown exception";
    }
    return false;
}

bool quickfix_codec_parse(struct quickfix_codec *codec)
{
    return guarded(codec, [codec] {
        codec->last.clear();
        codec->last.setString(codec->input, true);
    });
}

bool quickfix_codec_parse_validate(struct quickfix_codec *codec)
{
    return guarded(codec, [codec] {
        codec->last.clear();
        codec->last.setString(codec->input, true, codec->dictionary.get());
        codec->dictionary->validate(codec->last);
    });
}

const char *quickfix_codec_reason(const struct quickfix_codec *codec)
{
    return codec->reason.c_str();
}

bool quickfix_codec_value(struct quickfix_codec *codec, int tag, char *out, size_t out_size)
{
    try {
        const FIX::FieldMap &map = FIX::Message::isHeaderField(tag)
                                       ? static_cast<const FIX::FieldMap &>(codec->last.getHeader())
                                       : codec->last;
        std::snprintf(out, out_size, "%s", map.getField(tag).c_str());
        return true;
    } catch (...) {
        return false;
    }
}

static void report_fill(FIX::Message &message, const struct quickfix_execution_report &report)
{
    auto &header = message.getHeader();
    header.setField(FIX::SenderCompID(report.sender_comp_id));
    header.setField(FIX::TargetCompID(report.target_comp_id));
    header.setField(FIX::MsgSeqNum(report.msg_seq_num));
    header.setField(52, report.sending_time);
    message.setField(37, report.order_id);
    message.setField(17, report.exec_id);
    message.setField(11, report.cl_ord_id);
    message.setField(1, report.account);
    message.setField(55, report.symbol);
    message.setField(38, report.order_qty);
    message.setField(44, report.price);
    message.setField(32, report.last_qty);
    message.setField(31, report.last_px);
    message.setField(151, report.leaves_qty);
    message.setField(14, report.cum_qty);
    message.setField(6, report.avg_px);
    message.setField(60, report.transact_time);
    message.setField(FIX::ExecType(report.exec_type));
    message.setField(FIX::OrdStatus(report.ord_status));
    message.setField(FIX::Side(report.side));
    message.setField(FIX::OrdType(report.ord_type));
}

size_t quickfix_codec_encode(struct quickfix_codec *codec,
                             const struct quickfix_execution_report *report, char *out,
                             size_t out_size)
{
    bool good = guarded(codec, [codec, report] {
        FIX44::ExecutionReport message;
        report_fill(message, *report);
        message.toString(codec->output);
    });
    if (!good || codec->output.size() > out_size) {
        return 0;
    }
    std::memcpy(out, codec->output.data(), codec->output.size());
    return codec->output.size();
}
