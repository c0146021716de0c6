// SPDX-License-Identifier: BSD-3-Clause
#include <array>

#include "dataplane/sip/message.hpp"

namespace kmsgate::sip {
namespace {

constexpr std::array kTexts = {
#define X(name, text, meaning) std::string_view(text),
#include "dataplane/sip/fault.def"
#undef X
};
static_assert(kTexts.size() == static_cast<std::size_t>(Fault::count_));
static_assert(kTexts.size() <= 32, "FaultSet holds 32 bits");

}  // namespace

std::string_view to_string(Fault fault) noexcept {
    const auto at = static_cast<std::size_t>(fault);
    return at < kTexts.size() ? kTexts[at] : std::string_view("none");
}

}  // namespace kmsgate::sip
