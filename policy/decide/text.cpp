// SPDX-License-Identifier: BSD-3-Clause
// Words of the decision: as events, counters and people read them.
#include <array>

#include "policy/decide/trace.hpp"

namespace kmsgate::policy::decide {
namespace {

constexpr std::array<std::string_view, 11> kReasonTexts = {
#define X(name, text) text,
#include "policy/decide/reason.def"
#undef X
};
static_assert(kReasonTexts.size() == static_cast<std::size_t>(Reason::count_) &&
              !kReasonTexts.back().empty());

constexpr std::array<std::string_view, 6> kVerdictTexts = {"forward", "redirect", "reject",
                                                           "rewrite", "absorb",   "drop"};
static_assert(kVerdictTexts.size() == static_cast<std::size_t>(Verdict::count_));

constexpr std::size_t kLongestShown = 200;

}  // namespace

std::string_view to_string(Verdict verdict) noexcept {
    const auto i = static_cast<std::size_t>(verdict);
    return i < kVerdictTexts.size() ? kVerdictTexts[i] : std::string_view{};
}

std::string_view reason_text(const Decision& decision) noexcept {
    if (decision.reason == Reason::cause) return policy::reason_text(decision.cause);
    const auto i = static_cast<std::size_t>(decision.reason);
    return i < kReasonTexts.size() ? kReasonTexts[i] : std::string_view{};
}

void Trace::add(Step::Kind kind, unsigned depth, bool ok,
                std::initializer_list<std::string_view> parts) const {
    if (record_ == nullptr) return;
    std::string text;
    for (const std::string_view part : parts) text += part;
    record_->add({kind, depth, ok, std::move(text)});
}

std::string shown(std::string_view text) {
    std::string out(text.substr(0, kLongestShown));
    for (char& c : out)
        if (c < ' ' || c > '~') c = '?';
    if (text.size() > kLongestShown) out += "...";
    return out;
}

std::string_view side_text(table::Side side) noexcept {
    return side == table::Side::initiator ? "initiator" : "receiver";
}

std::string_view mode_text(table::Mode mode) noexcept {
    switch (mode) {
        case table::Mode::enforce:
            return "enforce";
        case table::Mode::shadow:
            return "shadow";
        case table::Mode::bypass:
            break;
    }
    return "bypass";
}

std::string_view class_text(MessageClass message_class) noexcept {
    switch (message_class) {
        case MessageClass::request:
            return "request";
        case MessageClass::ack:
            return "ACK";
        case MessageClass::response:
            return "response";
        case MessageClass::unknown:
            break;
    }
    return "unreadable message";
}

}  // namespace kmsgate::policy::decide
