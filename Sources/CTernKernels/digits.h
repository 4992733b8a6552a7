/* Products of floats, as whole numbers of two or three digits, with integers: what training takes back through ternary matrices. Written
 * once; each level compiles it under the names that LEVEL makes, and one with AVX-512 has a tile of its own. */

/* The digits of sixteen numbers of a row, highest first, which are added to sums too. */
TERN_INLINE void split_sixteen(const float *x, float inverse, unsigned digits, int8_t split[3][16], int32_t sums[3][16])
{
    for (size_t j = 0; j < 16; j++) {
        int32_t value = (int32_t)rintf(x[j] * inverse);
#pragma clang loop unroll(full)
        for (unsigned d = digits; d-- > 0;) {
            int32_t rest = d > 0 ? (value + 128) >> 8 : 0, digit = value - rest * 256;
            split[d][j] = (int8_t)digit;
            sums[d][j] += digit;
            value = rest;
        }
    }
}

/* The digits of one row of a tile. */
TERN_INLINE void digits_of_row(const float *x, size_t width, float inverse, unsigned digits, int8_t *tile, int32_t *sums)
{
    const size_t step_bytes = digits * TERN_TILE * 4, steps = (width + 3) / 4;
    int32_t all[3][16] = {{0}};
    float padded[16] = {0};
    for (size_t from = 0; from < width; from += 16) {
        int8_t bytes[3][16];
        const float *values = x + from;
        if (width - from < 16) values = memcpy(padded, values, (width - from) * sizeof(float));
        split_sixteen(values, inverse, digits, bytes, all);
        for (size_t step = from / 4; step < from / 4 + 4 && step < steps; step++)
            for (unsigned d = 0; d < digits; d++) memcpy(tile + step * step_bytes + d * TERN_TILE * 4, bytes[d] + 4 * (step - from / 4), 4);
    }
    for (unsigned d = 0; d < digits; d++)
        for (size_t j = 0; j < 16; j++) sums[d * TERN_TILE] += all[d][j];
}

void LEVEL(tern_digits_of_rows)(const float *x, size_t stride, size_t rows, size_t width, const float *inverses, unsigned digits,
                                int8_t *tile, int32_t *sums)
{
    memset(sums, 0, digits * TERN_TILE * sizeof *sums);
    if (rows < TERN_TILE) memset(tile, 0, tern_tile_bytes((width + 3) / 4, digits));
    for (size_t row = 0; row < rows; row++) {
        if (digits == 2) digits_of_row(x + row * stride, width, inverses[row], 2, tile + 4 * row, sums + row);
        else digits_of_row(x + row * stride, width, inverses[row], 3, tile + 4 * row, sums + row);
    }
}

/* The words of one step of sixteen columns: a word has a digit of a column in four rows. */
TERN_INLINE void column_words(const float *x, size_t stride, size_t rows, const float *factors, const float *inverses, unsigned digits,
                              uint32_t words[3][16], int32_t sums[3][16])
{
    memset(words, 0, digits * sizeof words[0]);
    for (size_t row = 0; row < rows; row++) {
        const float factor = factors[row];
        for (size_t c = 0; c < 16; c++) {
            int32_t value = (int32_t)rintf(x[row * stride + c] * factor * inverses[c]);
#pragma clang loop unroll(full)
            for (unsigned d = digits; d-- > 0;) {
                int32_t rest = d > 0 ? (value + 128) >> 8 : 0, digit = value - rest * 256;
                words[d][c] |= (uint32_t)(uint8_t)digit << 8 * row;
                sums[d][c] += digit;
                value = rest;
            }
        }
    }
}

TERN_INLINE void digits_of_columns(const float *x, size_t stride, size_t rows, size_t columns, const float *factors, const float *inverses,
                                   unsigned digits, int8_t *tiles, int32_t *sums)
{
    const size_t steps = (rows + 3) / 4, tile_bytes = tern_tile_bytes(steps, digits);
    int32_t all[3][16] = {{0}};
    float padded[4][16] = {{0}};
    for (size_t step = 0; step < steps; step++) {
        const size_t count = rows - 4 * step < 4 ? rows - 4 * step : 4;
        const float *from = x + 4 * step * stride;
        size_t from_stride = stride;
        if (columns < 16) {
            for (size_t row = 0; row < count; row++) memcpy(padded[row], from + row * stride, columns * sizeof(float));
            from = padded[0];
            from_stride = 16;
        }
        uint32_t words[3][16];
        column_words(from, from_stride, count, factors + 4 * step, inverses, digits, words, all);
        for (size_t tile = 0; tile < 4; tile++)
            for (unsigned d = 0; d < digits; d++)
                memcpy(tiles + tile * tile_bytes + (step * digits + d) * 16, words[d] + 4 * tile, 16);
    }
    for (size_t tile = 0; tile < 4; tile++)
        for (unsigned d = 0; d < digits; d++)
            for (size_t row = 0; row < 4; row++) sums[(tile * digits + d) * 4 + row] = all[d][4 * tile + row];
}

void LEVEL(tern_digits_of_columns)(const float *x, size_t stride, size_t rows, size_t columns, const float *factors, const float *inverses,
                                   unsigned digits, int8_t *tiles, int32_t *sums)
{
    if (digits == 2) digits_of_columns(x, stride, rows, columns, factors, inverses, 2, tiles, sums);
    else digits_of_columns(x, stride, rows, columns, factors, inverses, 3, tiles, sums);
}

