#include "levels.h"
#if TERN_X86

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni"))), apply_to = function)

#define TILE_MAX 4
#include "product_driver.h"
#include "pairs_driver.h"
#include "sums_avx512.h"

TERN_INLINE void tile(size_t count, const tile_place *place)
{
    const size_t row_bytes = tern_row_bytes(place->matrix->width);
    const uint8_t *rows[4];
    four_rows(place, row_bytes, rows);
    __m512i sum[4][TILE_MAX];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < 4; r++)
#pragma clang loop unroll(full)
        for (size_t a = 0; a < count; a++) sum[r][a] = _mm512_setzero_si512();
    for (size_t byte = 0; byte < row_bytes; byte += TERN_PLANE) {
        fetch_next(rows, row_bytes, byte);
        __m512i codes[4];
#pragma clang loop unroll(full)
        for (size_t r = 0; r < 4; r++) codes[r] = _mm512_loadu_si512(rows[r] + byte);
#pragma clang loop unroll(full)
        for (unsigned plane = 0; plane < 4; plane++)
            add_plane(count, codes, plane, place->activations + 4 * byte + plane * TERN_PLANE, place->activation_stride, sum);
    }
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++) store(sum, a, place);
}

void tern_product_avx512(const tern_matrix *m, size_t first, size_t rows, const tern_activations *x, float *out, size_t out_stride)
{
    product_in_tiles(m, first, rows, x, out, out_stride);
}

uint64_t tern_multiply_add_avx512(size_t rounds)
{
    enum { LANES = TERN_PEAK_ROUND / 64 };
    __m512i sums[LANES];
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES; i++) sums[i] = _mm512_set1_epi32(i);
    __m512i codes = _mm512_set1_epi8(2), activations = _mm512_set1_epi8((char)rounds);
    for (size_t round = 0; round < rounds; round++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < LANES; i++) sums[i] = _mm512_dpbusd_epi32(sums[i], codes, activations);
        /* Every round is to happen. */
        __asm__ volatile("" : "+v"(codes));
    }
    uint64_t all = 0;
    for (int i = 0; i < LANES; i++) all += (uint64_t)_mm512_reduce_add_epi32(sums[i]);
    return all;
}

#pragma clang attribute pop
#endif
