#include "levels.h"
#if TERN_X86
#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512vbmi2"))), apply_to = function)

/* A product by triples multiplies nothing: the sum of three activations, each plus, minus or left out, is one of 27 numbers, which a table
 * holds, and one permutation of words looks such sums up for 32 rows. The tables of a strip stay in the first-level cache, or those of
 * many rows of activations in the second, while the strip's trits pass by. */

enum { QUARTERS = TERN_TRIPLE_ROWS / 32, WORDS = 5, CODES = 16, UNIT_BYTES = TERN_TRIPLE_ROWS * 2 * WORDS, UNIT_NUMBERS = 32 * CODES };
enum { STRIP_NUMBERS = TERN_STRIP * UNIT_NUMBERS };

/* Rows of activations whose tables are made at once. */
enum { TABLES_MAX = 16 };

/* How far ahead trits are fetched, into the second-level cache: the first is for the tables. */
enum { AHEAD_BYTES = 2 * TERN_STRIP * UNIT_BYTES };

/* The sums of a strip fit sixteen bits. */
_Static_assert(TERN_STRIP * CODES * 3 * 128 < 32768, "a strip is too long");

/* Digits minus one of the codes 0 to 26, and -128 for all three, since activations are taken as unsigned. */
#define DIGIT(code, power) ((code) / (power) % 3 - 1)
#define DIGITS(c) (int32_t)((uint32_t)(DIGIT(c, 1) & 255) | (uint32_t)(DIGIT(c, 3) & 255) << 8 | (uint32_t)(DIGIT(c, 9) & 255) << 16)
#define EXCESS(c) -128 * (DIGIT(c, 1) + DIGIT(c, 3) + DIGIT(c, 9))
#define FOUR(F, c) F(c), F((c) + 1), F((c) + 2), F((c) + 3)
/* In an order that packing to words makes the right one. */
#define LOW(F) FOUR(F, 0), FOUR(F, 8), FOUR(F, 16), F(24), F(25), F(26), 0
#define HIGH(F) FOUR(F, 4), FOUR(F, 12), FOUR(F, 20), 0, 0, 0, 0
static const _Alignas(64) int32_t low_digits[16] = {LOW(DIGITS)}, high_digits[16] = {HIGH(DIGITS)};
static const _Alignas(64) int32_t low_excess[16] = {LOW(EXCESS)}, high_excess[16] = {HIGH(EXCESS)};

TERN_INLINE __m128i chunk_of(const int8_t *planes, size_t width, size_t chunk)
{
    /* Unsigned: the activations plus 128. */
    const __m128i sign = _mm_set1_epi8(-128);
    if (chunk >= tern_chunks(width)) return sign;
    return _mm_xor_si128(sign, _mm_loadu_si128((const __m128i *)(planes + tern_chunk_place(width, chunk))));
}

/* The tables of a unit: number d0 + 3 d1 + 9 d2 of those of a code is the sum of (d - 1) times the activation in the code's place of the
 * first, second and third chunk. */
TERN_INLINE void unit_tables(const int8_t *planes, size_t width, size_t unit, int16_t *tables)
{
    const __m128i a = chunk_of(planes, width, 3 * unit), b = chunk_of(planes, width, 3 * unit + 1);
    const __m128i c = chunk_of(planes, width, 3 * unit + 2), zero = _mm_setzero_si128();
    const __m128i ab = _mm_unpacklo_epi8(a, b), ab_high = _mm_unpackhi_epi8(a, b);
    const __m128i c0 = _mm_unpacklo_epi8(c, zero), c0_high = _mm_unpackhi_epi8(c, zero);
    _Alignas(64) int32_t threes[CODES];
    _mm_store_si128((__m128i *)threes, _mm_unpacklo_epi16(ab, c0));
    _mm_store_si128((__m128i *)threes + 1, _mm_unpackhi_epi16(ab, c0));
    _mm_store_si128((__m128i *)threes + 2, _mm_unpacklo_epi16(ab_high, c0_high));
    _mm_store_si128((__m128i *)threes + 3, _mm_unpackhi_epi16(ab_high, c0_high));
#pragma clang loop unroll(full)
    for (size_t i = 0; i < CODES; i++) {
        const __m512i three = _mm512_set1_epi32(threes[i]);
        const __m512i low = _mm512_dpbusd_epi32(_mm512_load_si512(low_excess), three, _mm512_load_si512(low_digits));
        const __m512i high = _mm512_dpbusd_epi32(_mm512_load_si512(high_excess), three, _mm512_load_si512(high_digits));
        _mm512_store_si512(tables + 32 * i, _mm512_packs_epi32(low, high));
    }
}

