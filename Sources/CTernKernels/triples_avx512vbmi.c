#include "levels.h"
#if TERN_X86
#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vbmi2"))), apply_to = function)

/* A product by triples multiplies nothing: the sum of three activations, each plus, minus or left out, is one of 27 numbers, which a table
 * holds, and one permutation of words looks such sums up for 32 rows. What fills the tables is in `tern_tables`. */

enum { QUARTERS = TERN_TRIPLE_ROWS / 32, WORDS = 5, CODES = 16, UNIT_BYTES = TERN_TRIPLE_ROWS * 2 * WORDS, UNITS_AHEAD = 10 };

/* The sums of a strip fit sixteen bits. */
_Static_assert(TERN_STRIP * CODES * 3 * 128 < 32768, "a strip is too long");

/* What a pass over a part of a matrix reads: one group of rows in one strip, the tables of one or two rows of activations, and where to
 * fetch from for the next part: every `step` bytes, ten times a unit. */
typedef struct {
    const uint8_t *trits;
    const int16_t *tables[2];
    size_t units;
    const uint8_t *ahead;
    size_t step;
} strip_part;

/* Adds one table's numbers for the codes in the lowest five bits of the words. */
TERN_INLINE void look_up(size_t count, const strip_part *part, size_t table, const __m512i codes[QUARTERS], __m512i sums[2][QUARTERS])
{
    __m512i numbers[2];
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++) numbers[a] = _mm512_loadu_si512(part->tables[a] + 32 * table);
#pragma clang loop unroll(full)
    for (size_t q = 0; q < QUARTERS; q++)
#pragma clang loop unroll(full)
        for (size_t a = 0; a < count; a++)
            sums[a][q] = _mm512_add_epi16(sums[a][q], _mm512_permutexvar_epi16(codes[q], numbers[a]));
}

/* Adds a unit: three codes of each word, and the one whose bits are the highest of the five. */
TERN_INLINE void add_unit(size_t count, bool fetches, strip_part *part, __m512i sums[2][QUARTERS])
{
    __m512i last[QUARTERS];
#pragma clang loop unroll(full)
    for (size_t q = 0; q < QUARTERS; q++) last[q] = _mm512_setzero_si512();
#pragma clang loop unroll(full)
    for (size_t w = 0; w < WORDS; w++) {
        /* Into the second-level cache: the first is for the tables. */
        if (fetches) {
            __builtin_prefetch(part->ahead, 0, 2);
            __builtin_prefetch((const void *)((uintptr_t)part->ahead + part->step), 0, 2);
            part->ahead = (const uint8_t *)((uintptr_t)part->ahead + 2 * part->step);
        }
        __m512i codes[QUARTERS];
#pragma clang loop unroll(full)
        for (size_t q = 0; q < QUARTERS; q++) {
            codes[q] = _mm512_loadu_si512(part->trits + (w * QUARTERS + q) * 64);
            last[q] = _mm512_shldi_epi16(last[q], codes[q], 1);
        }
#pragma clang loop unroll(full)
        for (size_t c = 0; c < 3; c++) {
            look_up(count, part, tern_code_place(w, c), codes, sums);
#pragma clang loop unroll(full)
            for (size_t q = 0; q < QUARTERS; q++) codes[q] = _mm512_srli_epi16(codes[q], 5);
        }
    }
    look_up(count, part, CODES - 1, last, sums);
}

TERN_INLINE void add_strip(size_t count, bool fetches, strip_part part, __m512i sums[2][QUARTERS])
{
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++)
#pragma clang loop unroll(full)
        for (size_t q = 0; q < QUARTERS; q++) sums[a][q] = _mm512_setzero_si512();
    for (; part.units > 0; part.units--) {
        add_unit(count, fetches, &part, sums);
        part.trits += UNIT_BYTES;
#pragma clang loop unroll(full)
        for (size_t a = 0; a < count; a++) part.tables[a] += 32 * CODES;
    }
}

/* Where the sums of a group go. Between strips `out` holds them as integers. */
typedef struct {
    float *out;
    size_t valid;
    bool first, last;
} settlement;

/* Words to numbers of 32 bits, in the order of the rows: half `h` of a quarter. */
TERN_INLINE __m512i widened(__m512i words, size_t h)
{
    const __m512i zero = _mm512_setzero_si512();
    return _mm512_srai_epi32(h ? _mm512_unpackhi_epi16(zero, words) : _mm512_unpacklo_epi16(zero, words), 16);
}

