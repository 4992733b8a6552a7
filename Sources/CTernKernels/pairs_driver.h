/* What products of pairs share at all vector levels, beside product_driver.h. */

#include "fetch.h"

/* Where the four rows start; rows missing from the last group are read as copies of its last row and not stored. */
TERN_INLINE void four_rows(const tile_place *place, size_t row_bytes, const uint8_t *rows[4])
{
    for (size_t r = 0; r < 4; r++) rows[r] = place->codes + (r < place->valid ? r : place->valid - 1) * row_bytes;
}

/* Fetches what follows the last of the four rows in the order of memory, while the parts of the four at `byte` are used: they are four
 * streams, which the processor's own prefetching does not follow. */
TERN_INLINE void fetch_next(const uint8_t *rows[4], size_t row_bytes, size_t byte)
{
#pragma clang loop unroll(full)
    for (size_t line = 0; line < 4; line++) {
        const uint8_t *next = (const uint8_t *)((uintptr_t)rows[0] + 3 * row_bytes + 4 * byte + 64 * line);
        fetch_line(next, FETCH_FAR);
        fetch_line(next, FETCH_NEAR);
    }
}