static void strip_tables(const int8_t *planes, size_t width, size_t unit, size_t units, int16_t *tables)
{
    for (size_t u = 0; u < units; u++) unit_tables(planes, width, unit + u, tables + u * UNIT_NUMBERS);
}

/* What a pass reads: a cell, which is one group of rows in one strip, the tables of one or two rows of activations, and where to fetch
 * from, ten lines a unit, `step` bytes apart. */
typedef struct {
    const uint8_t *trits;
    const int16_t *tables[2];
    size_t units;
    const uint8_t *ahead;
    size_t step;
    bool begins;
} pass_place;

/* Adds one table's numbers for the codes in the lowest five bits of the words. */
TERN_INLINE void look_up(size_t count, const pass_place *p, size_t table, const __m512i codes[QUARTERS], __m512i sums[2][QUARTERS])
{
    __m512i numbers[2];
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++) numbers[a] = _mm512_load_si512(p->tables[a] + 32 * table);
#pragma clang loop unroll(full)
    for (size_t q = 0; q < QUARTERS; q++)
#pragma clang loop unroll(full)
        for (size_t a = 0; a < count; a++)
            sums[a][q] = _mm512_add_epi16(sums[a][q], _mm512_permutexvar_epi16(codes[q], numbers[a]));
}

/* Adds a unit: three codes of each word, and the one whose bits are the highest of the five. */
TERN_INLINE void add_unit(size_t count, bool fetches, pass_place *p, __m512i sums[2][QUARTERS])
{
    __m512i last[QUARTERS];
#pragma clang loop unroll(full)
    for (size_t q = 0; q < QUARTERS; q++) last[q] = _mm512_setzero_si512();
#pragma clang loop unroll(full)
    for (size_t w = 0; w < WORDS; w++) {
        if (fetches) {
            __builtin_prefetch(p->ahead, 0, 2);
            __builtin_prefetch((const void *)((uintptr_t)p->ahead + p->step), 0, 2);
            p->ahead = (const uint8_t *)((uintptr_t)p->ahead + 2 * p->step);
        }
        __m512i codes[QUARTERS];
#pragma clang loop unroll(full)
        for (size_t q = 0; q < QUARTERS; q++) {
            codes[q] = _mm512_loadu_si512(p->trits + (w * QUARTERS + q) * 64);
            last[q] = _mm512_shldi_epi16(last[q], codes[q], 1);
        }
#pragma clang loop unroll(full)
        for (size_t slot = 0; slot < 3; slot++) {
            look_up(count, p, tern_code_place(w, slot), codes, sums);
#pragma clang loop unroll(full)
            for (size_t q = 0; q < QUARTERS; q++) codes[q] = _mm512_srli_epi16(codes[q], 5);
        }
    }
    look_up(count, p, CODES - 1, last, sums);
}

TERN_INLINE void add_cell(size_t count, bool fetches, pass_place p, __m512i sums[2][QUARTERS])
{
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++)
#pragma clang loop unroll(full)
        for (size_t q = 0; q < QUARTERS; q++) sums[a][q] = _mm512_setzero_si512();
    for (; p.units > 0; p.units--) {
        add_unit(count, fetches, &p, sums);
        p.trits += UNIT_BYTES;
#pragma clang loop unroll(full)
        for (size_t a = 0; a < count; a++) p.tables[a] += UNIT_NUMBERS;
    }
}

