// The C wrapper over QuickFIX; quickfix_c.h is its manual.
#include "tests/tools/quickfix_c.h"
#include "tests/tools/quickfix_session.h"

// Debian's library is built with TLS; its headers show it only when told so.
#define HAVE_SSL 1

#include <quickfix/FileStore.h>
#include <quickfix/Log.h>
#include <quickfix/SSLSocketAcceptor.h>
#include <quickfix/SSLSocketInitiator.h>
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
    void onOutgoing(const std::string &message) override
    {
        if (callbacks_.sent != nullptr) {
            callbacks_.sent(callbacks_.context, message.data(), message.size());
        }
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
struct tls_acceptor_server {
    using type = FIX::SocketServer *FIX::SSLSocketAcceptor::*;
    friend type member(tls_acceptor_server);
};
struct tls_initiator_connector {
    using type = FIX::SocketConnector FIX::SSLSocketInitiator::*;
    friend type member(tls_initiator_connector);
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
template struct opened<tls_acceptor_server, &FIX::SSLSocketAcceptor::m_pServer>;
template struct opened<tls_initiator_connector, &FIX::SSLSocketInitiator::m_connector>;
template struct opened<sockets_read, &FIX::SocketMonitor::m_readSockets>;
template struct opened<sockets_write, &FIX::SocketMonitor::m_writeSockets>;
template struct opened<sockets_connect, &FIX::SocketMonitor::m_connectSockets>;

void watch(std::vector<pollfd> &fds, const std::set<int> &sockets, int events)
{
    for (int socket : sockets) {
        fds.push_back({socket, static_cast<short>(events), 0});
    }
}

std::vector<pollfd> look(FIX::SocketMonitor &monitor, int wait_ms)
{
    std::vector<pollfd> fds;
    watch(fds, monitor.*member(sockets_read()), POLLIN);
    watch(fds, monitor.*member(sockets_write()), POLLOUT);
    watch(fds, monitor.*member(sockets_connect()), POLLOUT);
    ::poll(fds.data(), fds.size(), wait_ms);
    return fds;
}

// After a failed TLS handshake the acceptor closes the socket without telling its monitor,
// whose select() then fails for ever, or finds whatever file has that number next.
void forget_closed(FIX::SocketMonitor &monitor)
{
    for (const pollfd &fd : look(monitor, 0)) {
        if ((fd.revents & POLLNVAL) != 0) {
            (monitor.*member(sockets_read())).erase(fd.fd);
            (monitor.*member(sockets_write())).erase(fd.fd);
            (monitor.*member(sockets_connect())).erase(fd.fd);
        }
    }
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
    // One of these four.
    std::unique_ptr<FIX::SocketAcceptor> acceptor;
    std::unique_ptr<FIX::SocketInitiator> initiator;
    std::unique_ptr<FIX::SSLSocketAcceptor> tls_acceptor;
    std::unique_ptr<FIX::SSLSocketInitiator> tls_initiator;
    int64_t ticked_ms = 0;

    void create(quickfix_role role);
    FIX::SocketMonitor *monitor(); // Of its sockets; NULL before there are any.
    bool poll();
    void stop();
};

void quickfix::create(quickfix_role role)
{
    const FIX::Dictionary &all = settings.get();
    bool tls = all.has("SocketUseSSL") && all.getBool("SocketUseSSL");
    if (role == QUICKFIX_ACCEPTOR && tls) {
        tls_acceptor = std::make_unique<FIX::SSLSocketAcceptor>(application, store, settings, log);
    } else if (role == QUICKFIX_ACCEPTOR) {
        acceptor = std::make_unique<FIX::SocketAcceptor>(application, store, settings, log);
    } else if (tls) {
        tls_initiator =
            std::make_unique<FIX::SSLSocketInitiator>(application, store, settings, log);
    } else {
        initiator = std::make_unique<FIX::SocketInitiator>(application, store, settings, log);
    }
}

FIX::SocketMonitor *quickfix::monitor()
{
    FIX::SocketServer *server = nullptr;
    if (acceptor) {
        server = *acceptor.*member(acceptor_server());
    } else if (tls_acceptor) {
        server = *tls_acceptor.*member(tls_acceptor_server());
    } else if (initiator) {
        return &(*initiator.*member(initiator_connector())).getMonitor();
    } else {
        return &(*tls_initiator.*member(tls_initiator_connector())).getMonitor();
    }
    return server != nullptr ? &server->getMonitor() : nullptr;
}

bool quickfix::poll()
{
    if (acceptor) {
        return acceptor->poll();
    }
    if (tls_acceptor) {
        return tls_acceptor->poll();
    }
    return initiator ? initiator->poll() : tls_initiator->poll();
}

void quickfix::stop()
{
    if (acceptor) {
        acceptor->stop(true);
    } else if (tls_acceptor) {
        tls_acceptor->stop(true);
    } else if (initiator) {
        initiator->stop(true);
    } else {
        tls_initiator->stop(true);
    }
}

struct quickfix *quickfix_start(enum quickfix_role role, const char *settings,
                                const struct quickfix_callbacks *callbacks, char *error,
                                size_t error_size)
{
    try {
        auto engine = std::make_unique<quickfix>(*callbacks, settings);
        engine->create(role);
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
        FIX::SocketMonitor *monitor = engine->monitor();
        if (wait_ms > 0 && monitor != nullptr) {
            look(*monitor, wait_ms);
        }
        bool working = engine->poll();
        if (engine->tls_acceptor && monitor != nullptr) {
            forget_closed(*monitor);
        }
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
        engine->stop();
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