void LEVEL(tern_column_ranges)(const float *x, size_t stride, size_t rows, size_t columns, const float *factors, float *largest,
                               float *squares)
{
    for (size_t row = 0; row < rows; row++) {
        const float factor = factors[row];
        const float *values = x + row * stride;
        ELEMENTWISE
        for (size_t c = 0; c < columns; c++) {
            float value = values[c] * factor, size = value < 0 ? -value : value;
            largest[c] = size > largest[c] ? size : largest[c];
            squares[c] += value * value;
        }
    }
}

void LEVEL(tern_row_range)(const float *x, size_t width, float *largest, float *square)
{
    float most[LANES] = {0}, squares[LANES] = {0}, padded[LANES] = {0};
    for (size_t from = 0; from < width; from += LANES) {
        const float *values = x + from;
        if (width - from < LANES) values = memcpy(padded, values, (width - from) * sizeof(float));
        for (size_t lane = 0; lane < LANES; lane++) {
            float size = values[lane] < 0 ? -values[lane] : values[lane];
            most[lane] = size > most[lane] ? size : most[lane];
            squares[lane] += values[lane] * values[lane];
        }
    }
    for (size_t half = LANES / 2; half > 0; half /= 2)
        for (size_t lane = 0; lane < half; lane++) {
            most[lane] = most[lane] > most[lane + half] ? most[lane] : most[lane + half];
            squares[lane] += squares[lane + half];
        }
    *largest = most[0];
    *square = squares[0];
}

/* Up to 256 numbers of each of four rows, as words. */
TERN_INLINE void write_words(uint8_t rows[4][256], size_t from, size_t count, size_t step, size_t steps, uint8_t *panels)
{
    uint32_t words[256];
    for (size_t c = 0; c < 256; c++)
        words[c] = rows[0][c] | (uint32_t)rows[1][c] << 8 | (uint32_t)rows[2][c] << 16 | (uint32_t)rows[3][c] << 24;
    for (size_t c = 0; c < count; c += 16)
        memcpy(panels + (from + c) / 16 * tern_panel_bytes(steps) + step * 64, words + c, 64);
}

void LEVEL(tern_panels_of_codes)(const uint8_t *codes, size_t rows, size_t width, size_t step, size_t steps, uint8_t *panels)
{
    const size_t row_bytes = (width + 3) / 4;
    uint8_t values[4][256] = {{0}};
    for (size_t from = 0; from < width; from += 256) {
        const size_t count = width - from < 256 ? width - from : 256;
        for (size_t row = 0; row < rows; row++) {
            const uint8_t *bytes = codes + row * row_bytes + from / 4;
            for (size_t byte = 0; byte < (count + 3) / 4; byte++)
                for (size_t c = 0; c < 4; c++) values[row][4 * byte + c] = bytes[byte] >> 2 * c & 3;
        }
        write_words(values, from, count, step, steps, panels);
    }
}

void LEVEL(tern_panels_of_planes)(const int8_t *planes, size_t stride, size_t rows, size_t width, size_t step, size_t steps,
                                  uint8_t *panels)
{
    uint8_t values[4][256] = {{0}};
    for (size_t from = 0; from < width; from += 256) {
        for (size_t row = 0; row < rows; row++) {
            const int8_t *block = planes + row * stride + from;
            for (size_t i = 0; i < TERN_PLANE; i++)
                for (size_t p = 0; p < 4; p++) values[row][4 * i + p] = (uint8_t)(block[p * TERN_PLANE + i] + 128);
        }
        write_words(values, from, width - from < 256 ? width - from : 256, step, steps, panels);
    }
}

/* The sum of a row's digits' products as a float: `sums` are those of the highest digits first, four apart. */
TERN_INLINE float joined(const int32_t *products, const int32_t *sums, int32_t offset, unsigned digits)
{
    float all = 0;
    for (unsigned d = 0; d < digits; d++) all = all * 256.0f + (float)(products[d] - offset * sums[d * TERN_TILE]);
    return all;
}

#ifndef DIGIT_TILE
void LEVEL(tern_product_digits)(const tern_digits *a, size_t first, size_t end, const tern_columns *b, float factor, float *c, size_t stride)
{
    for (size_t row = first * TERN_TILE; row < a->rows && row < end * TERN_TILE; row++) {
        const size_t tile = row / TERN_TILE, place = row % TERN_TILE;
        const int8_t *digits = a->values + tile * tern_tile_bytes(a->steps, a->digits) + place * 4;
        for (size_t column = 0; column < b->columns; column++) {
            const uint8_t *values = b->values + column / TERN_PANEL * tern_panel_bytes(b->steps) + column % TERN_PANEL * 4;
            int32_t products[3] = {0};
            for (size_t step = 0; step < a->steps; step++)
                for (unsigned d = 0; d < a->digits; d++)
                    for (size_t k = 0; k < 4; k++)
                        products[d] += digits[(step * a->digits + d) * TERN_TILE * 4 + k] * values[step * TERN_PANEL * 4 + k];
            float sum = joined(products, a->sums + tile * a->digits * TERN_TILE + place, b->offset, a->digits);
            c[row * stride + column] += sum * (factor * a->scales[row]);
        }
    }
}
#endif
