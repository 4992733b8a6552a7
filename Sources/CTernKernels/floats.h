/* The kernels on floats, written once; each level compiles them for its instructions, under the names that LEVEL makes.
 *
 * All levels give the same bits: sums run in sixteen lanes that meet in a fixed tree, nothing is contracted to fused multiply-add,
 * and every other step is one IEEE operation. Elementwise loops promise the compiler that an output either is an input or lies apart
 * from it; it cannot see that itself and would not vectorise them in place. */
#include <math.h>
#include <string.h>

#pragma STDC FP_CONTRACT OFF

#define ELEMENTWISE _Pragma("clang loop vectorize(assume_safety)")
enum { LANES = 16, CHUNK = 256 };

TERN_INLINE float float_of(uint32_t bits)
{
    float x;
    memcpy(&x, &bits, sizeof x);
    return x;
}

TERN_INLINE uint32_t bits_of(float x)
{
    uint32_t bits;
    memcpy(&bits, &x, sizeof bits);
    return bits;
}

/* Adding 1.5 * 2^23 rounds to an integer, half to even, which then stands in the lowest bits. Right for |x| <= 2^22. */
#define ROUNDER 12582912.0f

/* exp(x) for x <= 0, within 1.5 units in the last place, down to the denormals; NaN gives NaN.
 * x = n ln 2 + r with |r| <= ln 2 / 2, where n times the upper part of ln 2 is exact; Taylor's series of exp(r) to the seventh power
 * is off by at most 6e-9; 2^n is multiplied in two steps, since it may itself be below the normal numbers. */
TERN_INLINE float exp_of_negative(float x)
{
    x = x < -104.0f ? -104.0f : x;
    float rounded = x * 1.44269504f + ROUNDER;
    uint32_t n = bits_of(rounded) - bits_of(ROUNDER);
    float whole = rounded - ROUNDER;
    float r = x - whole * 0.693359375f;
    r = r - whole * -2.12194440e-4f;
    float p = 1.0f / 5040;
    p = p * r + 1.0f / 720;
    p = p * r + 1.0f / 120;
    p = p * r + 1.0f / 24;
    p = p * r + 1.0f / 6;
    p = p * r + 0.5f;
    p = r * r * p + r + 1.0f;
    uint32_t half = (uint32_t)((int32_t)n >> 1);
    return p * float_of((half + 127) << 23) * float_of((n - half + 127) << 23);
}

/* From exp(-|x|), which cannot overflow, so that both ends keep their relative precision. */
TERN_INLINE float sigmoid_of(float x)
{
    float e = exp_of_negative(x < 0 ? x : -x);
    return (x < 0 ? e : 1.0f) / (1.0f + e);
}

/* Below -104 the sigmoid is 0; -infinity times it must not be NaN. */
TERN_INLINE float silu_of(float x) { return (x < -104.0f ? -104.0f : x) * sigmoid_of(x); }

void LEVEL(tern_sigmoid)(const float *x, size_t width, float *y)
{
    ELEMENTWISE
    for (size_t j = 0; j < width; j++) y[j] = sigmoid_of(x[j]);
}

void LEVEL(tern_silu)(const float *x, size_t width, float *y)
{
    ELEMENTWISE
    for (size_t j = 0; j < width; j++) y[j] = silu_of(x[j]);
}

void LEVEL(tern_silu_product)(const float *a, const float *b, size_t width, float *y)
{
    ELEMENTWISE
    for (size_t j = 0; j < width; j++) y[j] = silu_of(a[j]) * b[j];
}

void LEVEL(tern_squared_relu)(const float *x, size_t width, float *y)
{
    ELEMENTWISE
    for (size_t j = 0; j < width; j++) {
        float positive = x[j] > 0 ? x[j] : 0.0f;
        y[j] = positive * positive;
    }
}

