/* What libFuzzer calls by name in every NAME_fuzz.c. */
#ifndef TESTS_FUZZ_FUZZ_H
#define TESTS_FUZZ_FUZZ_H

#include <stddef.h>
#include <stdint.h>

/* Once, before the first input. Not every target has one. */
int LLVMFuzzerInitialize(int *argc, char ***argv);

/* One input; always 0. A finding is an assertion or a sanitizer that stops it. */
int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Changes an input in place, to at most `max_size` bytes, and returns its size. Not every target
 * has one; libFuzzer's own changes are LLVMFuzzerMutate(). */
size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

#endif
