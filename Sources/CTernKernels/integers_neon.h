/* Products of tables of integers at NEON, four rows of a group in each vector. The including file defines add_fours(..). */
#include <arm_neon.h>

#define TILE_ROWS 4
#include "integers_driver.h"

/* Adds sums of four products each. The activations are at least -127. */
TERN_INLINE int32x4_t add_fours(int32x4_t sums, int8x16_t w, int8x16_t x);

/* Bits 2 * step and above of 16 bytes, two of them, in bits 4 and 5. */
TERN_INLINE uint8x16_t high_bits(uint8x16_t bytes, int step)
{
    return vandq_u8(vshlq_u8(bytes, vdupq_n_s8((int8_t)(4 - 2 * step))), vdupq_n_u8(48));
}

/* The integers of a quarter of the rows of a quad, a step after the other. */
TERN_INLINE void integers_of_quarter(const uint8_t *quarter, unsigned bits, int8x16_t integers[4])
{
    uint8x16_t codes[4];
#pragma clang loop unroll(full)
    for (int step = 0; step < 4; step++) {
        uint8x16_t bytes = vld1q_u8(quarter + (bits == 8 ? 64 * step : bits == 2 ? 0 : step / 2 * 64));
        if (bits == 2) codes[step] = vandq_u8(vshlq_u8(bytes, vdupq_n_s8((int8_t)(-2 * step))), vdupq_n_u8(3));
        else codes[step] = bits == 8 ? bytes : step % 2 == 1 ? vshrq_n_u8(bytes, 4) : vandq_u8(bytes, vdupq_n_u8(15));
    }
    if (bits == 6) {
        uint8x16_t high = vld1q_u8(quarter + 128);
#pragma clang loop unroll(full)
        for (int step = 0; step < 4; step++) codes[step] = vorrq_u8(codes[step], high_bits(high, step));
    }
#pragma clang loop unroll(full)
    for (int step = 0; step < 4; step++)
        integers[step] = vreinterpretq_s8_u8(vsubq_u8(codes[step], vdupq_n_u8((uint8_t)(1 << (bits - 1)))));
}

TERN_INLINE int8x16_t four_values(const int8_t *values)
{
    int32_t four;
    memcpy(&four, values, sizeof four);
    return vreinterpretq_s8_s32(vdupq_n_s32(four));
}

TERN_INLINE void sums_of_span(size_t count, unsigned bits, const integer_place *p, size_t span, int32x4_t sums[TILE_ROWS][4])
{
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++)
#pragma clang loop unroll(full)
        for (size_t quarter = 0; quarter < 4; quarter++) sums[a][quarter] = vdupq_n_s32(0);
    const uint8_t *quad = p->codes + span * 256 * bits;
    for (size_t column = 0; column < TERN_SPAN; column += 16, quad += 32 * bits) {
        fetch_codes(count, bits, quad);
#pragma clang loop unroll(full)
        for (size_t quarter = 0; quarter < 4; quarter++) {
            int8x16_t integers[4];
            integers_of_quarter(quad + 16 * quarter, bits, integers);
#pragma clang loop unroll(full)
            for (size_t step = 0; step < 4; step++)
#pragma clang loop unroll(full)
                for (size_t a = 0; a < count; a++) {
                    int8x16_t x = four_values(p->values + (a * p->spans + span) * TERN_SPAN + column + 4 * step);
                    sums[a][quarter] = add_fours(sums[a][quarter], integers[step], x);
                }
        }
    }
}

TERN_INLINE void integer_tile(size_t count, unsigned bits, const integer_place *p)
{
    for (size_t a = 0; a < count; a++) memset(p->lanes[a], 0, sizeof p->lanes[a]);
    for (size_t span = 0; span < p->spans; span++) {
        int32x4_t sums[TILE_ROWS][4];
        sums_of_span(count, bits, p, span, sums);
#pragma clang loop unroll(full)
        for (size_t quarter = 0; quarter < 4; quarter++) {
            float16x4_t halves = vreinterpret_f16_u16(vld1_u16(p->row_scales + span * TERN_INTEGER_ROWS + 4 * quarter));
            float32x4_t row_scales = vcvt_f32_f16(halves);
#pragma clang loop unroll(full)
            for (size_t a = 0; a < count; a++) {
                float *lanes = p->lanes[a] + 4 * quarter;
                float32x4_t scales = vmulq_n_f32(row_scales, p->scales[a * p->spans + span]);
                vst1q_f32(lanes, vfmaq_f32(vld1q_f32(lanes), vcvtq_f32_s32(sums[a][quarter]), scales));
            }
        }
    }
}
