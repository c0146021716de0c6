// SPDX-License-Identifier: BSD-3-Clause
// The plain reader for the level avx512.
#if defined(__x86_64__)
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "dataplane/simd/avx512.hpp"
#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/plain/levels.hpp"
#include "dataplane/sip/plain/names.hpp"
#include "dataplane/sip/plain/usual_runs.hpp"
#include "dataplane/sip/plain/usual_texts.hpp"

// What stands above is for any CPU; what follows runs only where the level is.
#if defined(__clang__)
#pragma clang attribute push(                                                                            \
    __attribute__((target("avx2,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi"))), \
    apply_to = function)
#else
#pragma GCC push_options
// g++ 12 warns of the undefined operand inside its own intrinsics (its bug 105593)
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#pragma GCC target("avx2,bmi,bmi2,lzcnt,popcnt,avx512f,avx512bw,avx512dq,avx512vl,avx512vbmi")
#endif
#define KMSGATE_LEVEL avx512
#include "dataplane/sip/plain/reader.hpp"
#if defined(__clang__)
#pragma clang attribute pop
#else
#pragma GCC pop_options
#endif
#endif
