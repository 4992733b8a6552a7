/* The tile of `product_digits` with AVX-512: all digits of four rows by two or three panels of columns stay in registers. */
#include <immintrin.h>

#define DIGIT_TILE

TERN_INLINE void multiply_tile(const int8_t *digits, const uint8_t *panel, size_t steps, size_t rows, size_t panels, __m512i sums[12][3])
{
#pragma clang loop unroll(full)
    for (size_t row = 0; row < rows; row++)
#pragma clang loop unroll(full)
        for (size_t p = 0; p < panels; p++) sums[row][p] = _mm512_setzero_si512();
    for (size_t step = 0; step < steps; step++) {
        __m512i columns[3];
#pragma clang loop unroll(full)
        for (size_t p = 0; p < panels; p++) columns[p] = _mm512_loadu_si512(panel + p * tern_panel_bytes(steps) + step * 64);
#pragma clang loop unroll(full)
        for (size_t row = 0; row < rows; row++) {
            int32_t four;
            memcpy(&four, digits + (step * rows + row) * 4, sizeof four);
            __m512i values = _mm512_set1_epi32(four);
#pragma clang loop unroll(full)
            for (size_t p = 0; p < panels; p++) sums[row][p] = _mm512_dpbusd_epi32(sums[row][p], columns[p], values);
        }
    }
}

/* Adds what a tile's sums stand for to c, sixteen columns of each row. */
TERN_INLINE void add_tile(const tern_digits *a, size_t tile, const tern_columns *b, size_t panel, size_t panels, unsigned digits, float factor,
                          __m512i sums[12][3], float *c, size_t stride)
{
    const int32_t *offsets = a->sums + tile * digits * TERN_TILE;
    for (size_t p = 0; p < panels; p++) {
        const size_t column = (panel + p) * TERN_PANEL, left = b->columns - column;
        const __mmask16 mask = left < 16 ? (__mmask16)((1u << left) - 1) : 0xFFFF;
        for (size_t row = 0; row < TERN_TILE && tile * TERN_TILE + row < a->rows; row++) {
            __m512 all = _mm512_setzero_ps();
            for (unsigned d = 0; d < digits; d++) {
                __m512i offset = _mm512_set1_epi32(b->offset * offsets[d * TERN_TILE + row]);
                __m512 part = _mm512_cvtepi32_ps(_mm512_sub_epi32(sums[d * TERN_TILE + row][p], offset));
                all = _mm512_add_ps(_mm512_mul_ps(all, _mm512_set1_ps(256.0f)), part);
            }
            float *out = c + (tile * TERN_TILE + row) * stride + column;
            __m512 scaled = _mm512_mul_ps(all, _mm512_set1_ps(factor * a->scales[tile * TERN_TILE + row]));
            _mm512_mask_storeu_ps(out, mask, _mm512_add_ps(_mm512_maskz_loadu_ps(mask, out), scaled));
        }
    }
}

TERN_INLINE void product_of(const tern_digits *a, size_t first, size_t end, const tern_columns *b, size_t panel, size_t panels, unsigned digits,
                            float factor, float *c, size_t stride)
{
    for (size_t tile = first; tile < end; tile++) {
        __m512i sums[12][3];
        multiply_tile(a->values + tile * tern_tile_bytes(a->steps, digits), b->values + panel * tern_panel_bytes(b->steps), a->steps,
                      TERN_TILE * digits, panels, sums);
        add_tile(a, tile, b, panel, panels, digits, factor, sums, c, stride);
    }
}

void tern_product_digits_avx512(const tern_digits *a, size_t first, size_t end, const tern_columns *b, float factor, float *c, size_t stride)
{
    const size_t all = (b->columns + TERN_PANEL - 1) / TERN_PANEL;
    for (size_t panel = 0; panel < all;) {
        if (a->digits == 2 && panel + 3 <= all) {
            product_of(a, first, end, b, panel, 3, 2, factor, c, stride);
            panel += 3;
        } else if (a->digits == 3 && panel + 2 <= all) {
            product_of(a, first, end, b, panel, 2, 3, factor, c, stride);
            panel += 2;
        } else {
            if (a->digits == 2) product_of(a, first, end, b, panel, 1, 2, factor, c, stride);
            else product_of(a, first, end, b, panel, 1, 3, factor, c, stride);
            panel++;
        }
    }
}
