/* Keys, values, attention; compiled for each level as floats.h is, after lanes.h.
 *
 * Keys lie number by number, 64 tokens side by side, so that the scores of 64 tokens are sums of whole vectors; values lie token by
 * token. No sum depends on which queries are treated together. */

static uint16_t LEVEL(f16_of)(float x)
{
    uint32_t bits = bits_of(x);
    float magnitude = float_of(bits & 0x7fffffff);
    /* What is too large becomes the largest number: an infinity would turn tokens that are not attended to into NaN. */
    uint16_t half = f16_of_magnitude(magnitude < 65504.0f ? magnitude : 65504.0f);
    return (uint16_t)(half | (bits >> 16 & 0x8000));
}

/* int8 with one scale, as a page of int8 holds a key or a value. */
static float LEVEL(round_to_int8)(const float *x, size_t width, int8_t *rounded, size_t stride)
{
    float most = LEVEL(largest)(x, width), factor = most > 0 ? 127.0f / most : 0.0f;
    for (size_t j = 0; j < width; j++) rounded[j * stride] = int8_of(x[j] * factor);
    return most > 0 ? most / 127.0f : 0.0f;
}

static void LEVEL(remember_int8)(uint8_t *head, size_t width, size_t place, const float *key, const float *value)
{
    float *scales = (float *)(void *)(head + 2 * TERN_PAGE * width);
    scales[place] = LEVEL(round_to_int8)(key, width, (int8_t *)head + place, TERN_PAGE);
    scales[TERN_PAGE + place] = LEVEL(round_to_int8)(value, width, (int8_t *)head + (TERN_PAGE + place) * width, 1);
}

void LEVEL(tern_remember)(const tern_pages *p, size_t token, const float *key, const float *value)
{
    uint8_t *head = p->pages[token / TERN_PAGE] + p->offset;
    size_t place = token % TERN_PAGE, width = p->width;
    if (p->element == TERN_I8) {
        LEVEL(remember_int8)(head, width, place, key, value);
    } else if (p->element == TERN_F16) {
        uint16_t *keys = (uint16_t *)(void *)head, *values = keys + (TERN_PAGE + place) * width;
        for (size_t d = 0; d < width; d++) {
            keys[d * TERN_PAGE + place] = LEVEL(f16_of)(key[d]);
            values[d] = LEVEL(f16_of)(value[d]);
        }
    } else {
        float *keys = (float *)(void *)head, *values = keys + (TERN_PAGE + place) * width;
        for (size_t d = 0; d < width; d++) keys[d * TERN_PAGE + place] = key[d];
        memcpy(values, value, width * sizeof(float));
    }
}

/* Widest part of a head that is widened at once; wider heads go in parts. */
enum { PART = 64 };

/* Queries whose sums find room in the registers. */
#ifndef QUERIES_AT_ONCE
#define QUERIES_AT_ONCE 4
#endif

/* `count` rows of keys, from number `d` on, as floats: where they are, or widened into `wide`. */
TERN_INLINE const float *keys_of(const tern_pages *p, size_t page, size_t d, size_t count, float *wide)
{
    const uint8_t *head = p->pages[page] + p->offset;
    if (p->element == TERN_F32) return (const float *)(const void *)head + d * TERN_PAGE;
    if (p->element == TERN_F16) {
        LEVEL(tern_widen_f16)(head + 2 * d * TERN_PAGE, count * TERN_PAGE, wide);
        return wide;
    }
    const int8_t *keys = (const int8_t *)head + d * TERN_PAGE;
    const float *scales = (const float *)(const void *)(head + 2 * TERN_PAGE * p->width);
    for (size_t i = 0; i < count; i++)
        for (size_t j = 0; j < TERN_PAGE; j++) wide[i * TERN_PAGE + j] = (float)keys[i * TERN_PAGE + j] * scales[j];
    return wide;
}

