#include "levels.h"
#if TERN_X86

#pragma clang attribute push(__attribute__((target("avx2"))), apply_to = function)

#define TILE_MAX 2
#include "product_driver.h"
#include "pairs_driver.h"
#include "sums_avx2.h"

/* Bytes of trits that may be summed up in 16 bits: each 64 of them add at most 2 halves x 4 planes x 2 terms x 2 x 128 = 4096 to a lane. */
enum { NARROW_BYTES = 7 * 64 };

/* Adds the products of 32 bytes of each row to sums of 16 bits; `byte` is where the trits stand, `offset` where the first plane does. */
TERN_INLINE void half_block(size_t count, const tile_place *place, const uint8_t *rows[4], size_t byte, size_t offset,
                            __m256i narrow[4][TILE_MAX])
{
    const __m256i mask = _mm256_set1_epi8(3);
#pragma clang loop unroll(full)
    for (size_t plane = 0; plane < 4; plane++) {
        __m256i activations[TILE_MAX];
#pragma clang loop unroll(full)
        for (size_t a = 0; a < count; a++)
            activations[a] = _mm256_loadu_si256(
                (const __m256i *)(place->activations + a * place->activation_stride + offset + plane * 64));
#pragma clang loop unroll(full)
        for (size_t r = 0; r < 4; r++) {
            __m256i trits = _mm256_loadu_si256((const __m256i *)(rows[r] + byte));
            __m256i codes = _mm256_and_si256(_mm256_srli_epi16(trits, (int)(2 * plane)), mask);
#pragma clang loop unroll(full)
            for (size_t a = 0; a < count; a++)
                narrow[r][a] = _mm256_add_epi16(narrow[r][a], _mm256_maddubs_epi16(codes, activations[a]));
        }
    }
}

TERN_INLINE void tile(size_t count, const tile_place *place)
{
    const size_t row_bytes = tern_row_bytes(place->matrix->width);
    const uint8_t *rows[4];
    four_rows(place, row_bytes, rows);
    __m256i sum[4][TILE_MAX];
    for (size_t r = 0; r < 4; r++)
        for (size_t a = 0; a < count; a++) sum[r][a] = _mm256_setzero_si256();

    for (size_t start = 0; start < row_bytes; start += NARROW_BYTES) {
        size_t end = row_bytes - start < NARROW_BYTES ? row_bytes : start + NARROW_BYTES;
        __m256i narrow[4][TILE_MAX];
#pragma clang loop unroll(full)
        for (size_t r = 0; r < 4; r++)
#pragma clang loop unroll(full)
            for (size_t a = 0; a < count; a++) narrow[r][a] = _mm256_setzero_si256();
        for (size_t byte = start; byte < end; byte += 64) {
            fetch_next(rows, row_bytes, byte);
            half_block(count, place, rows, byte, byte * 4, narrow);
            half_block(count, place, rows, byte + 32, byte * 4 + 32, narrow);
        }
#pragma clang loop unroll(full)
        for (size_t r = 0; r < 4; r++)
#pragma clang loop unroll(full)
            for (size_t a = 0; a < count; a++)
                sum[r][a] = _mm256_add_epi32(sum[r][a], _mm256_madd_epi16(narrow[r][a], _mm256_set1_epi16(1)));
    }
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++) store(sums_of_four(sum[0][a], sum[1][a], sum[2][a], sum[3][a]), a, place);
}

void tern_product_avx2(const tern_matrix *m, size_t first, size_t rows, const tern_activations *x, float *out, size_t out_stride)
{
    product_in_tiles(m, first, rows, x, out, out_stride);
}

uint64_t tern_multiply_add_avx2(size_t rounds)
{
    enum { LANES = 8, PARTS = TERN_PEAK_ROUND / 32 / LANES };
    __m256i sums[LANES];
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES; i++) sums[i] = _mm256_set1_epi32(i);
    __m256i codes = _mm256_set1_epi8(2), activations = _mm256_set1_epi8((char)rounds);
    for (size_t round = 0; round < PARTS * rounds; round++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < LANES; i++) sums[i] = _mm256_add_epi16(sums[i], _mm256_maddubs_epi16(codes, activations));
        /* Every round is to happen. */
        __asm__ volatile("" : "+x"(codes));
    }
    __m256i all = sums[0];
    for (int i = 1; i < LANES; i++) all = _mm256_add_epi16(all, sums[i]);
    return (uint64_t)_mm256_extract_epi64(all, 0);
}

#pragma clang attribute pop
#endif
