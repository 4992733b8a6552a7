/* Compares every kernel of every level that the processor has with plain C, bit for bit, on random shapes; `make test-neon` builds it for
 * ARM. Prints the levels and a digest of what plain C computes, which has to be the same on every processor. */
#include "../../Sources/CTernKernels/include/tern_kernels.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const names[TERN_LEVELS] = {"scalar", "avx2", "avxvnni", "avx512", "avx512vbmi", "neon", "neondot"};
static uint64_t seed = 1, digest = 14695981039346656037u;
static int failures = 0;

static uint64_t next(void)
{
    uint64_t z = seed += 0x9e3779b97f4a7c15;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9;
    z = (z ^ z >> 27) * 0x94d049bb133111eb;
    return z ^ z >> 31;
}

static size_t below(size_t limit) { return (size_t)(next() % limit); }

/* Of all magnitudes, and not too many. */
static float number(void)
{
    static const float sizes[] = {1, 1, 1, 20, 1e-3f, 300, 1e-20f};
    return ((float)(next() >> 40) * 0x1p-23f - 1) * sizes[below(7)];
}

enum { MARGIN = 64, POISON = 0xA5 };

/* Memory that ends with the bytes asked for, full of poison, and with a margin of it before and after where that is for output. */
typedef struct {
    uint8_t *memory, *start;
    size_t size;
} buffer;

static buffer fresh(size_t size)
{
    uint8_t *memory = malloc(size + 2 * MARGIN);
    if (!memory) exit(2);
    memset(memory, POISON, size + 2 * MARGIN);
    return (buffer){memory, memory + MARGIN, size};
}

static void add_to_digest(const uint8_t *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++) digest = (digest ^ bytes[i]) * 1099511628211u;
}

/* Compares what a level wrote with what plain C wrote, margins included. */
static void compare(const char *kernel, int level, const buffer *found, const buffer *expected, size_t width)
{
    if (memcmp(found->memory, expected->memory, found->size + 2 * MARGIN) == 0) return;
    failures++;
    if (failures < 20) printf("%s at %s differs from plain C at width %zu\n", kernel, names[level], width);
}

/* Runs BODY, which writes to `out`, at plain C and at each level, and compares. */
#define AT_EACH_LEVEL(KERNEL, SIZE, WIDTH, BODY) do { \
    const tern_kernels *k = tern_kernels_at(TERN_SCALAR); \
    buffer expected = fresh(SIZE), out = expected; \
    BODY; \
    add_to_digest(expected.start, expected.size); \
    for (int level = 1; level < TERN_LEVELS; level++) { \
        if (!tern_level_available((tern_level)level)) continue; \
        k = tern_kernels_at((tern_level)level); \
        out = fresh(SIZE); \
        BODY; \
        compare(KERNEL, level, &out, &expected, WIDTH); \
        free(out.memory); \
    } \
    free(expected.memory); \
} while (0)

static float *numbers(size_t count)
{
    float *x = malloc(count * sizeof *x + 1);
    if (!x) exit(2);
    for (size_t i = 0; i < count; i++) x[i] = number();
    return x;
}

/* Rows of codes as files hold them; all 2 if they are to be `worst`, for sums as large as can be. */
static uint8_t *stored_rows(size_t rows, size_t width, bool worst)
{
    const size_t bytes = (width + 3) / 4;
    uint8_t *codes = malloc(rows * bytes + 1);
    if (!codes) exit(2);
    for (size_t i = 0; i < rows * bytes; i++) {
        codes[i] = 0;
        for (size_t part = 0; part < 4; part++)
            codes[i] |= (uint8_t)((i % bytes * 4 + part >= width ? 1 : worst ? 2 : below(3)) << (2 * part));
    }
    return codes;
}

/* The same in either layout of the products, with what may be read behind it. */
static uint8_t *laid_out(const uint8_t *stored, size_t rows, size_t width, tern_layout layout)
{
    const size_t groups = (rows + 3) / 4, bytes = (width + 3) / 4, group = tern_group_bytes(width), row = tern_row_bytes(width);
    uint8_t *trits = malloc(layout == TERN_TRIPLES ? groups * group + TERN_SLACK : rows * row);
    if (!trits) exit(2);
    if (layout == TERN_TRIPLES) {
        memset(trits + groups * group, POISON, TERN_SLACK);
        for (size_t g = 0; g < groups; g++)
            tern_kernels_at(TERN_SCALAR)->pack_triples(stored + 4 * g * bytes, rows - 4 * g < 4 ? rows - 4 * g : 4, width, trits + g * group);
    } else {
        memset(trits, 0x55, rows * row);
        for (size_t r = 0; r < rows; r++) memcpy(trits + r * row, stored + r * bytes, bytes);
    }
    return trits;
}

static tern_activations random_activations(size_t count, size_t width, bool worst)
{
    const size_t stride = tern_activation_bytes(width);
    int8_t *planes = malloc(count * stride);
    int32_t *sums = calloc(count, sizeof *sums);
    if (!planes || !sums) exit(2);
    for (size_t i = 0; i < count * stride; i++) {
        planes[i] = (int8_t)(worst ? (i / stride % 2 ? 127 : -128) : (int)below(256) - 128);
        sums[i / stride] += planes[i];
    }
    return (tern_activations){planes, stride, sums, numbers(count), count};
}