void LEVEL(tern_squared_relu_product)(const float *a, const float *b, size_t width, float *y)
{
    ELEMENTWISE
    for (size_t j = 0; j < width; j++) {
        float positive = a[j] > 0 ? a[j] : 0.0f;
        y[j] = positive * positive * b[j];
    }
}

void LEVEL(tern_add)(const float *a, const float *b, size_t width, float *y)
{
    ELEMENTWISE
    for (size_t j = 0; j < width; j++) y[j] = a[j] + b[j];
}

void LEVEL(tern_rotate)(const float *x, size_t heads, size_t half, const float *cosines, const float *sines, float *y)
{
    for (size_t head = 0; head < heads; head++, x += 2 * half, y += 2 * half) {
        ELEMENTWISE
        for (size_t j = 0; j < half; j++) {
            float a = x[j], b = x[half + j];
            y[j] = a * cosines[j] - b * sines[j];
            y[half + j] = b * cosines[j] + a * sines[j];
        }
    }
}

void LEVEL(tern_recurrence)(const float *i, const float *f, size_t width, float *h, float *y)
{
    ELEMENTWISE
    for (size_t j = 0; j < width; j++) {
        float next = f[j] * h[j] + i[j];
        h[j] = next;
        y[j] = next;
    }
}

/* The lanes' sum: halves onto each other until one is left. */
TERN_INLINE double sum_of_lanes(const double lanes[LANES])
{
    double eight[8], four[4];
    for (int l = 0; l < 8; l++) eight[l] = lanes[l] + lanes[l + 8];
    for (int l = 0; l < 4; l++) four[l] = eight[l] + eight[l + 4];
    return (four[0] + four[2]) + (four[1] + four[3]);
}

/* In doubles: the sum is then as good as exact, and no square overflows. */
static double LEVEL(sum_of_squares)(const float *x, size_t width)
{
    double lanes[LANES] = {0};
    size_t whole = width / LANES * LANES;
    for (size_t j = 0; j < whole; j += LANES)
        for (size_t l = 0; l < LANES; l++) lanes[l] += (double)x[j + l] * x[j + l];
    for (size_t j = whole; j < width; j++) lanes[j - whole] += (double)x[j] * x[j];
    return sum_of_lanes(lanes);
}

void LEVEL(tern_rms_norm)(const float *x, const float *gain, float epsilon, size_t width, float *y)
{
    if (width == 0) return;
    float factor = (float)(1.0 / sqrt(LEVEL(sum_of_squares)(x, width) / (double)width + (double)epsilon));
    if (gain) {
        ELEMENTWISE
        for (size_t j = 0; j < width; j++) y[j] = x[j] * factor * gain[j];
    } else {
        ELEMENTWISE
        for (size_t j = 0; j < width; j++) y[j] = x[j] * factor;
    }
}

/* The largest |x|, without the NaNs: no comparison holds for them. */
static float LEVEL(largest)(const float *x, size_t width)
{
    float lanes[LANES] = {0};
    size_t whole = width / LANES * LANES;
    for (size_t j = 0; j < whole; j += LANES)
        for (size_t l = 0; l < LANES; l++) {
            float a = float_of(bits_of(x[j + l]) & 0x7fffffff);
            lanes[l] = a > lanes[l] ? a : lanes[l];
        }
    for (size_t j = whole; j < width; j++) {
        float a = float_of(bits_of(x[j]) & 0x7fffffff);
        lanes[0] = a > lanes[0] ? a : lanes[0];
    }
    for (size_t l = 1; l < LANES; l++) lanes[0] = lanes[l] > lanes[0] ? lanes[l] : lanes[0];
    return lanes[0];
}

