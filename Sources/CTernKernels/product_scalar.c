#include "levels.h"

/* The code in place `i` of a plane of a row of pairs. */
static uint32_t pair_code(const tern_matrix *m, size_t row, size_t plane, size_t i)
{
    const uint8_t *block = m->trits + row * tern_row_bytes(m->width) + plane / 4 * TERN_PLANE;
    return block[i] >> (2 * (plane % 4)) & 3;
}

/* Where the words of a row begin in a unit of triples. */
static size_t words_start(size_t rows, size_t width, size_t row, size_t unit)
{
    return tern_cell_start(rows, width, unit / TERN_STRIP, row / TERN_TRIPLE_ROWS) +
           unit % TERN_STRIP * tern_unit_bytes() + 2 * tern_row_place(row % TERN_TRIPLE_ROWS);
}

/* Three trits in five bits. */
static uint32_t triple(const uint8_t *words, size_t code)
{
    uint32_t last = 0;
    for (size_t w = 0; w < 5; w++) {
        uint32_t word = words[w * 2 * TERN_TRIPLE_ROWS] | (uint32_t)words[w * 2 * TERN_TRIPLE_ROWS + 1] << 8;
        for (size_t slot = 0; slot < 3; slot++)
            if (tern_code_place(w, slot) == code) return word >> (5 * slot) & 31;
        last |= (word >> 15) << (4 - w);
    }
    return last;
}

/* Dot products, exact in 32 bits although what is added up may pass 2^31 on the way, and therefore unsigned. */
static uint32_t pairs_product(const tern_matrix *m, size_t row, const int8_t *activations)
{
    uint32_t sum = 0;
    for (size_t plane = 0; plane < tern_planes(m->width); plane++)
        for (size_t i = 0; i < TERN_PLANE; i++)
            sum += (pair_code(m, row, plane, i) - 1) * (uint32_t)activations[plane * TERN_PLANE + i];
    return sum;
}

void tern_product_scalar(const tern_matrix *m, size_t first, size_t rows, const tern_activations *x, float *out, size_t out_stride)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t a = 0; a < x->count; a++) {
            uint32_t sum = pairs_product(m, first + r, x->planes + a * x->stride);
            out[a * out_stride + r] = (float)(int32_t)sum * x->scales[a];
        }
}

/* What a unit's chunks make of a row. */
static uint32_t unit_product(const tern_matrix *m, size_t row, size_t unit, const int8_t *activations)
{
    static const uint32_t power[3] = {1, 3, 9};
    const uint8_t *words = m->trits + words_start(m->rows, m->width, row, unit);
    uint32_t sum = 0;
    for (size_t c = 0; c < 3 && 3 * unit + c < tern_chunks(m->width); c++)
        for (size_t i = 0; i < 16; i++)
            sum += (triple(words, i) / power[c] % 3 - 1) * (uint32_t)activations[tern_chunk_place(m->width, 3 * unit + c) + i];
    return sum;
}

void tern_product_triples_scalar(const tern_matrix *m, size_t first, size_t end, const tern_activations *x, int32_t *sums, float *out,
                                 size_t out_stride)
{
    (void)sums;
    for (size_t r = first * TERN_TRIPLE_ROWS; r < end * TERN_TRIPLE_ROWS && r < m->rows; r++)
        for (size_t a = 0; a < x->count; a++) {
            uint32_t sum = 0;
            for (size_t unit = 0; unit < tern_units(m->width); unit++) sum += unit_product(m, r, unit, x->planes + a * x->stride);
            out[a * out_stride + r - first * TERN_TRIPLE_ROWS] = (float)(int32_t)sum * x->scales[a];
        }
}

/* The code of a column of a row as files hold it; 1 beyond its end. */
static uint32_t stored_code(const uint8_t *rows, size_t count, size_t width, size_t row, size_t column)
{
    if (row >= count || column >= width) return 1;
    return rows[row * ((width + 3) / 4) + column / 4] >> (2 * (column % 4)) & 3;
}

/* The code in place `i` of a chunk of such a row; 1 beyond the last. */
static uint32_t chunk_code(const uint8_t *rows, size_t count, size_t width, size_t row, size_t chunk, size_t i)
{
    if (chunk >= tern_chunks(width)) return 1;
    size_t place = tern_chunk_place(width, chunk) + i;
    return stored_code(rows, count, width, row, place / TERN_BLOCK * TERN_BLOCK + place % TERN_PLANE * 4 + place % TERN_BLOCK / TERN_PLANE);
}

static void pack_words(const uint8_t *rows, size_t count, size_t width, size_t row, size_t unit, uint8_t *words)
{
    uint32_t codes[16];
    for (size_t i = 0; i < 16; i++)
        codes[i] = chunk_code(rows, count, width, row, 3 * unit, i) + 3 * chunk_code(rows, count, width, row, 3 * unit + 1, i) +
                   9 * chunk_code(rows, count, width, row, 3 * unit + 2, i);
    for (size_t w = 0; w < 5; w++) {
        uint32_t word = codes[2 * w] | codes[2 * w + 1] << 5 | codes[10 + w] << 10 | (codes[15] >> (4 - w) & 1) << 15;
        words[w * 2 * TERN_TRIPLE_ROWS] = (uint8_t)word;
        words[w * 2 * TERN_TRIPLE_ROWS + 1] = (uint8_t)(word >> 8);
    }
}

void tern_pack_triples_scalar(const uint8_t *rows, size_t count, size_t width, size_t group, size_t all_rows, uint8_t *trits)
{
    for (size_t row = 0; row < TERN_TRIPLE_ROWS; row++)
        for (size_t unit = 0; unit < tern_units(width); unit++)
            pack_words(rows, count, width, row, unit, trits + words_start(all_rows, width, group * TERN_TRIPLE_ROWS + row, unit));
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