static void products(void)
{
    const size_t width = 1 + below(below(4) ? 1500 : 5000), count = 1 + below(9), first = 4 * below(3), rows = 1 + below(11);
    const bool worst = below(5) == 0;
    const tern_layout layout = below(3) ? TERN_PAIRS : TERN_TRIPLES;
    uint8_t *stored = stored_rows(first + rows, width, worst), *trits = laid_out(stored, first + rows, width, layout);
    tern_matrix matrix = {trits, first + rows, width, layout};
    tern_activations x = random_activations(count, width, worst);
    const size_t stride = rows + below(3);
    AT_EACH_LEVEL("product", (count * stride + rows) * 4, width, k->product(&matrix, first, rows, &x, (float *)out.start, stride));
    const size_t some = 1 + below(first + rows < 4 ? first + rows : 4);
    AT_EACH_LEVEL("pack_triples", tern_group_bytes(width), width, k->pack_triples(stored, some, width, out.start));
    free(stored), free(trits), free((void *)x.planes), free((void *)x.sums), free((void *)x.scales);
}

static void elementwise(void)
{
    const size_t width = 1 + below(1000);
    float *x = numbers(width), *z = numbers(width);
    AT_EACH_LEVEL("rms_norm", width * 4, width, k->rms_norm(x, z, 1e-6f, width, (float *)out.start));
    AT_EACH_LEVEL("rms_norm", width * 4, width, k->rms_norm(x, NULL, 1e-5f, width, (float *)out.start));
    AT_EACH_LEVEL("sigmoid", width * 4, width, k->sigmoid(x, width, (float *)out.start));
    AT_EACH_LEVEL("silu", width * 4, width, k->silu(x, width, (float *)out.start));
    AT_EACH_LEVEL("silu_product", width * 4, width, k->silu_product(x, z, width, (float *)out.start));
    AT_EACH_LEVEL("recurrence", width * 8, width, {
        float *h = (float *)out.start + width;
        memcpy(h, z, width * 4);
        k->recurrence(x, z, width, h, (float *)out.start);
    });
    free(x), free(z);
}

static void choices(void)
{
    const size_t width = 1 + below(3000);
    float *x = numbers(width), largest = 0;
    for (size_t i = 0; i < width; i++) largest = x[i] > largest ? x[i] : largest;
    AT_EACH_LEVEL("maxima", (width + 31) / 32 * 4, width, k->maxima(x, width, (float *)out.start));
    AT_EACH_LEVEL("exponentials", 8 + width * 4, width, {
        double sum = k->exponentials(x, largest, 1.3f, width, (float *)(out.start + 8));
        memcpy(out.start, &sum, 8);
    });
    free(x);
}

static void quantisers(void)
{
    const size_t width = 1 + below(2000);
    float *x = numbers(width);
    AT_EACH_LEVEL("quantise", 8 + tern_activation_bytes(width), width, {
        float inverse;
        int32_t sum = k->quantise(x, width, (int8_t *)out.start + 8, &inverse);
        memcpy(out.start, &sum, 4);
        memcpy(out.start + 4, &inverse, 4);
    });
    AT_EACH_LEVEL("ternarise", 8 + (width + 3) / 4, width, {
        size_t zeros = 3;
        k->ternarise(x, 0.7f, width, out.start + 8, &zeros);
        memcpy(out.start, &zeros, 8);
    });
    free(x);
}

static void stored_floats(void)
{
    const size_t width = 1 + below(2000);
    uint16_t *halves = malloc(width * 4);
    if (!halves) exit(2);
    /* Neither infinite nor NaN, in any of the formats. */
    for (size_t i = 0; i < 2 * width; i++) halves[i] = (uint16_t)(next() & 0xbbff);
    AT_EACH_LEVEL("widen_f16", width * 4, width, k->widen_f16(halves, width, (float *)out.start));
    AT_EACH_LEVEL("widen_bf16", width * 4, width, k->widen_bf16(halves, width, (float *)out.start));
    AT_EACH_LEVEL("sums", 32, width, {
        double sums[3];
        sums[0] = k->sum_abs_f32(halves, width);
        sums[1] = k->sum_abs_f16(halves, width);
        sums[2] = k->sum_abs_bf16(halves, width);
        uint64_t read = k->read(halves, 2 * width + 1);
        memcpy(out.start, sums, 24);
        memcpy(out.start + 24, &read, 8);
    });
    free(halves);
}

int main(void)
{
    for (int round = 0; round < 1000; round++) {
        products();
        elementwise();
        choices();
        quantisers();
        stored_floats();
    }
    printf("levels:");
    for (int level = 0; level < TERN_LEVELS; level++)
        if (tern_level_available((tern_level)level)) printf(" %s", names[level]);
    printf("\ndigest: %016llx\n", (unsigned long long)digest);
    return failures > 0;
}
