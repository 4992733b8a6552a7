#include "levels.h"
#if TERN_X86
#include <immintrin.h>
#include <string.h>

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512vbmi2"))), apply_to = function)

enum { WORDS = 5, UNIT_BYTES = TERN_TRIPLE_ROWS * 2 * WORDS };

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
