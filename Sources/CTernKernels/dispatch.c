#include "levels.h"

#define TABLE(LEVEL) { \
    .product = tern_product_##LEVEL, \
    .quantise = tern_quantise_##LEVEL, \
    .rms_norm = tern_rms_norm_##LEVEL, \
    .sigmoid = tern_sigmoid_##LEVEL, \
    .silu = tern_silu_##LEVEL, \
    .silu_product = tern_silu_product_##LEVEL, \
    .recurrence = tern_recurrence_##LEVEL, \
    .sum_abs_f32 = tern_sum_abs_f32_##LEVEL, \
    .sum_abs_f16 = tern_sum_abs_f16_##LEVEL, \
    .sum_abs_bf16 = tern_sum_abs_bf16_##LEVEL, \
    .widen_f16 = tern_widen_f16_##LEVEL, \
    .widen_bf16 = tern_widen_bf16_##LEVEL, \
    .ternarise = tern_ternarise_##LEVEL, \
    .maxima = tern_maxima_##LEVEL, \
    .exponentials = tern_exponentials_##LEVEL, \
    .read = tern_read_##LEVEL, \
}

static const tern_kernels scalar = TABLE(scalar);
#if TERN_X86
static const tern_kernels avx2 = TABLE(avx2);
static const tern_kernels avx512 = TABLE(avx512);

/* The compiler's test of a feature includes that the operating system saves its registers. */
static bool has_avx512(void)
{
    return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512vl") &&
           __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vnni");
}
#endif

bool tern_level_available(tern_level level)
{
#if TERN_X86
    __builtin_cpu_init();
    if (level == TERN_AVX2) return __builtin_cpu_supports("avx2");
    if (level == TERN_AVX512) return has_avx512();
#endif
    return level == TERN_SCALAR;
}

tern_level tern_level_best(void)
{
    if (tern_level_available(TERN_AVX512)) return TERN_AVX512;
    return tern_level_available(TERN_AVX2) ? TERN_AVX2 : TERN_SCALAR;
}

const tern_kernels *tern_kernels_at(tern_level level)
{
#if TERN_X86
    if (level == TERN_AVX2) return &avx2;
    if (level == TERN_AVX512) return &avx512;
#endif
    (void)level;
    return &scalar;
}
