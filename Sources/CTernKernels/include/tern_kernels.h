/* Kernels of Tern: products of ternary weights with int8 activations, the activation quantiser, norms, the recurrence.
 *
 * Every kernel exists at several levels (plain C; AVX2, the same with VNNI, AVX-512 with VNNI, the same with VBMI; on ARM NEON, the same
 * with dot products), in one table a level; the caller picks the table. All levels give the same bits, floats included: sums run in a
 * fixed order of sixteen lanes, and no level contracts to fused multiply-add. Pointers need no alignment. Nothing here allocates, locks,
 * or fails.
 *
 * Trits: codes 0, 1, 2 for -1, 0, +1. A row is filled up with code 1 (trit 0) to a multiple of 256, a block. A block holds four planes
 * of 64: plane p has the columns 4i + p, i = 0..63. There are two layouts of a matrix:
 *
 * - pairs: rows one after the other, two bits a code, four a byte, the lowest bits first, as files hold them. A shift and a mask of 64
 *   bytes give a plane.
 * - triples: rows by groups of 128, the last filled up with rows of code 1; columns by chunks of sixteen, which are those of a plane with
 *   neighbouring i, in the order of the blocks and of the planes in them, where the last block has only the chunks that it needs. Three
 *   chunks make a unit (the last is filled up with code 1): sixteen codes a + 3b + 9c of five bits, for the codes a, b, c in one place of
 *   the three. Of a unit a row takes five words of 16 bits: word w has the codes 2w, 2w + 1, 10 + w, lowest bits first, and in its highest
 *   bit the bit 4 - w of code 15. Word 0 of all rows of the group is followed by word 1 of all, and so on; in each 32 rows, word 8q + p is
 *   of row 4q + p if p < 4 and of row 16 + 4q + p - 4 otherwise. Groups are shared out evenly among as few bands as have no more than 13
 *   each. A band has its strips, five units each, one after the other, a strip all groups of the band, each with its units of the strip.
 *   1.67 bits a trit, in the order in which they are read.
 *
 * Quantised activations: int8, in the planes of the blocks of a row of trits, filled up with zeros.
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

/* Columns, and places, in a plane. */
#define TERN_PLANE 64
/* Rows of pairs that are multiplied together. */
#define TERN_GROUP 4
/* Rows of triples that lie together, groups in a band, columns of a unit, and units in a strip, whose tables stay in the first-level
 * cache. */
#define TERN_TRIPLE_ROWS 128
#define TERN_BAND 13
#define TERN_UNIT 48
#define TERN_STRIP 5
/* Rows of activations whose tables the first-level cache has room for, and the second. */
#define TERN_FEW 4
#define TERN_MANY 8

