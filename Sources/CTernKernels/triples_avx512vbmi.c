#include "levels.h"
#if TERN_X86

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni,avx512vbmi"))), apply_to = function)

#define TILE_MAX 4
#include "product_driver.h"
#include "sums_avx512.h"

/* How far ahead trits are fetched: triples are one stream, and this is what the processor's own prefetcher leaves to gain. */
enum { AHEAD_BYTES = 4096 };

/* By three codes of two bits each, what stands for them in triples, and back; the back table repeats, so that the sixth bit of an index
 * does not matter. */
static const _Alignas(64) uint8_t five_bits_of[64] = {
    0, 1, 2, 0, 3, 4, 5, 0, 6, 7, 8, 0, 0, 0, 0, 0,
    9, 10, 11, 0, 12, 13, 14, 0, 15, 16, 17, 0, 0, 0, 0, 0,
    18, 19, 20, 0, 21, 22, 23, 0, 24, 25, 26, 0, 0, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0,
};
static const _Alignas(64) uint8_t codes_of[64] = {
    0, 1, 2, 4, 5, 6, 8, 9, 10, 16, 17, 18, 20, 21, 22, 24,
    25, 26, 32, 33, 34, 36, 37, 38, 40, 41, 42, 21, 21, 21, 21, 21,
    0, 1, 2, 4, 5, 6, 8, 9, 10, 16, 17, 18, 20, 21, 22, 24,
    25, 26, 32, 33, 34, 36, 37, 38, 40, 41, 42, 21, 21, 21, 21, 21,
};

/* What spreads five bytes over each eight, gathers them again, and where in a lane of 64 bits each code begins. */
#define LANE5(i) 5 * (i), 5 * (i) + 1, 5 * (i) + 2, 5 * (i) + 3, 5 * (i) + 4, 0, 0, 0
#define LANE8(i) 8 * (i), 8 * (i) + 1, 8 * (i) + 2, 8 * (i) + 3, 8 * (i) + 4
static const _Alignas(64) uint8_t spread[64] = {LANE5(0), LANE5(1), LANE5(2), LANE5(3), LANE5(4), LANE5(5), LANE5(6), LANE5(7)};
static const _Alignas(64) uint8_t gather[64] = {LANE8(0), LANE8(1), LANE8(2), LANE8(3), LANE8(4), LANE8(5), LANE8(6), LANE8(7)};
static const uint64_t starts = 0x231e19140f0a0500;

TERN_INLINE void fetch_ahead(const uint8_t *bytes)
{
#pragma clang loop unroll(full)
    for (size_t line = 0; line < 3; line++) __builtin_prefetch((const void *)((uintptr_t)bytes + AHEAD_BYTES + 64 * line));
}

/* The codes of three planes in 40 bytes (64 are read): two bits each, the first plane lowest. */
TERN_INLINE __m512i three_planes(const uint8_t *bytes)
{
    __m512i lanes = _mm512_permutexvar_epi8(_mm512_load_si512(spread), _mm512_loadu_si512(bytes));
    __m512i fives = _mm512_multishift_epi64_epi8(_mm512_set1_epi64((long long)starts), lanes);
    return _mm512_permutexvar_epi8(fives, _mm512_load_si512(codes_of));
}

/* The codes of one plane in 16 bytes. */
TERN_INLINE __m512i left_plane(const uint8_t *bytes)
{
    const __m512i shifts = _mm512_inserti64x4(_mm512_castsi256_si512(_mm256_set_m128i(_mm_set1_epi16(2), _mm_setzero_si128())),
                                              _mm256_set_m128i(_mm_set1_epi16(6), _mm_set1_epi16(4)), 1);
    __m512i four = _mm512_broadcast_i32x4(_mm_loadu_si128((const __m128i *)bytes));
    return _mm512_and_si512(_mm512_srlv_epi16(four, shifts), _mm512_set1_epi8(3));
}

/* Few rows of activations meet the codes as they come; for more, the codes of three planes are looked up once. What is left over stays
 * where it is. */
