/* The order in which the vector levels walk a product: tiles of four rows of trits by up to TILE_MAX rows of activations.
 *
 * The including file defines TILE_MAX and tile(R rows, A activations, ..), inlined with A constant. */

typedef struct {
    const uint8_t *rows[4];
    size_t row_bytes, valid;
    const int8_t *activations;
    size_t activation_stride;
    const int32_t *sums;
    const float *scales;
    float *out;
    size_t out_stride;
} tile_place;

/* Activations that stay in the second-level cache while all rows pass by. */
enum { RESIDENT_BYTES = 512 * 1024 };

/* How far ahead of the last of the four rows trits are fetched. Four rows at once are four streams, which the processor's own
 * prefetcher does not follow; fetched in the order of memory they arrive as fast as a plain read (three times as fast as without). */
enum { AHEAD_BYTES = 2048 };

TERN_INLINE void tile(size_t count, const tile_place *place);

/* Fetches the next part of memory in order, while the parts of the four rows at `byte` are used. */
TERN_INLINE void fetch_ahead(const tile_place *place, size_t byte)
{
    uintptr_t next = (uintptr_t)place->rows[0] + 3 * place->row_bytes + 4 * byte + AHEAD_BYTES;
#pragma clang loop unroll(full)
    for (size_t line = 0; line < 4; line++) __builtin_prefetch((const void *)(next + 64 * line));
}

static void tile_of(size_t count, const tile_place *place)
{
    switch (count) {
    case 1: tile(1, place); break;
    case 2: tile(2, place); break;
#if TILE_MAX > 2
    case 3: tile(3, place); break;
    case 4: tile(4, place); break;
#endif
    }
}

static void row_group(tile_place place, size_t count)
{
    while (count > 0) {
        /* Five as three and two rather than four and one: a tile of one is the slowest for its size. */
        size_t step = count == TILE_MAX + 1 ? (count + 1) / 2 : count < TILE_MAX ? count : TILE_MAX;
        tile_of(step, &place);
        place.activations += step * place.activation_stride;
        place.out += step * place.out_stride;
        place.sums += step;
        place.scales += step;
        count -= step;
    }
}

/* Rows missing from the last group of four are read as copies of the last row and not stored. */
static void all_rows(const uint8_t *trits, size_t rows, tile_place place, size_t count)
{
    for (size_t r = 0; r < rows; r += 4) {
        place.valid = rows - r < 4 ? rows - r : 4;
        for (size_t i = 0; i < 4; i++)
            place.rows[i] = trits + (r + (i < place.valid ? i : place.valid - 1)) * place.row_bytes;
        row_group(place, count);
        place.out += 4;
    }
}

TERN_INLINE void product_in_tiles(const uint8_t *trits, size_t rows, size_t row_bytes, const int8_t *activations,
                                  size_t activation_stride, const int32_t *sums, const float *scales, size_t count, float *out,
                                  size_t out_stride)
{
    size_t resident = activation_stride == 0 ? count : RESIDENT_BYTES / activation_stride / TILE_MAX * TILE_MAX;
    if (resident < TILE_MAX) resident = TILE_MAX;
    for (size_t a = 0; a < count; a += resident) {
        tile_place place = {.row_bytes = row_bytes, .activations = activations + a * activation_stride,
                            .activation_stride = activation_stride, .sums = sums + a, .scales = scales + a,
                            .out = out + a * out_stride, .out_stride = out_stride};
        all_rows(trits, rows, place, count - a < resident ? count - a : resident);
    }
}