/* Planes of a row. */
static inline size_t tern_planes(size_t width) { return (width + TERN_BLOCK - 1) / TERN_BLOCK * (TERN_BLOCK / TERN_PLANE); }
/* Bytes of a row of pairs, a multiple of 64. */
static inline size_t tern_row_bytes(size_t width) { return tern_planes(width) * (TERN_PLANE / 4); }
/* Chunks of a row of triples, and where one begins among the planes. */
static inline size_t tern_chunks(size_t width)
{
    return width / TERN_BLOCK * 16 + ((width % TERN_BLOCK + 3) / 4 + 15) / 16 * 4;
}
static inline size_t tern_chunk_place(size_t width, size_t chunk)
{
    const size_t whole = width / TERN_BLOCK * 16, in_plane = ((width % TERN_BLOCK + 3) / 4 + 15) / 16;
    if (chunk < whole) return 16 * chunk;
    return 16 * whole + (chunk - whole) / in_plane * TERN_PLANE + (chunk - whole) % in_plane * 16;
}
/* Units of a row of triples, and groups of rows. */
static inline size_t tern_units(size_t width) { return (tern_chunks(width) + 2) / 3; }
static inline size_t tern_groups(size_t rows) { return (rows + TERN_TRIPLE_ROWS - 1) / TERN_TRIPLE_ROWS; }
/* Bytes of a unit of a group, and of a matrix of triples. */
static inline size_t tern_unit_bytes(void) { return TERN_TRIPLE_ROWS * 10; }
static inline size_t tern_triples_bytes(size_t rows, size_t width) { return tern_groups(rows) * tern_units(width) * tern_unit_bytes(); }
/* Strips of a matrix of triples, its bands, and the first group of one. */
static inline size_t tern_strips(size_t width) { return (tern_units(width) + TERN_STRIP - 1) / TERN_STRIP; }
static inline size_t tern_bands(size_t rows) { return (tern_groups(rows) + TERN_BAND - 1) / TERN_BAND; }
static inline size_t tern_band_start(size_t rows, size_t band)
{
    const size_t bands = tern_bands(rows);
    return bands ? tern_groups(rows) * band / bands : 0;
}
/* The band of a group. */
static inline size_t tern_band_of(size_t rows, size_t group)
{
    size_t band = group * tern_bands(rows) / tern_groups(rows);
    while (tern_band_start(rows, band + 1) <= group) band++;
    return band;
}
/* Where a cell begins, which is a group in a strip. */
static inline size_t tern_cell_start(size_t rows, size_t width, size_t strip, size_t group)
{
    const size_t unit = strip * TERN_STRIP, left = tern_units(width) - unit, units = left < TERN_STRIP ? left : TERN_STRIP;
    const size_t band = tern_band_of(rows, group), first = tern_band_start(rows, band), end = tern_band_start(rows, band + 1);
    return (first * tern_units(width) + unit * (end - first) + (group - first) * units) * tern_unit_bytes();
}
/* The place of a group's row among the words. */
static inline size_t tern_row_place(size_t row) { return row / 32 * 32 + row % 16 / 4 * 8 + row % 32 / 16 * 4 + row % 4; }
/* The number of the code in place `slot` of a word. */
static inline size_t tern_code_place(size_t word, size_t slot) { return slot < 2 ? 2 * word + slot : 10 + word; }
/* Bytes of a row of fives: five trits a byte, d0 + 3 d1 + 9 d2 + 27 d3 + 81 d4 of the codes of five columns, filled up with code 1. */
static inline size_t tern_fives_bytes(size_t width) { return (width + 4) / 5; }
/* Bytes of a row of quantised activations, a multiple of 256. */
static inline size_t tern_activation_bytes(size_t width) { return tern_planes(width) * TERN_PLANE; }

typedef enum { TERN_PAIRS = 0, TERN_TRIPLES = 1 } tern_layout;

/* A matrix of trits. */
typedef struct tern_matrix {
    const uint8_t *trits;
    size_t rows, width;
    tern_layout layout;
} tern_matrix;

/* Rows of quantised activations, `stride` bytes apart. sums[a] is the sum of row a, scales[a] what multiplies its products. */
typedef struct tern_activations {
    const int8_t *planes;
    size_t stride;
    const int32_t *sums;
    const float *scales;
    size_t count;
} tern_activations;

/* Columns in a span of a table of integers, and rows in a group. */
#define TERN_SPAN 128
#define TERN_INTEGER_ROWS 16

/* Spans of a row. */
static inline size_t tern_spans(size_t width) { return (width + TERN_SPAN - 1) / TERN_SPAN; }
/* Groups of a table, and bytes of the codes of one. */
static inline size_t tern_integer_groups(size_t rows) { return (rows + TERN_INTEGER_ROWS - 1) / TERN_INTEGER_ROWS; }
static inline size_t tern_integer_bytes(size_t width, unsigned bits)
{
    return tern_spans(width) * (TERN_SPAN / 8 * TERN_INTEGER_ROWS) * bits;
}

/* A table of integers of 2, 4, 6 or 8 bits: groups of sixteen rows, the last filled up with zeros, a group by spans, a span by quads, which
 * are sixteen columns. A code is the integer plus 2^(bits - 1). Of the codes of four neighbouring columns 4s + c, c = 0..3, of a quad, byte
 * 4r + c of 64 is that of row r: a step. A quad is
 * - with 8 bits its four steps, s = 0..3;
 * - with 2 bits 64 bytes with the four steps, s = 0 in the lowest bits;
 * - with 4 bits steps 0 and 1 in the low and the high halves of 64 bytes, then 2 and 3 alike;
 * - with 6 bits the low four bits of all codes in such 128 bytes, then 64 bytes with the high two bits of steps 0..3, lowest first.
 * Each group has for each span sixteen scales in half precision, one a row. */
