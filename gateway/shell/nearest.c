#include "gateway/shell/nearest.h"

static uint8_t lower(uint8_t byte)
{
    return byte >= 'A' && byte <= 'Z' ? (uint8_t)(byte - 'A' + 'a') : byte;
}

static uint32_t least(uint32_t a, uint32_t b)
{
    return a < b ? a : b;
}

static size_t size_compared(struct span word)
{
    return word.size < NEAREST_WORD_BYTES_MAX ? word.size : NEAREST_WORD_BYTES_MAX;
}

uint32_t edit_distance(struct span a, struct span b)
{
    uint32_t rows[3][NEAREST_WORD_BYTES_MAX + 1];
    size_t a_size = size_compared(a);
    size_t b_size = size_compared(b);
    uint32_t *before = rows[0]; /* Two rows up: what a swap of neighbours looks at. */
    uint32_t *above = rows[1];
    uint32_t *row = rows[2];
    for (size_t j = 0; j <= b_size; j++) {
        above[j] = (uint32_t)j;
        before[j] = 0;
    }
    for (size_t i = 1; i <= a_size; i++) {
        row[0] = (uint32_t)i;
        for (size_t j = 1; j <= b_size; j++) {
            bool same = lower(a.data[i - 1]) == lower(b.data[j - 1]);
            row[j] = least(above[j - 1] + (same ? 0 : 1), least(above[j], row[j - 1]) + 1);
            bool swapped = i > 1 && j > 1 && lower(a.data[i - 1]) == lower(b.data[j - 2]) &&
                           lower(a.data[i - 2]) == lower(b.data[j - 1]);
            if (swapped) {
                row[j] = least(row[j], before[j - 2] + 1);
            }
        }
        uint32_t *spare = before;
        before = above;
        above = row;
        row = spare;
    }
    return above[b_size];
}

void nearest_init(struct nearest *nearest, struct span word)
{
    *nearest = (struct nearest){.word = word};
    /* A guess further away than a third of the word would only confuse. */
    nearest->distance = (uint32_t)word.size / 3 + 2;
}

void nearest_offer(struct nearest *nearest, const char *candidate)
{
    size_t size = size_compared(nearest->word);
    size_t other = size_compared(span_text(candidate));
    size_t difference = size > other ? size - other : other - size;
    if (difference >= nearest->distance) {
        return; /* They are at least that far apart. */
    }
    uint32_t distance = edit_distance(nearest->word, span_text(candidate));
    if (distance < nearest->distance) {
        nearest->distance = distance;
        nearest->best = candidate;
    }
}
