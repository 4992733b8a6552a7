/* Products of tables of integers in vectors of 256 bits, eight rows of a group in each. Included under the target attribute; the including
 * file defines first_sum(..) and add_fours(..). */
#include <immintrin.h>

#define TILE_ROWS 4
#include "integers_driver.h"

/* What the sums of a span start from, given the sum of the activations times -128: the codes that are multiplied may be too large. */
TERN_INLINE int32_t first_sum(unsigned bits, int32_t negative);

/* Adds sums of four products each. The activations are at least -127. */
TERN_INLINE __m256i add_fours(unsigned bits, __m256i sums, __m256i codes, __m256i x);

/* The codes of half the rows of a quad, a step after the other. */
TERN_INLINE void codes_of_half(const uint8_t *half, unsigned bits, __m256i codes[4])
{
    const __m256i mask = _mm256_set1_epi8(15), high_mask = _mm256_set1_epi8(48);
    if (bits == 8) {
#pragma clang loop unroll(full)
        for (size_t step = 0; step < 4; step++) codes[step] = _mm256_loadu_si256((const __m256i *)(half + 64 * step));
        return;
    }
    if (bits == 2) {
        const __m256i four = _mm256_loadu_si256((const __m256i *)half), two_bits = _mm256_set1_epi8(3);
#pragma clang loop unroll(full)
        for (int step = 0; step < 4; step++) codes[step] = _mm256_and_si256(_mm256_srli_epi16(four, 2 * step), two_bits);
        return;
    }
#pragma clang loop unroll(full)
    for (size_t step = 0; step < 4; step += 2) {
        __m256i two = _mm256_loadu_si256((const __m256i *)(half + 32 * step));
        codes[step] = _mm256_and_si256(two, mask);
        codes[step + 1] = _mm256_and_si256(_mm256_srli_epi16(two, 4), mask);
    }
    if (bits == 4) return;
    __m256i high = _mm256_loadu_si256((const __m256i *)(half + 128));
    codes[0] = _mm256_or_si256(codes[0], _mm256_and_si256(_mm256_slli_epi16(high, 4), high_mask));
    codes[1] = _mm256_or_si256(codes[1], _mm256_and_si256(_mm256_slli_epi16(high, 2), high_mask));
    codes[2] = _mm256_or_si256(codes[2], _mm256_and_si256(high, high_mask));
    codes[3] = _mm256_or_si256(codes[3], _mm256_and_si256(_mm256_srli_epi16(high, 2), high_mask));
}

TERN_INLINE __m256i four_values(const int8_t *values)
{
    int32_t four;
    memcpy(&four, values, sizeof four);
    return _mm256_set1_epi32(four);
}

TERN_INLINE void sums_of_span(size_t count, unsigned bits, const integer_place *p, size_t span, __m256i sums[TILE_ROWS][2])
{
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++) sums[a][0] = sums[a][1] = _mm256_set1_epi32(first_sum(bits, p->sums[a * p->spans + span]));
    const uint8_t *quad = p->codes + span * 256 * bits;
    for (size_t column = 0; column < TERN_SPAN; column += 16, quad += 32 * bits) {
        fetch_codes(count, bits, quad);
#pragma clang loop unroll(full)
        for (size_t half = 0; half < 2; half++) {
            __m256i codes[4];
            codes_of_half(quad + 32 * half, bits, codes);
#pragma clang loop unroll(full)
            for (size_t step = 0; step < 4; step++)
#pragma clang loop unroll(full)
                for (size_t a = 0; a < count; a++) {
                    __m256i x = four_values(p->values + (a * p->spans + span) * TERN_SPAN + column + 4 * step);
                    sums[a][half] = add_fours(bits, sums[a][half], codes[step], x);
                }
        }
    }
}

TERN_INLINE void integer_tile(size_t count, unsigned bits, const integer_place *p)
{
    __m256 lanes[TILE_ROWS][2];
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++) lanes[a][0] = lanes[a][1] = _mm256_setzero_ps();
    for (size_t span = 0; span < p->spans; span++) {
        __m256i sums[TILE_ROWS][2];
        sums_of_span(count, bits, p, span, sums);
#pragma clang loop unroll(full)
        for (size_t half = 0; half < 2; half++) {
            __m256 row_scales =
                _mm256_cvtph_ps(_mm_loadu_si128((const __m128i *)(p->row_scales + span * TERN_INTEGER_ROWS + 8 * half)));
#pragma clang loop unroll(full)
            for (size_t a = 0; a < count; a++) {
                __m256 scales = _mm256_mul_ps(row_scales, _mm256_set1_ps(p->scales[a * p->spans + span]));
                lanes[a][half] = _mm256_fmadd_ps(_mm256_cvtepi32_ps(sums[a][half]), scales, lanes[a][half]);
            }
        }
    }
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++)
#pragma clang loop unroll(full)
        for (size_t half = 0; half < 2; half++) _mm256_storeu_ps(p->lanes[a] + 8 * half, lanes[a][half]);
}