/* The value of a token, from number `d` on. */
TERN_INLINE const float *value_of(const tern_pages *p, size_t page, size_t place, size_t d, size_t count, float *wide)
{
    const uint8_t *head = p->pages[page] + p->offset;
    const size_t at = (TERN_PAGE + place) * p->width + d;
    if (p->element == TERN_F32) return (const float *)(const void *)head + at;
    if (p->element == TERN_F16) {
        LEVEL(tern_widen_f16)(head + 2 * at, count, wide);
        return wide;
    }
    const int8_t *value = (const int8_t *)head + at;
    const float scale = ((const float *)(const void *)(head + 2 * TERN_PAGE * p->width))[TERN_PAGE + place];
    for (size_t j = 0; j < count; j++) wide[j] = (float)value[j] * scale;
    return wide;
}

/* Fetches a part of a page's values, one of as many as a head has numbers, while keys are read. */
TERN_INLINE void fetch_values(const tern_pages *p, size_t page, size_t from, size_t to, size_t part)
{
    const size_t size = p->element == TERN_F32 ? 4 : p->element == TERN_F16 ? 2 : 1;
    const uint8_t *values = p->pages[page] + p->offset + size * (TERN_PAGE + from) * p->width + size * (to - from) * part;
    for (size_t byte = 0; byte < size * (to - from); byte += 64) __builtin_prefetch(values + byte, 0, 2);
}

/* Keys that meet queries: `part` numbers from `d` on, of tokens from `token` on; values are fetched the while, or not. */
typedef struct {
    const tern_pages *pages;
    size_t page, from, to;
    const float *keys;
    size_t d, part, token;
    const tern_query *queries;
    bool fetches;
} key_place;

/* Adds `part` numbers of keys to the sums of `count` queries with sixteen times `vectors` tokens. */
TERN_INLINE void add_keys(size_t count, size_t vectors, const key_place *k, float (*sums)[TERN_PAGE])
{
    lanes16 sum[QUERIES_AT_ONCE][TERN_PAGE / 16];
#pragma clang loop unroll(full)
    for (size_t q = 0; q < count; q++)
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v++) sum[q][v] = load16(sums[q] + k->token + 16 * v);
    for (size_t i = 0; i < k->part; i++) {
        if (k->fetches) fetch_values(k->pages, k->page, k->from, k->to, k->d + i);
        lanes16 keys[TERN_PAGE / 16];
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v++) keys[v] = load16(k->keys + i * TERN_PAGE + k->token + 16 * v);
#pragma clang loop unroll(full)
        for (size_t q = 0; q < count; q++) {
            lanes16 x = all16(k->queries[q].query[k->d + i]);
#pragma clang loop unroll(full)
            for (size_t v = 0; v < vectors; v++) sum[q][v] = fma16(x, keys[v], sum[q][v]);
        }
    }
#pragma clang loop unroll(full)
    for (size_t q = 0; q < count; q++)
#pragma clang loop unroll(full)
        for (size_t v = 0; v < vectors; v++) store16(sum[q][v], sums[q] + k->token + 16 * v);
}

/* The scores of `count` queries with the tokens `from` ..< `to` of a page, at least; others get what does not matter. */
TERN_INLINE void page_scores(size_t count, const tern_pages *p, size_t page, size_t from, size_t to, const tern_query *queries, float scale,
                             float *scores, size_t stride)
{
    _Alignas(64) float wide[PART * TERN_PAGE];
    _Alignas(64) float sums[QUERIES_AT_ONCE][TERN_PAGE] = {{0}};
    /* Whole rows of keys, in the order of memory, where sums with all of a page's tokens find room in the registers. */
    const bool whole = QUERIES_AT_ONCE > 4 && count <= 4 && from < 32 && to > 32;
    for (size_t d = 0; d < p->width; d += PART) {
        key_place k = {.pages = p, .page = page, .from = from, .to = to, .d = d, .queries = queries};
        k.part = p->width - d < PART ? p->width - d : PART;
        k.keys = keys_of(p, page, d, k.part, wide);
        for (k.token = from / 32 * 32; k.token < to; k.token += whole ? 64 : 32) {
            k.fetches = k.token < from + 32;
            whole ? add_keys(count, 4, &k, sums) : add_keys(count, 2, &k, sums);
        }
    }
    for (size_t q = 0; q < count; q++)
        for (size_t j = 0; j < TERN_PAGE; j++) scores[q * stride + page * TERN_PAGE + j] = sums[q][j] * scale;
}

