// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sip/head.hpp"

#include <algorithm>

#include "dataplane/sip/ascii.hpp"

namespace kmsgate::sip {
namespace {

/// Headers in the arena. It grows in steps, because 512 headers for each of many nested messages would be 20
/// kB each.
class HeaderList {
  public:
    explicit HeaderList(Arena& arena) noexcept : arena_(arena) {}

    [[nodiscard]] bool add(const Header& header) noexcept {
        if (size_ == kMaxHeaders || (size_ == capacity_ && !grow())) return false;
        first_[size_++] = header;
        return true;
    }

    /// Gives back what was taken too much.
    [[nodiscard]] std::span<const Header> finish() noexcept {
        arena_.shrink_last(last_, last_.size() - (capacity_ - size_));
        return {first_, size_};
    }

  private:
    static constexpr std::size_t kStep = 16;

    [[nodiscard]] bool grow() noexcept {
        const std::size_t fits = std::min(kStep, arena_.left() / sizeof(Header));
        const std::span<Header> more = arena_.take<Header>(std::max<std::size_t>(fits, 1));
        // Steps follow each other in the arena, as nothing else takes from it meanwhile.
        if (more.empty() || (first_ != nullptr && more.data() != first_ + capacity_)) return false;
        if (first_ == nullptr) first_ = more.data();
        last_ = more;
        capacity_ += more.size();
        return true;
    }

    Arena& arena_;
    Header* first_ = nullptr;
    std::span<Header> last_;
    std::size_t size_ = 0;
    std::size_t capacity_ = 0;
};

[[nodiscard]] bool is_token_text(std::string_view text) noexcept {
    return !text.empty() && std::all_of(text.begin(), text.end(), is_token);
}

[[nodiscard]] bool is_line_end(char c) noexcept {
    return c == '\r' || c == '\n';
}

/// Splits "name : value" (RFC 3261 7.3.1). False: no colon, the name is no token, or its colon stands on
/// another line.
[[nodiscard]] bool split_header(std::string_view text, Header& header) noexcept {
    const std::size_t colon = text.find(':');
    if (colon == std::string_view::npos) {
        header.name = trim(text);
        return false;
    }
    const std::string_view before = text.substr(0, colon);
    header.name = trim(before);
    header.value = trim(text.substr(colon + 1));
    header.id = header_id(header.name);
    const bool folded_name = std::any_of(before.begin(), before.end(), is_line_end);
    return is_token_text(header.name) && !folded_name && !is_blank(text.front());
}

/// True when the line at `at` continues the one before it (folding, RFC 3261 7.3.1).
[[nodiscard]] bool continues(std::string_view text, std::size_t at) noexcept {
    return at < text.size() && is_blank(text[at]);
}

}  // namespace

Line read_line(std::string_view text, std::size_t at, LineEnds ends) noexcept {
    Line line;
    for (std::size_t i = at; i < text.size(); ++i) {
        // Nearly every byte goes by with this one comparison.
        while (i < text.size() && static_cast<unsigned char>(text[i]) > '\r') ++i;
        if (i == text.size()) break;
        if (!is_line_end(text[i])) continue;
        const bool crlf = text[i] == '\r' && i + 1 < text.size() && text[i + 1] == '\n';
        line.lone = line.lone || !crlf;
        if (!crlf && ends == LineEnds::strict) continue;
        line.end = i;
        line.next = i + (crlf ? 2 : 1);
        line.terminated = true;
        return line;
    }
    line.end = line.next = text.size();
    return line;
}

Head read_head(std::string_view raw, Arena& arena, LineEnds ends) noexcept {
    Head head;
    Line line = read_line(raw, 0, ends);
    head.start_line = raw.substr(0, line.end);
    head.mixed_line_ends = line.lone;
    HeaderList list(arena);
    bool ended = false;
    std::size_t at = line.next;
    while (at < raw.size() && !ended) {
        line = read_line(raw, at, ends);
        head.mixed_line_ends = head.mixed_line_ends || line.lone;
        ended = line.end == at && line.terminated;
        const std::size_t start = at;
        at = line.next;
        if (ended) break;
        Header header;
        while (continues(raw, at)) {
            line = read_line(raw, at, ends);
            head.mixed_line_ends = head.mixed_line_ends || line.lone;
            header.folded = true;
            at = line.next;
        }
        if (!split_header(raw.substr(start, line.end - start), header)) head.faults.add(Fault::header_line);
        if (!list.add(header)) head.faults.add(Fault::too_many_headers);
    }
    if (!ended) head.faults.add(Fault::no_header_end);
    head.headers = list.finish();
    head.size = at;
    return head;
}

}  // namespace kmsgate::sip
