// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/program/framing.hpp"

#include <algorithm>
#include <vector>

#include "dataplane/sip/message.hpp"

namespace kmsgate::client::program {
namespace {

constexpr std::string_view kEnd = "\r\n\r\n";

[[nodiscard]] std::optional<std::uint32_t> content_length(std::string_view head) {
    std::vector<std::byte> storage((sip::kMaxHeaders + 8) * sizeof(sip::Header) + head.size() + 4096);
    sip::Arena arena(storage);
    return sip::parse(head, arena, sip::LineEnds::strict).content_length;
}

}  // namespace

std::string_view to_string(Framing::Fault fault) noexcept {
    switch (fault) {
        case Framing::Fault::head_too_long:
            return "head-too-long";
        case Framing::Fault::content_length:
            return "content-length";
        case Framing::Fault::message_too_long:
            break;
    }
    return "message-too-long";
}

std::optional<std::size_t> Framing::message_size() {
    const std::size_t end = buffer_.find(kEnd, searched_ < kEnd.size() ? 0 : searched_ - kEnd.size());
    searched_ = buffer_.size();
    if (std::min(end, buffer_.size()) > kMostHead) {
        fault_ = Fault::head_too_long;
        return std::nullopt;
    }
    if (end == std::string::npos) return std::nullopt;
    const std::size_t head = end + kEnd.size();
    const auto body = content_length(std::string_view(buffer_).substr(0, head));
    if (!body) {
        fault_ = Fault::content_length;
        return std::nullopt;
    }
    if (*body > kMostMessage - head) {
        fault_ = Fault::message_too_long;
        return std::nullopt;
    }
    return head + *body;
}

std::optional<std::string> Framing::next() {
    if (fault_) return std::nullopt;
    if (!size_) {
        const std::size_t start = std::min(buffer_.find_first_not_of("\r\n"), buffer_.size());
        if (start != 0) {
            buffer_.erase(0, start);
            searched_ = 0;
        }
        size_ = message_size();
        if (!size_) return std::nullopt;
    }
    if (buffer_.size() < *size_) return std::nullopt;
    std::string out = buffer_.substr(0, *size_);
    buffer_.erase(0, *size_);
    size_.reset();
    searched_ = 0;
    return out;
}

}  // namespace kmsgate::client::program
