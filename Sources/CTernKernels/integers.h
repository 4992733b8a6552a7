/* Rows of tables of integers, and the activations that meet them; compiled for each level as floats.h is, after it. */

/* Half precision, rounded to nearest, half to even; for 0 <= x <= 65504. */
TERN_INLINE uint16_t f16_of_magnitude(float x)
{
    /* Adding 2^e * 2^13 to a number of exponent e rounds its fraction to ten bits; below 2^-14 the step stays that of 2^-14. */
    uint32_t exponent = bits_of(x) & 0x7f800000, least = 113u << 23;
    float rounder = float_of((exponent < least ? least : exponent) + (13u << 23));
    uint32_t bits = bits_of(x + rounder - rounder);
    uint32_t normal = (bits - (112u << 23)) >> 13, small = bits_of(float_of(bits) + 0.5f) - bits_of(0.5f);
    return (uint16_t)(bits < least ? small : normal);
}

TERN_INLINE int8_t int8_of(float scaled)
{
    scaled = scaled == scaled ? scaled : 0.0f;
    return (int8_t)(bits_of(scaled + ROUNDER) - bits_of(ROUNDER));
}

static void LEVEL(quantise_span)(const float *x, size_t width, int8_t *values, float *scale, int32_t *negative)
{
    float most = LEVEL(largest)(x, width), factor = 127.0f / (most > 1e-30f ? most : 1e-30f);
    *scale = 1.0f / factor;
    ELEMENTWISE
    for (size_t j = 0; j < width; j++) values[j] = int8_of(x[j] * factor);
    for (size_t j = width; j < TERN_SPAN; j++) values[j] = 0;
    int32_t sum = 0;
    for (size_t j = 0; j < TERN_SPAN; j++) sum += values[j];
    *negative = -128 * sum;
}

void LEVEL(tern_quantise_spans)(const float *x, size_t width, int8_t *values, float *scales, int32_t *sums)
{
    for (size_t span = 0; span < tern_spans(width); span++) {
        size_t start = span * TERN_SPAN, count = width - start < TERN_SPAN ? width - start : TERN_SPAN;
        LEVEL(quantise_span)(x + start, count, values + start, scales + span, sums + span);
    }
}

/* The code of column `i` of a quad; `quad` begins at the row's first byte. */
TERN_INLINE unsigned code_at(const uint8_t *quad, unsigned bits, size_t i)
{
    const size_t step = i / 4, column = i % 4;
    if (bits == 8) return quad[64 * step + column];
    if (bits == 2) return quad[column] >> (2 * step) & 3u;
    unsigned low = quad[step / 2 * 64 + column] >> (4 * (step % 2)) & 15;
    return bits == 4 ? low : low | (quad[128 + column] >> (2 * step) & 3u) << 4;
}

/* Bytes of a quad of all rows of a group. */
TERN_INLINE size_t quad_bytes(unsigned bits) { return 32 * bits; }

static void LEVEL(pack_quad)(const uint8_t codes[16], unsigned bits, uint8_t *quad)
{
    if (bits == 8) {
        for (size_t step = 0; step < 4; step++) memcpy(quad + 64 * step, codes + 4 * step, 4);
        return;
    }
    for (size_t c = 0; c < 4; c++) {
        if (bits == 2) {
            quad[c] = (uint8_t)(codes[c] | codes[4 + c] << 2 | codes[8 + c] << 4 | codes[12 + c] << 6);
            continue;
        }
        quad[c] = (uint8_t)((codes[c] & 15) | (codes[4 + c] & 15) << 4);
        quad[64 + c] = (uint8_t)((codes[8 + c] & 15) | (codes[12 + c] & 15) << 4);
        if (bits == 6) quad[128 + c] = (uint8_t)(codes[c] >> 4 | codes[4 + c] >> 4 << 2 | codes[8 + c] >> 4 << 4 | codes[12 + c] >> 4 << 6);
    }
}

