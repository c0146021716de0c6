// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/memory/roster.hpp"

#include <algorithm>
#include <array>

namespace kmsgate::memory {

namespace {
constexpr std::size_t kUsers = 4096;                    ///< of one block
constexpr std::size_t kPiece = std::size_t{32} * 1024;  ///< bytes of text taken at once
/// Fewer numbers without a user are not worth the work.
constexpr std::size_t kSparse = 65'536;
}  // namespace

/// A run of numbers. Readers look only at entries that were written before they got their View; of those only
/// `size` ever changes: to 0.
class Roster::Block {
  public:
    [[nodiscard]] std::string_view uri(std::size_t at) const noexcept {
        const Entry& e = entries_[at];
        return {e.text, e.size.load(std::memory_order_relaxed)};
    }
    /// Bytes taken for it.
    std::size_t put(std::size_t at, std::string_view uri) {
        std::size_t took = 0;
        if (uri.size() > left_) {
            took = left_ = std::max(kPiece, uri.size());
            next_ = pieces_.emplace_back(std::make_unique_for_overwrite<char[]>(left_)).get();
        }
        std::ranges::copy(uri, next_);
        entries_[at].text = next_;
        entries_[at].size.store(static_cast<std::uint32_t>(uri.size()), std::memory_order_relaxed);
        next_ += uri.size();
        left_ -= uri.size();
        return took;
    }
    void remove(std::size_t at) noexcept { entries_[at].size.store(0, std::memory_order_relaxed); }

  private:
    struct Entry {
        const char* text = nullptr;
        std::atomic<std::uint32_t> size = 0;
    };
    std::array<Entry, kUsers> entries_;
    std::vector<std::unique_ptr<char[]>> pieces_;
    char* next_ = nullptr;
    std::size_t left_ = 0;
};

std::string_view Roster::View::uri(std::size_t number) const noexcept {
    return number < end_ ? blocks_[number / kUsers]->uri(number % kUsers) : std::string_view();
}

std::string_view Roster::uri(std::size_t number) const noexcept {
    return number < end_ ? blocks_[number / kUsers]->uri(number % kUsers) : std::string_view();
}

std::uint32_t Roster::add(std::string_view uri) {
    if (end_ % kUsers == 0) {
        blocks_.push_back(std::make_shared<Block>());
        bytes_ += sizeof(Block);
    }
    bytes_ += blocks_.back()->put(end_ % kUsers, uri);
    ++size_;
    view_.reset();
    return static_cast<std::uint32_t>(end_++);
}

void Roster::remove(std::uint32_t number) noexcept {
    if (uri(number).empty()) return;
    blocks_[number / kUsers]->remove(number % kUsers);
    --size_;
}

void Roster::clear() noexcept {
    for (std::size_t n = 0; n < end_; ++n) blocks_[n / kUsers]->remove(n % kUsers);
    blocks_.clear();
    end_ = size_ = bytes_ = 0;
    view_.reset();
    ++epoch_;
}

bool Roster::sparse() const noexcept {
    return end_ - size_ > std::max(size_, kSparse);
}

std::vector<std::uint32_t> Roster::compact() {
    std::vector<std::uint32_t> moved(end_);
    Roster dense;
    for (std::size_t n = 0; n < end_; ++n)
        if (const std::string_view user = uri(n); !user.empty()) moved[n] = dense.add(user);
    blocks_ = std::move(dense.blocks_);
    end_ = dense.end_;
    bytes_ = dense.bytes_;
    view_.reset();
    ++epoch_;
    return moved;
}

std::shared_ptr<const Roster::View> Roster::view() const {
    if (!view_) {
        const auto made = std::make_shared<View>();
        made->blocks_.assign(blocks_.begin(), blocks_.end());
        made->end_ = end_;
        made->epoch_ = epoch_;
        view_ = made;
    }
    return view_;
}

}  // namespace kmsgate::memory
