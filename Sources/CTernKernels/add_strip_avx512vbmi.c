#include "levels.h"
#if TERN_X86

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512vbmi2"))), apply_to = function)
#include "triples_avx512vbmi.h"

/* For few rows of activations: their tables stay in the first-level cache while a strip's trits come from memory. */

/* How far ahead trits are fetched, into the second-level cache: the first is for the tables. */
enum { AHEAD_BYTES = 2 * TERN_STRIP * UNIT_BYTES };

TERN_INLINE void settle(const __m512i words[QUARTERS], int32_t *sums)
{
    __m512i zeros[QUARTERS];
#pragma clang loop unroll(full)
    for (size_t q = 0; q < QUARTERS; q++) zeros[q] = _mm512_setzero_si512();
#pragma clang loop unroll(full)
    for (size_t h = 0; h < 2 * QUARTERS; h++)
        _mm512_storeu_si512(sums + 16 * h, add_words(_mm512_loadu_si512(sums + 16 * h), words, zeros, h));
}

TERN_INLINE void pass_of(size_t count, bool fetches, const pass_place *p, int32_t *sums, size_t stride)
{
    __m512i words[TOGETHER][QUARTERS];
    add_cell(count, fetches, *p, words);
    settle(words[0], sums);
    if (count == 2) settle(words[1], sums + stride);
}

static void pass(size_t count, bool fetches, const pass_place *p, int32_t *sums, size_t stride)
{
    switch (2 * count + fetches) {
    case 2: pass_of(1, false, p, sums, stride); break;
    case 3: pass_of(1, true, p, sums, stride); break;
    case 4: pass_of(2, false, p, sums, stride); break;
    default: pass_of(2, true, p, sums, stride);
    }
}

/* A cell meets all rows of activations that have tables, two at a time if they are more than two; meanwhile trits are fetched: within the
 * first pass, where the memory has to be waited for, one line in four, as the processor goes on by itself, otherwise within two. */
static void cell_product(const uint8_t *trits, size_t units, const int16_t *tables, size_t count, int32_t *sums, size_t stride)
{
    const size_t step = count > 2 ? 2 : 1;
    pass_place p = {.trits = trits, .units = units, .ahead = (const uint8_t *)((uintptr_t)trits + AHEAD_BYTES),
                    .step = count > 1 ? 64 : 256};
    for (size_t a = 0, passes = 0; a < count; passes++) {
        const size_t some = count - a < step ? count - a : step;
        for (size_t i = 0; i < some; i++) p.tables[i] = tables + (a + i) * STRIP_NUMBERS;
        pass(some, passes < 2, &p, sums + a * stride, stride);
        p.ahead = (const uint8_t *)((uintptr_t)p.ahead + units * UNIT_BYTES / 2);
        a += some;
    }
}

void tern_add_strip_avx512vbmi(const tern_matrix *m, size_t strip, size_t first, size_t end, const tern_activations *x, int32_t *sums,
                               size_t stride)
{
    _Alignas(64) int16_t tables[TERN_FEW * STRIP_NUMBERS];
    for (size_t a = 0; a < x->count; a++) strip_tables(m, strip, x->planes + a * x->stride, tables + a * STRIP_NUMBERS);
    for (size_t g = first; g < end; g++)
        cell_product(m->trits + tern_cell_start(m->rows, m->width, strip, g), strip_units(m, strip), tables, x->count,
                     sums + (g - first) * TERN_TRIPLE_ROWS, stride);
}

#pragma clang attribute pop
#endif
