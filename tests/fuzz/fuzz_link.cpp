// SPDX-License-Identifier: BSD-3-Clause
// The codec of the table socket on bytes of anybody: however they are cut, the same frames come out, no frame
// exceeds its limits, and what comes out is what encode() would have sent.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <vector>

#include "dataplane/link/frame.hpp"

namespace {

using namespace kmsgate::link;

struct Read {
    std::vector<Frame> frames;
    std::size_t taken = 0;
    bool broken = false;
};

void check(bool fine) {
    if (!fine) std::abort();
}

std::uint64_t limit(std::string_view json) {
    return json.find("table") != std::string_view::npos ? kMaxTable : kMaxAttachment;
}

Read read(std::span<const std::byte> bytes, std::size_t step) {
    Decoder decoder(limit);
    Read out;
    while (!bytes.empty()) {
        const auto piece = bytes.first(std::min(step, bytes.size()));
        const auto taken = decoder.take(piece);
        if (!taken) {
            check(decoder.take(piece).error() == taken.error());
            out.broken = true;
            return out;
        }
        check(*taken <= piece.size() && (*taken > 0 || decoder.ready()));
        out.taken += *taken;
        bytes = bytes.subspan(*taken);
        if (decoder.ready()) out.frames.push_back(decoder.fetch());
    }
    return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    if (size == 0) return 0;
    const std::size_t step = std::size_t{data[0]} + 1;
    const auto bytes = std::as_bytes(std::span(data + 1, size - 1));
    const Read whole = read(bytes, bytes.size() + 1);
    const Read cut = read(bytes, step);
    check(whole.broken == cut.broken && whole.frames.size() == cut.frames.size());
    std::size_t at = 0;
    for (std::size_t i = 0; i < whole.frames.size(); ++i) {
        const Frame& frame = whole.frames[i];
        check(frame.json == cut.frames[i].json && frame.attachment == cut.frames[i].attachment);
        check(!frame.json.empty() && frame.json.size() <= kMaxJson && frame.attachment.size() <= kMaxTable);
        const std::string head = encode(frame.json, frame.attachment.size());
        const auto sent = bytes.subspan(at, head.size() + frame.attachment.size());
        check(std::equal(sent.begin(), sent.begin() + static_cast<std::ptrdiff_t>(head.size()),
                         std::as_bytes(std::span(head)).begin()));
        check(std::equal(frame.attachment.begin(), frame.attachment.end(),
                         sent.begin() + static_cast<std::ptrdiff_t>(head.size())));
        at += sent.size();
    }
    return 0;
}
