/* Products of floats; compiled for each level as floats.h is, after lanes.h. */
#include "fetch.h"

/* Columns that are widened at a time, rows of activations that meet a row of weights at once, rows of weights that stay in the
 * second-level cache while all activations pass by. */
enum { DENSE_COLUMNS = 256, DENSE_TILE = 4, DENSE_ROWS = 32, DENSE_LANES = 64 };

static size_t LEVEL(element_size)(tern_element element) { return element == TERN_F32 ? 4 : 2; }

/* Fetches what follows so many bytes. */
TERN_INLINE void fetch_weights(const uint8_t *weights, size_t bytes)
{
    for (size_t byte = 0; byte < bytes; byte += 64) {
        fetch_line(weights + byte, FETCH_FAR);
        fetch_line(weights + byte, FETCH_NEAR);
    }
}

/* Up to DENSE_COLUMNS weights as floats, filled up with zeros to a multiple of 64. */
TERN_INLINE void widen_weights(const void *weights, tern_element element, size_t count, float wide[DENSE_COLUMNS])
{
    if (element == TERN_F32) memcpy(wide, weights, count * sizeof(float));
    if (element == TERN_F16) LEVEL(tern_widen_f16)(weights, count, wide);
    if (element == TERN_BF16) LEVEL(tern_widen_bf16)(weights, count, wide);
    for (size_t j = count; j % DENSE_LANES != 0; j++) wide[j] = 0;
}

/* Adds 64 columns of a row of weights times `count` rows of activations. */
TERN_INLINE void add_columns(size_t count, const float *wide, const float *x, size_t x_stride, lanes16 sums[DENSE_TILE][4])
{
#pragma clang loop unroll(full)
    for (size_t part = 0; part < 4; part++) {
        lanes16 w = load16(wide + 16 * part);
#pragma clang loop unroll(full)
        for (size_t a = 0; a < count; a++) sums[a][part] = fma16(w, load16(x + a * x_stride + 16 * part), sums[a][part]);
    }
}

/* The last columns of the activations, of which there are no 64, filled up with zeros. */
TERN_INLINE void add_last_columns(size_t count, const float *wide, const float *x, size_t x_stride, size_t left,
                                  lanes16 sums[DENSE_TILE][4])
{
    float last[DENSE_TILE][DENSE_LANES] = {{0}};
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++) memcpy(last[a], x + a * x_stride, left * sizeof(float));
    add_columns(count, wide, last[0], DENSE_LANES, sums);
}

TERN_INLINE void dense_tile(size_t count, const uint8_t *row, tern_element element, size_t width, const float *x, size_t x_stride,
                            float *out, size_t out_stride)
{
    lanes16 sums[DENSE_TILE][4];
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++)
#pragma clang loop unroll(full)
        for (size_t part = 0; part < 4; part++) sums[a][part] = all16(0);
    for (size_t start = 0; start < width; start += DENSE_COLUMNS) {
        _Alignas(64) float wide[DENSE_COLUMNS];
        size_t columns = width - start < DENSE_COLUMNS ? width - start : DENSE_COLUMNS, j = 0;
        const uint8_t *weights = row + start * LEVEL(element_size)(element);
        fetch_weights(weights, columns * LEVEL(element_size)(element));
        widen_weights(weights, element, columns, wide);
        for (; j + DENSE_LANES <= columns; j += DENSE_LANES) add_columns(count, wide + j, x + start + j, x_stride, sums);
        if (j < columns) add_last_columns(count, wide + j, x + start + j, x_stride, columns - j, sums);
    }
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++)
        out[a * out_stride] = sum16((sums[a][0] + sums[a][1]) + (sums[a][2] + sums[a][3]));
}

static void LEVEL(dense_rows)(const uint8_t *row, tern_element element, size_t rows, size_t width, const float *x, size_t x_stride,
                              size_t count, float *out, size_t out_stride)
{
    for (size_t r = 0; r < rows; r++, row += width * LEVEL(element_size)(element), out++)
        switch (count) {
        case 1: dense_tile(1, row, element, width, x, x_stride, out, out_stride); break;
        case 2: dense_tile(2, row, element, width, x, x_stride, out, out_stride); break;
        case 3: dense_tile(3, row, element, width, x, x_stride, out, out_stride); break;
        default: dense_tile(4, row, element, width, x, x_stride, out, out_stride);
        }
}

void LEVEL(tern_product_dense)(const void *weights, tern_element element, size_t rows, size_t width, const float *x, size_t x_stride,
                               size_t count, float *out, size_t out_stride)
{
    const size_t row_bytes = width * LEVEL(element_size)(element);
    for (size_t r = 0; r < rows; r += DENSE_ROWS)
        for (size_t a = 0; a < count; a += DENSE_TILE)
            LEVEL(dense_rows)((const uint8_t *)weights + r * row_bytes, element, rows - r < DENSE_ROWS ? rows - r : DENSE_ROWS, width,
                              x + a * x_stride, x_stride, count - a, out + a * out_stride + r, out_stride);
}
