// QuickFIX's codec alone; quickfix_codec.h is its manual.
#include "tests/tools/quickfix_codec.h"

#include <quickfix/DataDictionary.h>
#include <quickfix/Message.h>
#include <quickfix/fix44/ExecutionReport.h>

#include <cstdio>
#include <exception>
#include <memory>
#include <string>

struct quickfix_codec {
    FIX::DataDictionary dictionary;
    std::string message;
    std::string encoded;

    quickfix_codec(const std::string &path, const std::string &text)
        : dictionary(path), message(text)
    {
    }
};

extern "C" {

struct quickfix_codec *quickfix_codec_new(const char *dictionary_path, const char *message,
                                          size_t message_size, char *error, size_t error_size)
{
    try {
        return new quickfix_codec(dictionary_path, std::string(message, message_size));
    } catch (const std::exception &exception) {
        std::snprintf(error, error_size, "%s", exception.what());
        return nullptr;
    }
}

void quickfix_codec_free(struct quickfix_codec *codec)
{
    delete codec;
}

bool quickfix_codec_parse(struct quickfix_codec *codec)
{
    try {
        FIX::Message message(codec->message, true);
        return true;
    } catch (const std::exception &) {
        return false;
    }
}

bool quickfix_codec_validate(struct quickfix_codec *codec)
{
    try {
        FIX::Message message(codec->message, codec->dictionary, true);
        codec->dictionary.validate(message);
        return true;
    } catch (const std::exception &exception) {
        std::fprintf(stderr, "QuickFIX: %s\n", exception.what());
        return false;
    }
}

size_t quickfix_codec_encode(struct quickfix_codec *codec, const struct quickfix_report *report,
                             const char **text)
{
    try {
        FIX::UtcTimeStamp time(static_cast<time_t>(report->time_s), report->time_ms);
        FIX44::ExecutionReport message(FIX::OrderID("BRK-20240101-000123"),
                                       FIX::ExecID("EXE-20240101-000456"), FIX::ExecType('F'),
                                       FIX::OrdStatus('1'), FIX::Side('1'),
                                       FIX::LeavesQty(report->leaves_qty),
                                       FIX::CumQty(report->cum_qty), FIX::AvgPx(report->avg_px));
        FIX::Header &header = message.getHeader();
        header.setField(FIX::SenderCompID("BROKER1"));
        header.setField(FIX::TargetCompID("FIXGATE"));
        header.setField(FIX::MsgSeqNum(report->msg_seq_num));
        header.setField(FIX::SendingTime(time, 3));
        message.setField(FIX::Account("ISA-0012345"));
        message.setField(FIX::ClOrdID("FG-01-000000123456"));
        message.setField(FIX::Symbol("VOD.L"));
        message.setField(FIX::SecurityID("GB00BH4HKS39"));
        message.setField(FIX::SecurityIDSource("4"));
        message.setField(FIX::SecurityExchange("XLON"));
        message.setField(FIX::OrderQty(report->order_qty));
        message.setField(FIX::OrdType('2'));
        message.setField(FIX::Price(report->price));
        message.setField(FIX::Currency("GBP"));
        message.setField(FIX::TimeInForce('0'));
        message.setField(FIX::LastQty(report->last_qty));
        message.setField(FIX::LastPx(report->last_px));
        message.setField(FIX::LastMkt("XLON"));
        message.setField(FIX::TransactTime(time, 3));
        message.setField(FIX::SettlDate("20240103"));
        codec->encoded = message.toString();
        *text = codec->encoded.data();
        return codec->encoded.size();
    } catch (const std::exception &exception) {
        std::fprintf(stderr, "QuickFIX: %s\n", exception.what());
        return 0;
    }
}

} // extern "C"
