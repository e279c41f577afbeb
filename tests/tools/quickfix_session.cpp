// One session of the QuickFIX wrapper; quickfix_c.h is its manual.
#include "tests/tools/quickfix_session.h"
#include "tests/tools/quickfix_c.h"

#include <cstdlib>
#include <cstring>

bool quickfix_fields_set(FIX::Message &message, const char *text, size_t size)
{
    size_t at = 0;
    while (at < size) {
        char *after = nullptr;
        long tag = std::strtol(text + at, &after, 10);
        size_t value = static_cast<size_t>(after - text) + 1;
        if (tag <= 0 || tag > 999999 || value > size || *after != '=') {
            return false;
        }
        const void *soh = std::memchr(text + value, '\001', size - value);
        size_t end =
            soh != nullptr ? static_cast<size_t>(static_cast<const char *>(soh) - text) : size;
        int field = static_cast<int>(tag);
        if (FIX::Message::isHeaderField(field)) {
            message.getHeader().setField(field, std::string(text + value, end - value));
        } else {
            message.setField(field, std::string(text + value, end - value));
        }
        at = end + 1;
    }
    return true;
}

const char *quickfix_session_name(const struct quickfix_session *session)
{
    return session->name.c_str();
}

bool quickfix_logged_on(struct quickfix_session *session)
{
    FIX::Session *found = session->find();
    return found != nullptr && found->isLoggedOn();
}

bool quickfix_send(struct quickfix_session *session, const char *body, size_t size)
{
    try {
        FIX::Message message;
        if (!quickfix_fields_set(message, body, size)) {
            return false;
        }
        FIX::Session *found = session->find();
        if (found == nullptr) {
            return false;
        }
        int number = found->getExpectedSenderNum();
        found->send(message);
        // send() is false for a line that is down too; what counts is that the
        // message has its number and is in the store.
        return found->getExpectedSenderNum() > number;
    } catch (...) {
        return false;
    }
}

bool quickfix_sequence_reset(struct quickfix_session *session, int next)
{
    try {
        FIX::Session *found = session->find();
        if (found == nullptr || !found->isLoggedOn() || next <= found->getExpectedSenderNum()) {
            return false;
        }
        FIX::Message message;
        message.getHeader().setField(FIX::MsgType(FIX::MsgType_SequenceReset));
        message.setField(FIX::NewSeqNo(next));
        found->send(message);
        found->setNextSenderMsgSeqNum(next);
        return true;
    } catch (...) {
        return false;
    }
}

bool quickfix_reset_by_logon(struct quickfix_session *session)
{
    try {
        FIX::Session *found = session->find();
        if (found == nullptr || !found->isLoggedOn()) {
            return false;
        }
        FIX::Message message;
        message.getHeader().setField(FIX::MsgType(FIX::MsgType_Logon));
        message.setField(FIX::EncryptMethod(0));
        message.setField(found->getHeartBtInt());
        message.setField(FIX::ResetSeqNumFlag(true));
        return found->send(message);
    } catch (...) {
        return false;
    }
}

void quickfix_disconnect(struct quickfix_session *session)
{
    FIX::Session *found = session->find();
    if (found != nullptr) {
        try {
            found->disconnect();
        } catch (...) {
            // Its store failed; the line is closed all the same.
        }
    }
}

void quickfix_logout(struct quickfix_session *session, const char *reason)
{
    FIX::Session *found = session->find();
    if (found != nullptr) {
        found->logout(reason);
    }
}

void quickfix_logon(struct quickfix_session *session)
{
    FIX::Session *found = session->find();
    if (found != nullptr) {
        found->logon();
    }
}

int64_t quickfix_created_ms(struct quickfix_session *session)
{
    try {
        FIX::Session *found = session->find();
        if (found == nullptr) {
            return 0;
        }
        FIX::UtcTimeStamp created = found->getStore()->getCreationTime();
        return static_cast<int64_t>(created.getTimeT()) * 1000 + created.getMillisecond();
    } catch (...) {
        return 0;
    }
}

int quickfix_seq_out_next(struct quickfix_session *session)
{
    FIX::Session *found = session->find();
    return found != nullptr ? found->getExpectedSenderNum() : 0;
}

int quickfix_seq_in_next(struct quickfix_session *session)
{
    FIX::Session *found = session->find();
    return found != nullptr ? found->getExpectedTargetNum() : 0;
}

bool quickfix_seq_out_set(struct quickfix_session *session, int next)
{
    try {
        FIX::Session *found = session->find();
        if (found == nullptr || next < 1) {
            return false;
        }
        found->setNextSenderMsgSeqNum(next);
        return true;
    } catch (...) {
        return false;
    }
}

bool quickfix_seq_in_set(struct quickfix_session *session, int next)
{
    try {
        FIX::Session *found = session->find();
        if (found == nullptr || next < 1) {
            return false;
        }
        found->setNextTargetMsgSeqNum(next);
        return true;
    } catch (...) {
        return false;
    }
}
