/* How the products at NEON end. Included after product_driver.h. */
#include <arm_neon.h>

/* Stores the products of four rows by row `a` of the tile, given their sums of codes times activations. */
TERN_INLINE void store(const int32x4_t sum[4][TILE_MAX], size_t a, const tile_place *place)
{
    int32x4_t codes = vpaddq_s32(vpaddq_s32(sum[0][a], sum[1][a]), vpaddq_s32(sum[2][a], sum[3][a]));
    int32x4_t product = vsubq_s32(codes, vdupq_n_s32(place->sums[a]));
    float32x4_t scaled = vmulq_n_f32(vcvtq_f32_s32(product), place->scales[a]);
    float *out = place->out + a * place->out_stride;
    if (place->valid == 4) {
        vst1q_f32(out, scaled);
    } else {
        float four[4];
        vst1q_f32(four, scaled);
        for (size_t i = 0; i < place->valid; i++) out[i] = four[i];
    }
}

/* The codes of a plane, of bytes of trits. */
TERN_INLINE int8x16_t codes_of(uint8x16_t trits, size_t plane)
{
    return vreinterpretq_s8_u8(vandq_u8(vshlq_u8(trits, vdupq_n_s8((int8_t)(-2 * (int)plane))), vdupq_n_u8(3)));
}
