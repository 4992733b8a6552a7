/* What the files of the kernels share: the functions of each level, which dispatch.c puts into tables. */
#ifndef TERN_LEVELS_H
#define TERN_LEVELS_H

#include "include/tern_kernels.h"

#define TERN_INLINE static inline __attribute__((always_inline))

#if defined(__x86_64__)
#define TERN_X86 1
#elif defined(__aarch64__)
#define TERN_ARM 1
#endif

/* Declares the functions of one level, named after it. */
#define TERN_DECLARE(LEVEL) \
    void tern_product_##LEVEL(const tern_matrix *, size_t, size_t, const tern_activations *, float *, size_t); \
    void tern_product_integers_##LEVEL(const tern_integers *, size_t, size_t, const tern_spanned *, float *, size_t); \
    void tern_quantise_spans_##LEVEL(const float *, size_t, int8_t *, float *, int32_t *); \
    void tern_narrow_integers_##LEVEL(const float *, size_t, unsigned, size_t, uint8_t *, uint16_t *); \
    void tern_widen_integers_##LEVEL(const uint8_t *, const uint16_t *, size_t, unsigned, size_t, float *); \
    void tern_fold_planes_##LEVEL(const uint8_t *, size_t, size_t, unsigned, size_t, uint8_t *); \
    void tern_add_products_##LEVEL( \
        const float *, size_t, size_t, size_t, const float *, size_t, size_t, float *, size_t, size_t); \
    int32_t tern_quantise_##LEVEL(const float *, size_t, int8_t *, float *); \
    void tern_rms_norm_##LEVEL(const float *, const float *, float, size_t, float *); \
    void tern_sigmoid_##LEVEL(const float *, size_t, float *); \
    void tern_silu_##LEVEL(const float *, size_t, float *); \
    void tern_silu_product_##LEVEL(const float *, const float *, size_t, float *); \
    void tern_recurrence_##LEVEL(const float *, const float *, size_t, float *, float *); \
    void tern_squared_relu_##LEVEL(const float *, size_t, float *); \
    void tern_squared_relu_product_##LEVEL(const float *, const float *, size_t, float *); \
    void tern_add_##LEVEL(const float *, const float *, size_t, float *); \
    void tern_rotate_##LEVEL(const float *, size_t, size_t, const float *, const float *, float *); \
    void tern_remember_##LEVEL(const tern_pages *, size_t, const float *, const float *); \
    void tern_attend_##LEVEL(const tern_pages *, const tern_query *, size_t, float, float *); \
    void tern_product_dense_##LEVEL(const void *, tern_element, size_t, size_t, const float *, size_t, size_t, float *, size_t); \
    double tern_sum_abs_f32_##LEVEL(const void *, size_t); \
    double tern_sum_abs_f16_##LEVEL(const void *, size_t); \
    double tern_sum_abs_bf16_##LEVEL(const void *, size_t); \
    void tern_widen_f16_##LEVEL(const void *, size_t, float *); \
    void tern_widen_bf16_##LEVEL(const void *, size_t, float *); \
    void tern_ternarise_##LEVEL(const float *, float, size_t, uint8_t *, size_t *); \
    bool tern_unpack_fives_##LEVEL(const uint8_t *, size_t, size_t, uint8_t *); \
    void tern_pack_fives_##LEVEL(const uint8_t *, size_t, size_t, uint8_t *); \
    void tern_maxima_##LEVEL(const float *, size_t, float *); \
    double tern_exponentials_##LEVEL(const float *, float, float, size_t, float *); \
    void tern_product_digits_##LEVEL(const tern_digits *, size_t, size_t, const tern_columns *, float, float *, size_t); \
    void tern_digits_of_rows_##LEVEL(const float *, size_t, size_t, size_t, const float *, unsigned, int8_t *, int32_t *); \
    void tern_digits_of_columns_##LEVEL( \
        const float *, size_t, size_t, size_t, const float *, const float *, unsigned, int8_t *, int32_t *); \
    void tern_column_ranges_##LEVEL(const float *, size_t, size_t, size_t, const float *, float *, float *); \
    void tern_row_range_##LEVEL(const float *, size_t, float *, float *); \
    void tern_panels_of_codes_##LEVEL(const uint8_t *, size_t, size_t, size_t, size_t, uint8_t *); \
    void tern_panels_of_planes_##LEVEL(const int8_t *, size_t, size_t, size_t, size_t, size_t, uint8_t *); \
    uint64_t tern_read_##LEVEL(const void *, size_t); \
    uint64_t tern_multiply_add_##LEVEL(size_t)

TERN_DECLARE(scalar);
TERN_DECLARE(avx2);
TERN_DECLARE(avx512);

/* The products of levels that share the kernels on floats: with AVX2, AVX-512, or plain C, which on ARM is compiled to NEON as it is. */
#define TERN_DECLARE_PRODUCTS(LEVEL) \
    void tern_product_##LEVEL(const tern_matrix *, size_t, size_t, const tern_activations *, float *, size_t); \
    void tern_product_integers_##LEVEL(const tern_integers *, size_t, size_t, const tern_spanned *, float *, size_t); \
    uint64_t tern_multiply_add_##LEVEL(size_t)

TERN_DECLARE_PRODUCTS(avxvnni);
TERN_DECLARE_PRODUCTS(neon);
TERN_DECLARE_PRODUCTS(neondot);

/* What goes by triples; the other levels multiply by pairs and leave these to plain C. */
#define TERN_DECLARE_TRIPLES(LEVEL) \
    void tern_pack_triples_##LEVEL(const uint8_t *, size_t, size_t, size_t, size_t, uint8_t *); \
    void tern_product_triples_##LEVEL(const tern_matrix *, size_t, size_t, const tern_activations *, int32_t *, float *, size_t)

TERN_DECLARE_TRIPLES(scalar);
TERN_DECLARE_TRIPLES(avx512vbmi);

#define tern_product_avx512vbmi tern_product_avx512
#define tern_product_integers_avx512vbmi tern_product_integers_avx512
#define tern_multiply_add_avx512vbmi tern_multiply_add_avx512

#endif
