// SPDX-License-Identifier: BSD-3-Clause
// What stands between usual tags, from one character that means something to the next.
#pragma once

#include "dataplane/sip/plain/sdp_lines.hpp"

namespace kmsgate::sip::plain::KMSGATE_LEVEL {

inline constexpr std::size_t kLongText = 56;  // enough to hold an I_MESSAGE, or to look like one

/// What the tags before say of the next ones.
struct Place {
    std::uint32_t inside = 0;  ///< how deep in an element that names somebody: 1 in itself, 0 in none
    bool receiver = false;     ///< whom that element names
    bool lists = false;        ///< a resource list has begun: its entries name receivers
};

/// One step through a document, mark by mark.
class Marks {
  public:
    Marks(const Text& t, Found& found, bool parts, const Place& place) noexcept
        : t_(t), found_(found), parts_(parts), place_(place) {}

    [[nodiscard]] const Place& place() const noexcept { return place_; }

    /// Whatever stands at `at` up to the end of the next tag, mark by mark: the place behind it. Null: it
    /// needs the full walk. `ended`: no tag, but the document's end.
    [[nodiscard]] const char* read_next(const char* at, bool& ended) noexcept {
        if (at == t_.end) return (ended = !parts_) ? at : nullptr;
        base_ = at;
        mask_ = marks(at);
        const char* mark = next();
        while (*mark != '<') {
            if (mark == kEnd) return (ended = !parts_ && is_white(at, t_.end)) ? t_.end : nullptr;
            if (*mark == '=' || *mark == '\t') {
                mark = next();
                continue;
            }
            const bool pair = *mark == '\r' && t_.end - mark >= 2 && mark[1] == '\n';
            if (pair) static_cast<void>(next());
            if (!pair && *mark != '\n') return nullptr;
            const char* line = mark + (pair ? 2 : 1);
            if (t_.end - line >= 2 && load16(line) == kDashes) {
                ended = pair && parts_ && is_white(at, mark);
                return ended ? mark : nullptr;
            }
            mark = next();
        }
        if (t_.end - mark < 4 || (mark != at && !read_text(at, mark))) return nullptr;
        return mark[1] == '/' ? read_close(mark) : read_open(mark);
    }

  private:
    enum class Side : std::uint8_t { none, initiator, receiver };
    static constexpr char kEnd[] = "";

    [[nodiscard, gnu::always_inline]] std::uint64_t marks(const char* at) const noexcept {
        if (at < t_.last64) [[likely]]
            return bytes::outside(at, kXmlText);
        return bytes::outside(t_.last64, kXmlText) >> (at - t_.last64);
    }
    /// The next mark; kEnd, which is none, at the message's end.
    [[nodiscard, gnu::always_inline]] const char* next() noexcept {
        while (mask_ == 0) {
            base_ += 64;
            if (base_ >= t_.end) return kEnd;
            mask_ = marks(base_);
        }
        const char* mark = base_ + std::countr_zero(mask_);
        mask_ &= mask_ - 1;
        return mark;
    }
    [[nodiscard]] static bool is_white(const char* from, const char* to) noexcept {
        while (from < to && is_lws(*from)) ++from;
        return from == to;
    }
    [[nodiscard]] static bool starts_name(char c) noexcept {
        return static_cast<unsigned char>((c | 0x20) - 'a') < 26;
    }

    /// `</name>`, at its '<'; the place behind it, or null.
    [[nodiscard, gnu::always_inline]] const char* read_close(const char* at) noexcept {
        const char* end = next();
        if (*end != '>' || !starts_name(at[2])) return nullptr;
        if (place_.inside != 0) --place_.inside;
        return end + 1;
    }

