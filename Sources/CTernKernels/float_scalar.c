#include "levels.h"

#define LEVEL(NAME) NAME##_scalar
#include "floats.h"
#include "integers.h"
#include "fives.h"
#include "lanes.h"
#include "dense.h"
#include "chains.h"
#include "attention.h"
#include "digits.h"

/* The sum of a span's products. */
static int32_t span_sum(const tern_integers *t, size_t row, size_t span, const int8_t *values)
{
    const uint8_t *group = t->codes + row / TERN_INTEGER_ROWS * tern_integer_bytes(t->width, t->bits);
    int32_t sum = 0;
    for (size_t j = 0; j < TERN_SPAN; j++) {
        const uint8_t *quad = group + (span * TERN_SPAN + j) / 16 * quad_bytes(t->bits) + 4 * (row % TERN_INTEGER_ROWS);
        sum += ((int32_t)code_at(quad, t->bits, j % 16) - (1 << (t->bits - 1))) * values[j];
    }
    return sum;
}

/* One row of a table by one row of activations, the definition of `product_integers`. */
static float integer_product(const tern_integers *t, size_t row, const int8_t *values, const float *scales)
{
    const size_t spans = tern_spans(t->width);
    const uint16_t *row_scales = t->scales + row / TERN_INTEGER_ROWS * spans * TERN_INTEGER_ROWS + row % TERN_INTEGER_ROWS;
    float all = 0;
    for (size_t span = 0; span < spans; span++) {
        float sum = (float)span_sum(t, row, span, values + span * TERN_SPAN);
        all = fmaf(sum, float_of_f16(row_scales[span * TERN_INTEGER_ROWS]) * scales[span], all);
    }
    return all;
}

void tern_product_integers_scalar(const tern_integers *t, size_t first, size_t rows, const tern_spanned *x, float *out, size_t out_stride)
{
    const size_t spans = tern_spans(t->width);
    for (size_t a = 0; a < x->count; a++)
        for (size_t r = 0; r < rows; r++)
            out[a * out_stride + r] = integer_product(t, first + r, x->values + a * spans * TERN_SPAN, x->scales + a * spans);
}
