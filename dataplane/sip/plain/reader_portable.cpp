// SPDX-License-Identifier: BSD-3-Clause
// The plain reader in C++ alone.
#include <algorithm>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>

#include "dataplane/simd/portable.hpp"
#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/plain/levels.hpp"
#include "dataplane/sip/plain/names.hpp"
#include "dataplane/sip/plain/usual_runs.hpp"
#include "dataplane/sip/plain/usual_texts.hpp"

#define KMSGATE_LEVEL portable
#include "dataplane/sip/plain/reader.hpp"
