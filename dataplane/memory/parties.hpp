// SPDX-License-Identifier: BSD-3-Clause
// Whose call a request was: what resolved its sides, kept with its transaction for the KRR that comes back.
#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string_view>
#include <type_traits>

#include "policy/decide/facts.hpp"

namespace kmsgate::memory {

/// Bytes of names that one transaction keeps, six more for each name. What does not fit makes its side one of
/// unknown user, or the visited networks unknown: the way back is then judged by every rule that could apply.
inline constexpr std::size_t kPartyBytes = 768;

/// The users of both sides and the visited networks of every copy of one request, in one block of fixed size:
/// what stands in it stands there as long as the transaction lives. Starts with clear(). Copies that differ
/// add up; none of them takes away what another one named.
class Parties {
  public:
    /// Of one side: which of its users' states some copy had.
    struct Side {
        bool ours;
        bool other;
        bool unknown;
        bool crowd;  ///< unknown because not all that was named could be kept
    };

    void clear() noexcept {
        sides_ = {};
        used_ = 0;
        copies_ = false;
        visited_known_ = true;
    }
    /// No request has been added.
    [[nodiscard]] bool empty() const noexcept { return !copies_; }
    /// Adds what one copy of the request named; `visited`: its values of P-Visited-Network-ID and
    /// P-Access-Network-Info.
    void add(const std::array<policy::decide::User, 2>& users, std::span<const std::string_view> visited,
             bool visited_known = true) noexcept;

    [[nodiscard]] const Side& side(std::size_t side) const noexcept { return sides_[side]; }
    /// All copies named the same visited networks, and all of them are kept.
    [[nodiscard]] bool visited_known() const noexcept { return visited_known_; }
    /// Calls f(uri, alias) for every user kept of a side, in order of their naming.
    template <class F>
    void each_user(std::size_t side, F&& f) const {
        each([&](const Name& name) {
            if (name.kind == side) f(name.text, name.alias);
        });
    }
    /// Calls f(value) for every visited network kept.
    template <class F>
    void each_visited(F&& f) const {
        each([&](const Name& name) {
            if (name.kind == kVisited) f(name.text);
        });
    }

  private:
    static constexpr std::uint8_t kVisited = 2;
    /// An entry. In text_: kind (a side or kVisited), sizes of text and alias, 16 bits each, then both.
    struct Name {
        std::uint8_t kind = 0;
        std::string_view text, alias;
    };
    static constexpr std::size_t kHead = 6;

    template <class F>
    void each(F&& f) const {
        for (std::size_t at = 0; at < used_;) {
            std::array<std::uint16_t, 3> head{};
            std::memcpy(head.data(), text_.data() + at, kHead);
            at += kHead;
            const Name name{static_cast<std::uint8_t>(head[0]),
                            {text_.data() + at, head[1]},
                            {text_.data() + at + head[1], head[2]}};
            at += name.text.size() + name.alias.size();
            f(name);
        }
    }
    [[nodiscard]] bool put(const Name& name) noexcept;
    [[nodiscard]] bool has(const Name& name) const noexcept;
    void add_visited(std::span<const std::string_view> visited) noexcept;

    // Not initialised, so that an array of these touches no memory; clear() comes before anything else.
    std::array<Side, 2> sides_;           // NOLINT
    std::uint16_t used_;                  // NOLINT
    bool copies_;                         // NOLINT
    bool visited_known_;                  // NOLINT
    std::array<char, kPartyBytes> text_;  // NOLINT: only what used_ covers is ever read
};
static_assert(std::is_trivially_default_constructible_v<Parties>);

}  // namespace kmsgate::memory
