// The C wrapper over QuickFIX; quickfix_c.h is its manual.
#include "tests/tools/quickfix_c.h"

#include <quickfix/FileStore.h>
#include <quickfix/Log.h>
#include <quickfix/Session.h>
#include <quickfix/SocketAcceptor.h>
#include <quickfix/SocketInitiator.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <map>
#include <memory>
#include <sstream>
#include <string>

struct quickfix_session {
    FIX::SessionID id;
    std::string name;

    FIX::Session *find() const
    {
        return FIX::Session::lookupSession(id);
    }
};

namespace
{

void error_set(char *error, size_t size, const char *text)
{
    if (error != nullptr && size > 0) {
        std::snprintf(error, size, "%s", text);
    }
}

int64_t now_ms()
{
    return std::chrono::duration_cast<std::chrono::milliseconds>(
               std::chrono::steady_clock::now().time_since_epoch())
        .count();
}

// Splits tag=value<SOH>… and puts each field into header or body. False if a
// piece is no tag=value.
bool fields_set(FIX::Message &message, const char *text, size_t size)
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

class CallbackLog : public FIX::Log
{
  public:
    explicit CallbackLog(const quickfix_callbacks &callbacks) : callbacks_(callbacks)
    {
    }
    void clear() override
    {
    }
    void backup() override
    {
    }
    void onIncoming(const std::string &) override
    {
    }
    void onOutgoing(const std::string &) override
    {
    }
    void onEvent(const std::string &text) override
    {
        if (callbacks_.event != nullptr) {
            callbacks_.event(callbacks_.context, text.c_str());
        }
    }

  private:
    const quickfix_callbacks &callbacks_;
};

class CallbackLogFactory : public FIX::LogFactory
{
  public:
    explicit CallbackLogFactory(const quickfix_callbacks &callbacks) : callbacks_(callbacks)
    {
    }
    FIX::Log *create() override
    {
        return new CallbackLog(callbacks_);
    }
    FIX::Log *create(const FIX::SessionID &) override
    {
        return new CallbackLog(callbacks_);
    }
    void destroy(FIX::Log *log) override
    {
        delete log;
    }

  private:
    const quickfix_callbacks &callbacks_;
};

class CallbackApplication : public FIX::Application
{
  public:
    CallbackApplication(const quickfix_callbacks &callbacks,
                        std::map<std::string, quickfix_session> &sessions)
        : callbacks_(callbacks), sessions_(sessions)
    {
    }

    void onCreate(const FIX::SessionID &id) override
    {
        quickfix_session *session = session_of(id);
        if (callbacks_.created != nullptr) {
            callbacks_.created(callbacks_.context, session);
        }
    }
    void onLogon(const FIX::SessionID &id) override
    {
        if (callbacks_.logon != nullptr) {
            callbacks_.logon(callbacks_.context, session_of(id));
        }
    }
    void onLogout(const FIX::SessionID &id) override
    {
        if (callbacks_.logout != nullptr) {
            callbacks_.logout(callbacks_.context, session_of(id));
        }
    }
    void toAdmin(FIX::Message &message, const FIX::SessionID &id) override
    {
        if (callbacks_.to_admin == nullptr) {
            return;
        }
        std::string text = message.toString();
        char more[1024];
        size_t size = callbacks_.to_admin(callbacks_.context, session_of(id), text.data(),
                                          text.size(), more, sizeof more);
        fields_set(message, more, std::min(size, sizeof more));
    }
    void toApp(FIX::Message &message, const FIX::SessionID &id) throw(FIX::DoNotSend) override
    {
        if (callbacks_.to_app == nullptr) {
            return;
        }
        std::string text = message.toString();
        if (!callbacks_.to_app(callbacks_.context, session_of(id), text.data(), text.size())) {
            throw FIX::DoNotSend();
        }
    }
    void fromAdmin(const FIX::Message &message,
                   const FIX::SessionID &id) throw(FIX::FieldNotFound, FIX::IncorrectDataFormat,
                                                   FIX::IncorrectTagValue,
                                                   FIX::RejectLogon) override
    {
        if (callbacks_.from_admin == nullptr) {
            return;
        }
        std::string text = message.toString();
        char reason[256] = "";
        bool good = callbacks_.from_admin(callbacks_.context, session_of(id), text.data(),
                                          text.size(), reason, sizeof reason);
        FIX::MsgType type;
        message.getHeader().getField(type);
        if (!good && type == FIX::MsgType_Logon) {
            throw FIX::RejectLogon(reason);
        }
    }
    void fromApp(const FIX::Message &message,
                 const FIX::SessionID &id) throw(FIX::FieldNotFound, FIX::IncorrectDataFormat,
                                                 FIX::IncorrectTagValue,
                                                 FIX::UnsupportedMessageType) override
    {
        if (callbacks_.from_app == nullptr) {
            return;
        }
        message.toString(text_);
        int tag = 0;
        switch (callbacks_.from_app(callbacks_.context, session_of(id), text_.data(), text_.size(),
                                    &tag)) {
        case QUICKFIX_TAKEN:
            return;
        case QUICKFIX_UNSUPPORTED:
            throw FIX::UnsupportedMessageType();
        case QUICKFIX_FIELD_MISSING:
            throw FIX::FieldNotFound(tag);
        case QUICKFIX_FIELD_WRONG:
            throw FIX::IncorrectTagValue(tag);
        }
    }

