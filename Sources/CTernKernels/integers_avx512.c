#include "levels.h"
#if TERN_X86
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni"))), apply_to = function)

/* Spans whose scales are at hand, and how far ahead codes are fetched. */
enum { ROWS_MAX = 2, TILE_MAX = 4, SCALED_SPANS = 32, AHEAD = 4096 };

/* The codes of half a span. */
TERN_INLINE __m512i codes_of_half(const uint8_t *half, unsigned bits)
{
    if (bits == 8) return _mm512_loadu_si512(half);
    const __m256i low_bits = _mm256_loadu_si256((const __m256i *)half), mask = _mm256_set1_epi8(15);
    __m512i low = _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_and_si256(low_bits, mask)),
                                     _mm256_and_si256(_mm256_srli_epi16(low_bits, 4), mask), 1);
    if (bits == 4) return low;
    const __m512i shifts = _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_set_m128i(_mm_set1_epi16(2), _mm_setzero_si128())),
                                              _mm256_set_m128i(_mm_set1_epi16(6), _mm_set1_epi16(4)), 1);
    __m512i high = _mm512_srlv_epi16(_mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)(half + 32))), shifts);
    return _mm512_or_si512(low, _mm512_slli_epi16(_mm512_and_si512(high, _mm512_set1_epi8(3)), 4));
}

/* The products of both scales, of up to SCALED_SPANS spans of a row. */
TERN_INLINE void scale_products(const uint16_t *a, const float *b, size_t spans, float *products)
{
    for (size_t span = 0; span < spans; span += 16) {
        __mmask16 mask = (__mmask16)(spans - span < 16 ? (1u << (spans - span)) - 1 : 0xffff);
        __m512 wide = _mm512_cvtph_ps(_mm256_maskz_loadu_epi16(mask, a + span));
        /* Whole vectors: what a masked store wrote cannot be read back before it has reached the cache. */
        _mm512_storeu_ps(products + span, _mm512_mul_ps(wide, _mm512_maskz_loadu_ps(mask, b + span)));
    }
}

/* Where a tile stands: one or two rows of the table by up to four of activations, from some span on. */
typedef struct {
    const uint8_t *codes;
    size_t row_bytes;
    const uint16_t *row_scales;
    const int8_t *values;
    const float *scales;
    const int32_t *sums;
    /* Spans of a row, and of this part of it. */
    size_t all, spans;
} tile_place;

/* Adds the part's spans. The codes are too large by 2^(bits - 1), for which the sums of the activations make up. */
TERN_INLINE void add_spans(size_t rows, size_t count, unsigned bits, const tile_place *p, __m512 lanes[ROWS_MAX][TILE_MAX])
{
    float products[ROWS_MAX][TILE_MAX][SCALED_SPANS];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++)
#pragma clang loop unroll(full)
        for (size_t a = 0; a < count; a++)
            scale_products(p->row_scales + r * p->all, p->scales + a * p->all, p->spans, products[r][a]);
    const uint8_t *codes = p->codes;
    for (size_t span = 0; span < p->spans; span++, codes += 16 * bits) {
        for (unsigned line = 0; line < bits / 4; line++) __builtin_prefetch((const void *)((uintptr_t)codes + AHEAD + 64 * line));
        __m512i first[ROWS_MAX], second[ROWS_MAX];
#pragma clang loop unroll(full)
        for (size_t r = 0; r < rows; r++) {
            first[r] = codes_of_half(codes + r * p->row_bytes, bits);
            second[r] = codes_of_half(codes + r * p->row_bytes + 8 * bits, bits);
        }
#pragma clang loop unroll(full)
        for (size_t a = 0; a < count; a++) {
            const int8_t *values = p->values + (a * p->all + span) * TERN_SPAN;
            __m512i low = _mm512_loadu_si512(values), high = _mm512_loadu_si512(values + 64);
            __m512i start = _mm512_srai_epi32(_mm512_loadu_si512(p->sums + (a * p->all + span) * 16), 8 - bits);
#pragma clang loop unroll(full)
            for (size_t r = 0; r < rows; r++) {
                __m512i sum = _mm512_dpbusd_epi32(_mm512_dpbusd_epi32(start, first[r], low), second[r], high);
                lanes[r][a] = _mm512_fmadd_ps(_mm512_cvtepi32_ps(sum), _mm512_set1_ps(products[r][a][span]), lanes[r][a]);
            }
        }
    }
}

