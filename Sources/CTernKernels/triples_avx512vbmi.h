/* How triples are multiplied at AVX-512 with VBMI2: nothing is. The sum of three activations, each plus, minus or left out, is one of 27
 * numbers, which a table holds, and one permutation of words looks such sums up for 32 rows. Included under the target attribute. */
#include "fetch.h"
#include "groups_place.h"
#include <immintrin.h>

enum { QUARTERS = TERN_TRIPLE_ROWS / 32, WORDS = 5, CODES = 16, UNIT_BYTES = TERN_TRIPLE_ROWS * 2 * WORDS, UNIT_NUMBERS = 32 * CODES };
enum { STRIP_NUMBERS = TERN_STRIP * UNIT_NUMBERS };

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

/* Units of a strip. */
TERN_INLINE size_t strip_units(const tern_matrix *m, size_t strip)
{
    const size_t left = tern_units(m->width) - strip * TERN_STRIP;
    return left < TERN_STRIP ? left : TERN_STRIP;
}

/* The tables of a strip. */
static void strip_tables(const tern_matrix *m, size_t strip, const int8_t *planes, int16_t *tables)
{
    for (size_t u = 0; u < strip_units(m, strip); u++)
        unit_tables(planes, m->width, strip * TERN_STRIP + u, tables + u * UNIT_NUMBERS);
}

/* Rows of activations that pass a cell, which is one group of rows in one strip, together. */
enum { TOGETHER = 4 };

/* What a pass over a cell reads, and how far ahead of it lines are fetched. */
typedef struct {
    const uint8_t *trits;
    const int16_t *tables[TOGETHER];
    size_t units;
    size_t ahead[2];
} pass_place;

/* Adds one table's numbers for the codes in the lowest five bits of the words. The empty statement keeps additions in their order: the
 * compiler would look up more than registers hold. */
TERN_INLINE void look_up(size_t count, const pass_place *p, size_t table, const __m512i codes[QUARTERS], __m512i sums[TOGETHER][QUARTERS])
{
    __m512i numbers[TOGETHER];
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++) numbers[a] = _mm512_load_si512(p->tables[a] + 32 * table);
#pragma clang loop unroll(full)
    for (size_t q = 0; q < QUARTERS; q++)
#pragma clang loop unroll(full)
        for (size_t a = 0; a < count; a++) {
            sums[a][q] = _mm512_add_epi16(sums[a][q], _mm512_permutexvar_epi16(codes[q], numbers[a]));
            __asm__("" : "+v"(sums[a][q]));
        }
}

/* Adds a unit: three codes of each word, and the one whose bits are the highest of the five. Fetches so many lines for each it reads. */
TERN_INLINE void add_unit(size_t count, size_t fetches, const pass_place *p, __m512i sums[TOGETHER][QUARTERS])
{
    __m512i last[QUARTERS];
#pragma clang loop unroll(full)
    for (size_t q = 0; q < QUARTERS; q++) last[q] = _mm512_setzero_si512();
#pragma clang loop unroll(full)
    for (size_t w = 0; w < WORDS; w++) {
        __m512i codes[QUARTERS];
#pragma clang loop unroll(full)
        for (size_t q = 0; q < QUARTERS; q++) {
            const uint8_t *line = p->trits + (w * QUARTERS + q) * 64;
#pragma clang loop unroll(full)
            for (size_t f = 0; f < fetches; f++) fetch_line(line, p->ahead[f]);
            codes[q] = _mm512_loadu_si512(line);
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

/* The sums of a cell, in words. */
TERN_INLINE void add_cell(size_t count, size_t fetches, pass_place p, __m512i sums[TOGETHER][QUARTERS])
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

/* Adds the words of two cells to the sums of 32 bits of eighth `h` of the rows. */
TERN_INLINE __m512i add_words(__m512i sums, const __m512i a[QUARTERS], const __m512i b[QUARTERS], size_t h)
{
    const __m512i both = h % 2 ? _mm512_unpackhi_epi16(a[h / 2], b[h / 2]) : _mm512_unpacklo_epi16(a[h / 2], b[h / 2]);
    return _mm512_dpwssd_epi32(sums, both, _mm512_set1_epi16(1));
}

/* Writes the products of eighth `h` of the rows, of which the matrix has `rows`. */
TERN_INLINE void write_products(__m512i sums, float scale, size_t rows, size_t h, float *out)
{
    const __mmask16 there = (__mmask16)(rows >= 16 * h + 16 ? 0xffff : rows > 16 * h ? (1u << (rows - 16 * h)) - 1 : 0);
    _mm512_mask_storeu_ps(out + 16 * h, there, _mm512_mul_ps(_mm512_cvtepi32_ps(sums), _mm512_set1_ps(scale)));
}
