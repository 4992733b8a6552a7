#include "levels.h"
#if TERN_X86

#pragma clang attribute push(__attribute__((target("avx512f,avx512bw,avx512vl,avx512dq,avx512vnni"))), apply_to = function)

#define LEVEL(NAME) NAME##_avx512
#define QUERIES_AT_ONCE 8
#include "floats.h"
#include "integers.h"
#include "fives.h"
#include "lanes.h"
#include "dense.h"
#include "chains.h"
#include "attention.h"
#include "digits_avx512.h"
#include "digits.h"

#pragma clang attribute pop
#endif