    /// `<name attributes>` or `<name attributes/>`, at its '<'; the place behind it, or null.
    [[nodiscard, gnu::always_inline]] const char* read_open(const char* at) noexcept {
        const char* end = next();
        if (!starts_name(at[1])) return nullptr;
        Side side = Side::none;
        // No name that counts has less than 14 characters, and without '=' no attribute says anything.
        if (*end != '>' || end - at > 14) {
            end = read_long(at + 1, end, side);
            if (end == nullptr) return nullptr;
        }
        if (end[-1] == '/') return end + 1;
        if (place_.inside != 0) ++place_.inside;
        if (side != Side::none) {
            place_.receiver = side == Side::receiver;
            place_.inside = 1;
        }
        return end + 1;
    }

    /// A start tag that is longer or has attributes, from its name on; `mark` is the first in it. Its '>', or
    /// null.
    [[nodiscard, gnu::always_inline]] const char* read_long(const char* name, const char* mark,
                                                            Side& side) noexcept {
        // Without another mark, or with less behind it, the document ends before its tags do.
        if (mark == kEnd || t_.end - name < 48) return nullptr;
        const char* end = first_outside(t_, name, t_.end, kXmlPlainNames);
        const std::uint64_t first = load64(name);
        if (!ends_name(*end)) return *end == ':' ? read_whole(name, mark, side) : nullptr;
        if (end - name >= 14) {
            if (is_root(name, end)) {
                place_.lists = true;
            } else if (counts(first)) {
                side = side_of(name, end, first);
                if (side == Side::none || *mark == '>')
                    return side == Side::none ? read_whole(name, mark, side) : mark;
                // type="Normal" and nothing else
                if (load64(end) != text64(" type=\"N") || load64(end + 6) != text64("\"Normal\"") ||
                    end[14] != '>')
                    return read_whole(name, mark, side);
                static_cast<void>(next());
                static_cast<void>(next());
                return next();
            }
        } else if (place_.lists && is_entry(view(name, end))) {
            return read_whole(name, mark, side);
        }
        // Nothing in this tag counts but the namespace of a KRR, whatever attribute it stands in.
        while (*mark == '=') {
            const char* opening = next();
            const char* closing = next();
            while (*closing == '=') closing = next();
            if (opening != mark + 1 || *opening != '"' || *closing != '"') return nullptr;
            if (closing - opening > 27 && may_be_krr(opening + 1, closing)) return nullptr;
            mark = next();
        }
        return *mark == '>' ? mark : nullptr;
    }

    /// Other characters belong to the name for readers that are not strict.
    [[nodiscard]] static bool ends_name(char c) noexcept { return c == ' ' || c == '>' || c == '/'; }
    [[nodiscard]] static bool is_root(const char* name, const char* end) noexcept {
        return end - name == 14 && load64(name) == text64("resource") &&
               load64(name + 6) == text64("ce-lists");
    }
    /// Could a name of at least 14 characters that starts so be one of those that count?
    [[nodiscard]] static bool counts(std::uint64_t first) noexcept {
        constexpr std::uint64_t seven = 0x00FF'FFFF'FFFF'FFFFU;
        return (first | kLower) == text64("kmsredir") || first == text64("mcptt-re") ||
               first == text64("mcptt-ca") || first == text64("mcvideo-") ||
               (first & seven) == text64("mcdata-");
    }
    /// Whose identity the element of that name holds; `first` are its first eight characters.
    [[nodiscard]] static Side side_of(const char* name, const char* end, std::uint64_t first) noexcept {
        const char* what = name + (first == text64("mcvideo-")                           ? 8
                                   : static_cast<std::uint32_t>(first) == text32("mcda") ? 7
                                                                                         : 6);
        if (end - what == 11 && equal(what, "request-uri", 11)) return Side::receiver;
        if (end - what == 15 && equal(what, "calling-user-id", 15)) return Side::initiator;
        return Side::none;
    }
    /// 27 characters and more that could be, with white space around it, the namespace of a KRR.
    [[nodiscard]] static bool may_be_krr(const char* value, const char* end) noexcept {
        if (*value <= ' ' || end[-1] <= ' ') return true;
        return end - value == 27 && (load64(value + 15) | kLower) == text64("eckmskrr");
    }

