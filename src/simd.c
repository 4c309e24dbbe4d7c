#include "ctlock/simd.h"

#if defined(__x86_64__)

static bool has_avx2(void)
{
    return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("bmi") &&
           __builtin_cpu_supports("pclmul") && __builtin_cpu_supports("popcnt");
}

static bool has_avx512(void)
{
    return has_avx2() && __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
           __builtin_cpu_supports("avx512vbmi2");
}

#else

static bool has_avx2(void)
{
    return false;
}

static bool has_avx512(void)
{
    return false;
}

#endif

static bool has_neon(void)
{
#if defined(__aarch64__)
    return true;
#else
    return false;
#endif
}

bool simd_has(enum simd simd)
{
    switch (simd) {
    case SIMD_BEST:
    case SIMD_PORTABLE:
        return true;
    case SIMD_AVX2:
        return has_avx2();
    case SIMD_AVX512:
        return has_avx512();
    case SIMD_NEON:
        return has_neon();
    }
    return false;
}

enum simd simd_choose(enum simd simd)
{
    if (simd != SIMD_BEST)
        return simd;
    if (has_avx512())
        return SIMD_AVX512;
    if (has_avx2())
        return SIMD_AVX2;
    return has_neon() ? SIMD_NEON : SIMD_PORTABLE;
}
