// SPDX-License-Identifier: BSD-3-Clause
// The users whom a hashed UID may name (TS 33.180 F.2.1), numbered in the order in which they came.
#pragma once

#include <atomic>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

namespace kmsgate::memory {

/// One thread writes; others read through a View. Numbers are given once and never again, until compact() or
/// clear() starts a new epoch.
class Roster {
    class Block;

  public:
    /// The users up to a moment; those removed since are gone from it, too. Lives as long as somebody holds
    /// it, whatever becomes of the roster.
    class View {
      public:
        /// The user of a number (normal form); empty when it was removed or came later.
        [[nodiscard]] std::string_view uri(std::size_t number) const noexcept;
        [[nodiscard]] std::size_t end() const noexcept { return end_; }
        [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }

      private:
        friend class Roster;
        std::vector<std::shared_ptr<const Block>> blocks_;
        std::size_t end_ = 0;
        std::uint64_t epoch_ = 0;
    };

    Roster() = default;
    Roster(const Roster&) = delete;
    Roster& operator=(const Roster&) = delete;

    /// The number of a new user.
    std::uint32_t add(std::string_view uri);
    void remove(std::uint32_t number) noexcept;
    void clear() noexcept;
    /// Worth a compact(): most numbers are of users who were removed.
    [[nodiscard]] bool sparse() const noexcept;
    /// Numbers anew, in the same order; the new number by the old one.
    [[nodiscard]] std::vector<std::uint32_t> compact();

    /// As View has them, for the writer.
    [[nodiscard]] std::string_view uri(std::size_t number) const noexcept;
    /// No number from here on was given.
    [[nodiscard]] std::size_t end() const noexcept { return end_; }
    /// Users who are there.
    [[nodiscard]] std::size_t size() const noexcept { return size_; }
    [[nodiscard]] std::uint64_t epoch() const noexcept { return epoch_; }
    /// The users of this moment. Cheap: nothing is copied but pointers, one per 4,096 users.
    [[nodiscard]] std::shared_ptr<const View> view() const;
    [[nodiscard]] std::size_t memory_bytes() const noexcept { return bytes_; }

  private:
    std::vector<std::shared_ptr<Block>> blocks_;
    std::size_t end_ = 0;
    std::size_t size_ = 0;
    std::size_t bytes_ = 0;
    std::uint64_t epoch_ = 0;
    mutable std::shared_ptr<const View> view_;  ///< the last one given, while nobody came
};

}  // namespace kmsgate::memory