TERN_INLINE const uint8_t *open_group(const tern_matrix *m, size_t group, size_t count, uint8_t *panel)
{
    const uint8_t *bytes = m->trits + group * tern_group_bytes(m->width);
    const size_t threes = tern_planes(m->width) / 3;
    if (count <= TILE_MAX || threes * TERN_GROUP * TERN_PLANE > PANEL_BYTES) return bytes;
    for (size_t three = 0; three < threes; three++, bytes += TERN_GROUP * 40) {
        fetch_ahead(bytes);
#pragma clang loop unroll(full)
        for (size_t r = 0; r < TERN_GROUP; r++)
            _mm512_store_si512(panel + (three * TERN_GROUP + r) * TERN_PLANE, three_planes(bytes + 40 * r));
    }
    return panel;
}

/* Whether open_group looked the codes up. */
TERN_INLINE bool is_open(const tile_place *place)
{
    return place->codes != place->matrix->trits + place->group * tern_group_bytes(place->matrix->width);
}

/* Adds the planes that are left over after all threes. */
TERN_INLINE void add_left(size_t count, const tile_place *place, __m512i sum[4][TILE_MAX])
{
    const size_t planes = tern_planes(place->matrix->width), threes = planes / 3;
    const uint8_t *bytes = place->matrix->trits + place->group * tern_group_bytes(place->matrix->width) + threes * TERN_GROUP * 40;
    for (size_t plane = 3 * threes; plane < planes; plane++, bytes += TERN_GROUP * 16) {
        __m512i codes[4];
        for (size_t r = 0; r < 4; r++) codes[r] = left_plane(bytes + 16 * r);
        add_plane(count, codes, 0, place->activations + plane * TERN_PLANE, place->activation_stride, sum);
    }
}

TERN_INLINE void add_threes(size_t count, bool open, const tile_place *place, __m512i sum[4][TILE_MAX])
{
    const uint8_t *bytes = place->codes;
    const int8_t *x = place->activations;
    for (size_t threes = tern_planes(place->matrix->width) / 3; threes > 0; threes--, x += 3 * TERN_PLANE) {
        __m512i codes[4];
        if (!open) fetch_ahead(bytes);
#pragma clang loop unroll(full)
        for (size_t r = 0; r < 4; r++) codes[r] = open ? _mm512_load_si512(bytes + 64 * r) : three_planes(bytes + 40 * r);
#pragma clang loop unroll(full)
        for (unsigned plane = 0; plane < 3; plane++)
            add_plane(count, codes, plane, x + plane * TERN_PLANE, place->activation_stride, sum);
        bytes += TERN_GROUP * (open ? 64 : 40);
    }
}

/* Adds the threes for one row of activations, where looking up the codes is most of the work: the second and third plane are left in
 * their places within the byte, where they count 4 and 16 times. */
TERN_INLINE void add_threes_once(const tile_place *place, __m512i sum[4][TILE_MAX])
{
    const __m512i masks[3] = {_mm512_set1_epi8(3), _mm512_set1_epi8(12), _mm512_set1_epi8(48)};
    const uint8_t *bytes = place->codes;
    const int8_t *x = place->activations;
    __m512i parts[3][4];
    for (size_t r = 0; r < 4; r++) parts[0][r] = parts[1][r] = parts[2][r] = _mm512_setzero_si512();
    for (size_t threes = tern_planes(place->matrix->width) / 3; threes > 0; threes--, bytes += TERN_GROUP * 40, x += 3 * TERN_PLANE) {
        fetch_ahead(bytes);
#pragma clang loop unroll(full)
        for (size_t r = 0; r < 4; r++) {
            __m512i codes = three_planes(bytes + 40 * r);
#pragma clang loop unroll(full)
            for (size_t plane = 0; plane < 3; plane++)
                parts[plane][r] = _mm512_dpbusd_epi32(parts[plane][r], _mm512_and_si512(codes, masks[plane]),
                                                      _mm512_loadu_si512(x + plane * TERN_PLANE));
        }
    }
    for (size_t r = 0; r < 4; r++) {
        __m512i high = _mm512_add_epi32(_mm512_srai_epi32(parts[1][r], 2), _mm512_srai_epi32(parts[2][r], 4));
        sum[r][0] = _mm512_add_epi32(parts[0][r], high);
    }
}

TERN_INLINE void tile(size_t count, const tile_place *place)
{
    __m512i sum[4][TILE_MAX];
#pragma clang loop unroll(full)
    for (size_t r = 0; r < 4; r++)
#pragma clang loop unroll(full)
        for (size_t a = 0; a < count; a++) sum[r][a] = _mm512_setzero_si512();
    if (is_open(place)) {
        add_threes(count, true, place, sum);
    } else if (count == 1) {
        add_threes_once(place, sum);
    } else {
        add_threes(count, false, place, sum);
    }
    add_left(count, place, sum);
#pragma clang loop unroll(full)
    for (size_t a = 0; a < count; a++) store(sum, a, place);
}

