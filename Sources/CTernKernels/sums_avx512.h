/* How the products at AVX-512 end, whatever the layout. Included after product_driver.h, under the target attribute. */
#include <immintrin.h>

/* The sums of the lanes of four vectors, in order. */
TERN_INLINE __m128i sums_of_four(__m512i a, __m512i b, __m512i c, __m512i d)
{
    __m512i ab = _mm512_add_epi32(_mm512_unpacklo_epi32(a, b), _mm512_unpackhi_epi32(a, b));
    __m512i cd = _mm512_add_epi32(_mm512_unpacklo_epi32(c, d), _mm512_unpackhi_epi32(c, d));
    __m512i all = _mm512_add_epi32(_mm512_unpacklo_epi64(ab, cd), _mm512_unpackhi_epi64(ab, cd));
    __m256i half = _mm256_add_epi32(_mm512_castsi512_si256(all), _mm512_extracti64x4_epi64(all, 1));
    return _mm_add_epi32(_mm256_castsi256_si128(half), _mm256_extracti128_si256(half, 1));
}

/* Stores the products of four rows by row `a` of the tile, given their sums of codes times activations. */
TERN_INLINE void store(const __m512i sum[4][TILE_MAX], size_t a, const tile_place *place)
{
    __m128i codes = sums_of_four(sum[0][a], sum[1][a], sum[2][a], sum[3][a]);
    __m128i product = _mm_sub_epi32(codes, _mm_set1_epi32(place->sums[a]));
    __m128 scaled = _mm_mul_ps(_mm_cvtepi32_ps(product), _mm_set1_ps(place->scales[a]));
    _mm_mask_storeu_ps(place->out + a * place->out_stride, (__mmask8)((1u << place->valid) - 1), scaled);
}

/* The rows' codes of one plane, in place `plane` of their bytes, times `count` rows of activations from `x` on, added to the sums. */
TERN_INLINE void add_plane(size_t count, const __m512i codes[4], unsigned plane, const int8_t *x, size_t stride, __m512i sum[4][TILE_MAX])
{
    const __m512i mask = _mm512_set1_epi8(3);
    __m512i activations[TILE_MAX];
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++) activations[a] = _mm512_loadu_si512(x + a * stride);
#pragma clang loop unroll(full)
    for (size_t r = 0; r < 4; r++) {
        __m512i part = _mm512_and_si512(_mm512_srli_epi16(codes[r], 2 * plane), mask);
#pragma clang loop unroll(full)
        for (size_t a = 0; a < count; a++) sum[r][a] = _mm512_dpbusd_epi32(sum[r][a], part, activations[a]);
    }
}
