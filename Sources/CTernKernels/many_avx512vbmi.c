#include "levels.h"
#if TERN_X86
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512vbmi2"))), apply_to = function)
#include "triples_avx512vbmi.h"

/* Many rows of activations meet four strips in one go, so that sums of 32 bits are seldom fetched, and all the groups of
 * rows, so that it pays to make the tables; these stay in the second-level cache, and so do the sums. */

enum { STRIPS = 4 };

/* A group's cells in some strips, each with its units, and where tables and results lie. */
typedef struct {
    const tern_activations *x;
    const uint8_t *cells[STRIPS];
    size_t units[STRIPS], strips;
    int16_t (*tables)[TERN_MANY][STRIP_NUMBERS];
    bool begins, ends;
    /* Rows of the group that the matrix has. */
    size_t rows;
    float *out;
    size_t out_stride;
} cells_place;

/* The words of one cell and `count` rows of activations from a on. The first pass fetches from afar, the second what is near. */
TERN_INLINE void cell_words(size_t count, bool fetches, const cells_place *p, size_t cell, size_t a, __m512i words[TOGETHER][QUARTERS])
{
    pass_place pass = {.trits = p->cells[cell], .units = p->units[cell], .ahead = {a ? FETCH_NEAR : FETCH_FAR}};
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

/* After the last strip. */
static void finish(const cells_place *p, const cells_words *w, size_t i, const int32_t *sums, size_t a)
{
#pragma clang loop unroll(full)
    for (size_t h = 0; h < 2 * QUARTERS; h++)
        write_products(add_cells(p, w, i, h, sums), p->x->scales[a], p->rows, h, p->out + a * p->out_stride);
}

/* All rows of activations, four, two or one at a time. */
static void cells_product(const cells_place *p, cells_words *words, int32_t *sums, size_t stride)
{
    for (size_t a = 0, left; (left = p->x->count - a) > 0;) {
        const size_t some = left >= 4 ? 4 : left >= 2 ? 2 : 1;
        for (size_t cell = 0; cell < p->strips; cell++)
            (some == 4 ? four : some == 2 ? two : one)(a <= TOGETHER, p, cell, a, words->cells[cell]);
        for (size_t i = 0; i < some; i++, a++, sums += stride)
            p->ends ? finish(p, words, i, sums, a) : keep(p, words, i, sums);
    }
}

/* Some strips of the groups, whose tables are made on the way. */
static void strips_product(const groups_place *g, size_t strip, cells_place *p)
{
    const tern_matrix *m = g->matrix;
    cells_words words;
    if (p->strips < STRIPS) memset(&words, 0, sizeof words);
    for (size_t cell = 0; cell < p->strips; cell++) {
        p->units[cell] = strip_units(m, strip + cell);
        for (size_t a = 0; a < p->x->count; a++) strip_tables(m, strip + cell, p->x->planes + a * p->x->stride, p->tables[cell][a]);
    }
    for (size_t group = g->first, band_end = 0; group < g->end; group++) {
        const size_t row = (group - g->first) * TERN_TRIPLE_ROWS;
        for (size_t cell = 0; cell < p->strips; cell++)
            p->cells[cell] = group < band_end ? p->cells[cell] + p->units[cell] * UNIT_BYTES
                                              : m->trits + tern_cell_start(m->rows, m->width, strip + cell, group);
        if (group >= band_end) band_end = tern_band_start(m->rows, tern_band_of(m->rows, group) + 1);
        p->rows = m->rows - group * TERN_TRIPLE_ROWS;
        p->out = g->out + row;
        cells_product(p, &words, g->sums + row, g->stride);
    }
}

void tern_product_many_avx512vbmi(const groups_place *g)
{
    _Alignas(64) int16_t tables[STRIPS][TERN_MANY][STRIP_NUMBERS];
    for (size_t strip = 0, all = tern_strips(g->matrix->width); strip < all; strip += STRIPS) {
        cells_place p = {.x = g->x, .tables = tables, .strips = all - strip < STRIPS ? all - strip : STRIPS, .begins = strip == 0,
                         .ends = all - strip <= STRIPS, .out_stride = g->out_stride};
        strips_product(g, strip, &p);
    }
}

#pragma clang attribute pop
#endif
