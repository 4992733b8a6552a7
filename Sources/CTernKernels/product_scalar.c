#include "levels.h"

/* The plane's code in place `i` of a row of pairs. */
static uint32_t pair_code(const tern_matrix *m, size_t row, size_t plane, size_t i)
{
    const uint8_t *block = m->trits + row * tern_row_bytes(m->width) + plane / 4 * TERN_PLANE;
    return block[i] >> (2 * (plane % 4)) & 3;
}

/* Five bits at any place of the 40 bytes of a row. */
static uint32_t five_bits(const uint8_t *bytes, size_t i)
{
    size_t bit = 5 * i;
    uint32_t low = bytes[bit / 8], high = bit % 8 > 3 ? bytes[bit / 8 + 1] : 0;
    return (low | high << 8) >> (bit % 8) & 31;
}

static uint32_t triple_code(const tern_matrix *m, size_t row, size_t plane, size_t i)
{
    static const uint32_t power[3] = {1, 3, 9};
    const size_t whole = tern_planes(m->width) / 3;
    const uint8_t *group = m->trits + row / TERN_GROUP * tern_group_bytes(m->width);
    size_t member = row % TERN_GROUP, left = plane - 3 * whole;
    if (plane < 3 * whole) return five_bits(group + (plane / 3 * TERN_GROUP + member) * 40, i) / power[plane % 3] % 3;
    return group[(whole * 40 + left * 16) * TERN_GROUP + member * 16 + i % 16] >> (2 * (i / 16)) & 3;
}

/* The sum of codes times activations, which is the dot product plus the sum of the activations. Unsigned, since it may pass 2^31 on
 * the way; what is left after subtracting that sum does not. */
static uint32_t code_product(const tern_matrix *m, size_t row, const int8_t *activations)
{
    uint32_t sum = 0;
    for (size_t plane = 0; plane < tern_planes(m->width); plane++)
        for (size_t i = 0; i < TERN_PLANE; i++) {
            uint32_t code = m->layout == TERN_TRIPLES ? triple_code(m, row, plane, i) : pair_code(m, row, plane, i);
            sum += code * (uint32_t)activations[plane * TERN_PLANE + i];
        }
    return sum;
}

void tern_product_scalar(const tern_matrix *m, size_t first, size_t rows, const tern_activations *x, float *out, size_t out_stride)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t a = 0; a < x->count; a++) {
            uint32_t codes = code_product(m, first + r, x->planes + a * x->stride);
            out[a * out_stride + r] = (float)(int32_t)(codes - (uint32_t)x->sums[a]) * x->scales[a];
        }
}

/* The code of a column of a row as files hold it; 1 beyond its end. */
static uint32_t stored_code(const uint8_t *rows, size_t count, size_t width, size_t row, size_t column)
{
    if (row >= count || column >= width) return 1;
    return rows[row * ((width + 3) / 4) + column / 4] >> (2 * (column % 4)) & 3;
}

/* The column in place `i` of a plane. */
static size_t column_of(size_t plane, size_t i) { return plane / 4 * TERN_BLOCK + 4 * i + plane % 4; }

static void pack_five_bits(const uint8_t *rows, size_t count, size_t width, size_t row, size_t plane, uint8_t *bytes)
{
    for (size_t i = 0; i < 40; i++) bytes[i] = 0;
    for (size_t i = 0; i < TERN_PLANE; i++) {
        uint32_t code = stored_code(rows, count, width, row, column_of(plane, i)) +
                        3 * stored_code(rows, count, width, row, column_of(plane + 1, i)) +
                        9 * stored_code(rows, count, width, row, column_of(plane + 2, i));
        uint32_t placed = code << (5 * i % 8);
        bytes[5 * i / 8] |= (uint8_t)placed;
        if (5 * i % 8 > 3) bytes[5 * i / 8 + 1] |= (uint8_t)(placed >> 8);
    }
}

static void pack_plane(const uint8_t *rows, size_t count, size_t width, size_t row, size_t plane, uint8_t *bytes)
{
    for (size_t i = 0; i < 16; i++) {
        uint32_t byte = 0;
        for (size_t part = 0; part < 4; part++)
            byte |= stored_code(rows, count, width, row, column_of(plane, 16 * part + i)) << (2 * part);
        bytes[i] = (uint8_t)byte;
    }
}

void tern_pack_triples_scalar(const uint8_t *rows, size_t count, size_t width, uint8_t *group)
{
    const size_t planes = tern_planes(width), whole = planes / 3;
    for (size_t row = 0; row < TERN_GROUP; row++) {
        for (size_t three = 0; three < whole; three++)
            pack_five_bits(rows, count, width, row, 3 * three, group + (three * TERN_GROUP + row) * 40);
        for (size_t plane = 3 * whole; plane < planes; plane++)
            pack_plane(rows, count, width, row, plane,
                       group + (whole * 40 + (plane - 3 * whole) * 16) * TERN_GROUP + row * 16);
    }
}

/* Plain multiplications, as `product` above does them. */
uint64_t tern_multiply_add_scalar(size_t rounds)
{
    uint32_t sums[16] = {0};
    for (size_t round = 0; round < rounds; round++)
        for (size_t i = 0; i < TERN_PEAK_ROUND; i++) sums[i % 16] += ((uint32_t)round + 3) * (uint32_t)i;
    uint64_t all = 0;
    for (size_t i = 0; i < 16; i++) all += sums[i];
    return all;
}
