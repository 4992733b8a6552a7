/* How the products in vectors of 256 bits end. Included after product_driver.h, under the target attribute. */
#include <immintrin.h>

/* The sums of the lanes of four vectors, in order. */
TERN_INLINE __m128i sums_of_four(__m256i a, __m256i b, __m256i c, __m256i d)
{
    __m256i all = _mm256_hadd_epi32(_mm256_hadd_epi32(a, b), _mm256_hadd_epi32(c, d));
    return _mm_add_epi32(_mm256_castsi256_si128(all), _mm256_extracti128_si256(all, 1));
}

/* Stores the products of four rows by row `a` of the tile, given their sums of codes times activations. */
TERN_INLINE void store(__m128i codes, size_t a, const tile_place *place)
{
    __m128i product = _mm_sub_epi32(codes, _mm_set1_epi32(place->sums[a]));
    __m128 scaled = _mm_mul_ps(_mm_cvtepi32_ps(product), _mm_set1_ps(place->scales[a]));
    float *out = place->out + a * place->out_stride;
    if (place->valid == 4) {
        _mm_storeu_ps(out, scaled);
    } else {
        float four[4];
        _mm_storeu_ps(four, scaled);
        for (size_t i = 0; i < place->valid; i++) out[i] = four[i];
    }
}
