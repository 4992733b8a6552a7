#include "levels.h"
#if TERN_X86
#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512vbmi2"))), apply_to = function)
#include "triples_avx512vbmi.h"

/* Few rows of activations wait for the memory: they meet one strip of a band after the other, in the order in which trits lie, and their
 * tables stay in the first-level cache. */

/* A strip of a band. */
typedef struct {
    const groups_place *groups;
    const uint8_t *cells;
    size_t units;
    bool begins, ends;
} strip_place;

/* Row `a` of the activations: adds a group's words to its sums, or writes its products after the last strip. */
TERN_INLINE void settle(const strip_place *p, size_t group, size_t a, const __m512i words[QUARTERS])
{
    const groups_place *g = p->groups;
    const size_t row = (group - g->first) * TERN_TRIPLE_ROWS, rows = g->matrix->rows - group * TERN_TRIPLE_ROWS;
    int32_t *sums = g->sums + a * g->stride + row;
    __m512i zeros[QUARTERS];
#pragma clang loop unroll(full)
    for (size_t q = 0; q < QUARTERS; q++) zeros[q] = _mm512_setzero_si512();
#pragma clang loop unroll(full)
    for (size_t h = 0; h < 2 * QUARTERS; h++) {
        const __m512i sum = add_words(p->begins ? zeros[0] : _mm512_loadu_si512(sums + 16 * h), words, zeros, h);
        if (p->ends)
            write_products(sum, g->x->scales[a], rows, h, g->out + a * g->out_stride + row);
        else
            _mm512_storeu_si512(sums + 16 * h, sum);
    }
}

/* `count` rows of activations from a on, whose tables are given. The first ones fetch. */
TERN_INLINE void pass_of(size_t count, size_t fetches, const strip_place *p, size_t a, const int16_t tables[][STRIP_NUMBERS])
{
    const uint8_t *cell = p->cells;
    for (size_t group = p->groups->first; group < p->groups->end; group++, cell += p->units * UNIT_BYTES) {
        pass_place pass = {.trits = cell, .units = p->units, .ahead = {FETCH_FAR, FETCH_NEAR}};
        for (size_t i = 0; i < count; i++) pass.tables[i] = tables[i];
        __m512i words[TOGETHER][QUARTERS];
        add_cell(count, fetches, pass, words);
#pragma clang loop unroll(full)
        for (size_t i = 0; i < count; i++) settle(p, group, a + i, words[i]);
    }
}

static void one(const strip_place *p, size_t a, const int16_t tables[][STRIP_NUMBERS])
{
    a ? pass_of(1, 0, p, a, tables) : pass_of(1, 2, p, a, tables);
}

static void two(const strip_place *p, size_t a, const int16_t tables[][STRIP_NUMBERS])
{
    a ? pass_of(2, 0, p, a, tables) : pass_of(2, 2, p, a, tables);
}

/* Fetches so much of a strip that memory does not rest while its tables are made. */
static void fetch_start(const strip_place *p)
{
    for (size_t line = 0; line < 8 * p->units; line++) fetch_line(p->cells + 64 * line, p->begins ? 0 : FETCH_FAR);
}

void tern_product_few_avx512vbmi(const groups_place *g)
{
    _Alignas(64) int16_t tables[TERN_FEW][STRIP_NUMBERS];
    const tern_matrix *m = g->matrix;
    for (size_t strip = 0, all = tern_strips(m->width); strip < all; strip++) {
        const strip_place p = {.groups = g, .cells = m->trits + tern_cell_start(m->rows, m->width, strip, g->first),
                               .units = strip_units(m, strip), .begins = strip == 0, .ends = strip + 1 == all};
        fetch_start(&p);
        for (size_t a = 0; a < g->x->count; a++) strip_tables(m, strip, g->x->planes + a * g->x->stride, tables[a]);
        /* Four at a time would leave the memory waiting. */
        for (size_t a = 0; a < g->x->count; a += 2) (g->x->count - a > 1 ? two : one)(&p, a, tables + a);
    }
}

#pragma clang attribute pop
#endif
