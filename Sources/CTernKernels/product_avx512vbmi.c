#include "levels.h"
#if TERN_X86
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512vbmi2"))), apply_to = function)
#include "triples_avx512vbmi.h"

/* For many rows of activations: they meet four strips in one go, so that sums of 32 bits are seldom fetched, and all the groups of rows, so
 * that it pays to make the tables; these stay in the second-level cache, and so do the sums. */

enum { STRIPS = 4 };

/* A group's cells in some strips, and where tables and results lie. */
typedef struct {
    const tern_matrix *matrix;
    const tern_activations *x;
    size_t strip, strips, group;
    int16_t (*tables)[TERN_MANY][STRIP_NUMBERS];
    bool begins, ends;
    float *out;
    size_t out_stride;
} cells_place;

/* The words of one cell and `count` rows of activations from a on; meanwhile the next cell but one is fetched, in two halves. */
TERN_INLINE void cell_words(size_t count, bool fetches, const cells_place *p, size_t cell, size_t a, __m512i words[TOGETHER][QUARTERS])
{
    const tern_matrix *m = p->matrix;
    const size_t units = strip_units(m, p->strip + cell), bytes = units * UNIT_BYTES;
    const uint8_t *trits = m->trits + tern_cell_start(m->rows, m->width, p->strip + cell, p->group);
    pass_place pass = {.trits = trits, .units = units, .ahead = (const uint8_t *)((uintptr_t)trits + 2 * bytes + (a ? bytes / 2 : 0)),
                    .step = 64};
    for (size_t i = 0; i < count; i++) pass.tables[i] = p->tables[cell][a + i];
    __m512i sums[TOGETHER][QUARTERS];
    add_cell(count, fetches, pass, sums);
#pragma clang loop unroll(full)
    for (size_t i = 0; i < count; i++)
#pragma clang loop unroll(full)
        for (size_t q = 0; q < QUARTERS; q++) words[i][q] = sums[i][q];
}

static void four(bool fetches, const cells_place *p, size_t cell, size_t a, __m512i words[TOGETHER][QUARTERS])
{
    fetches ? cell_words(4, true, p, cell, a, words) : cell_words(4, false, p, cell, a, words);
}

static void two(bool fetches, const cells_place *p, size_t cell, size_t a, __m512i words[TOGETHER][QUARTERS])
{
    fetches ? cell_words(2, true, p, cell, a, words) : cell_words(2, false, p, cell, a, words);
}

static void one(bool fetches, const cells_place *p, size_t cell, size_t a, __m512i words[TOGETHER][QUARTERS])
{
    fetches ? cell_words(1, true, p, cell, a, words) : cell_words(1, false, p, cell, a, words);
}

/* The words of all cells, of up to four rows of activations. */
typedef struct {
    __m512i cells[STRIPS][TOGETHER][QUARTERS];
} cells_words;

/* The sums of eighth `h` of the rows, for row i of the words. */
TERN_INLINE __m512i add_cells(const cells_place *p, const cells_words *w, size_t i, size_t h, const int32_t *sums)
{
    const __m512i before = p->begins ? _mm512_setzero_si512() : _mm512_loadu_si512(sums + 16 * h);
    const __m512i half = add_words(before, w->cells[0][i], w->cells[1][i], h);
    return p->strips > 2 ? add_words(half, w->cells[2][i], w->cells[3][i], h) : half;
}

static void keep(const cells_place *p, const cells_words *w, size_t i, int32_t *sums)
{
#pragma clang loop unroll(full)
    for (size_t h = 0; h < 2 * QUARTERS; h++) _mm512_storeu_si512(sums + 16 * h, add_cells(p, w, i, h, sums));
}

/* After the last strip: there are as many results as rows. */
static void finish(const cells_place *p, const cells_words *w, size_t i, const int32_t *sums, size_t a)
{
    const size_t rows = p->matrix->rows - p->group * TERN_TRIPLE_ROWS;
    float *out = p->out + a * p->out_stride;
#pragma clang loop unroll(full)
    for (size_t h = 0; h < 2 * QUARTERS; h++) {
        const __mmask16 there = (__mmask16)(rows >= 16 * h + 16 ? 0xffff : rows > 16 * h ? (1u << (rows - 16 * h)) - 1 : 0);
        const __m512 y = _mm512_cvtepi32_ps(add_cells(p, w, i, h, sums));
        _mm512_mask_storeu_ps(out + 16 * h, there, _mm512_mul_ps(y, _mm512_set1_ps(p->x->scales[a])));
    }
}

/* All rows of activations, four, two or one at a time. */
static void cells_product(const cells_place *p, int32_t *sums, size_t stride)
{
    cells_words words;
    if (p->strips < STRIPS) memset(&words, 0, sizeof words);
    for (size_t a = 0, passes = 0, left; (left = p->x->count - a) > 0; passes++) {
        const size_t some = left >= 4 ? 4 : left >= 2 ? 2 : 1;
        for (size_t cell = 0; cell < p->strips; cell++)
            (some == 4 ? four : some == 2 ? two : one)(passes < 2, p, cell, a, words.cells[cell]);
        for (size_t i = 0; i < some; i++, a++, sums += stride)
            p->ends ? finish(p, &words, i, sums, a) : keep(p, &words, i, sums);
    }
}

void tern_product_triples_avx512vbmi(const tern_matrix *m, size_t first, size_t end, const tern_activations *x, int32_t *sums, float *out,
                                     size_t out_stride)
{
    _Alignas(64) int16_t tables[STRIPS][TERN_MANY][STRIP_NUMBERS];
    const size_t all = tern_strips(m->width);
    for (size_t strip = 0; strip < all; strip += STRIPS) {
        cells_place place = {.matrix = m, .x = x, .strip = strip, .strips = all - strip < STRIPS ? all - strip : STRIPS, .tables = tables,
                           .begins = strip == 0, .ends = all - strip <= STRIPS, .out_stride = out_stride};
        for (size_t cell = 0; cell < place.strips; cell++)
            for (size_t a = 0; a < x->count; a++) strip_tables(m, strip + cell, x->planes + a * x->stride, tables[cell][a]);
        for (size_t g = first; g < end; g++) {
            place.group = g;
            place.out = out + (g - first) * TERN_TRIPLE_ROWS;
            cells_product(&place, sums + (g - first) * TERN_TRIPLE_ROWS, (end - first) * TERN_TRIPLE_ROWS);
        }
    }
}

#pragma clang attribute pop
#endif