typedef struct tern_integers {
    const uint8_t *codes;
    const uint16_t *scales;
    size_t rows, width;
    unsigned bits;
} tern_integers;

/* Rows of activations for tables of integers: tern_spans(width) * TERN_SPAN values, and for each span a scale and the sum of its values
 * times -128. */
typedef struct tern_spanned {
    const int8_t *values;
    const float *scales;
    const int32_t *sums;
    size_t count;
} tern_spanned;

/* Rows of floats in a tile of digits, and columns in a panel of integers. */
#define TERN_TILE 4
#define TERN_PANEL 16

/* Rows of floats as whole numbers of two or three digits, for products with integers: x = scales[row] * (d0 + 256 d1 (+ 65536 d2)), digits
 * of -128 to 127. Tiles of four rows, the last filled up with zeros; a tile by steps of four numbers of each row: the highest digits of
 * row 0, of row 1, 2 and 3, then the next lower ones alike. sums has, tile by tile, the sum of each row's highest digits, for the four
 * rows, then those of the next lower ones. */
typedef struct tern_digits {
    const int8_t *values;
    const int32_t *sums;
    const float *scales;
    size_t rows, steps;
    unsigned digits;
} tern_digits;

/* Columns of integers of 8 bits for products with digits, each plus `offset`: panels of sixteen columns, each panel by steps of four numbers
 * of each column. What fills up the last panel and the last step is any number. */
typedef struct tern_columns {
    const uint8_t *values;
    size_t columns, steps;
    int32_t offset;
} tern_columns;

/* The largest whole number that is made of so many digits, with room for what rounding adds. */
static inline float tern_digits_most(unsigned digits) { return digits == 2 ? 32639.0f : 8355700.0f; }
/* Bytes of a tile, and of a panel. */
static inline size_t tern_tile_bytes(size_t steps, unsigned digits) { return steps * digits * TERN_TILE * 4; }
static inline size_t tern_panel_bytes(size_t steps) { return steps * TERN_PANEL * 4; }

/* Tokens whose keys and values a page holds. */
#define TERN_PAGE 64

typedef enum { TERN_F32 = 0, TERN_F16 = 1, TERN_BF16 = 2, TERN_I8 = 3 } tern_element;

/* Bytes of one head of a page: its keys, [width][TERN_PAGE], its values, [TERN_PAGE][width], in float32, float16 or int8; with int8 then
 * a scale for each key and one for each value, in float32. */
static inline size_t tern_page_bytes(size_t width, tern_element element)
{
    size_t numbers = 2 * TERN_PAGE * width;
    return element == TERN_F32 ? 4 * numbers : element == TERN_F16 ? 2 * numbers : numbers + 2 * TERN_PAGE * sizeof(float);
}

/* The keys and values of one head, of pages in the order of the tokens; each head lies `offset` bytes into its page. */
typedef struct tern_pages {
    uint8_t *const *pages;
    size_t offset, width;
    tern_element element;
} tern_pages;

/* A query and the tokens that it attends to; out gets `width` numbers. */
typedef struct tern_query {
    const float *query;
    size_t first, end;
    float *out;
} tern_query;

/* Queries that `attend` takes at once. */
#define TERN_QUERIES 8

/* The plainest first; of those that a machine has, the last is the fastest. */
typedef enum {
    TERN_SCALAR = 0, TERN_AVX2 = 1, TERN_AVXVNNI = 2, TERN_AVX512 = 3, TERN_AVX512VBMI = 4, TERN_NEON = 5, TERN_NEONDOT = 6,
} tern_level;
enum { TERN_LEVELS = 7 };

