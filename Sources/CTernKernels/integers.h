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

static void LEVEL(quantise_span)(const float *x, size_t width, int8_t *values, float *scale, int32_t *sums)
{
    float most = LEVEL(largest)(x, width), factor = 127.0f / (most > 1e-30f ? most : 1e-30f);
    *scale = 1.0f / factor;
    ELEMENTWISE
    for (size_t j = 0; j < width; j++) values[j] = int8_of(x[j] * factor);
    for (size_t j = width; j < TERN_SPAN; j++) values[j] = 0;
    for (size_t l = 0; l < LANES; l++) {
        const int8_t *low = values + 4 * l, *high = values + 64 + 4 * l;
        sums[l] = -128 * (low[0] + low[1] + low[2] + low[3] + high[0] + high[1] + high[2] + high[3]);
    }
}

void LEVEL(tern_quantise_spans)(const float *x, size_t width, int8_t *values, float *scales, int32_t *sums)
{
    for (size_t span = 0; span < tern_spans(width); span++) {
        size_t start = span * TERN_SPAN, count = width - start < TERN_SPAN ? width - start : TERN_SPAN;
        LEVEL(quantise_span)(x + start, count, values + start, scales + span, sums + span * LANES);
    }
}

/* The code of column `i` of half a span. */
TERN_INLINE unsigned code_at(const uint8_t *half, unsigned bits, size_t i)
{
    if (bits == 8) return half[i];
    unsigned low = half[i % 32] >> (4 * (i / 32)) & 15;
    return bits == 4 ? low : low | (half[32 + i % 16] >> (2 * (i / 16)) & 3u) << 4;
}

static void LEVEL(pack_half)(const uint8_t codes[64], unsigned bits, uint8_t *half)
{
    if (bits == 8) {
        memcpy(half, codes, 64);
        return;
    }
    for (size_t i = 0; i < 32; i++) half[i] = (uint8_t)((codes[i] & 15) | (codes[32 + i] & 15) << 4);
    if (bits == 4) return;
    for (size_t i = 0; i < 16; i++)
        half[32 + i] = (uint8_t)(codes[i] >> 4 | codes[16 + i] >> 4 << 2 | codes[32 + i] >> 4 << 4 | codes[48 + i] >> 4 << 6);
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

void LEVEL(tern_narrow_integers)(const float *w, size_t width, unsigned bits, uint8_t *codes, uint16_t *scales)
{
    for (size_t span = 0; span < tern_spans(width); span++) {
        uint8_t unpacked[TERN_SPAN];
        size_t start = span * TERN_SPAN, count = width - start < TERN_SPAN ? width - start : TERN_SPAN;
        scales[span] = LEVEL(narrow_span)(w + start, count, bits, unpacked);
        LEVEL(pack_half)(unpacked, bits, codes);
        LEVEL(pack_half)(unpacked + 64, bits, codes + 8 * bits);
        codes += 16 * bits;
    }
}

void LEVEL(tern_widen_integers)(const uint8_t *codes, const uint16_t *scales, size_t width, unsigned bits, float *w)
{
    for (size_t j = 0; j < width; j++) {
        int value = (int)code_at(codes + j / 64 * (8 * bits), bits, j % 64) - (1 << (bits - 1));
        w[j] = (float)value * float_of_f16(scales[j / TERN_SPAN]);
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
