// What the two files of the QuickFIX wrapper share; for nobody else.
#ifndef TESTS_TOOLS_QUICKFIX_SESSION_H
#define TESTS_TOOLS_QUICKFIX_SESSION_H

#include <quickfix/Session.h>

#include <string>

struct quickfix_session {
    FIX::SessionID id;
    std::string name;

    FIX::Session *find() const
    {
        return FIX::Session::lookupSession(id);
    }
};

// Splits tag=value<SOH>… and puts each field into header or body. False if a
// piece is no tag=value.
bool quickfix_fields_set(FIX::Message &message, const char *text, size_t size);

#endif
