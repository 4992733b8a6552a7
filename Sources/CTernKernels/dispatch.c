#include "levels.h"

#if TERN_X86
#include <cpuid.h>
#elif TERN_ARM
#include <asm/hwcap.h>
#include <sys/auxv.h>
#endif

/* The kernels on floats of LEVEL with the products of PRODUCTS, which are fastest on LAYOUT, and what goes by triples of TRIPLES. */
#define TABLE(LEVEL, PRODUCTS, LAYOUT, TRIPLES) { \
    .product = tern_product_##PRODUCTS, \
    .pack_triples = tern_pack_triples_##TRIPLES, \
    .product_triples = tern_product_triples_##TRIPLES, \
    .layout = LAYOUT, \
    .multiply_add = tern_multiply_add_##PRODUCTS, \
    .product_integers = tern_product_integers_##PRODUCTS, \
    .quantise_spans = tern_quantise_spans_##LEVEL, \
    .narrow_integers = tern_narrow_integers_##LEVEL, \
    .widen_integers = tern_widen_integers_##LEVEL, \
    .fold_planes = tern_fold_planes_##LEVEL, \
    .add_products = tern_add_products_##LEVEL, \
    .quantise = tern_quantise_##LEVEL, \
    .rms_norm = tern_rms_norm_##LEVEL, \
    .sigmoid = tern_sigmoid_##LEVEL, \
    .silu = tern_silu_##LEVEL, \
    .silu_product = tern_silu_product_##LEVEL, \
    .squared_relu = tern_squared_relu_##LEVEL, \
    .squared_relu_product = tern_squared_relu_product_##LEVEL, \
    .add = tern_add_##LEVEL, \
    .rotate = tern_rotate_##LEVEL, \
    .remember = tern_remember_##LEVEL, \
    .attend = tern_attend_##LEVEL, \
    .product_dense = tern_product_dense_##LEVEL, \
    .recurrence = tern_recurrence_##LEVEL, \
    .sum_abs_f32 = tern_sum_abs_f32_##LEVEL, \
    .sum_abs_f16 = tern_sum_abs_f16_##LEVEL, \
    .sum_abs_bf16 = tern_sum_abs_bf16_##LEVEL, \
    .widen_f16 = tern_widen_f16_##LEVEL, \
    .widen_bf16 = tern_widen_bf16_##LEVEL, \
    .ternarise = tern_ternarise_##LEVEL, \
    .unpack_fives = tern_unpack_fives_##LEVEL, \
    .pack_fives = tern_pack_fives_##LEVEL, \
    .maxima = tern_maxima_##LEVEL, \
    .exponentials = tern_exponentials_##LEVEL, \
    .product_digits = tern_product_digits_##LEVEL, \
    .digits_of_rows = tern_digits_of_rows_##LEVEL, \
    .digits_of_columns = tern_digits_of_columns_##LEVEL, \
    .column_ranges = tern_column_ranges_##LEVEL, \
    .row_range = tern_row_range_##LEVEL, \
    .panels_of_codes = tern_panels_of_codes_##LEVEL, \
    .panels_of_planes = tern_panels_of_planes_##LEVEL, \
    .read = tern_read_##LEVEL, \
}

static const tern_kernels scalar = TABLE(scalar, scalar, TERN_PAIRS, scalar);
#if TERN_X86
static const tern_kernels avx2 = TABLE(avx2, avx2, TERN_PAIRS, scalar);
static const tern_kernels avxvnni = TABLE(avx2, avxvnni, TERN_PAIRS, scalar);
static const tern_kernels avx512 = TABLE(avx512, avx512, TERN_PAIRS, scalar);
static const tern_kernels avx512vbmi = TABLE(avx512, avx512vbmi, TERN_TRIPLES, avx512vbmi);

/* The compiler's test of a feature includes that the operating system saves its registers. */
static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni");
}

/* Bit 4 of EAX in leaf 7.1 of CPUID. The registers are those of AVX2. */
static bool has_avxvnni(void)
{
    unsigned a = 0, b, c, d;
    if (!tern_level_available(TERN_AVX2) || !__get_cpuid_count(7, 1, &a, &b, &c, &d)) return false;
    return (a >> 4 & 1) != 0;
}
#elif TERN_ARM
static const tern_kernels neon = TABLE(scalar, neon, TERN_PAIRS, scalar);
static const tern_kernels neondot = TABLE(scalar, neondot, TERN_PAIRS, scalar);
#endif

bool tern_level_available(tern_level level)
{
#if TERN_X86
    __builtin_cpu_init();
    if (level == TERN_AVX2) return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c");
    if (level == TERN_AVXVNNI) return has_avxvnni();
    if (level == TERN_AVX512) return has_avx512();
    if (level == TERN_AVX512VBMI) return has_avx512() && __builtin_cpu_supports("avx512vbmi") && __builtin_cpu_supports("avx512vbmi2");
#elif TERN_ARM
    if (level == TERN_NEON) return true;
    if (level == TERN_NEONDOT) return (getauxval(AT_HWCAP) & HWCAP_ASIMDDP) != 0;
#endif
    return level == TERN_SCALAR;
}

tern_level tern_level_best(void)
{
    for (int level = TERN_LEVELS - 1; level > TERN_SCALAR; level--)
        if (tern_level_available((tern_level)level)) return (tern_level)level;
    return TERN_SCALAR;
}

const tern_kernels *tern_kernels_at(tern_level level)
{
#if TERN_X86
    if (level == TERN_AVX2) return &avx2;
    if (level == TERN_AVXVNNI) return &avxvnni;
    if (level == TERN_AVX512) return &avx512;
    if (level == TERN_AVX512VBMI) return &avx512vbmi;
#elif TERN_ARM
    if (level == TERN_NEON) return &neon;
    if (level == TERN_NEONDOT) return &neondot;
#endif
    (void)level;
    return &scalar;
}
