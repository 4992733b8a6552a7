/* The order in which the vector levels walk a product by pairs: groups of four rows of trits by tiles of up to TILE_MAX rows of
 * activations.
 *
 * The including file defines TILE_MAX and tile(A activations, ..), inlined with A constant. */

typedef struct {
    const tern_matrix *matrix;
    /* Where the group's first row is, and how many of its rows there are. */
    const uint8_t *codes;
    size_t valid;
    const int8_t *activations;
    size_t activation_stride;
    const int32_t *sums;
    const float *scales;
    float *out;
    size_t out_stride;
} tile_place;

/* Activations that stay in the second-level cache while all rows pass by. */
enum { RESIDENT_BYTES = 512 * 1024 };

TERN_INLINE void tile(size_t count, const tile_place *place);

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

static void group_product(tile_place place, size_t count)
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

static void all_groups(size_t first, size_t rows, tile_place place, size_t count)
{
    for (size_t r = 0; r < rows; r += TERN_GROUP) {
        place.valid = rows - r < TERN_GROUP ? rows - r : TERN_GROUP;
        place.codes = place.matrix->trits + (first + r) * tern_row_bytes(place.matrix->width);
        group_product(place, count);
        place.out += TERN_GROUP;
    }
}

TERN_INLINE void product_in_tiles(const tern_matrix *m, size_t first, size_t rows, const tern_activations *x, float *out,
                                  size_t out_stride)
{
    size_t resident = RESIDENT_BYTES / (x->stride + 1) / TILE_MAX * TILE_MAX;
    if (resident < TILE_MAX) resident = TILE_MAX;
    for (size_t a = 0; a < x->count; a += resident) {
        tile_place place = {.matrix = m, .activations = x->planes + a * x->stride, .activation_stride = x->stride,
                            .sums = x->sums + a, .scales = x->scales + a, .out = out + a * out_stride, .out_stride = out_stride};
        all_groups(first, rows, place, x->count - a < resident ? x->count - a : resident);
    }
}