typedef struct tern_kernels {
    /* out[a * out_stride + r] = scales[a] * (row first + r of a matrix of pairs . activation row a), for r in 0..<rows and every a. The
     * dot product is exact in 32 bits up to a width of 2^24. `first` is a multiple of TERN_GROUP. */
    void (*product)(const tern_matrix *matrix, size_t first, size_t rows, const tern_activations *x, float *out, size_t out_stride);

    /* out[a * out_stride + r] = scales[a] * (row r of the groups first ..< end of a matrix of triples . activation row a), for every row that
     * the matrix has in these groups and for every a, up to TERN_MANY; `sums` is room for a number of every row of the groups and every a. */
    void (*product_triples)(const tern_matrix *matrix, size_t first, size_t end, const tern_activations *x, int32_t *sums, float *out,
                            size_t out_stride);

    /* Group number `group` of a matrix of `all_rows` rows in triples, from up to TERN_TRIPLE_ROWS rows of codes as files hold them,
     * (width + 3) / 4 bytes each, filled up with code 1. The codes are 0, 1, 2. */
    void (*pack_triples)(const uint8_t *rows, size_t count, size_t width, size_t group, size_t all_rows, uint8_t *trits);

    /* out[a * out_stride + r] = row first + r of the table . activation row a, for r in 0..<rows and every a. Products of a span are summed
     * as integers; these sums, as floats, are added up over the spans in their order, each times (the row's scale times that of the
     * activations), with fused multiply-add. `first` is a multiple of TERN_INTEGER_ROWS. */
    void (*product_integers)(const tern_integers *table, size_t first, size_t rows, const tern_spanned *x, float *out, size_t out_stride);

    /* A row of activations for tables of integers: of each span the absmax quantiser to 8 bits. NaN counts as 0. */
    void (*quantise_spans)(const float *x, size_t width, int8_t *values, float *scales, int32_t *sums);

    /* Row `row` of a group of a table of integers from floats, none of them NaN or infinite: of each span the scale is that of its largest
     * |w|. Writes no byte of other rows. */
    void (*narrow_integers)(const float *w, size_t width, unsigned bits, size_t row, uint8_t *codes, uint16_t *scales);

    /* Row `row` of a group of a table of integers as floats. */
    void (*widen_integers)(const uint8_t *codes, const uint16_t *scales, size_t width, unsigned bits, size_t row, float *w);

    /* Row `row` of a group of a table of integers from `planes` rows of trit codes as files hold them, one after the other, (width + 3) / 4
     * bytes each: the integers are the trits of the first times 3^(planes - 1), and so on to those of the last as they are. The codes are 0,
     * 1, 2, the integers have to fit. Writes no byte of other rows. */
    void (*fold_planes)(const uint8_t *codes, size_t planes, size_t width, unsigned bits, size_t row, uint8_t *table);

    /* c[i * c_stride + j] += a[i * a_row + k * a_step] * b[k * b_stride + j], for k in 0..<depth in order, for i in 0..<rows and j in
     * 0..<columns: each number is a chain of fused multiply-adds, so that no bit depends on how the work is cut up but along k. */
    void (*add_products)(const float *a, size_t a_row, size_t a_step, size_t rows, const float *b, size_t b_stride, size_t depth, float *c,
                         size_t c_stride, size_t columns);

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

    /* y = max(x, 0)^2; y may be x. */
    void (*squared_relu)(const float *x, size_t width, float *y);
    /* y = max(a, 0)^2 * b; y may be a or b. */
    void (*squared_relu_product)(const float *a, const float *b, size_t width, float *y);
    /* y = a + b; y may be a or b. */
    void (*add)(const float *a, const float *b, size_t width, float *y);
    /* Rotary embedding of `heads` heads of 2 * half numbers each: (x[j], x[half + j]) turns by the angle whose cosine and sine stand at j. y
     * may be x. */
    void (*rotate)(const float *x, size_t heads, size_t half, const float *cosines, const float *sines, float *y);

    /* Writes the key and the value of a token into its page, rounded as the page's element asks. */
    void (*remember)(const tern_pages *pages, size_t token, const float *key, const float *value);
    /* out = sum of softmax(query . key * scale) * value, for up to TERN_QUERIES queries; `scores` has room for that many times the largest
     * `end`, rounded up to a page. Scores are summed up number by number, outputs token by token, with fused multiply-add. */
    void (*attend)(const tern_pages *pages, const tern_query *queries, size_t count, float scale, float *scores);

    /* out[a * out_stride + r] = row r of the weights . row a of x, for r in 0..<rows, a in 0..<count: floats, with fused multiply-add, in 64
     * lanes by column. Weights are F32, F16 or BF16. */
    void (*product_dense)(const void *weights, tern_element element, size_t rows, size_t width, const float *x, size_t x_stride, size_t count,
                          float *out, size_t out_stride);

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

    /* Rows of fives as rows of two-bit codes, (width + 3) / 4 bytes each, filled up with code 1. Returns whether all bytes of the fives stand
     * for five codes and rows are filled up as they should be; where not, the codes are undefined. */
    bool (*unpack_fives)(const uint8_t *fives, size_t rows, size_t width, uint8_t *codes);
    /* The other way. The codes are 0, 1, 2. */
    void (*pack_fives)(const uint8_t *codes, size_t rows, size_t width, uint8_t *fives);

    /* maxima[b] = the largest of x[32 b] and the 31 after it, as far as there are; NaNs are left out, and -infinity where nothing is left. */
    void (*maxima)(const float *x, size_t count, float *maxima);
    /* y = exp((x - largest) * factor), where x <= largest and factor >= 0; returns the sum, in doubles, in an order that depends on count
     * alone. y may be x. */
    double (*exponentials)(const float *x, float largest, float factor, size_t count, float *y);

    /* Reads `bytes` bytes and returns a value that depends on all of them: the loop that memory bandwidth is measured with. */
    uint64_t (*read)(const void *bytes, size_t count);
    /* Multiplies and adds int8 in registers only, `rounds` times TERN_PEAK_ROUND of them, and returns a value that depends on all: the
     * most that products can reach. */
    uint64_t (*multiply_add)(size_t rounds);

    /* c[row * stride + column] += factor * (row of the digits . column of the integers), for the rows of the tiles first ..< end and every
     * column. Digits' products are summed as integers, which have to fit in 32 bits; these sums, as floats, are added up from the
     * highest digits on, and rounded once more with the scale and once when they are added. */
    void (*product_digits)(const tern_digits *a, size_t first, size_t end, const tern_columns *b, float factor, float *c, size_t stride);
    /* A tile of up to four rows of `width` floats; inverses are 1 / the scales, 0 for a row of zeros. Writes the sums too. */
    void (*digits_of_rows)(const float *x, size_t stride, size_t rows, size_t width, const float *inverses, unsigned digits, int8_t *tile,
                           int32_t *sums);
    /* Four tiles, of sixteen columns x[row * stride + column] * factors[row], with their inverses; there are columns beyond `columns` where
     * memory ends, which count as zeros. */
    void (*digits_of_columns)(const float *x, size_t stride, size_t rows, size_t columns, const float *factors, const float *inverses,
                              unsigned digits, int8_t *tiles, int32_t *sums);
    /* largest[column] = max(largest[column], |x[row * stride + column] * factors[row]|) and squares[column] += its square, row by row. */
    void (*column_ranges)(const float *x, size_t stride, size_t rows, size_t columns, const float *factors, float *largest, float *squares);
    /* The largest |x| of a row, and the sum of its squares, in sixteen lanes. */
    void (*row_range)(const float *x, size_t width, float *largest, float *square);
    /* Step `step` of panels from four rows of codes as files hold them, (width + 3) / 4 bytes each, or of fewer; offset 1. */
    void (*panels_of_codes)(const uint8_t *codes, size_t rows, size_t width, size_t step, size_t steps, uint8_t *panels);
    /* The same from four rows of quantised activations, `stride` bytes apart; offset 128. */
    void (*panels_of_planes)(const int8_t *planes, size_t stride, size_t rows, size_t width, size_t step, size_t steps, uint8_t *panels);

    /* The layout that this level multiplies fastest by from memory. */
    tern_layout layout;
} tern_kernels;

/* Multiply-adds in a round of `multiply_add`. */
#define TERN_PEAK_ROUND 1024

/* Whether this machine can run a level. */
bool tern_level_available(tern_level level);
/* The best level of this machine. */
tern_level tern_level_best(void);
/* The kernels of a level, which must be available. */
const tern_kernels *tern_kernels_at(tern_level level);

#endif
