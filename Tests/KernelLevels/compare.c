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

/* The same in either layout of the products. */
static uint8_t *laid_out(const uint8_t *stored, size_t rows, size_t width, tern_layout layout)
{
    const size_t bytes = (width + 3) / 4, row = tern_row_bytes(width), all = TERN_TRIPLE_ROWS;
    uint8_t *trits = malloc(layout == TERN_TRIPLES ? tern_triples_bytes(rows, width) : rows * row);
    if (!trits) exit(2);
    if (layout == TERN_TRIPLES) {
        for (size_t r = 0; r < rows; r += all)
            tern_kernels_at(TERN_SCALAR)->pack_triples(stored + r * bytes, rows - r < all ? rows - r : all, width, r / all, rows, trits);
    } else {
        memset(trits, 0x55, rows * row);
        for (size_t r = 0; r < rows; r++) memcpy(trits + r * row, stored + r * bytes, bytes);
    }
    return trits;
}

static tern_activations random_activations(size_t count, size_t width, bool worst)
{
    const size_t stride = tern_activation_bytes(width);
    int8_t *planes = calloc(count, stride);
    int32_t *sums = calloc(count, sizeof *sums);
    if (!planes || !sums) exit(2);
    for (size_t i = 0; i < count * width; i++) {
        const size_t row = i / width, column = i % width;
        const int8_t value = (int8_t)(worst ? (row % 2 ? 127 : -128) : (int)below(256) - 128);
        planes[row * stride + column / TERN_BLOCK * TERN_BLOCK + column % 4 * TERN_PLANE + column % TERN_BLOCK / 4] = value;
        sums[row] += value;
    }
    return (tern_activations){planes, stride, sums, numbers(count), count};
}

static void products(void)
{
    const size_t width = 1 + below(below(4) ? 1500 : 5000), count = 1 + below(9), first = TERN_GROUP * below(3), rows = 1 + below(11);
    const bool worst = below(5) == 0;
    uint8_t *stored = stored_rows(first + rows, width, worst), *trits = laid_out(stored, first + rows, width, TERN_PAIRS);
    tern_matrix matrix = {trits, first + rows, width, TERN_PAIRS};
    tern_activations x = random_activations(count, width, worst);
    const size_t stride = rows + below(3);
    AT_EACH_LEVEL("product", (count * stride + rows) * 4, width, k->product(&matrix, first, rows, &x, (float *)out.start, stride));
    free(stored), free(trits), free((void *)x.planes), free((void *)x.sums), free((void *)x.scales);
}

