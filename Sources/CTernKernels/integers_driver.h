/* The order in which the vector levels walk a product by a table of integers: groups of sixteen rows by tiles of up to TILE_ROWS rows, four
 * or eight, of activations. A step of a quad holds four columns of all rows of its group, so that no sum crosses lanes.
 *
 * The including file defines TILE_ROWS and integer_tile(COUNT, BITS, ..), inlined with both constant. */
#include "fetch.h"
#include <string.h>

/* Where a tile stands: a group, and the first of its rows of activations. */
typedef struct {
    const uint8_t *codes;
    const uint16_t *row_scales;
    const int8_t *values;
    const float *scales;
    const int32_t *sums;
    size_t spans;
    /* For each row of activations a sum for each row of the group. */
    float (*lanes)[TERN_INTEGER_ROWS];
} integer_place;

/* Sets the lanes. */
TERN_INLINE void integer_tile(size_t count, unsigned bits, const integer_place *p);

/* Fetches what follows a quad. With one row of activations and nothing to unpack, the processor's own prefetching is better. */
TERN_INLINE void fetch_codes(size_t count, unsigned bits, const uint8_t *quad)
{
    if (count == 1 && bits == 8) return;
    for (unsigned line = 0; line < bits / 2; line++) {
        fetch_line(quad + 64 * line, FETCH_FAR);
        fetch_line(quad + 64 * line, FETCH_NEAR);
    }
}

TERN_INLINE void integer_tile_of(size_t count, unsigned bits, const integer_place *p)
{
    switch (count) {
#define TILE(COUNT) case COUNT: integer_tile(COUNT, bits, p); break;
    TILE(1) TILE(2) TILE(3) TILE(4)
#if TILE_ROWS == 8
    TILE(5) TILE(6) TILE(7) TILE(8)
#endif
#undef TILE
    }
}

/* Rows first.. of the table, up to sixteen of a group, by activations a.., up to a tile. */
TERN_INLINE void group_by_tile(unsigned bits, const tern_integers *t, size_t first, size_t rows, const tern_spanned *x, size_t a,
                               size_t count, float *out, size_t out_stride)
{
    const size_t spans = tern_spans(t->width), group = first / TERN_INTEGER_ROWS;
    float lanes[TILE_ROWS][TERN_INTEGER_ROWS];
    const integer_place place = {
        .codes = t->codes + group * tern_integer_bytes(t->width, bits), .row_scales = t->scales + group * spans * TERN_INTEGER_ROWS,
        .values = x->values + a * spans * TERN_SPAN, .scales = x->scales + a * spans, .sums = x->sums + a * spans, .spans = spans,
        .lanes = lanes};
    integer_tile_of(count, bits, &place);
    for (size_t i = 0; i < count; i++) {
        /* Of a length that is known, this is no call. */
        if (rows == TERN_INTEGER_ROWS) memcpy(out + i * out_stride, lanes[i], sizeof lanes[i]);
        else memcpy(out + i * out_stride, lanes[i], rows * sizeof(float));
    }
}

/* Rows that stay in the second-level cache while all activations pass by. */
enum { RESIDENT_ROWS = 64 };

TERN_INLINE size_t lesser(size_t a, size_t b) { return a < b ? a : b; }

TERN_INLINE void integer_groups(unsigned bits, const tern_integers *t, size_t first, size_t rows, const tern_spanned *x, float *out,
                            size_t out_stride)
{
    /* Tiles of like sizes. */
    const size_t tiles = (x->count + TILE_ROWS - 1) / TILE_ROWS, tile = tiles > 0 ? (x->count + tiles - 1) / tiles : 0;
    for (size_t block = 0; block < rows; block += RESIDENT_ROWS)
        for (size_t a = 0; a < x->count; a += tile)
            for (size_t r = block; r < lesser(rows, block + RESIDENT_ROWS); r += TERN_INTEGER_ROWS)
                group_by_tile(bits, t, first + r, lesser(rows - r, TERN_INTEGER_ROWS), x, a, lesser(x->count - a, tile),
                              out + a * out_stride + r, out_stride);
}

TERN_INLINE void product_of_integers(const tern_integers *t, size_t first, size_t rows, const tern_spanned *x, float *out,
                                     size_t out_stride)
{
    switch (t->bits) {
    case 2: integer_groups(2, t, first, rows, x, out, out_stride); break;
    case 4: integer_groups(4, t, first, rows, x, out, out_stride); break;
    case 6: integer_groups(6, t, first, rows, x, out, out_stride); break;
    default: integer_groups(8, t, first, rows, x, out, out_stride);
    }
}