/* The scale is that of the largest value, as it is stored; where that rounds down, the largest value is cut off by as little. */
static uint16_t LEVEL(narrow_span)(const float *w, size_t width, unsigned bits, uint8_t codes[TERN_SPAN])
{
    const float most = (float)((1 << (bits - 1)) - 1);
    uint16_t stored = f16_of_magnitude(LEVEL(largest)(w, width) / most < 65504.0f ? LEVEL(largest)(w, width) / most : 65504.0f);
    float scale = float_of_f16(stored), factor = scale > 0 ? 1.0f / scale : 0.0f;
    memset(codes, 1 << (bits - 1), TERN_SPAN);
    for (size_t j = 0; j < width; j++) {
        float scaled = w[j] * factor;
        scaled = scaled > most ? most : scaled < -most ? -most : scaled;
        codes[j] = (uint8_t)(int8_of(scaled) + (1 << (bits - 1)));
    }
    return stored;
}

void LEVEL(tern_narrow_integers)(const float *w, size_t width, unsigned bits, size_t row, uint8_t *codes, uint16_t *scales)
{
    uint8_t *quad = codes + 4 * row;
    for (size_t span = 0; span < tern_spans(width); span++) {
        uint8_t unpacked[TERN_SPAN];
        size_t start = span * TERN_SPAN, count = width - start < TERN_SPAN ? width - start : TERN_SPAN;
        scales[span * TERN_INTEGER_ROWS + row] = LEVEL(narrow_span)(w + start, count, bits, unpacked);
        for (size_t i = 0; i < TERN_SPAN; i += 16, quad += quad_bytes(bits)) LEVEL(pack_quad)(unpacked + i, bits, quad);
    }
}

/* The integers of sixteen columns, each plus 2^(bits - 1), of which the first of the rows of codes has the highest trits. */
TERN_INLINE void fold_sixteen(const uint8_t *codes, size_t planes, size_t row_bytes, size_t count, unsigned bits, uint8_t folded[16])
{
    memset(folded, 0, 16);
    unsigned middle = 0;
    for (size_t plane = 0; plane < planes; plane++, codes += row_bytes) {
        for (size_t j = 0; j < 16; j++) {
            unsigned code = j < count ? codes[j / 4] >> (2 * (j % 4)) & 3u : 1u;
            folded[j] = (uint8_t)(3 * folded[j] + code);
        }
        middle = 3 * middle + 1;
    }
    for (size_t j = 0; j < 16; j++) folded[j] = (uint8_t)(folded[j] + (1u << (bits - 1)) - middle);
}

void LEVEL(tern_fold_planes)(const uint8_t *codes, size_t planes, size_t width, unsigned bits, size_t row, uint8_t *table)
{
    uint8_t *quad = table + 4 * row;
    for (size_t j = 0; j < tern_spans(width) * TERN_SPAN; j += 16, quad += quad_bytes(bits)) {
        uint8_t folded[16];
        size_t count = j >= width ? 0 : width - j < 16 ? width - j : 16;
        fold_sixteen(codes + (count ? j / 4 : 0), planes, (width + 3) / 4, count, bits, folded);
        LEVEL(pack_quad)(folded, bits, quad);
    }
}

void LEVEL(tern_widen_integers)(const uint8_t *codes, const uint16_t *scales, size_t width, unsigned bits, size_t row, float *w)
{
    for (size_t j = 0; j < width; j++) {
        int value = (int)code_at(codes + j / 16 * quad_bytes(bits) + 4 * row, bits, j % 16) - (1 << (bits - 1));
        w[j] = (float)value * float_of_f16(scales[j / TERN_SPAN * TERN_INTEGER_ROWS + row]);
    }
}

/* Sixteen lanes of floats, halves onto each other until one is left. */
TERN_INLINE float sum_of_float_lanes(const float lanes[LANES])
{
    float eight[8], four[4];
    for (int l = 0; l < 8; l++) eight[l] = lanes[l] + lanes[l + 8];
    for (int l = 0; l < 4; l++) four[l] = eight[l] + eight[l + 4];
    return (four[0] + four[2]) + (four[1] + four[3]);
}
