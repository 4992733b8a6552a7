/* Products at AVX2 with VNNI in its encoding for 256 bits (Intel's Alder Lake and later). The tests compile this file once more, with
 * TERN_EVEX: AVX-512's encoding of the same instruction, which processors have that lack the other one. */
#include "levels.h"
#if TERN_X86
#include <immintrin.h>

#ifdef TERN_EVEX
#define VNNI(NAME) NAME##_evex
#define DPBUSD _mm256_dpbusd_epi32
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avx512vl,avx512vnni"))), apply_to = function)
#else
#define VNNI(NAME) NAME##_avxvnni
#define DPBUSD _mm256_dpbusd_avx_epi32
#pragma clang attribute push(__attribute__((target("avx2,fma,f16c,avxvnni"))), apply_to = function)
#endif

#define TILE_MAX 2
#include "product_driver.h"
#include "pairs_driver.h"
#include "sums_avx2.h"
#include "integers_256.h"

/* Adds the products of 32 bytes of each row; `byte` is where the trits stand, `offset` where the first plane does. */
TERN_INLINE void half_block(size_t count, const tile_place *place, const uint8_t *rows[4], size_t byte, size_t offset,
                            __m256i sum[4][TILE_MAX])
{
    const __m256i mask = _mm256_set1_epi8(3);
    __m256i trits[4];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < 4; r++) trits[r] = _mm256_loadu_si256((const __m256i *)(rows[r] + byte));
#pragma clang loop unroll(full)
    for (size_t plane = 0; plane < 4; plane++) {
        __m256i activations[TILE_MAX];
#pragma clang loop unroll(full)
        for (size_t a = 0; a < count; a++)
            activations[a] = _mm256_loadu_si256(
                (const __m256i *)(place->activations + a * place->activation_stride + offset + plane * TERN_PLANE));
#pragma clang loop unroll(full)
        for (size_t r = 0; r < 4; r++) {
            __m256i codes = _mm256_and_si256(_mm256_srli_epi16(trits[r], (int)(2 * plane)), mask);
#pragma clang loop unroll(full)
            for (size_t a = 0; a < count; a++) sum[r][a] = DPBUSD(sum[r][a], codes, activations[a]);
        }
    }
}

TERN_INLINE void tile(size_t count, const tile_place *place)
{
    const size_t row_bytes = tern_row_bytes(place->matrix->width);
    const uint8_t *rows[4];
    four_rows(place, row_bytes, rows);
    __m256i sum[4][TILE_MAX];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < 4; r++)
#pragma clang loop unroll(full)
        for (size_t a = 0; a < count; a++) sum[r][a] = _mm256_setzero_si256();
    for (size_t byte = 0; byte < row_bytes; byte += TERN_PLANE) {
        fetch_next(rows, row_bytes, byte);
        half_block(count, place, rows, byte, byte * 4, sum);
        half_block(count, place, rows, byte + 32, byte * 4 + 32, sum);
    }
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++) store(sums_of_four(sum[0][a], sum[1][a], sum[2][a], sum[3][a]), a, place);
}

void VNNI(tern_product)(const tern_matrix *m, size_t first, size_t rows, const tern_activations *x, float *out, size_t out_stride)
{
    product_in_tiles(m, first, rows, x, out, out_stride);
}

TERN_INLINE int32_t first_sum(unsigned bits, int32_t negative) { return negative >> (8 - bits); }

TERN_INLINE __m256i add_fours(unsigned bits, __m256i sums, __m256i codes, __m256i x)
{
    (void)bits;
    return DPBUSD(sums, codes, x);
}

void VNNI(tern_product_integers)(const tern_integers *t, size_t first, size_t rows, const tern_spanned *x, float *out, size_t out_stride)
{
    product_of_integers(t, first, rows, x, out, out_stride);
}

uint64_t VNNI(tern_multiply_add)(size_t rounds)
{
    enum { LANES = 8, PARTS = TERN_PEAK_ROUND / 32 / LANES };
    __m256i sums[LANES];
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES; i++) sums[i] = _mm256_set1_epi32(i);
    __m256i codes = _mm256_set1_epi8(2), activations = _mm256_set1_epi8((char)rounds);
    for (size_t round = 0; round < PARTS * rounds; round++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < LANES; i++) sums[i] = DPBUSD(sums[i], codes, activations);
        /* Every round is to happen. */
        __asm__ volatile("" : "+x"(codes));
    }
    __m256i all = sums[0];
    for (int i = 1; i < LANES; i++) all = _mm256_add_epi32(all, sums[i]);
    return (uint64_t)_mm256_extract_epi64(all, 0);
}

#pragma clang attribute pop
#endif