    quickfix_session *session_of(const FIX::SessionID &id)
    {
        const std::string &name = id.toStringFrozen();
        auto found = sessions_.find(name);
        if (found == sessions_.end()) {
            found = sessions_.emplace(name, quickfix_session{id, name}).first;
        }
        return &found->second;
    }

  private:
    const quickfix_callbacks &callbacks_;
    std::map<std::string, quickfix_session> &sessions_;
    std::string text_; // Reused, since every order passes here.
};

} // namespace

// QuickFIX frees its listening server only in the mode that runs its own loop.
extern "C" const char *__lsan_default_suppressions(void);
extern "C" const char *__lsan_default_suppressions(void)
{
    return "leak:libquickfix\n";
}

struct quickfix {
    quickfix(const quickfix_callbacks &given, const char *text)
        : callbacks(given), application(callbacks, sessions), log(callbacks), stream(text),
          settings(stream), store(settings)
    {
    }

    quickfix_callbacks callbacks;
    std::map<std::string, quickfix_session> sessions; // Nodes of a map do not move.
    CallbackApplication application;
    CallbackLogFactory log;
    std::istringstream stream;
    FIX::SessionSettings settings;
    FIX::FileStoreFactory store;
    std::unique_ptr<FIX::SocketAcceptor> acceptor;
    std::unique_ptr<FIX::SocketInitiator> initiator;
    int64_t ticked_ms = 0;
};

struct quickfix *quickfix_start(enum quickfix_role role, const char *settings,
                                const struct quickfix_callbacks *callbacks, char *error,
                                size_t error_size)
{
    try {
        auto engine = std::make_unique<quickfix>(*callbacks, settings);
        if (role == QUICKFIX_ACCEPTOR) {
            engine->acceptor = std::make_unique<FIX::SocketAcceptor>(
                engine->application, engine->store, engine->settings, engine->log);
        } else {
            engine->initiator = std::make_unique<FIX::SocketInitiator>(
                engine->application, engine->store, engine->settings, engine->log);
        }
        return engine.release();
    } catch (const std::exception &problem) {
        error_set(error, error_size, problem.what());
    } catch (...) {
        error_set(error, error_size, "unknown exception");
    }
    return nullptr;
}

void quickfix_tick(struct quickfix *engine)
{
    // QuickFIX looks at the clock only when its select() finds nothing to do; a
    // busy session would otherwise starve the heartbeats of its neighbours.
    int64_t now = now_ms();
    if (now - engine->ticked_ms < 500) {
        return;
    }
    engine->ticked_ms = now;
    for (auto &entry : engine->sessions) {
        FIX::Session *session = entry.second.find();
        if (session != nullptr && session->isLoggedOn()) {
            try {
                session->next();
            } catch (...) {
                session->disconnect();
            }
        }
    }
}

bool quickfix_poll(struct quickfix *engine, int wait_ms, char *error, size_t error_size)
{
    try {
        double wait_seconds = static_cast<double>(wait_ms) / 1000.0;
        bool working = engine->acceptor ? engine->acceptor->poll(wait_seconds)
                                        : engine->initiator->poll(wait_seconds);
        quickfix_tick(engine);
        if (!working) {
            error_set(error, error_size, "stopped");
        }
        return working;
    } catch (const std::exception &problem) {
        error_set(error, error_size, problem.what());
    } catch (...) {
        error_set(error, error_size, "unknown exception");
    }
    return false;
}

static bool any_logged_on(struct quickfix *engine)
{
    for (auto &entry : engine->sessions) {
        if (quickfix_logged_on(&entry.second)) {
            return true;
        }
    }
    return false;
}

void quickfix_stop(struct quickfix *engine, int wait_ms)
{
    if (engine == nullptr) {
        return;
    }
    int64_t end = now_ms() + wait_ms;
    if (wait_ms > 0) {
        for (auto &entry : engine->sessions) {
            quickfix_logout(&entry.second, "");
        }
    }
    while (wait_ms > 0 && any_logged_on(engine) && now_ms() < end) {
        engine->ticked_ms = 0; // The Logout goes out with the first tick.
        if (!quickfix_poll(engine, 10, nullptr, 0)) {
            break;
        }
    }
    for (auto &entry : engine->sessions) {
        quickfix_disconnect(&entry.second);
    }
    try {
        if (engine->acceptor) {
            engine->acceptor->stop(true);
        } else {
            engine->initiator->stop(true);
        }
    } catch (...) {
        // It is being thrown away; there is nobody left to tell.
    }
    delete engine;
}

struct quickfix_session *quickfix_session_find(struct quickfix *engine, const char *sender_comp_id,
                                               const char *target_comp_id)
{
    for (auto &entry : engine->sessions) {
        const FIX::SessionID &id = entry.second.id;
        if (id.getSenderCompID().getValue() == sender_comp_id &&
            id.getTargetCompID().getValue() == target_comp_id) {
            return &entry.second;
        }
    }
    return nullptr;
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
        if (!fields_set(message, body, size)) {
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
