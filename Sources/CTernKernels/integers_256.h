/* Products of tables of integers in vectors of 256 bits. Included under the target attribute; the including file defines add_fours(..). */
#include <immintrin.h>

/* The values of half a span, in two vectors. */
TERN_INLINE void values_of_half(const uint8_t *half, unsigned bits, __m256i values[2])
{
    const __m256i offset = _mm256_set1_epi8((char)(1 << (bits - 1)));
    __m256i first = _mm256_loadu_si256((const __m256i *)half), second = first;
    if (bits == 8) {
        second = _mm256_loadu_si256((const __m256i *)(half + 32));
    } else {
        const __m256i mask = _mm256_set1_epi8(15);
        second = _mm256_and_si256(_mm256_srli_epi16(first, 4), mask);
        first = _mm256_and_si256(first, mask);
    }
    if (bits == 6) {
        const __m256i mask = _mm256_set1_epi8(48);
        __m128i high = _mm_loadu_si128((const __m128i *)(half + 32));
        __m256i low_pair = _mm256_set_m128i(_mm_slli_epi16(high, 2), _mm_slli_epi16(high, 4));
        __m256i high_pair = _mm256_set_m128i(_mm_srli_epi16(high, 2), high);
        first = _mm256_or_si256(first, _mm256_and_si256(low_pair, mask));
        second = _mm256_or_si256(second, _mm256_and_si256(high_pair, mask));
    }
    values[0] = _mm256_sub_epi8(first, offset);
    values[1] = _mm256_sub_epi8(second, offset);
}

/* Adds sums of four products each. The values are at least -127. */
TERN_INLINE __m256i add_fours(__m256i sums, __m256i w, const int8_t *x);

TERN_INLINE float sum_of_lanes(__m256 low, __m256 high)
{
    __m256 eight = _mm256_add_ps(low, high);
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

TERN_INLINE float row_product(unsigned bits, const uint8_t *codes, const uint16_t *row_scales, size_t spans, const int8_t *x,
                              const float *scales)
{
    __m256 low = _mm256_setzero_ps(), high = _mm256_setzero_ps();
    for (size_t span = 0; span < spans; span++, codes += 16 * bits, x += TERN_SPAN) {
        __m256i first[2], second[2];
        values_of_half(codes, bits, first);
        values_of_half(codes + 8 * bits, bits, second);
        __m256 scale = _mm256_set1_ps(_cvtsh_ss(row_scales[span]) * scales[span]);
        __m256i a = add_fours(add_fours(_mm256_setzero_si256(), first[0], x), second[0], x + 64);
        __m256i b = add_fours(add_fours(_mm256_setzero_si256(), first[1], x + 32), second[1], x + 96);
        low = _mm256_fmadd_ps(_mm256_cvtepi32_ps(a), scale, low);
        high = _mm256_fmadd_ps(_mm256_cvtepi32_ps(b), scale, high);
    }
    return sum_of_lanes(low, high);
}

TERN_INLINE void all_rows(unsigned bits, const tern_integers *t, size_t first, size_t rows, const tern_spanned *x, float *out,
                          size_t out_stride)
{
    const size_t spans = tern_spans(t->width);
    for (size_t r = 0; r < rows; r++) {
        const uint8_t *codes = t->codes + (first + r) * tern_integer_bytes(t->width, bits);
        const uint16_t *scales = t->scales + (first + r) * spans;
        for (size_t a = 0; a < x->count; a++)
            out[a * out_stride + r] =
                row_product(bits, codes, scales, spans, x->values + a * spans * TERN_SPAN, x->scales + a * spans);
    }
}

TERN_INLINE void product_of_integers(const tern_integers *t, size_t first, size_t rows, const tern_spanned *x, float *out,
                                     size_t out_stride)
{
    switch (t->bits) {
    case 4: all_rows(4, t, first, rows, x, out, out_stride); break;
    case 6: all_rows(6, t, first, rows, x, out, out_stride); break;
    default: all_rows(8, t, first, rows, x, out, out_stride);
    }
}
