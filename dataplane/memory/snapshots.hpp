// SPDX-License-Identifier: BSD-3-Clause
// Short texts in a ring: what answers said, so that a copy of a request gets the same answer when the table
// that it was made from is gone. The oldest make room; who asks for one of those hears so.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstdint>
#include <cstring>
#include <optional>
#include <string_view>
#include <vector>

namespace kmsgate::memory {

class Snapshots {
  public:
    explicit Snapshots(std::size_t bytes) : ring_(std::bit_floor(std::max<std::size_t>(bytes, 64))) {}

    struct Ref {
        std::uint64_t at = 0;  ///< bytes written before it, since the start
        std::uint32_t size = 0;
        bool kept = false;
    };
    /// Keeps a text; one that the ring cannot hold is not kept.
    [[nodiscard]] Ref put(std::string_view text) noexcept {
        if (text.size() > ring_.size()) return {};
        const std::size_t left = ring_.size() - place(written_);
        if (left < text.size()) written_ += left;  // no text runs over the ring's end
        const Ref ref{written_, static_cast<std::uint32_t>(text.size()), true};
        if (!text.empty()) std::memcpy(ring_.data() + place(written_), text.data(), text.size());
        written_ += text.size();
        return ref;
    }
    /// The text, or nullopt when it was never kept or has made room.
    [[nodiscard]] std::optional<std::string_view> get(const Ref& ref) const noexcept {
        if (!ref.kept || written_ - ref.at > ring_.size()) return std::nullopt;
        return std::string_view(ring_.data() + place(ref.at), ref.size);
    }

    /// What determines a text: a generation, and four numbers of its table.
    struct Key {
        std::uint64_t generation = 0;
        std::array<std::uint32_t, 4> what{};
        friend bool operator==(const Key&, const Key&) noexcept = default;
    };
    /// What put() gave for the text of that key, if it was put lately: at least half of the ring will be
    /// written before it makes room. Otherwise nullptr.
    [[nodiscard]] const Ref* find(const Key& key) const noexcept {
        const Lately& l = lately_[slot(key)];
        return l.ref.kept && l.key == key && written_ - l.ref.at <= ring_.size() / 2 ? &l.ref : nullptr;
    }
    /// put(), and remembers for find() that the text is that of the key.
    [[nodiscard]] Ref put(const Key& key, std::string_view text) noexcept {
        const Ref ref = put(text);
        lately_[slot(key)] = {key, ref};
        return ref;
    }

  private:
    [[nodiscard]] std::size_t place(std::uint64_t at) const noexcept { return at & (ring_.size() - 1); }
    struct Lately {
        Key key;
        Ref ref;
    };
    static constexpr std::size_t kLately = 64;
    [[nodiscard]] static std::size_t slot(const Key& key) noexcept {
        const std::uint32_t mixed = key.what[0] + key.what[1] * 3 + key.what[2] * 5 + key.what[3] * 7;
        return mixed * 0x9E3779B1U >> 26;
    }

    std::vector<char> ring_;  ///< of a power of two
    std::uint64_t written_ = 0;
    std::array<Lately, kLately> lately_{};
};

}  // namespace kmsgate::memory
