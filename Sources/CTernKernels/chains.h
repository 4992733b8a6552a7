/* Products of floats in which each number of the result is a chain of fused multiply-adds; compiled for each level as floats.h is, after
 * lanes.h. */

/* Rows and columns that are summed at once, in registers. */
enum { CHAIN_ROWS = 4, CHAIN_PARTS = 2, CHAIN_COLUMNS = 16 * CHAIN_PARTS };

/* Where a tile stands: its first row of a, its first column of b and c. */
typedef struct {
    const float *a, *b;
    float *c;
    size_t a_row, a_step, b_stride, depth, c_stride;
} chain_place;

/* `count` rows by CHAIN_COLUMNS columns. */
TERN_INLINE void chain_tile(size_t count, const chain_place *p)
{
    lanes16 sums[CHAIN_ROWS][CHAIN_PARTS];
#pragma clang loop unroll(full)
    for (size_t i = 0; i < count; i++)
#pragma clang loop unroll(full)
        for (size_t part = 0; part < CHAIN_PARTS; part++) sums[i][part] = load16(p->c + i * p->c_stride + 16 * part);
    for (size_t k = 0; k < p->depth; k++) {
        lanes16 b[CHAIN_PARTS];
#pragma clang loop unroll(full)
        for (size_t part = 0; part < CHAIN_PARTS; part++) b[part] = load16(p->b + k * p->b_stride + 16 * part);
#pragma clang loop unroll(full)
        for (size_t i = 0; i < count; i++) {
            lanes16 a = all16(p->a[i * p->a_row + k * p->a_step]);
#pragma clang loop unroll(full)
            for (size_t part = 0; part < CHAIN_PARTS; part++) sums[i][part] = fma16(a, b[part], sums[i][part]);
        }
    }
#pragma clang loop unroll(full)
    for (size_t i = 0; i < count; i++)
#pragma clang loop unroll(full)
        for (size_t part = 0; part < CHAIN_PARTS; part++) store16(sums[i][part], p->c + i * p->c_stride + 16 * part);
}

static void LEVEL(chain_of_rows)(size_t count, const chain_place *p)
{
    switch (count) {
    case 1: chain_tile(1, p); break;
    case 2: chain_tile(2, p); break;
    case 3: chain_tile(3, p); break;
    default: chain_tile(4, p);
    }
}

/* Up to fifteen columns of a row: the last ones, of which there are no sixteen. */
TERN_INLINE void few_columns(const chain_place *p, size_t columns)
{
    float last[16] = {0};
    memcpy(last, p->c, columns * sizeof(float));
    lanes16 sum = load16(last);
    for (size_t k = 0; k < p->depth; k++) {
        float b[16] = {0};
        memcpy(b, p->b + k * p->b_stride, columns * sizeof(float));
        sum = fma16(all16(p->a[k * p->a_step]), load16(b), sum);
    }
    store16(sum, last);
    memcpy(p->c, last, columns * sizeof(float));
}

void LEVEL(tern_add_products)(const float *a, size_t a_row, size_t a_step, size_t rows, const float *b, size_t b_stride, size_t depth,
                              float *c, size_t c_stride, size_t columns)
{
    for (size_t j = 0; j < columns; j += CHAIN_COLUMNS)
        for (size_t i = 0; i < rows; i += CHAIN_ROWS) {
            const size_t count = rows - i < CHAIN_ROWS ? rows - i : CHAIN_ROWS;
            chain_place p = {.a = a + i * a_row, .b = b + j, .c = c + i * c_stride + j, .a_row = a_row, .a_step = a_step,
                             .b_stride = b_stride, .depth = depth, .c_stride = c_stride};
            if (columns - j >= CHAIN_COLUMNS) {
                LEVEL(chain_of_rows)(count, &p);
                continue;
            }
            for (size_t row = 0; row < count; row++, p.a += a_row, p.c += c_stride)
                for (size_t done = 0; j + done < columns; done += 16) {
                    const size_t left = columns - j - done;
                    const chain_place part = {.a = p.a, .b = p.b + done, .c = p.c + done, .a_step = a_step, .b_stride = b_stride, .depth = depth};
                    few_columns(&part, left < 16 ? left : 16);
                }
        }
}
