#include "levels.h"
#if TERN_X86

#pragma clang attribute push(__attribute__((target("avx2,fma,f16c"))), apply_to = function)

#include "integers_256.h"

/* Of 8 bits the integers are multiplied, not the codes: pairs of products are to fit 16 bits. */
TERN_INLINE int32_t first_sum(unsigned bits, int32_t negative) { return bits == 8 ? 0 : negative >> (8 - bits); }

TERN_INLINE __m256i add_fours(unsigned bits, __m256i sums, __m256i codes, __m256i x)
{
    if (bits == 8) {
        __m256i integers = _mm256_xor_si256(codes, _mm256_set1_epi8(-128));
        x = _mm256_sign_epi8(x, integers);
        codes = _mm256_abs_epi8(integers);
    }
    return _mm256_add_epi32(sums, _mm256_madd_epi16(_mm256_maddubs_epi16(codes, x), _mm256_set1_epi16(1)));
}

void tern_product_integers_avx2(const tern_integers *t, size_t first, size_t rows, const tern_spanned *x, float *out, size_t out_stride)
{
    product_of_integers(t, first, rows, x, out, out_stride);
}

#pragma clang attribute pop
#endif
