/* Kernels of Tern: products of ternary weights with int8 activations, the activation quantiser, norms, the recurrence.
 *
 * Every kernel exists at several levels (plain C, AVX2, AVX-512 with VNNI), in one table a level; the caller picks the table. All levels
 * give the same bits, floats included: sums run in a fixed order of sixteen lanes, and no level contracts to fused multiply-add.
 * Pointers need no alignment. Nothing here allocates, locks, or fails.
 *
 * Trits: two bits each, 0, 1, 2 for -1, 0, +1, four a byte, the lowest bits first. A row of `width` trits starts on a byte; in the
 * layout that the products read it takes `tern_row_bytes(width)` bytes, the rest filled with code 1 (trit 0).
 *
 * Quantised activations: int8, in blocks of 256. A block holds four planes of 64: plane p has the activations 4i + p, i = 0..63, so
 * that a shift and a mask of 64 bytes of trits gives the trits of one plane. The last block is filled with zeros.
 */
#ifndef TERN_KERNELS_H
#define TERN_KERNELS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Trits, and activations, in a block. */
#define TERN_BLOCK 256
/* Floats that one of the maxima stands for. */
#define TERN_MAXIMA_BLOCK 32

/* Bytes of a row of trits in the layout of the products, a multiple of 64. */
static inline size_t tern_row_bytes(size_t width) { return (width + TERN_BLOCK - 1) / TERN_BLOCK * (TERN_BLOCK / 4); }
/* Bytes of a row of quantised activations, a multiple of 256. */
static inline size_t tern_activation_bytes(size_t width) { return (width + TERN_BLOCK - 1) / TERN_BLOCK * TERN_BLOCK; }

typedef enum { TERN_SCALAR = 0, TERN_AVX2 = 1, TERN_AVX512 = 2 } tern_level;
enum { TERN_LEVELS = 3 };

typedef struct tern_kernels {
    /* out[a * out_stride + r] = scales[a] * (row r of trits . activation row a), for r in 0..<rows, a in 0..<count. The dot product is
     * exact in 32 bits up to a width of 2^24. Row r starts at trits + r * row_bytes with row_bytes = tern_row_bytes(width); activation
     * row a at activations + a * activation_stride; sums[a] is the sum of its activations. */
    void (*product)(const uint8_t *trits, size_t rows, size_t row_bytes, const int8_t *activations, size_t activation_stride,
                    const int32_t *sums, const float *scales, size_t count, float *out, size_t out_stride);

    /* Absmax quantiser of one row: s = 127 / max(max|x|, 1e-5), q = round-half-even(x * s), laid out in planes. Returns the sum of q; *inverse
     * is 1 / s. NaN counts as 0. */
    int32_t (*quantise)(const float *x, size_t width, int8_t *planes, float *inverse);

    /* y = x / sqrt(mean(x^2) + epsilon) * gain; gain may be NULL for ones. y may be x. */
    void (*rms_norm)(const float *x, const float *gain, float epsilon, size_t width, float *y);

    /* y = 1 / (1 + exp(-x)); y may be x. */
    void (*sigmoid)(const float *x, size_t width, float *y);
    /* y = x * sigmoid(x); y may be x. */
    void (*silu)(const float *x, size_t width, float *y);
    /* y = silu(a) * b; y may be a or b. */
    void (*silu_product)(const float *a, const float *b, size_t width, float *y);
    /* h = f * h + i, y = h. */
    void (*recurrence)(const float *i, const float *f, size_t width, float *h, float *y);

    /* Sum of |w| over `count` stored floats (F32, F16 or BF16), in doubles, in an order that depends on count alone. NaN gives NaN. */
    double (*sum_abs_f32)(const void *w, size_t count);
    double (*sum_abs_f16)(const void *w, size_t count);
    double (*sum_abs_bf16)(const void *w, size_t count);

    /* To float, exactly. */
    void (*widen_f16)(const void *x, size_t count, float *y);
    void (*widen_bf16)(const void *x, size_t count, float *y);

    /* Trit codes of one row of floats: clamp(round-half-even(w * scale), -1, 1) + 1, four a byte, (width + 3) / 4 bytes, the last filled
     * with code 1. Adds to zeros the number of zeros among them. w holds no NaN. */
    void (*ternarise)(const float *w, float scale, size_t width, uint8_t *codes, size_t *zeros);

    /* maxima[b] = the largest of x[32 b] and the 31 after it, as far as there are; NaNs are left out, and -infinity where nothing is left. */
    void (*maxima)(const float *x, size_t count, float *maxima);
    /* y = exp((x - largest) * factor), where x <= largest and factor >= 0; returns the sum, in doubles, in an order that depends on count
     * alone. y may be x. */
    double (*exponentials)(const float *x, float largest, float factor, size_t count, float *y);

    /* Reads `bytes` bytes and returns a value that depends on all of them: the loop that memory bandwidth is measured with. */
    uint64_t (*read)(const void *bytes, size_t count);
} tern_kernels;

/* Whether this machine can run a level. */
bool tern_level_available(tern_level level);
/* The best level of this machine. */
tern_level tern_level_best(void);
/* The kernels of a level, which must be available. */
const tern_kernels *tern_kernels_at(tern_level level);

#endif