TERN_INLINE void settle_rows(__m512i sum, __mmask16 mask, bool first, bool last, float scale, float *out)
{
    if (!first) sum = _mm512_add_epi32(sum, _mm512_maskz_loadu_epi32(mask, out));
    if (last) sum = _mm512_castps_si512(_mm512_mul_ps(_mm512_cvtepi32_ps(sum), _mm512_set1_ps(scale)));
    _mm512_mask_storeu_epi32(out, mask, sum);
}

TERN_INLINE void settle_all(const __m512i sums[QUARTERS], bool first, bool last, float scale, float *out)
{
#pragma clang loop unroll(full)
    for (size_t h = 0; h < 2 * QUARTERS; h++) settle_rows(widened(sums[h / 2], h % 2), 0xffff, first, last, scale, out + 16 * h);
}

/* The mask of those of sixteen rows that there are, if `valid` are from the first of them on. */
TERN_INLINE __mmask16 rows_in(size_t valid, size_t first)
{
    return (__mmask16)(valid >= first + 16 ? 0xffff : valid > first ? (1u << (valid - first)) - 1 : 0);
}

TERN_INLINE void settle(const __m512i sums[QUARTERS], float scale, settlement s)
{
    const bool full = s.valid == TERN_TRIPLE_ROWS;
    if (full && s.last) return settle_all(sums, s.first, true, scale, s.out);
    if (full && s.first) return settle_all(sums, true, false, scale, s.out);
    if (full) return settle_all(sums, false, false, scale, s.out);
#pragma clang loop unroll(full)
    for (size_t h = 0; h < 2 * QUARTERS; h++)
        settle_rows(widened(sums[h / 2], h % 2), rows_in(s.valid, 16 * h), s.first, s.last, scale, s.out + 16 * h);
}

TERN_INLINE void pass_of(size_t count, bool fetches, const strip_part *part, const float *scales, settlement s, size_t out_stride)
{
    __m512i sums[2][QUARTERS];
    add_strip(count, fetches, *part, sums);
    settle(sums[0], scales[0], s);
    s.out += out_stride;
    if (count == 2) settle(sums[1], scales[1], s);
}

static void pass(size_t count, bool fetches, const strip_part *part, const float *scales, settlement s, size_t out_stride)
{
    switch (2 * count + fetches) {
    case 2: pass_of(1, false, part, scales, s, out_stride); break;
    case 3: pass_of(1, true, part, scales, s, out_stride); break;
    case 4: pass_of(2, false, part, scales, s, out_stride); break;
    default: pass_of(2, true, part, scales, s, out_stride);
    }
}

/* One group in one strip meets all activations, two at a time; meanwhile the next part is fetched: within the first pass, where the memory
 * has to be waited for, one line in four, as the processor goes on by itself, otherwise within two. */
static void all_activations(strip_part part, size_t unit, const tern_activations *x, settlement s, size_t out_stride)
{
    const size_t count = x->count, step = count > 2 ? 2 : 1, once = count == 1;
    part.step = once ? 256 : 64;
    for (size_t a = 0, passes = 0; a < count; passes++) {
        const size_t some = count - a < step ? count - a : step;
        for (size_t i = 0; i < some; i++) part.tables[i] = x->tables + (a + i) * x->table_stride + unit * 32 * CODES;
        pass(some, passes < 2, &part, x->scales + a, s, out_stride);
        part.ahead = (const uint8_t *)((uintptr_t)part.ahead + part.units * UNIT_BYTES / 2);
        s.out += some * out_stride;
        a += some;
    }
}

/* A walk over the parts of a range of groups, strip by strip. */
typedef struct {
    const tern_matrix *matrix;
    size_t start, end, unit, group;
} walk;

TERN_INLINE size_t units_of(const walk *w)
{
    const size_t left = tern_units(w->matrix->width) - w->unit;
    return left < TERN_STRIP ? left : TERN_STRIP;
}

TERN_INLINE void go_on(walk *w)
{
    if (++w->group < w->end) return;
    w->group = w->start;
    w->unit += units_of(w);
}

TERN_INLINE bool is_over(const walk *w) { return w->unit == tern_units(w->matrix->width); }

static const uint8_t *trits_at(const walk *w)
{
    return w->matrix->trits + tern_part_start(w->matrix->rows, w->matrix->width, w->unit, w->group);
}