/* The largest of a number of scores that sixteen divides. */
static float LEVEL(most_of)(const float *scores, size_t count)
{
    float lanes[LANES], most = -INFINITY;
    for (size_t l = 0; l < LANES; l++) lanes[l] = -INFINITY;
    for (size_t j = 0; j < count; j += LANES)
        for (size_t l = 0; l < LANES; l++) lanes[l] = scores[j + l] > lanes[l] ? scores[j + l] : lanes[l];
    for (size_t l = 0; l < LANES; l++) most = lanes[l] > most ? lanes[l] : most;
    return most;
}

/* Scores to weights, exp(score - largest), zero outside of first..<end up to the end of its pages; returns 1 / their sum. */
static float LEVEL(weigh)(float *scores, size_t first, size_t end)
{
    float lanes[LANES] = {0};
    size_t start = first / TERN_PAGE * TERN_PAGE, stop = (end + TERN_PAGE - 1) / TERN_PAGE * TERN_PAGE;
    for (size_t j = start; j < first; j++) scores[j] = -INFINITY;
    for (size_t j = end; j < stop; j++) scores[j] = -INFINITY;
    const float most = LEVEL(most_of)(scores + start, stop - start);
    ELEMENTWISE
    for (size_t j = start; j < stop; j++) scores[j] = scores[j] == -INFINITY ? 0.0f : exp_of_negative(scores[j] - most);
    for (size_t j = start; j < stop; j += LANES)
        for (size_t l = 0; l < LANES; l++) lanes[l] += scores[j + l];
    return 1.0f / sum_of_float_lanes(lanes);
}

/* Adds the values of a page's tokens in `first`..<`end`, 32 numbers from `d` on, times their weights, to what is in `out`. */
TERN_INLINE void page_values(size_t count, const tern_pages *p, size_t page, size_t first, size_t end, size_t d, float *const *out,
                             const float *scores, size_t stride)
{
    float wide[32];
    lanes16 low[QUERIES_AT_ONCE], high[QUERIES_AT_ONCE];
#pragma clang loop unroll(full)
    for (size_t q = 0; q < count; q++) low[q] = load16(out[q]), high[q] = load16(out[q] + 16);
    for (size_t place = first; place < end; place++) {
        const float *value = value_of(p, page, place, d, 32, wide);
        lanes16 a = load16(value), b = load16(value + 16);
#pragma clang loop unroll(full)
        for (size_t q = 0; q < count; q++) {
            lanes16 weight = all16(scores[q * stride + page * TERN_PAGE + place]);
            low[q] = fma16(weight, a, low[q]);
            high[q] = fma16(weight, b, high[q]);
        }
    }
#pragma clang loop unroll(full)
    for (size_t q = 0; q < count; q++) store16(low[q], out[q]), store16(high[q], out[q] + 16);
}

/* The same for the last numbers of a head whose width 32 does not divide: with those before them, which are not kept. */
TERN_INLINE void last_values(size_t count, const tern_pages *p, size_t page, size_t first, size_t end, const tern_query *queries,
                             const float *scores, size_t stride)
{
    const size_t d = p->width - 32, rest = p->width % 32;
    float numbers[QUERIES_AT_ONCE][32], *out[QUERIES_AT_ONCE];
    for (size_t q = 0; q < count; q++) {
        memcpy(numbers[q], queries[q].out + d, sizeof numbers[q]);
        out[q] = numbers[q];
    }
    page_values(count, p, page, first, end, d, out, scores, stride);
    for (size_t q = 0; q < count; q++) memcpy(queries[q].out + d + 32 - rest, numbers[q] + 32 - rest, rest * sizeof(float));
}

