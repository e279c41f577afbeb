#include "fix/effects.h"

void effects_reset(struct effects *effects)
{
    effects->count = 0;
    effects->bytes_used = 0;
}

struct effect *effects_add(struct effects *effects, enum effect_kind kind)
{
    ASSERT(effects->count < FIX_EFFECTS_MAX);
    struct effect *effect = &effects->list[effects->count];
    effects->count += 1;
    *effect = (struct effect){.kind = kind};
    return effect;
}

struct span effects_room(const struct effects *effects)
{
    return span_of(effects->bytes + effects->bytes_used,
                   FIX_EFFECT_BYTES_MAX - effects->bytes_used);
}

struct span effects_take(struct effects *effects, size_t size)
{
    ASSERT(size <= FIX_EFFECT_BYTES_MAX - effects->bytes_used);
    struct span taken = span_of(effects->bytes + effects->bytes_used, size);
    effects->bytes_used += size;
    return taken;
}

struct span effects_text(struct effects *effects, struct span text)
{
    size_t room = FIX_EFFECT_BYTES_MAX - effects->bytes_used;
    size_t size = text.size < room ? text.size : room;
    if (size > 0) {
        memcpy(effects->bytes + effects->bytes_used, text.data, size);
    }
    return effects_take(effects, size);
}
