#include "levels.h"

/* The sum of codes times activations, which is the dot product plus the sum of the activations. Unsigned, since it may pass 2^31 on
 * the way; what is left after subtracting that sum does not. */
static uint32_t code_product(const uint8_t *trits, size_t row_bytes, const int8_t *activations)
{
    uint32_t sum = 0;
    for (size_t byte = 0; byte < row_bytes; byte += TERN_BLOCK / 4, activations += TERN_BLOCK)
        for (size_t i = 0; i < TERN_BLOCK / 4; i++) {
            uint32_t codes = trits[byte + i];
            for (int plane = 0; plane < 4; plane++)
                sum += (codes >> (2 * plane) & 3) * (uint32_t)activations[plane * 64 + (int)i];
        }
    return sum;
}

void tern_product_scalar(const uint8_t *trits, size_t rows, size_t row_bytes, const int8_t *activations, size_t activation_stride,
                         const int32_t *sums, const float *scales, size_t count, float *out, size_t out_stride)
{
    for (size_t r = 0; r < rows; r++)
        for (size_t a = 0; a < count; a++) {
            uint32_t codes = code_product(trits + r * row_bytes, row_bytes, activations + a * activation_stride);
            out[a * out_stride + r] = (float)(int32_t)(codes - (uint32_t)sums[a]) * scales[a];
        }
}