/* Words to numbers of 32 bits, in the order of the rows: half `h` of a quarter. */
TERN_INLINE __m512i widened(__m512i words, size_t h)
{
    const __m512i zero = _mm512_setzero_si512();
    return _mm512_srai_epi32(h ? _mm512_unpackhi_epi16(zero, words) : _mm512_unpacklo_epi16(zero, words), 16);
}

TERN_INLINE void settle(const __m512i words[QUARTERS], bool begins, int32_t *sums)
{
#pragma clang loop unroll(full)
    for (size_t h = 0; h < 2 * QUARTERS; h++) {
        const __m512i before = begins ? _mm512_setzero_si512() : _mm512_loadu_si512(sums + 16 * h);
        _mm512_storeu_si512(sums + 16 * h, _mm512_add_epi32(before, widened(words[h / 2], h % 2)));
    }
}

TERN_INLINE void pass_of(size_t count, bool fetches, const pass_place *p, int32_t *sums, size_t stride)
{
    __m512i words[2][QUARTERS];
    add_cell(count, fetches, *p, words);
    settle(words[0], p->begins, sums);
    if (count == 2) settle(words[1], p->begins, sums + stride);
}

static void pass(size_t count, bool fetches, const pass_place *p, int32_t *sums, size_t stride)
{
    switch (2 * count + fetches) {
    case 2: pass_of(1, false, p, sums, stride); break;
    case 3: pass_of(1, true, p, sums, stride); break;
    case 4: pass_of(2, false, p, sums, stride); break;
    default: pass_of(2, true, p, sums, stride);
    }
}

/* A cell meets all rows of activations that have tables, two at a time; meanwhile trits are fetched: within the first pass, where the
 * memory has to be waited for, one line in four, as the processor goes on by itself, otherwise within two. */
static void cell_product(const uint8_t *trits, size_t units, const int16_t *tables, size_t count, bool begins, int32_t *sums, size_t stride)
{
    const size_t step = count > 2 ? 2 : 1;
    pass_place p = {.trits = trits, .units = units, .ahead = (const uint8_t *)((uintptr_t)trits + AHEAD_BYTES),
                    .step = count > 1 ? 64 : 256, .begins = begins};
    for (size_t a = 0, passes = 0; a < count; passes++) {
        const size_t some = count - a < step ? count - a : step;
        for (size_t i = 0; i < some; i++) p.tables[i] = tables + (a + i) * STRIP_NUMBERS;
        pass(some, passes < 2, &p, sums + a * stride, stride);
        p.ahead = (const uint8_t *)((uintptr_t)p.ahead + units * UNIT_BYTES / 2);
        a += some;
    }
}

void tern_add_strip_avx512vbmi(const tern_matrix *m, size_t strip, size_t first, size_t end, const tern_activations *x, bool begins,
                               int32_t *sums, size_t stride)
{
    _Alignas(64) int16_t tables[TABLES_MAX * STRIP_NUMBERS];
    const size_t unit = strip * TERN_STRIP, left = tern_units(m->width) - unit, units = left < TERN_STRIP ? left : TERN_STRIP;
    for (size_t a = 0; a < x->count; a += TABLES_MAX, sums += TABLES_MAX * stride) {
        const size_t count = x->count - a < TABLES_MAX ? x->count - a : TABLES_MAX;
        for (size_t i = 0; i < count; i++)
            strip_tables(x->planes + (a + i) * x->stride, m->width, unit, units, tables + i * STRIP_NUMBERS);
        for (size_t g = first; g < end; g++)
            cell_product(m->trits + tern_cell_start(m->rows, m->width, strip, g), units, tables, count, begins,
                         sums + (g - first) * TERN_TRIPLE_ROWS, stride);
    }
}