/* Halves onto each other until one is left. */
TERN_INLINE float sum_of_lanes(__m512 lanes)
{
    __m256 eight = _mm256_add_ps(_mm512_castps512_ps256(lanes), _mm512_extractf32x8_ps(lanes, 1));
    __m128 four = _mm_add_ps(_mm256_castps256_ps128(eight), _mm256_extractf128_ps(eight, 1));
    __m128 two = _mm_add_ps(four, _mm_movehl_ps(four, four));
    return _mm_cvtss_f32(_mm_add_ss(two, _mm_shuffle_ps(two, two, 1)));
}

TERN_INLINE void tile(size_t rows, size_t count, unsigned bits, const tern_integers *t, size_t row, const tern_spanned *x, size_t at,
                      float *out, size_t out_stride)
{
    const size_t all = tern_spans(t->width), row_bytes = tern_integer_bytes(t->width, bits);
    __m512 lanes[ROWS_MAX][TILE_MAX];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++)
#pragma clang loop unroll(full)
        for (size_t a = 0; a < count; a++) lanes[r][a] = _mm512_setzero_ps();
    for (size_t span = 0; span < all; span += SCALED_SPANS) {
        const tile_place place = {
            .codes = t->codes + row * row_bytes + span * 16 * bits, .row_bytes = row_bytes, .row_scales = t->scales + row * all + span,
            .values = x->values + (at * all + span) * TERN_SPAN, .scales = x->scales + at * all + span,
            .sums = x->sums + (at * all + span) * 16, .all = all, .spans = all - span < SCALED_SPANS ? all - span : SCALED_SPANS};
        add_spans(rows, count, bits, &place, lanes);
    }
#pragma clang loop unroll(full)
    for (size_t r = 0; r < rows; r++)
#pragma clang loop unroll(full)
        for (size_t a = 0; a < count; a++) out[a * out_stride + r] = sum_of_lanes(lanes[r][a]);
}

/* Two rows at a time meet three or four rows of activations, which are then loaded half as often. */
TERN_INLINE void some_rows(unsigned bits, const tern_integers *t, size_t first, size_t rows, const tern_spanned *x, size_t a, float *out,
                           size_t out_stride)
{
    const size_t count = x->count - a, step = count > 2 ? 2 : 1;
    for (size_t r = 0; r < rows; r += step)
        if (step == 2 && rows - r > 1) {
            if (count == 3) tile(2, 3, bits, t, first + r, x, a, out + r, out_stride);
            else tile(2, 4, bits, t, first + r, x, a, out + r, out_stride);
        } else {
            switch (count) {
            case 1: tile(1, 1, bits, t, first + r, x, a, out + r, out_stride); break;
            case 2: tile(1, 2, bits, t, first + r, x, a, out + r, out_stride); break;
            case 3: tile(1, 3, bits, t, first + r, x, a, out + r, out_stride); break;
            default: tile(1, 4, bits, t, first + r, x, a, out + r, out_stride);
            }
        }
}

/* Rows that stay in the second-level cache while all activations pass by; those of a tile stay in the first. */
enum { RESIDENT_ROWS = 64 };

TERN_INLINE void all_rows(unsigned bits, const tern_integers *t, size_t first, size_t rows, const tern_spanned *x, float *out,
                          size_t out_stride)
{
    for (size_t r = 0; r < rows; r += RESIDENT_ROWS)
        for (size_t a = 0; a < x->count; a += TILE_MAX)
            some_rows(bits, t, first + r, rows - r < RESIDENT_ROWS ? rows - r : RESIDENT_ROWS, x, a, out + a * out_stride + r, out_stride);
}

void tern_product_integers_avx512(const tern_integers *t, size_t first, size_t rows, const tern_spanned *x, float *out, size_t out_stride)
{
    switch (t->bits) {
    case 4: all_rows(4, t, first, rows, x, out, out_stride); break;
    case 6: all_rows(6, t, first, rows, x, out, out_stride); break;
    default: all_rows(8, t, first, rows, x, out, out_stride);
    }
}

#pragma clang attribute pop
#endif