static void product_by_tables(const tern_matrix *m, size_t first, size_t rows, const tern_activations *x, float *out, size_t out_stride)
{
    walk here = {.matrix = m, .start = first / TERN_TRIPLE_ROWS, .end = tern_groups(first + rows), .group = first / TERN_TRIPLE_ROWS};
    walk ahead = here;
    for (size_t units = 0; units < UNITS_AHEAD && !is_over(&ahead); go_on(&ahead)) units += units_of(&ahead);
    for (; !is_over(&here); go_on(&here)) {
        const size_t row = (here.group - here.start) * TERN_TRIPLE_ROWS, units = units_of(&here);
        const settlement s = {.out = out + row, .valid = rows - row < TERN_TRIPLE_ROWS ? rows - row : TERN_TRIPLE_ROWS,
                              .first = here.unit == 0, .last = here.unit + units == tern_units(m->width)};
        const strip_part part = {.trits = trits_at(&here), .units = units, .ahead = trits_at(is_over(&ahead) ? &here : &ahead)};
        all_activations(part, here.unit, x, s, out_stride);
        if (!is_over(&ahead)) go_on(&ahead);
    }
}

/* Digits minus one of the codes 0 to 26: those of the first two trits, byte by byte, that of the third, and -128 for all three. */
#define DIGIT(code, power) ((code) / (power) % 3 - 1)
#define FIRST_TWO(c) (int16_t)((DIGIT(c, 1) & 255) | (DIGIT(c, 3) & 255) << 8)
#define THIRD(c) (int16_t)(DIGIT(c, 9) & 255)
#define EXCESS(c) (int16_t)(-128 * (DIGIT(c, 1) + DIGIT(c, 3) + DIGIT(c, 9)))
#define EIGHT(F, c) F(c), F((c) + 1), F((c) + 2), F((c) + 3), F((c) + 4), F((c) + 5), F((c) + 6), F((c) + 7)
#define ALL(F) EIGHT(F, 0), EIGHT(F, 8), EIGHT(F, 16), F(24), F(25), F(26), 0, 0, 0, 0, 0
static const _Alignas(64) int16_t first_two[32] = {ALL(FIRST_TWO)}, third[32] = {ALL(THIRD)}, excess[32] = {ALL(EXCESS)};

void tern_product_avx512vbmi(const tern_matrix *m, size_t first, size_t rows, const tern_activations *x, float *out, size_t out_stride)
{
    if (m->layout == TERN_PAIRS) return tern_product_avx512(m, first, rows, x, out, out_stride);
    product_by_tables(m, first, rows, x, out, out_stride);
}

TERN_INLINE __m128i chunk_of(const int8_t *planes, size_t width, size_t chunk)
{
    /* Unsigned: the activations plus 128. */
    const __m128i sign = _mm_set1_epi8(-128);
    if (chunk >= tern_chunks(width)) return sign;
    return _mm_xor_si128(sign, _mm_loadu_si128((const __m128i *)(planes + tern_chunk_place(width, chunk))));
}

void tern_tables_avx512vbmi(const int8_t *planes, size_t width, int16_t *tables)
{
    const __m512i two = _mm512_load_si512(first_two), one = _mm512_load_si512(third), less = _mm512_load_si512(excess);
    for (size_t unit = 0; unit < tern_units(width); unit++) {
        const __m128i a = chunk_of(planes, width, 3 * unit), b = chunk_of(planes, width, 3 * unit + 1);
        uint16_t pairs[16], singles[16];
        _mm_storeu_si128((__m128i *)pairs, _mm_unpacklo_epi8(a, b));
        _mm_storeu_si128((__m128i *)(pairs + 8), _mm_unpackhi_epi8(a, b));
        _mm256_storeu_si256((__m256i *)singles, _mm256_cvtepu8_epi16(chunk_of(planes, width, 3 * unit + 2)));
        for (size_t c = 0; c < CODES; c++, tables += 32) {
            __m512i sum = _mm512_maddubs_epi16(_mm512_set1_epi16((short)pairs[c]), two);
            sum = _mm512_add_epi16(sum, _mm512_maddubs_epi16(_mm512_set1_epi16((short)singles[c]), one));
            _mm512_storeu_si512(tables, _mm512_add_epi16(sum, less));
        }
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
        uint8_t *target = trits + tern_part_start(all_rows, width, unit / TERN_STRIP * TERN_STRIP, group) + unit % TERN_STRIP * UNIT_BYTES;
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
