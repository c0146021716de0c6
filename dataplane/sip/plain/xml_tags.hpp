// SPDX-License-Identifier: BSD-3-Clause
// XML bodies: tags and short texts, no entity, comment, CDATA, instruction or DOCTYPE, so that there is one way
// to read them. What is taken from them is what walk_xml.cpp takes.
#pragma once

#include "dataplane/sip/plain/sdp_lines.hpp"

namespace kmsgate::sip::plain::KMSGATE_LEVEL {

/// The text behind the XML declaration, or `at` when there is none; null: a declaration that is not known.
[[nodiscard]] inline const char* skip_declaration(const char* at, const char* end) noexcept {
    if (end - at < 38 || load64(at) != text64("<?xml ve")) return at;
    constexpr std::string_view usual = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>";
    if (equal(at, usual.data(), usual.size())) return at + usual.size();
    constexpr std::string_view version = "<?xml version=\"1.0\"";
    constexpr std::string_view encoding = " encoding=\"";
    constexpr std::string_view alone[] = {"?>", " ?>", " standalone=\"yes\"?>", " standalone=\"no\"?>"};
    std::string_view rest = view(at, end);
    if (!equal(at, version.data(), version.size())) return nullptr;
    rest.remove_prefix(version.size());
    if (rest.size() > 18 && equal(rest.data(), encoding.data(), encoding.size())) {
        const std::uint64_t name = load64(rest.data() + 9);
        if (name != text64("=\"UTF-8\"") && name != text64("=\"utf-8\"")) return nullptr;
        rest.remove_prefix(17);
    }
    for (const std::string_view close : alone)
        if (rest.starts_with(close)) return rest.data() + close.size();
    return nullptr;
}

/// Walks one document from one character that means something to the next.
class Tags {
  public:
    Tags(const Text& t, Found& found) noexcept : t_(t), found_(found) {}

    /// Reads the document at `at` up to the line end before the first line that starts with "--" when `parts`,
    /// else to the message's end, and returns that place. Null: something in it needs the full walk, such as a
    /// line that could be a delimiter to readers who count LF alone.
    [[nodiscard, gnu::always_inline]] const char* read(const char* at, bool parts) noexcept {
        at = skip_declaration(at, t_.end);
        if (at == nullptr || at == t_.end) return nullptr;
        base_ = at;
        mask_ = marks(at);
        while (true) {
            const char* text = at;
            const char* mark = next();
            while (*mark != '<') {
                if (mark == kEnd) return !parts && is_white(text, t_.end) ? t_.end : nullptr;
                if (*mark == '=' || *mark == '\t') {
                    mark = next();
                    continue;
                }
                const bool pair = *mark == '\r' && t_.end - mark >= 2 && mark[1] == '\n';
                if (pair) static_cast<void>(next());
                if (!pair && *mark != '\n') return nullptr;
                const char* line = mark + (pair ? 2 : 1);
                if (t_.end - line >= 2 && load16(line) == kDashes)
                    return pair && parts && is_white(text, mark) ? mark : nullptr;
                mark = next();
            }
            if (t_.end - mark < 4 || (mark != text && !read_text(text, mark))) return nullptr;
            at = mark[1] == '/' ? read_close(mark) : read_open(mark);
            if (at == nullptr) return nullptr;
        }
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
        depth_ -= depth_ > 0 ? 1 : 0;
        if (depth_ < side_depth_) side_ = Side::none;
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
        ++depth_;
        if (side != Side::none) {
            side_ = side;
            side_depth_ = depth_;
        }
        return end + 1;
    }

    /// A start tag from its name on; `mark` is the first in it. Its '>', or null.
    [[nodiscard, gnu::always_inline]] const char* read_long(const char* name, const char* mark, Side& side) noexcept {
        const char* at = first_outside(t_, name, t_.end, kXmlNames);
        const char* name_end = at;
        if (name_end - name >= 14 && !read_name(name, name_end, side)) return nullptr;
        const bool entry = lists_ && name_end - name >= 5 && load32(name_end - 4) == text32("ntry") &&
                           local(name, name_end) == "entry";
        while (*mark == '=') {
            const char* opening = next();
            if (opening != mark + 1 || *opening != '"') return nullptr;
            const char* closing = next();
            while (*closing == '=') closing = next();
            if (*at != ' ' || *closing != '"') return nullptr;
            while (*at == ' ') ++at;
            if (at == mark || !all_in(t_, at, mark, kXmlNames)) return nullptr;
            if (!read_attribute(view(at, mark), opening + 1, closing, side != Side::none, entry)) return nullptr;
            at = closing + 1;
            mark = next();
        }
        return *mark == '>' ? mark : nullptr;
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
        const std::uint64_t first = load64(name.data());
        if ((first | kLower) == text64("kmsredir")) return false;
        if (first == text64("resource")) {
            lists_ = lists_ || name == "resource-lists";
            return true;
        }
        std::size_t service = 0;
        if (static_cast<std::uint32_t>(first) == text32("mcpt"))
            service = first == text64("mcptt-re") || first == text64("mcptt-ca") ? 6 : 0;
        else if (first == text64("mcvideo-"))
            service = 8;
        else if ((first & 0x00FF'FFFF'FFFF'FFFFU) == text64("mcdata-"))
            service = 7;
        if (service == 0) return true;
        name.remove_prefix(service);
        if (name == "request-uri") side = Side::receiver;
        if (name == "calling-user-id") side = Side::initiator;
        return true;
    }

    [[nodiscard, gnu::always_inline]] bool read_attribute(std::string_view name, const char* value, const char* end, bool side,
                                      bool entry) noexcept {
        if ((name[0] | 0x20) == 'x') {
            constexpr std::string_view krr = "urn:3gpp:ns:mcsecKMSKRR:1.0";
            const std::ptrdiff_t more = end - value - static_cast<std::ptrdiff_t>(krr.size());
            if (more < 0 || (more > 0 && *value != ' ' && end[-1] != ' ' && !is_lws(*value) && !is_lws(end[-1])))
                return true;
            return !iequal(trim(view(value, end)), krr);
        }
        // Other words than Normal may say that the identity is encrypted.
        if (side && name == "type") return view(value, end) == "Normal";
        if (!entry || name != "uri") return true;
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
        if (size >= 56 && (first == 'A' || (!is_alpha(first) && !is_digit(first)))) return false;
        if (side_ == Side::none || depth_ > side_depth_ + 1) return true;
        if (!has_scheme(at, end) || !all_in(t_, at, end, kUriBytes)) return false;
        return found_.add(side_ == Side::receiver, view(at, end));
    }

    const Text& t_;
    Found& found_;
    const char* base_ = nullptr;
    std::uint64_t mask_ = 0;
    std::size_t depth_ = 0;
    std::size_t side_depth_ = 0;
    Side side_ = Side::none;
    bool lists_ = false;
};

/// Tags::read() with all that it keeps in registers.
[[nodiscard, gnu::noinline]] inline const char* read_xml(const Text& t, const char* at, bool parts,
                                                        Found& found) noexcept {
    return Tags(t, found).read(at, parts);
}

}  // namespace kmsgate::sip::plain::KMSGATE_LEVEL