/* Quantises up to 256 values into one block of four planes; the rest of the block is zeros. */
static int32_t LEVEL(quantise_block)(const float *x, size_t width, float scale, int8_t *planes)
{
    int8_t q[TERN_BLOCK] = {0};
    int32_t sum = 0;
    ELEMENTWISE
    for (size_t j = 0; j < width; j++) {
        float scaled = x[j] * scale;
        scaled = scaled == scaled ? scaled : 0.0f;
        int32_t rounded = (int32_t)(bits_of(scaled + ROUNDER) - bits_of(ROUNDER));
        q[j] = (int8_t)rounded;
        sum += rounded;
    }
    ELEMENTWISE
    for (size_t i = 0; i < TERN_BLOCK / 4; i++) {
        planes[i] = q[4 * i];
        planes[i + 64] = q[4 * i + 1];
        planes[i + 128] = q[4 * i + 2];
        planes[i + 192] = q[4 * i + 3];
    }
    return sum;
}

int32_t LEVEL(tern_quantise)(const float *x, size_t width, int8_t *planes, float *inverse)
{
    float most = LEVEL(largest)(x, width);
    float scale = 127.0f / (most > 1e-5f ? most : 1e-5f);
    *inverse = 1.0f / scale;
    int32_t sum = 0;
    for (size_t j = 0; j < width; j += TERN_BLOCK) {
        size_t block = width - j < TERN_BLOCK ? width - j : TERN_BLOCK;
        sum += block == TERN_BLOCK ? LEVEL(quantise_block)(x + j, TERN_BLOCK, scale, planes + j)
                                   : LEVEL(quantise_block)(x + j, block, scale, planes + j);
    }
    return sum;
}

void LEVEL(tern_maxima)(const float *x, size_t count, float *maxima)
{
    size_t whole = count / TERN_MAXIMA_BLOCK * TERN_MAXIMA_BLOCK;
    for (size_t j = 0; j < count; j += TERN_MAXIMA_BLOCK) {
        float lanes[LANES];
        for (size_t l = 0; l < LANES; l++) lanes[l] = -INFINITY;
        if (j < whole)
            for (size_t k = 0; k < TERN_MAXIMA_BLOCK; k += LANES)
                for (size_t l = 0; l < LANES; l++) lanes[l] = x[j + k + l] > lanes[l] ? x[j + k + l] : lanes[l];
        else
            for (size_t k = j; k < count; k++) lanes[0] = x[k] > lanes[0] ? x[k] : lanes[0];
        for (size_t half = LANES / 2; half > 0; half /= 2)
            for (size_t l = 0; l < half; l++) lanes[l] = lanes[l + half] > lanes[l] ? lanes[l + half] : lanes[l];
        maxima[j / TERN_MAXIMA_BLOCK] = lanes[0];
    }
}

double LEVEL(tern_exponentials)(const float *x, float largest, float factor, size_t count, float *y)
{
    ELEMENTWISE
    for (size_t j = 0; j < count; j++) y[j] = exp_of_negative((x[j] - largest) * factor);
    double lanes[LANES] = {0};
    size_t whole = count / LANES * LANES;
    for (size_t j = 0; j < whole; j += LANES)
        for (size_t l = 0; l < LANES; l++) lanes[l] += (double)y[j + l];
    for (size_t j = whole; j < count; j++) lanes[j - whole] += (double)y[j];
    return sum_of_lanes(lanes);
}

/* Half precision to single: the exponent is rebased by 112; below the normal numbers the fraction is counted off from 2^-14, and
 * infinity and NaN keep the highest exponent. */
TERN_INLINE float float_of_f16(uint16_t half)
{
    uint32_t magnitude = (uint32_t)(half & 0x7fff) << 13, sign = (uint32_t)(half & 0x8000) << 16;
    uint32_t normal = magnitude + (112u << 23);
    uint32_t special = magnitude | 0x7f800000;
    uint32_t small = bits_of(float_of(magnitude | (113u << 23)) - 6.103515625e-05f);
    uint32_t bits = magnitude >= (31u << 23) ? special : normal;
    return float_of((magnitude < (1u << 23) ? small : bits) | sign);
}

TERN_INLINE float float_of_bf16(uint16_t high) { return float_of((uint32_t)high << 16); }

void LEVEL(tern_widen_f16)(const void *x, size_t count, float *y)
{
    const uint16_t *halves = x;
    ELEMENTWISE
    for (size_t j = 0; j < count; j++) y[j] = float_of_f16(halves[j]);
}

