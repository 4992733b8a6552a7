/* How what will be read is fetched from memory while something else is computed. */
#ifndef TERN_FETCH_H
#define TERN_FETCH_H

#include "levels.h"

/* Every line is fetched twice to the second-level cache: far ahead, and once more when it is near. Measured on Zen 4, beside a plain read
 * of the same memory: where much is computed for each line, the processor's own prefetching looks too little ahead (0.75 to 0.9 of the
 * plain read with one row of activations, 0.3 to 0.6 with two), and one instruction a line, at whichever distance, keeps too few lines on
 * their way (0.85); two reach 0.95. */
enum { FETCH_FAR = 32768, FETCH_NEAR = 6400 };

/* Beyond the end of an array this does nothing. */
TERN_INLINE void fetch_line(const uint8_t *line, size_t ahead) { __builtin_prefetch((const void *)((uintptr_t)line + ahead), 0, 2); }

#endif