static void triples(void)
{
    const size_t width = 1 + below(below(4) ? 1500 : 5000), count = 1 + below(TERN_MANY), rows = 1 + below(below(10) ? 300 : 4000);
    const size_t groups = tern_groups(rows);
    const bool worst = below(5) == 0;
    uint8_t *stored = stored_rows(rows, width, worst), *trits = laid_out(stored, rows, width, TERN_TRIPLES);
    tern_matrix matrix = {trits, rows, width, TERN_TRIPLES};
    tern_activations x = random_activations(count, width, worst);
    const size_t first = below(groups), end = first + 1 + below(groups - first);
    const size_t stride = (end - first) * TERN_TRIPLE_ROWS + below(3);
    int32_t *sums = malloc(count * (end - first) * TERN_TRIPLE_ROWS * sizeof *sums);
    if (!sums) exit(2);
    AT_EACH_LEVEL("product_triples", count * stride * 4, width,
                  k->product_triples(&matrix, first, end, &x, sums, (float *)out.start, stride));
    free(sums);
    const size_t some = 1 + below(rows < TERN_TRIPLE_ROWS ? rows : TERN_TRIPLE_ROWS);
    AT_EACH_LEVEL("pack_triples", tern_triples_bytes(some, width), width, k->pack_triples(stored, some, width, 0, some, out.start));
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
    AT_EACH_LEVEL("squared_relu", width * 4, width, k->squared_relu(x, width, (float *)out.start));
    AT_EACH_LEVEL("squared_relu_product", width * 4, width, k->squared_relu_product(x, z, width, (float *)out.start));
    AT_EACH_LEVEL("add", width * 4, width, k->add(x, z, width, (float *)out.start));
    if (width >= 6) AT_EACH_LEVEL("rotate", width / 6 * 24, width, k->rotate(x, 3, width / 6, z, z + 1, (float *)out.start));
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

/* A table of integers, made of floats, and the products of some of its rows. */
static void tables_of_integers(void)
{
    static const unsigned choices[] = {2, 4, 6, 8};
    const unsigned bits = choices[below(4)];
    const size_t width = 1 + below(700), rows = 1 + below(70), groups = tern_integer_groups(rows), count = 1 + below(20);
    const size_t first = below(groups) * TERN_INTEGER_ROWS, spans = tern_spans(width), group_bytes = tern_integer_bytes(width, bits);
    const size_t group_scales = spans * TERN_INTEGER_ROWS, group_size = group_bytes + 2 * group_scales;
    uint8_t *codes = calloc(groups, group_bytes);
    uint16_t *scales = calloc(groups * group_scales, sizeof *scales);
    int8_t *values = malloc(count * spans * TERN_SPAN);
    float *value_scales = malloc(count * spans * sizeof *value_scales);
    int32_t *sums = malloc(count * spans * sizeof *sums);
    if (!codes || !scales || !values || !value_scales || !sums) exit(2);
    const tern_kernels *plain = tern_kernels_at(TERN_SCALAR);
    for (size_t r = 0; r < groups * TERN_INTEGER_ROWS; r++) {
        float *w = numbers(width);
        const size_t row = r % TERN_INTEGER_ROWS;
        uint8_t *group = codes + r / TERN_INTEGER_ROWS * group_bytes;
        uint16_t *its_scales = scales + r / TERN_INTEGER_ROWS * group_scales;
        /* The other rows keep the poison. */
        AT_EACH_LEVEL("narrow_integers", group_size, width,
                      k->narrow_integers(w, width, bits, row, out.start + 2 * group_scales, (uint16_t *)out.start));
        plain->narrow_integers(w, width, bits, row, group, its_scales);
        AT_EACH_LEVEL("widen_integers", width * 4, width,
                      k->widen_integers(group, its_scales, width, bits, row, (float *)out.start));
        free(w);
    }
    for (size_t a = 0; a < count; a++) {
        float *x = numbers(width);
        AT_EACH_LEVEL("quantise_spans", spans * (TERN_SPAN + 8), width,
                      k->quantise_spans(x, width, (int8_t *)out.start + 8 * spans, (float *)out.start, (int32_t *)out.start + spans));
        plain->quantise_spans(x, width, values + a * spans * TERN_SPAN, value_scales + a * spans, sums + a * spans);
        free(x);
    }
    const tern_integers table = {codes, scales, rows, width, bits};
    const tern_spanned x = {values, value_scales, sums, count};
    AT_EACH_LEVEL("product_integers", count * rows * 4, width,
                  k->product_integers(&table, first, rows - first, &x, (float *)out.start, rows));
    /* Codes at both ends, which meet the largest activations. */
    for (size_t i = 0; i < groups * group_bytes; i++) codes[i] = next() % 2 == 0 ? 0 : 255;
    for (size_t i = 0; i < count * spans * TERN_SPAN; i++) values[i] = i / TERN_SPAN % 2 == 0 ? 127 : -127;
    for (size_t i = 0; i < count * spans; i++) sums[i] = -128 * TERN_SPAN * (i % 2 == 0 ? 127 : -127);
    AT_EACH_LEVEL("product_integers, at the ends", count * rows * 4, width,
                  k->product_integers(&table, first, rows - first, &x, (float *)out.start, rows));
    free(codes), free(scales), free(values), free(value_scales), free(sums);
}

/* Rows of planes folded to integers. */
static void folded_planes(void)
{
    const size_t width = 1 + below(700), planes = 1 + below(3), row = below(TERN_INTEGER_ROWS), row_bytes = (width + 3) / 4;
    const unsigned bits = 2 * (unsigned)planes;
    uint8_t *codes = malloc(planes * row_bytes);
    if (!codes) exit(2);
    for (size_t i = 0; i < planes * row_bytes; i++) codes[i] = (uint8_t)(below(3) | below(3) << 2 | below(3) << 4 | below(3) << 6);
    AT_EACH_LEVEL("fold_planes", tern_integer_bytes(width, bits), width, k->fold_planes(codes, planes, width, bits, row, out.start));
    free(codes);
}

static void chains(void)
{
    const size_t rows = 1 + below(9), columns = 1 + below(100), depth = 1 + below(70), turned = below(2);
    float *a = numbers(rows * depth), *b = numbers(depth * columns);
    AT_EACH_LEVEL("add_products", rows * columns * 4, columns, {
        memset(out.start, 0, rows * columns * 4);
        k->add_products(a, turned ? 1 : depth, turned ? rows : 1, rows, b, columns, depth, (float *)out.start, columns, columns);
    });
    free(a), free(b);
}

static void dense_products(void)
{
    const tern_element element = (tern_element)below(3);
    const size_t width = 1 + below(600), rows = 1 + below(40), count = 1 + below(9), stride = width + below(5);
    float *x = numbers(count * stride), *floats = numbers(rows * width);
    uint16_t *halves = malloc(rows * width * sizeof *halves);
    if (!halves) exit(2);
    for (size_t i = 0; i < rows * width; i++) halves[i] = (uint16_t)(next() & 0xbbff);
    const void *weights = element == TERN_F32 ? (void *)floats : (void *)halves;
    AT_EACH_LEVEL("product_dense", rows * count * 4, width,
                  k->product_dense(weights, element, rows, width, x, stride, count, (float *)out.start, rows));
    free(x), free(floats), free(halves);
}

/* Some tokens' keys and values remembered, and some queries that attend to them. */
static void attention(void)
{
    static const tern_element elements[] = {TERN_F32, TERN_F16, TERN_I8};
    const tern_element element = elements[below(3)];
    const size_t width = 1 + below(140), tokens = 1 + below(200), pages = (tokens + TERN_PAGE - 1) / TERN_PAGE;
    const size_t count = 1 + below(TERN_QUERIES);
    const size_t page_bytes = tern_page_bytes(width, element);
    uint8_t **memory = calloc(pages, sizeof *memory);
    float *keys = numbers(tokens * width), *values = numbers(tokens * width), *queries = numbers(count * width);
    float *scores = malloc(TERN_QUERIES * pages * TERN_PAGE * sizeof *scores);
    tern_query query[TERN_QUERIES];
    if (!memory || !scores) exit(2);
    for (size_t p = 0; p < pages; p++)
        if (!(memory[p] = malloc(page_bytes))) exit(2);
    for (size_t q = 0; q < count; q++) {
        query[q].first = below(tokens);
        query[q].end = query[q].first + 1 + below(tokens - query[q].first);
        query[q].query = queries + q * width;
    }
    const tern_pages all = {memory, 0, width, element};
    AT_EACH_LEVEL("remember", pages * page_bytes, width, {
        for (size_t p = 0; p < pages; p++) memset(memory[p], 0, page_bytes);
        for (size_t t = 0; t < tokens; t++) k->remember(&all, t, keys + t * width, values + t * width);
        for (size_t p = 0; p < pages; p++) memcpy(out.start + p * page_bytes, memory[p], page_bytes);
    });
    AT_EACH_LEVEL("attend", count * width * 4, width, {
        for (size_t q = 0; q < count; q++) query[q].out = (float *)out.start + q * width;
        k->attend(&all, query, count, 0.25f, scores);
    });
    for (size_t p = 0; p < pages; p++) free(memory[p]);
    free(memory), free(keys), free(values), free(queries), free(scores);
}

/* Rows of codes to fives and back, and fives of which some stand for nothing. */
static void fives(void)
{
    const size_t width = 1 + below(1400), rows = 1 + below(4), size = rows * tern_fives_bytes(width), bytes = rows * ((width + 3) / 4);
    uint8_t *codes = stored_rows(rows, width, false), *packed = malloc(size);
    if (!packed) exit(2);
    AT_EACH_LEVEL("pack_fives", size, width, k->pack_fives(codes, rows, width, out.start));
    tern_kernels_at(TERN_SCALAR)->pack_fives(codes, rows, width, packed);
    AT_EACH_LEVEL("unpack_fives", 1 + bytes, width, out.start[0] = k->unpack_fives(packed, rows, width, out.start + 1));
    packed[below(size)] = (uint8_t)next();
    AT_EACH_LEVEL("unpack_fives", 1 + bytes, width, {
        out.start[0] = k->unpack_fives(packed, rows, width, out.start + 1);
        if (!out.start[0]) memset(out.start + 1, 0, bytes);
    });
    free(codes), free(packed);
}

int main(void)
{
    for (int round = 0; round < 300; round++) {
        products(), triples();
        elementwise();
        choices();
        quantisers();
        stored_floats();
        fives();
        tables_of_integers();
        folded_planes();
        chains();
        dense_products();
        attention();
    }
    printf("levels:");
    for (int level = 0; level < TERN_LEVELS; level++)
        if (tern_level_available((tern_level)level)) printf(" %s", names[level]);
    printf("\ndigest: %016llx\n", (unsigned long long)digest);
    return failures > 0;
}