/* Sixteen codes of a row, as bytes, of the chunks of a unit. */
typedef struct {
    const uint8_t *row;
    size_t bytes, width;
} stored_row;

/* The two-bit codes in a chunk: one plane's of sixteen bytes. */
TERN_INLINE __m128i codes_of_chunk(const stored_row *r, size_t chunk)
{
    const __m128i ones = _mm_set1_epi8(1);
    if (chunk >= tern_chunks(r->width)) return ones;
    const size_t place = tern_chunk_place(r->width, chunk), byte = place / TERN_BLOCK * 64 + place % 64;
    if (byte >= r->bytes) return ones;
    const __mmask16 mask = (__mmask16)(r->bytes - byte < 16 ? (1u << (r->bytes - byte)) - 1 : 0xffff);
    const __m128i four = _mm_mask_loadu_epi8(_mm_set1_epi8(0x55), mask, r->row + byte);
    return _mm_and_si128(_mm_srl_epi16(four, _mm_cvtsi32_si128((int)(place % TERN_BLOCK / 64 * 2))), _mm_set1_epi8(3));
}

/* The five words of a unit of a row: three codes each, and on top one bit of the sixteenth. */
TERN_INLINE __m128i words_of(const stored_row *r, size_t unit)
{
    const __m128i a = codes_of_chunk(r, 3 * unit), b = codes_of_chunk(r, 3 * unit + 1), c = codes_of_chunk(r, 3 * unit + 2);
    const __m128i threes = _mm_add_epi8(b, _mm_add_epi8(b, b)), two = _mm_add_epi8(c, _mm_slli_epi16(c, 3));
    const __m128i codes = _mm_add_epi8(a, _mm_add_epi8(threes, two));
    const __m128i low = _mm_shuffle_epi8(codes, _mm_setr_epi8(0, -1, 2, -1, 4, -1, 6, -1, 8, -1, -1, -1, -1, -1, -1, -1));
    const __m128i middle = _mm_shuffle_epi8(codes, _mm_setr_epi8(1, -1, 3, -1, 5, -1, 7, -1, 9, -1, -1, -1, -1, -1, -1, -1));
    const __m128i high = _mm_shuffle_epi8(codes, _mm_setr_epi8(10, -1, 11, -1, 12, -1, 13, -1, 14, -1, -1, -1, -1, -1, -1, -1));
    const __m128i shifts = _mm_setr_epi16(11, 12, 13, 14, 15, 16, 16, 16), last = _mm_shuffle_epi8(codes, _mm_set1_epi16((short)0xff0f));
    const __m128i top = _mm_and_si128(_mm_sllv_epi16(last, shifts), _mm_set1_epi16((short)0x8000));
    return _mm_or_si128(_mm_or_si128(low, _mm_slli_epi16(middle, 5)), _mm_or_si128(_mm_slli_epi16(high, 10), top));
}

void tern_pack_triples_avx512vbmi(const uint8_t *rows, size_t count, size_t width, size_t group, size_t all_rows, uint8_t *trits)
{
    const size_t bytes = (width + 3) / 4;
    for (size_t unit = 0; unit < tern_units(width); unit++) {
        uint8_t *target = trits + tern_cell_start(all_rows, width, unit / TERN_STRIP, group) + unit % TERN_STRIP * UNIT_BYTES;
        for (size_t row = 0; row < TERN_TRIPLE_ROWS; row++) {
            const stored_row r = {.row = row < count ? rows + row * bytes : rows, .bytes = row < count ? bytes : 0, .width = width};
            uint16_t words[8];
            _mm_storeu_si128((__m128i *)words, words_of(&r, unit));
            for (size_t w = 0; w < WORDS; w++)
                memcpy(target + w * TERN_TRIPLE_ROWS * 2 + 2 * tern_row_place(row), words + w, 2);
        }
    }
}

#pragma clang attribute pop
#endif
