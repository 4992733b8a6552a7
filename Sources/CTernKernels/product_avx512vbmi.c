#include "levels.h"
#if TERN_X86

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512vbmi2"))), apply_to = function)
#include "triples_avx512vbmi.h"

/* For many rows of activations: they meet the strips two by two, so that words are added up before they become numbers of 32 bits, and all
 * the groups of rows in one go, so that it pays to make the tables, which stay in the second-level cache as do the numbers. */

/* Where a strip's pair of cells is multiplied, and where its tables and results lie. */
typedef struct {
    const tern_matrix *matrix;
    const tern_activations *x;
    size_t strip, strips, group;
    int16_t (*tables)[TERN_MANY][STRIP_NUMBERS];
    bool begins, ends;
    float *out;
    size_t out_stride;
} pair_place;

/* The words of one cell of the pair and `count` rows of activations from a on; meanwhile the next cell but one is fetched, in two halves. */
TERN_INLINE void cell_words(size_t count, bool fetches, const pair_place *pair, size_t cell, size_t a, __m512i words[TOGETHER][QUARTERS])
{
    const tern_matrix *m = pair->matrix;
    const size_t units = strip_units(m, pair->strip + cell), bytes = units * UNIT_BYTES;
    const uint8_t *trits = m->trits + tern_cell_start(m->rows, m->width, pair->strip + cell, pair->group);
    pass_place p = {.trits = trits, .units = units, .ahead = (const uint8_t *)((uintptr_t)trits + 2 * bytes + (a ? bytes / 2 : 0)),
                    .step = 64};
    for (size_t i = 0; i < count; i++) p.tables[i] = pair->tables[cell][a + i];
    __m512i sums[TOGETHER][QUARTERS];
    add_cell(count, fetches, p, sums);
#pragma clang loop unroll(full)
    for (size_t i = 0; i < count; i++)
#pragma clang loop unroll(full)
        for (size_t q = 0; q < QUARTERS; q++) words[i][q] = sums[i][q];
}

static void four(bool fetches, const pair_place *pair, size_t cell, size_t a, __m512i words[TOGETHER][QUARTERS])
{
    fetches ? cell_words(4, true, pair, cell, a, words) : cell_words(4, false, pair, cell, a, words);
}

static void two(bool fetches, const pair_place *pair, size_t cell, size_t a, __m512i words[TOGETHER][QUARTERS])
{
    fetches ? cell_words(2, true, pair, cell, a, words) : cell_words(2, false, pair, cell, a, words);
}

static void one(bool fetches, const pair_place *pair, size_t cell, size_t a, __m512i words[TOGETHER][QUARTERS])
{
    fetches ? cell_words(1, true, pair, cell, a, words) : cell_words(1, false, pair, cell, a, words);
}

/* The numbers of 32 bits of eighth `h` of the rows. */
TERN_INLINE __m512i numbers_of(const pair_place *pair, const __m512i *a, const __m512i *b, const int32_t *sums, size_t h)
{
    return add_words(pair->begins ? _mm512_setzero_si512() : _mm512_loadu_si512(sums + 16 * h), a, b, h);
}

static void keep(const pair_place *pair, const __m512i a[QUARTERS], const __m512i b[QUARTERS], int32_t *sums)
{
#pragma clang loop unroll(full)
    for (size_t h = 0; h < 2 * QUARTERS; h++) _mm512_storeu_si512(sums + 16 * h, numbers_of(pair, a, b, sums, h));
}

/* The same after the last strip: there are as many results as rows. */
static void finish(const pair_place *pair, const __m512i a[QUARTERS], const __m512i b[QUARTERS], const int32_t *sums, size_t row)
{
    const size_t rows = pair->matrix->rows - pair->group * TERN_TRIPLE_ROWS;
    float *out = pair->out + row * pair->out_stride;
#pragma clang loop unroll(full)
    for (size_t h = 0; h < 2 * QUARTERS; h++) {
        const __mmask16 there = (__mmask16)(rows >= 16 * h + 16 ? 0xffff : rows > 16 * h ? (1u << (rows - 16 * h)) - 1 : 0);
        const __m512 y = _mm512_cvtepi32_ps(numbers_of(pair, a, b, sums, h));
        _mm512_mask_storeu_ps(out + 16 * h, there, _mm512_mul_ps(y, _mm512_set1_ps(pair->x->scales[row])));
    }
}

/* A pair of cells meets all rows of activations, four, two or one at a time. */
static void pair_product(const pair_place *pair, int32_t *sums, size_t stride)
{
    __m512i words[2][TOGETHER][QUARTERS] = {0};
    for (size_t a = 0, passes = 0, left; (left = pair->x->count - a) > 0; passes++) {
        const size_t some = left >= 4 ? 4 : left >= 2 ? 2 : 1;
        for (size_t cell = 0; cell < pair->strips; cell++) (some == 4 ? four : some == 2 ? two : one)(passes < 2, pair, cell, a, words[cell]);
        for (size_t i = 0; i < some; i++, a++, sums += stride)
            pair->ends ? finish(pair, words[0][i], words[1][i], sums, a) : keep(pair, words[0][i], words[1][i], sums);
    }
}

void tern_product_triples_avx512vbmi(const tern_matrix *m, size_t first, size_t end, const tern_activations *x, int32_t *sums, float *out,
                                     size_t out_stride)
{
    _Alignas(64) int16_t tables[2][TERN_MANY][STRIP_NUMBERS];
    const size_t all = tern_strips(m->width);
    for (size_t strip = 0; strip < all; strip += 2) {
        pair_place pair = {.matrix = m, .x = x, .strip = strip, .strips = all - strip < 2 ? 1 : 2, .tables = tables,
                           .begins = strip == 0, .ends = all - strip <= 2, .out_stride = out_stride};
        for (size_t cell = 0; cell < pair.strips; cell++)
            for (size_t a = 0; a < x->count; a++) strip_tables(m, strip + cell, x->planes + a * x->stride, tables[cell][a]);
        for (size_t g = first; g < end; g++) {
            pair.group = g;
            pair.out = out + (g - first) * TERN_TRIPLE_ROWS;
            pair_product(&pair, sums + (g - first) * TERN_TRIPLE_ROWS, (end - first) * TERN_TRIPLE_ROWS);
        }
    }
}

#pragma clang attribute pop
#endif