    /// read_long() with every attribute looked at.
    [[nodiscard, gnu::always_inline]] const char* read_whole(const char* name, const char* mark,
                                                             Side& side) noexcept {
        const char* at = first_outside(t_, name, t_.end, kXmlNames);
        const char* name_end = at;
        if (!ends_name(*at)) return nullptr;
        if (name_end - name >= 14 && !read_name(name, name_end, side)) return nullptr;
        const bool entry = place_.lists && is_entry(local(name, name_end));
        while (*mark == '=') {
            const char* opening = next();
            if (opening != mark + 1 || *opening != '"') return nullptr;
            const char* closing = next();
            while (*closing == '=') closing = next();
            if (*at != ' ' || *closing != '"') return nullptr;
            while (*at == ' ') ++at;
            if (at == mark || !all_in(t_, at, mark, kXmlNames)) return nullptr;
            const std::string_view written = view(at, mark);
            if (!read_attribute(written, opening + 1, closing, side != Side::none, entry)) return nullptr;
            at = closing + 1;
            mark = next();
        }
        return *mark == '>' ? mark : nullptr;
    }

    [[nodiscard]] static bool is_entry(std::string_view name) noexcept {
        return name.size() == 5 && equal(name.begin(), "entry", 5);
    }
    [[nodiscard]] static std::string_view local(const char* from, const char* to) noexcept {
        const char* at = to;
        while (at > from && at[-1] != ':') --at;
        return view(at, to);
    }

    /// A name of at least 14 characters: those that count are no shorter. False: a KRR's.
    [[nodiscard, gnu::always_inline]] bool read_name(const char* from, const char* to, Side& side) noexcept {
        std::string_view name = view(from, to);
        if (first_of<':'>(t_, from, to) != to) name = local(from, to);
        if (name.size() < 14) return true;
        const std::uint64_t first = load64(name.begin());
        if ((first | kLower) == text64("kmsredir")) return false;
        if (is_root(name.begin(), name.end())) place_.lists = true;
        if (!counts(first)) return true;
        side = side_of(name.begin(), name.end(), first);
        return true;
    }

    [[nodiscard, gnu::always_inline]] bool read_attribute(std::string_view name, const char* value,
                                                          const char* end, bool side, bool entry) noexcept {
        if (end - value > 26 && may_be_krr(value, end)) return false;
        // Other words than Normal may say that the identity is encrypted.
        const char* what = name.begin();
        if (side && name.size() == 4 && equal(what, "type", 4))
            return end - value == 6 && equal(value, "Normal", 6);
        if (!entry || name.size() != 3 || !equal(what, "uri", 3)) return true;
        if (!has_scheme(value, end) || !all_in(t_, value, end, kUriBytes)) return false;
        return found_.add(true, view(value, end));
    }

    /// Character data between two tags, up to the '<' at `end`.
    [[nodiscard, gnu::always_inline]] bool read_text(const char* at, const char* end) noexcept {
        const char* tag = end;
        while (at < end && is_lws(*at)) ++at;
        if (at == end) return true;
        while (is_lws(end[-1])) --end;
        // Text before another element can be read in several ways.
        if (tag[1] != '/') return false;
        const std::ptrdiff_t size = end - at;
        const char first = *at;
        if ((first | 0x20) == 'v' && size > 1 && !is_alpha(at[1])) return false;  // v=0
        if (size >= static_cast<std::ptrdiff_t>(kLongText) &&
            (first == 'A' || (!is_alpha(first) && !is_digit(first))))
            return false;
        if (place_.inside == 0 || place_.inside > 2) return true;
        if (!has_scheme(at, end) || !all_in(t_, at, end, kUriBytes)) return false;
        return found_.add(place_.receiver, view(at, end));
    }

    const Text& t_;
    Found& found_;
    const bool parts_;
    Place place_;
    const char* base_ = nullptr;  // of mask_
    std::uint64_t mask_ = 0;
};

}  // namespace kmsgate::sip::plain::KMSGATE_LEVEL
