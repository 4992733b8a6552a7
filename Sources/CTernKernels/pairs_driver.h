/* What products of pairs share at all vector levels, beside product_driver.h. */

/* How far ahead of the last of the four rows trits are fetched. Four rows at once are four streams, which the processor's own
 * prefetcher does not follow; fetched in the order of memory they arrive as fast as a plain read (three times as fast as without). */
enum { AHEAD_BYTES = 4096 };

/* Where the four rows start; rows missing from the last group are read as copies of its last row and not stored. */
TERN_INLINE void four_rows(const tile_place *place, size_t row_bytes, const uint8_t *rows[4])
{
    for (size_t r = 0; r < 4; r++) rows[r] = place->codes + (r < place->valid ? r : place->valid - 1) * row_bytes;
}

/* Fetches the next part of memory in order, while the parts of the four rows at `byte` are used. */
TERN_INLINE void fetch_ahead(const uint8_t *rows[4], size_t row_bytes, size_t byte)
{
    uintptr_t next = (uintptr_t)rows[0] + 3 * row_bytes + 4 * byte + AHEAD_BYTES;
#pragma clang loop unroll(full)
    for (size_t line = 0; line < 4; line++) __builtin_prefetch((const void *)(next + 64 * line));
}
