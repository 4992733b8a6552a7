/* Products of tables of integers at NEON. The including file defines add_fours(..). */
#include <arm_neon.h>

/* Adds sums of four products each. The values are at least -127. */
TERN_INLINE int32x4_t add_fours(int32x4_t sums, int8x16_t w, int8x16_t x);

/* Bits 2 * part and above of 16 bytes, two of them, in bits 4 and 5. */
TERN_INLINE uint8x16_t high_bits(uint8x16_t bytes, int part)
{
    return vandq_u8(vshlq_u8(bytes, vdupq_n_s8((int8_t)(4 - 2 * part))), vdupq_n_u8(48));
}

/* The values of half a span, in four vectors. */
TERN_INLINE void values_of_half(const uint8_t *half, unsigned bits, int8x16_t values[4])
{
    uint8x16_t codes[4] = {vld1q_u8(half), vld1q_u8(half + 16)};
    if (bits == 8) {
        codes[2] = vld1q_u8(half + 32);
        codes[3] = vld1q_u8(half + 48);
    } else {
        for (int i = 0; i < 2; i++) {
            codes[2 + i] = vshrq_n_u8(codes[i], 4);
            codes[i] = vandq_u8(codes[i], vdupq_n_u8(15));
        }
    }
    if (bits == 6) {
        uint8x16_t high = vld1q_u8(half + 32);
#pragma clang loop unroll(full)
        for (int i = 0; i < 4; i++) codes[i] = vorrq_u8(codes[i], high_bits(high, i));
    }
#pragma clang loop unroll(full)
    for (int i = 0; i < 4; i++) values[i] = vreinterpretq_s8_u8(vsubq_u8(codes[i], vdupq_n_u8((uint8_t)(1 << (bits - 1)))));
}

/* Halves onto each other until one is left. */
TERN_INLINE float sum_of_lanes(const float32x4_t lanes[4])
{
    float32x4_t four = vaddq_f32(vaddq_f32(lanes[0], lanes[2]), vaddq_f32(lanes[1], lanes[3]));
    float32x2_t two = vadd_f32(vget_low_f32(four), vget_high_f32(four));
    return vget_lane_f32(two, 0) + vget_lane_f32(two, 1);
}

TERN_INLINE float row_product(unsigned bits, const uint8_t *codes, const uint16_t *row_scales, size_t spans, const int8_t *x,
                              const float *scales)
{
    float32x4_t lanes[4] = {vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0), vdupq_n_f32(0)};
    for (size_t span = 0; span < spans; span++, codes += 16 * bits, x += TERN_SPAN) {
        int8x16_t first[4], second[4];
        values_of_half(codes, bits, first);
        values_of_half(codes + 8 * bits, bits, second);
        __fp16 row_scale;
        memcpy(&row_scale, row_scales + span, sizeof row_scale);
        float scale = (float)row_scale * scales[span];
#pragma clang loop unroll(full)
        for (size_t i = 0; i < 4; i++) {
            int32x4_t sums = add_fours(vdupq_n_s32(0), first[i], vld1q_s8(x + 16 * i));
            sums = add_fours(sums, second[i], vld1q_s8(x + 64 + 16 * i));
            lanes[i] = vfmaq_n_f32(lanes[i], vcvtq_f32_s32(sums), scale);
        }
    }
    return sum_of_lanes(lanes);
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
