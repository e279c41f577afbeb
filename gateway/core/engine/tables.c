#include "gateway/core/engine/tables.h"

const char *table_name(enum table table)
{
    static const char *const names[] = {
#define X(number, name) name,
        ENGINE_TABLES(X)
#undef X
    };
    _Static_assert(ARRAY_LEN(names) == TABLE_OUT, "each table has a name");
    ASSERT(table < TABLE_OUT);
    return names[table];
}