/* The same for a head of less than 32 numbers. */
static void LEVEL(few_values)(size_t count, const tern_pages *p, size_t page, size_t first, size_t end, const tern_query *queries,
                              const float *scores, size_t stride)
{
    float wide[32];
    for (size_t place = first; place < end; place++) {
        const float *value = value_of(p, page, place, 0, p->width, wide);
        for (size_t q = 0; q < count; q++) {
            float weight = scores[q * stride + page * TERN_PAGE + place];
            for (size_t j = 0; j < p->width; j++) queries[q].out[j] = __builtin_fmaf(weight, value[j], queries[q].out[j]);
        }
    }
}

/* The same for a whole head. */
TERN_INLINE void all_values(size_t count, const tern_pages *p, size_t page, size_t first, size_t end, const tern_query *queries,
                            const float *scores, size_t stride)
{
    if (p->width < 32) return LEVEL(few_values)(count, p, page, first, end, queries, scores, stride);
    for (size_t d = 0; d + 32 <= p->width; d += 32) {
        float *out[QUERIES_AT_ONCE];
        for (size_t q = 0; q < count; q++) out[q] = queries[q].out + d;
        page_values(count, p, page, first, end, d, out, scores, stride);
    }
    if (p->width % 32 != 0) last_values(count, p, page, first, end, queries, scores, stride);
}

TERN_INLINE void attend_to(size_t count, const tern_pages *p, const tern_query *queries, float scale, float *scores)
{
    size_t first = queries[0].first, end = queries[0].end;
    float inverse[QUERIES_AT_ONCE];
    for (size_t q = 1; q < count; q++) {
        first = queries[q].first < first ? queries[q].first : first;
        end = queries[q].end > end ? queries[q].end : end;
    }
    const size_t stride = (end + TERN_PAGE - 1) / TERN_PAGE * TERN_PAGE;
    for (size_t page = first / TERN_PAGE; page * TERN_PAGE < end; page++) {
        size_t start = page * TERN_PAGE, from = first > start ? first - start : 0, to = end - start < TERN_PAGE ? end - start : TERN_PAGE;
        page_scores(count, p, page, from, to, queries, scale, scores, stride);
    }
    for (size_t q = 0; q < count; q++) {
        float *row = scores + q * stride;
        inverse[q] = LEVEL(weigh)(row, queries[q].first, queries[q].end);
        for (size_t j = first; j < queries[q].first; j++) row[j] = 0;
        for (size_t j = queries[q].end; j < end; j++) row[j] = 0;
        memset(queries[q].out, 0, p->width * sizeof(float));
    }
    for (size_t page = first / TERN_PAGE; page * TERN_PAGE < end; page++) {
        size_t start = page * TERN_PAGE, from = first > start ? first - start : 0, to = end - start < TERN_PAGE ? end - start : TERN_PAGE;
        all_values(count, p, page, from, to, queries, scores, stride);
    }
    for (size_t q = 0; q < count; q++)
        for (size_t j = 0; j < p->width; j++) queries[q].out[j] *= inverse[q];
}

static void LEVEL(attend_some)(const tern_pages *p, const tern_query *queries, size_t count, float scale, float *scores)
{
    switch (count) {
    case 1: attend_to(1, p, queries, scale, scores); break;
    case 2: attend_to(2, p, queries, scale, scores); break;
    case 3: attend_to(3, p, queries, scale, scores); break;
    case 4: attend_to(4, p, queries, scale, scores); break;
#if QUERIES_AT_ONCE > 4
    case 5: attend_to(5, p, queries, scale, scores); break;
    case 6: attend_to(6, p, queries, scale, scores); break;
    case 7: attend_to(7, p, queries, scale, scores); break;
    case 8: attend_to(8, p, queries, scale, scores); break;
#endif
    }
}

void LEVEL(tern_attend)(const tern_pages *p, const tern_query *queries, size_t count, float scale, float *scores)
{
    for (size_t q = 0; q < count; q += QUERIES_AT_ONCE)
        LEVEL(attend_some)(p, queries + q, count - q < QUERIES_AT_ONCE ? count - q : QUERIES_AT_ONCE, scale, scores);
}