void LEVEL(tern_widen_bf16)(const void *x, size_t count, float *y)
{
    const uint16_t *halves = x;
    ELEMENTWISE
    for (size_t j = 0; j < count; j++) y[j] = float_of_bf16(halves[j]);
}

/* Adds |x| to the lanes; only the last call of a sum may have a count that is no multiple of sixteen. */
TERN_INLINE void add_abs(const float *x, size_t count, double lanes[LANES])
{
    size_t whole = count / LANES * LANES;
    for (size_t j = 0; j < whole; j += LANES)
        for (size_t l = 0; l < LANES; l++) lanes[l] += (double)float_of(bits_of(x[j + l]) & 0x7fffffff);
    for (size_t j = whole; j < count; j++) lanes[j - whole] += (double)float_of(bits_of(x[j]) & 0x7fffffff);
}

double LEVEL(tern_sum_abs_f32)(const void *w, size_t count)
{
    double lanes[LANES] = {0};
    add_abs(w, count, lanes);
    return sum_of_lanes(lanes);
}

double LEVEL(tern_sum_abs_f16)(const void *w, size_t count)
{
    double lanes[LANES] = {0};
    float wide[CHUNK];
    for (size_t j = 0; j < count; j += CHUNK) {
        size_t chunk = count - j < CHUNK ? count - j : CHUNK;
        LEVEL(tern_widen_f16)((const uint16_t *)w + j, chunk, wide);
        add_abs(wide, chunk, lanes);
    }
    return sum_of_lanes(lanes);
}

double LEVEL(tern_sum_abs_bf16)(const void *w, size_t count)
{
    double lanes[LANES] = {0};
    float wide[CHUNK];
    for (size_t j = 0; j < count; j += CHUNK) {
        size_t chunk = count - j < CHUNK ? count - j : CHUNK;
        LEVEL(tern_widen_bf16)((const uint16_t *)w + j, chunk, wide);
        add_abs(wide, chunk, lanes);
    }
    return sum_of_lanes(lanes);
}

/* Rounding half to even and clamping to -1..1 is asking whether the half is passed: a half itself rounds to 0. */
static size_t LEVEL(ternarise_chunk)(const float *w, float scale, size_t width, uint8_t *packed)
{
    uint8_t codes[CHUNK];
    uint32_t zeros = 0;
    ELEMENTWISE
    for (size_t j = 0; j < width; j++) {
        float scaled = w[j] * scale;
        uint32_t code = 1u + (scaled > 0.5f) - (scaled < -0.5f);
        codes[j] = (uint8_t)code;
        zeros += code == 1;
    }
    for (size_t j = width; j % 4 != 0; j++) codes[j] = 1;
    uint32_t fours[CHUNK / 4];
    memcpy(fours, codes, (width + 3) / 4 * 4);
    ELEMENTWISE
    for (size_t j = 0; j < (width + 3) / 4; j++)
        packed[j] = (uint8_t)(fours[j] | fours[j] >> 6 | fours[j] >> 12 | fours[j] >> 18);
    return zeros;
}

void LEVEL(tern_ternarise)(const float *w, float scale, size_t width, uint8_t *codes, size_t *zeros)
{
    size_t found = 0;
    for (size_t j = 0; j < width; j += CHUNK)
        found += LEVEL(ternarise_chunk)(w + j, scale, width - j < CHUNK ? width - j : CHUNK, codes + j / 4);
    *zeros += found;
}

uint64_t LEVEL(tern_read)(const void *bytes, size_t count)
{
    const uint8_t *p = bytes;
    uint64_t sum = 0, word;
    size_t whole = count / 8;
    for (size_t j = 0; j < whole; j++) {
        memcpy(&word, p + 8 * j, 8);
        sum += word;
    }
    for (size_t j = 8 * whole; j < count; j++) sum += p[j];
    return sum;
}
