// The C wrapper over QuickFIX; quickfix_c.h is its manual.
#include "tests/tools/quickfix_c.h"
#include "tests/tools/quickfix_session.h"

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
#include <poll.h>
#include <set>
#include <sstream>
#include <string>
#include <vector>

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
    void onIncoming(const std::string &message) override
    {
        if (callbacks_.received != nullptr) {
            callbacks_.received(callbacks_.context, message.data(), message.size());
        }
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
        quickfix_fields_set(message, more, std::min(size, sizeof more));
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

// QuickFIX's poll never waits, whatever timeout it is given: left alone it would
// take a whole core while idle. So we wait ourselves, on its sockets, which it
// keeps private; an explicit instantiation may name private members.
template <typename Tag, typename Tag::type Member> struct opened {
    friend typename Tag::type member(Tag)
    {
        return Member;
    }
};

struct acceptor_server {
    using type = FIX::SocketServer *FIX::SocketAcceptor::*;
    friend type member(acceptor_server);
};
struct initiator_connector {
    using type = FIX::SocketConnector FIX::SocketInitiator::*;
    friend type member(initiator_connector);
};
struct sockets_read {
    using type = std::set<int> FIX::SocketMonitor::*;
    friend type member(sockets_read);
};
struct sockets_write {
    using type = std::set<int> FIX::SocketMonitor::*;
    friend type member(sockets_write);
};
struct sockets_connect {
    using type = std::set<int> FIX::SocketMonitor::*;
    friend type member(sockets_connect);
};

template struct opened<acceptor_server, &FIX::SocketAcceptor::m_pServer>;
template struct opened<initiator_connector, &FIX::SocketInitiator::m_connector>;
template struct opened<sockets_read, &FIX::SocketMonitor::m_readSockets>;
template struct opened<sockets_write, &FIX::SocketMonitor::m_writeSockets>;
template struct opened<sockets_connect, &FIX::SocketMonitor::m_connectSockets>;

void watch(std::vector<pollfd> &fds, const std::set<int> &sockets, int events)
{
    for (int socket : sockets) {
        fds.push_back({socket, static_cast<short>(events), 0});
    }
}

void wait_for_work(FIX::SocketMonitor &monitor, int wait_ms)
{
    std::vector<pollfd> fds;
    watch(fds, monitor.*member(sockets_read()), POLLIN);
    watch(fds, monitor.*member(sockets_write()), POLLOUT);
    watch(fds, monitor.*member(sockets_connect()), POLLOUT);
    ::poll(fds.data(), fds.size(), wait_ms);
}

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
        FIX::SocketServer *server =
            engine->acceptor ? *engine->acceptor.*member(acceptor_server()) : nullptr;
        if (wait_ms > 0 && server != nullptr) {
            wait_for_work(server->getMonitor(), wait_ms);
        }
        if (wait_ms > 0 && engine->initiator) {
            wait_for_work((*engine->initiator.*member(initiator_connector())).getMonitor(),
                          wait_ms);
        }
        bool working = engine->acceptor ? engine->acceptor->poll() : engine->initiator->poll();
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
