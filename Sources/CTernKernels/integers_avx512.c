#include "levels.h"
#if TERN_X86
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni"))), apply_to = function)

#define TILE_ROWS 8
#include "integers_driver.h"

/* The codes of a quad, a step after the other. */
TERN_INLINE void codes_of_quad(const uint8_t *quad, unsigned bits, __m512i codes[4])
{
    const __m512i mask = _mm512_set1_epi8(15), high_mask = _mm512_set1_epi8(48);
    if (bits == 8) {
#pragma clang loop unroll(full)
        for (size_t step = 0; step < 4; step++) codes[step] = _mm512_loadu_si512(quad + 64 * step);
        return;
    }
    if (bits == 2) {
        const __m512i four = _mm512_loadu_si512(quad), two_bits = _mm512_set1_epi8(3);
#pragma clang loop unroll(full)
        for (unsigned step = 0; step < 4; step++) codes[step] = _mm512_and_si512(_mm512_srli_epi16(four, 2 * step), two_bits);
        return;
    }
#pragma clang loop unroll(full)
    for (size_t step = 0; step < 4; step += 2) {
        __m512i two = _mm512_loadu_si512(quad + 32 * step);
        codes[step] = _mm512_and_si512(two, mask);
        codes[step + 1] = _mm512_and_si512(_mm512_srli_epi16(two, 4), mask);
    }
    if (bits == 4) return;
    __m512i high = _mm512_loadu_si512(quad + 128);
    codes[0] = _mm512_or_si512(codes[0], _mm512_and_si512(_mm512_slli_epi16(high, 4), high_mask));
    codes[1] = _mm512_or_si512(codes[1], _mm512_and_si512(_mm512_slli_epi16(high, 2), high_mask));
    codes[2] = _mm512_or_si512(codes[2], _mm512_and_si512(high, high_mask));
    codes[3] = _mm512_or_si512(codes[3], _mm512_and_si512(_mm512_srli_epi16(high, 2), high_mask));
}

TERN_INLINE __m512i four_values(const int8_t *values)
{
    int32_t four;
    memcpy(&four, values, sizeof four);
    return _mm512_set1_epi32(four);
}

/* Adds a span's products to the lanes. The codes are too large by 2^(bits - 1), for which the sums of the activations make up. Of few rows
 * of activations the sums go by several parts, so that they do not wait for one another. */
TERN_INLINE void add_span(size_t count, unsigned bits, const integer_place *p, size_t span, __m512 lanes[TILE_ROWS])
{
    const size_t parts = count > 3 ? 1 : count > 1 ? 2 : 4;
    const uint8_t *quad = p->codes + span * 256 * bits;
    __m512i sums[4][TILE_ROWS];
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++) {
        sums[0][a] = _mm512_set1_epi32(p->sums[a * p->spans + span] >> (8 - bits));
#pragma clang loop unroll(full)
        for (size_t part = 1; part < parts; part++) sums[part][a] = _mm512_setzero_si512();
    }
    for (size_t column = 0; column < TERN_SPAN; column += 16, quad += 32 * bits) {
        fetch_codes(count, bits, quad);
        __m512i codes[4];
        codes_of_quad(quad, bits, codes);
#pragma clang loop unroll(full)
        for (size_t step = 0; step < 4; step++)
#pragma clang loop unroll(full)
            for (size_t a = 0; a < count; a++) {
                __m512i x = four_values(p->values + (a * p->spans + span) * TERN_SPAN + column + 4 * step);
                sums[step % parts][a] = _mm512_dpbusd_epi32(sums[step % parts][a], codes[step], x);
            }
    }
    __m512 row_scales = _mm512_cvtph_ps(_mm256_loadu_si256((const __m256i *)(p->row_scales + span * TERN_INTEGER_ROWS)));
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++) {
#pragma clang loop unroll(full)
        for (size_t part = 1; part < parts; part++) sums[0][a] = _mm512_add_epi32(sums[0][a], sums[part][a]);
        __m512 scales = _mm512_mul_ps(row_scales, _mm512_set1_ps(p->scales[a * p->spans + span]));
        lanes[a] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sums[0][a]), scales, lanes[a]);
    }
}

TERN_INLINE void integer_tile(size_t count, unsigned bits, const integer_place *p)
{
    __m512 lanes[TILE_ROWS];
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++) lanes[a] = _mm512_setzero_ps();
    for (size_t span = 0; span < p->spans; span++) add_span(count, bits, p, span, lanes);
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++) _mm512_storeu_ps(p->lanes[a], lanes[a]);
}

void tern_product_integers_avx512(const tern_integers *t, size_t first, size_t rows, const tern_spanned *x, float *out, size_t out_stride)
{
    product_of_integers(t, first, rows, x, out, out_stride);
}

#pragma clang attribute pop
#endif
