#include "levels.h"
#if TERN_ARM
#include <string.h>
#include <arm_neon.h>

#pragma clang attribute push(__attribute__((target("dotprod"))), apply_to = function)

#define TILE_MAX 4
#include "product_driver.h"
#include "pairs_driver.h"
#include "sums_neon.h"
#include "integers_neon.h"

/* Adds the products of 16 bytes of each row; `byte` is where the trits stand, `offset` where the first plane does. */
TERN_INLINE void part_of_block(size_t count, const tile_place *place, const uint8_t *rows[4], size_t byte, size_t offset,
                               int32x4_t sum[4][TILE_MAX])
{
    uint8x16_t trits[4];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < 4; r++) trits[r] = vld1q_u8(rows[r] + byte);
#pragma clang loop unroll(full)
    for (size_t plane = 0; plane < 4; plane++) {
        int8x16_t activations[TILE_MAX];
#pragma clang loop unroll(full)
        for (size_t a = 0; a < count; a++)
            activations[a] = vld1q_s8(place->activations + a * place->activation_stride + offset + plane * TERN_PLANE);
#pragma clang loop unroll(full)
        for (size_t r = 0; r < 4; r++) {
            int8x16_t codes = codes_of(trits[r], plane);
#pragma clang loop unroll(full)
            for (size_t a = 0; a < count; a++) sum[r][a] = vdotq_s32(sum[r][a], codes, activations[a]);
        }
    }
}

TERN_INLINE void tile(size_t count, const tile_place *place)
{
    const size_t row_bytes = tern_row_bytes(place->matrix->width);
    const uint8_t *rows[4];
    four_rows(place, row_bytes, rows);
    int32x4_t sum[4][TILE_MAX];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < 4; r++)
#pragma clang loop unroll(full)
        for (size_t a = 0; a < count; a++) sum[r][a] = vdupq_n_s32(0);
    for (size_t byte = 0; byte < row_bytes; byte += TERN_PLANE) {
        fetch_next(rows, row_bytes, byte);
        for (size_t part = 0; part < TERN_PLANE; part += 16) part_of_block(count, place, rows, byte + part, byte * 4 + part, sum);
    }
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++) store(sum, a, place);
}

void tern_product_neondot(const tern_matrix *m, size_t first, size_t rows, const tern_activations *x, float *out, size_t out_stride)
{
    product_in_tiles(m, first, rows, x, out, out_stride);
}

TERN_INLINE int32x4_t add_fours(int32x4_t sums, int8x16_t w, int8x16_t x) { return vdotq_s32(sums, w, x); }

void tern_product_integers_neondot(const tern_integers *t, size_t first, size_t rows, const tern_spanned *x, float *out, size_t out_stride)
{
    product_of_integers(t, first, rows, x, out, out_stride);
}

uint64_t tern_multiply_add_neondot(size_t rounds)
{
    enum { LANES = 8, PARTS = TERN_PEAK_ROUND / 16 / LANES };
    int32x4_t sums[LANES];
#pragma clang loop unroll(full)
    for (int i = 0; i < LANES; i++) sums[i] = vdupq_n_s32(i);
    int8x16_t codes = vdupq_n_s8(2), activations = vdupq_n_s8((int8_t)rounds);
    for (size_t round = 0; round < PARTS * rounds; round++) {
#pragma clang loop unroll(full)
        for (int i = 0; i < LANES; i++) sums[i] = vdotq_s32(sums[i], codes, activations);
        /* Every round is to happen. */
        __asm__ volatile("" : "+w"(codes));
    }
    int32x4_t all = sums[0];
    for (int i = 1; i < LANES; i++) all = vaddq_s32(all, sums[i]);
    return (uint64_t)vaddvq_s32(all);
}

#pragma clang attribute pop
#endif
