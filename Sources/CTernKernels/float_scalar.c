#include "levels.h"

#define LEVEL(NAME) NAME##_scalar
#include "floats.h"
#include "integers.h"
#include "fives.h"
#include "lanes.h"
#include "dense.h"
#include "attention.h"

/* One row of a table by one row of activations, the definition of `product_integers`. */
static float integer_product(const tern_integers *t, size_t row, const int8_t *values, const float *scales)
{
    const size_t spans = tern_spans(t->width);
    const uint8_t *codes = t->codes + row * tern_integer_bytes(t->width, t->bits);
    float lanes[LANES] = {0};
    for (size_t span = 0; span < spans; span++) {
        int32_t sums[LANES] = {0};
        for (size_t j = 0; j < TERN_SPAN; j++) {
            const uint8_t *half = codes + (2 * span + j / 64) * 8 * t->bits;
            sums[j % 64 / 4] += ((int32_t)code_at(half, t->bits, j % 64) - (1 << (t->bits - 1))) * values[span * TERN_SPAN + j];
        }
        float scale = float_of_f16(t->scales[row * spans + span]) * scales[span];
        for (size_t l = 0; l < LANES; l++) lanes[l] = fmaf((float)sums[l], scale, lanes[l]);
    }
    return sum_of_float_lanes(lanes);
}

void tern_product_integers_scalar(const tern_integers *t, size_t first, size_t rows, const tern_spanned *x, float *out, size_t out_stride)
{
    const size_t spans = tern_spans(t->width);
    for (size_t a = 0; a < x->count; a++)
        for (size_t r = 0; r < rows; r++)
            out[a * out_stride + r] = integer_product(t, first + r, x->values + a * spans * TERN_SPAN, x->scales + a * spans);
}