void tern_product_avx512vbmi(const tern_matrix *m, size_t first, size_t rows, const tern_activations *x, float *out, size_t out_stride)
{
    if (m->layout == TERN_PAIRS) return tern_product_avx512(m, first, rows, x, out, out_stride);
    product_in_tiles(m, first, rows, x, out, out_stride);
}

/* Where the codes of a row's blocks are: in the row, but for the last block where the row does not fill it. */
typedef struct {
    const uint8_t *row;
    size_t whole;
    uint8_t last[TERN_PLANE];
} row_blocks;

static row_blocks blocks_of(const uint8_t *row, size_t bytes)
{
    row_blocks blocks = {.row = row, .whole = bytes / TERN_PLANE};
    for (size_t i = 0; i < TERN_PLANE; i++) blocks.last[i] = i < bytes % TERN_PLANE ? row[blocks.whole * TERN_PLANE + i] : 0x55;
    return blocks;
}

TERN_INLINE __m512i plane_of(const row_blocks *blocks, size_t plane)
{
    const uint8_t *block = plane / 4 < blocks->whole ? blocks->row + plane / 4 * TERN_PLANE : blocks->last;
    __m512i codes = _mm512_srl_epi16(_mm512_loadu_si512(block), _mm_cvtsi32_si128((int)(2 * (plane % 4))));
    return _mm512_and_si512(codes, _mm512_set1_epi8(3));
}

TERN_INLINE void pack_three(const row_blocks *blocks, size_t plane, uint8_t *bytes)
{
    __m512i a = plane_of(blocks, plane), b = plane_of(blocks, plane + 1), c = plane_of(blocks, plane + 2);
    __m512i codes = _mm512_or_si512(a, _mm512_or_si512(_mm512_slli_epi16(b, 2), _mm512_slli_epi16(c, 4)));
    __m512i fives = _mm512_permutexvar_epi8(codes, _mm512_load_si512(five_bits_of));
    __m512i tens = _mm512_maddubs_epi16(fives, _mm512_set1_epi16(32 << 8 | 1));
    __m512i twenties = _mm512_madd_epi16(tens, _mm512_set1_epi32(1024 << 16 | 1));
    __m512i low = _mm512_and_si512(twenties, _mm512_set1_epi64(0xFFFFF));
    __m512i high = _mm512_and_si512(_mm512_srli_epi64(twenties, 12), _mm512_set1_epi64(0xFFFFF00000));
    __m512i forties = _mm512_permutexvar_epi8(_mm512_load_si512(gather), _mm512_or_si512(low, high));
    _mm512_mask_storeu_epi8(bytes, ((__mmask64)1 << 40) - 1, forties);
}

TERN_INLINE void pack_left(const row_blocks *blocks, size_t plane, uint8_t *bytes)
{
    __m512i codes = plane_of(blocks, plane);
    __m128i result = _mm512_castsi512_si128(codes);
    result = _mm_or_si128(result, _mm_slli_epi16(_mm512_extracti32x4_epi32(codes, 1), 2));
    result = _mm_or_si128(result, _mm_slli_epi16(_mm512_extracti32x4_epi32(codes, 2), 4));
    result = _mm_or_si128(result, _mm_slli_epi16(_mm512_extracti32x4_epi32(codes, 3), 6));
    _mm_storeu_si128((__m128i *)bytes, result);
}

static void pack_row(const row_blocks *blocks, size_t planes, size_t member, uint8_t *group)
{
    size_t plane = 0;
    for (; plane + 3 <= planes; plane += 3, group += 160) pack_three(blocks, plane, group + 40 * member);
    for (; plane < planes; plane++, group += 64) pack_left(blocks, plane, group + 16 * member);
}

void tern_pack_triples_avx512vbmi(const uint8_t *rows, size_t count, size_t width, uint8_t *group)
{
    const size_t bytes = (width + 3) / 4;
    for (size_t row = 0; row < TERN_GROUP; row++) {
        row_blocks blocks = row < count ? blocks_of(rows + row * bytes, bytes) : blocks_of(rows, 0);
        pack_row(&blocks, tern_planes(width), row, group);
    }
}

#pragma clang attribute pop
#endif
