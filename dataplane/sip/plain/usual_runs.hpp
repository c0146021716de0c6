// SPDX-License-Identifier: BSD-3-Clause
// What MC clients write in one piece: the header of a body part, tags up to the next value. Compared whole.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>

namespace kmsgate::sip::plain {

/// The runs. Heads of parts up to their empty line; what documents start with; what stands between their
/// values.
enum class Run : std::uint8_t {
    none,
    sdp_part,
    info_part,
    lists_part,
    info,
    lists,
    caller,
    callee,
    callee_caller,
    client,
    info_end,
    client_end,
    lists_end,
    count_
};

/// Tags or header lines in a row. What tags say in sum is worked out by make() from each of them.
struct alignas(64) UsualRun {
    std::array<char, 128> text{};
    std::array<std::uint32_t, 4> mask{};  ///< bit i of n: byte 32*n+i belongs to the text
    std::uint8_t size = 0;
    std::uint8_t before = 0;  ///< how deep in an element that names somebody it must begin (Tags::inside_)
    std::uint8_t after = 0;   ///< how deep it ends
    bool receiver = false;    ///< whom that element names
    bool lists = false;       ///< a resource list begins
    bool sdp = false;         ///< head of a part: its type is application/sdp, else one of XML
    const UsualRun* other = nullptr;  ///< another one that may stand in its place
    const UsualRun* next =
        nullptr;  ///< what most often comes next: behind a value, or as the head of the next part
    const UsualRun* document = nullptr;  ///< head of a part: how the next document starts
};

struct UsualRuns {
    UsualRun all[static_cast<std::size_t>(Run::count_)];  // NOLINT(*-c-arrays): each points at others
};
extern const UsualRuns kUsualRuns;

[[nodiscard]] constexpr const UsualRun* usual_run(Run run) noexcept {
    return &kUsualRuns.all[static_cast<std::size_t>(run)];
}

}  // namespace kmsgate::sip::plain
