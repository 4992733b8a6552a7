#include "levels.h"
#if TERN_X86
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni"))), apply_to = function)

#define TILE_MAX 4
#include "product_driver.h"

/* The sums of the lanes of four vectors, in order. */
TERN_INLINE __m128i sums_of_four(__m512i a, __m512i b, __m512i c, __m512i d)
{
    __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    __m512i all = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
    __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64(all, 1));
    return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

TERN_INLINE void store(__m128i codes, size_t a, const tile_place *place)
{
    __m128i product = _mm_sub_epi32(codes, _mm_set1_epi32(place->sums[a]));
    __m128 scaled = _mm_mul_ps(_mm_cvtepi32_ps(product), _mm_set1_ps(place->scales[a]));
    _mm_mask_storeu_ps(place->out + a * place->out_stride, (__mmask8)((1u << place->valid) - 1), scaled);
}

TERN_INLINE void tile(size_t count, const tile_place *place)
{
    __m512i sum[4][TILE_MAX];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < 4; r++)
#pragma clang loop unroll(full)
        for (size_t a = 0; a < count; a++) sum[r][a] = _mm512_setzero_si512();

    const __m512i mask = _mm512_set1_epi8(3);
    for (size_t byte = 0; byte < place->row_bytes; byte += 64) {
        fetch_ahead(place, byte);
        __m512i trits[4];
#pragma clang loop unroll(full)
        for (size_t r = 0; r < 4; r++) trits[r] = _mm512_loadu_si512(place->rows[r] + byte);
#pragma clang loop unroll(full)
        for (size_t plane = 0; plane < 4; plane++) {
            __m512i activations[TILE_MAX];
#pragma clang loop unroll(full)
            for (size_t a = 0; a < count; a++)
                activations[a] = _mm512_loadu_si512(place->activations + a * place->activation_stride + byte * 4 + plane * 64);
#pragma clang loop unroll(full)
            for (size_t r = 0; r < 4; r++) {
                __m512i codes = _mm512_and_si512(_mm512_srli_epi16(trits[r], (unsigned)(2 * plane)), mask);
#pragma clang loop unroll(full)
                for (size_t a = 0; a < count; a++) sum[r][a] = _mm512_dpbusd_epi32(sum[r][a], codes, activations[a]);
            }
        }
    }
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++) store(sums_of_four(sum[0][a], sum[1][a], sum[2][a], sum[3][a]), a, place);
}

void tern_product_avx512(const uint8_t *trits, size_t rows, size_t row_bytes, const int8_t *activations, size_t activation_stride,
                         const int32_t *sums, const float *scales, size_t count, float *out, size_t out_stride)
{
    product_in_tiles(trits, rows, row_bytes, activations, activation_stride, sums, scales, count, out, out_stride);
}

#pragma clang attribute pop
#endif
