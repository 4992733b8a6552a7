/* The order in which the vector levels walk a product: groups of four rows of trits by tiles of up to TILE_MAX rows of activations.
 *
 * The including file defines TILE_MAX, tile(A activations, ..), inlined with A constant, and open_group(..). */

typedef struct {
    const tern_matrix *matrix;
    /* The group's number, how many of its rows there are, and its codes as open_group left them. */
    size_t group, valid;
    const uint8_t *codes;
    const int8_t *activations;
    size_t activation_stride;
    const int32_t *sums;
    const float *scales;
    float *out;
    size_t out_stride;
} tile_place;

/* Activations that stay in the second-level cache while all rows pass by, and what open_group may unpack codes into. */
enum { RESIDENT_BYTES = 512 * 1024, PANEL_BYTES = 16 * 1024 };

/* The group's codes for tiles of `count` rows of activations in all: where they are, or unpacked into `panel`. */
TERN_INLINE const uint8_t *open_group(const tern_matrix *m, size_t group, size_t count, uint8_t *panel);

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
    _Alignas(64) uint8_t panel[PANEL_BYTES];
    for (size_t r = 0; r < rows; r += TERN_GROUP) {
        place.group = (first + r) / TERN_GROUP;
        place.valid = rows - r < TERN_GROUP ? rows - r : TERN_GROUP;
        place.codes = open_group(place.matrix, place.group, count, panel);
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
