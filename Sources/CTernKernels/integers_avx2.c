#include "levels.h"
#if TERN_X86

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#include "integers_256.h"

/* Pairs of products fit 16 bits. */
TERN_INLINE __m256i add_fours(__m256i sums, __m256i w, const int8_t *x)
{
    __m256i signs = _mm256_sign_epi8(_mm256_loadu_si256((const __m256i *)x), w);
    return _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_maddubs_epi16(_mm256_abs_epi8(w), signs), _mm256_set1_epi16(1)));
}

void tern_product_integers_avx2(const tern_integers *t, size_t first, size_t rows, const tern_spanned *x, float *out, size_t out_stride)
{
    product_of_integers(t, first, rows, x, out, out_stride);
}

#pragma clang attribute pop
#endif
