/* Sixteen floats at a time, in the compiler's own vectors: one source gives every level its instructions. */

/* How such vectors are passed depends on the level; everything that takes them is inlined. */
#pragma clang diagnostic ignored "-Wpsabi"

typedef float lanes16 __attribute__((vector_size(64)));

TERN_INLINE lanes16 load16(const float *x)
{
    lanes16 lanes;
    memcpy(&lanes, x, sizeof lanes);
    return lanes;
}

TERN_INLINE void store16(lanes16 lanes, float *x) { memcpy(x, &lanes, sizeof lanes); }

TERN_INLINE lanes16 all16(float x) { return (lanes16){x, x, x, x, x, x, x, x, x, x, x, x, x, x, x, x}; }

/* a * b + c, rounded once. */
TERN_INLINE lanes16 fma16(lanes16 a, lanes16 b, lanes16 c) { return __builtin_elementwise_fma(a, b, c); }

TERN_INLINE float sum16(lanes16 lanes)
{
    float sixteen[LANES];
    store16(lanes, sixteen);
    return sum_of_float_lanes(sixteen);
}
