// SPDX-License-Identifier: BSD-3-Clause
// XML bodies: tags and short texts, no entity, comment, CDATA, instruction or DOCTYPE, so that there is one way
// to read them. What is taken from them is what walk_xml.cpp takes.
#pragma once

#include "dataplane/sip/plain/sdp_lines.hpp"

namespace kmsgate::sip::plain::KMSGATE_LEVEL {

inline constexpr simd::CharSet kXmlNames = simd::alnum_and("_-.:");
inline constexpr simd::CharSet kUriStops = [] {
    simd::CharSet inside;  // printable, but for the delimiters of a URI
    inside.add('!', '~');
    for (const char c : {'<', '>', '"'}) {
        const auto byte = static_cast<unsigned char>(c);
        inside.has[byte] = false;
        inside.low[byte & 15U] = static_cast<std::uint8_t>(inside.low[byte & 15U] & ~(1U << (byte >> 4)));
    }
    return inside;
}();

/// The text behind the XML declaration, or `at` when there is none; null: a declaration that is not known.
[[nodiscard]] inline const char* skip_declaration(const char* at, const char* end) noexcept {
    if (end - at < 21 || load64(at) != text64("<?xml ve")) return at;
    constexpr std::string_view version = "<?xml version=\"1.0\"";
    constexpr std::string_view encoding = " encoding=\"";
    constexpr std::string_view alone[] = {"?>", " ?>", " standalone=\"yes\"?>", " standalone=\"no\"?>"};
    std::string_view rest = view(at, end);
    if (!equal(at, version.data(), version.size())) return nullptr;
    rest.remove_prefix(version.size());
    if (rest.size() > 18 && equal(rest.data(), encoding.data(), encoding.size())) {
        if ((load64(rest.data() + 9) | kLower) != text64("=\"utf-8\"")) return nullptr;
        rest.remove_prefix(17);
    }
    for (const std::string_view close : alone)
        if (rest.starts_with(close)) return rest.data() + close.size();
    return nullptr;
}

/// Where the XML that starts at `at` ends: before the line end of the first line that starts with "--" when
/// `parts`, else at the message's end. Null: control characters but tab, CRLF and LF, bytes above 0x7F, or a
/// line that could be a delimiter to readers who count LF alone.
[[nodiscard]] inline const char* xml_end(const Text& t, const char* at, bool parts) noexcept {
    while (at < t.end) {
        const std::uint64_t mask = odd_at(t, at);
        if (mask == 0) {
            at += 64;
            continue;
        }
        at += std::countr_zero(mask);
        const bool line = load16(at) == kCrLf;
        if (!line && *at != '\n' && *at != '\t') return nullptr;
        const char* end = at;
        at += line ? 2 : 1;
        if (t.end - at < 2 || load16(at) != kDashes || *end == '\t') continue;
        if (!line || !parts) return nullptr;
        return end;
    }
    // The very last byte may be an odd one that odd_at() does not tell.
    const bool ends_well = t.end[-1] >= ' ' || t.end[-1] == '\n';
    return !parts && ends_well ? t.end : nullptr;
}

/// Walks the tags of one document.
class Tags {
  public:
    Tags(const Text& t, const char* at, const char* end, Found& found) noexcept
        : t_(t), at_(at), end_(end), found_(found) {}

    /// False: something in it needs the full walk.
    [[nodiscard]] bool read() noexcept {
        at_ = skip_declaration(at_, end_);
        if (at_ == nullptr || first_of<'&', '?'>(t_, at_, end_) != end_) return false;
        while (true) {
            if (at_ == end_) return true;
            if (*at_ != '<') {
                const char* text = at_;
                at_ = first_of<'<'>(t_, at_, end_);
                if (!read_text(text)) return false;
                if (at_ == end_) return true;
            }
            if (end_ - at_ < 4 || !(at_[1] == '/' ? read_close() : read_open())) return false;
        }
    }

  private:
    enum class Side : std::uint8_t { none, initiator, receiver };

    /// `</name>`.
    [[nodiscard]] bool read_close() noexcept {
        const char* name = at_ + 2;
        at_ = first_outside(t_, name, end_, kXmlNames);
        if (at_ == end_ || *at_ != '>' || !is_alpha(*name)) return false;
        ++at_;
        depth_ -= depth_ > 0 ? 1 : 0;
        if (depth_ < side_depth_) side_ = Side::none;
        return true;
    }

    /// `<name attributes>` or `<name attributes/>`.
    [[nodiscard]] bool read_open() noexcept {
        const char* name = at_ + 1;
        at_ = first_outside(t_, name, end_, kXmlNames);
        if (at_ == end_ || !is_alpha(*name)) return false;
        const char* name_end = at_;
        Side side = Side::none;
        bool entry = false;
        if (name_end - name >= 14 && !read_name(name, name_end, side)) return false;
        if (*at_ == ' ') {
            entry = lists_ && name_end - name >= 5 && local(name, name_end) == "entry";
            if (!read_attributes(side != Side::none, entry)) return false;
        }
        if (*at_ == '/') {
            if (end_ - at_ < 2 || at_[1] != '>') return false;
            at_ += 2;
            return true;
        }
        if (*at_ != '>') return false;
        ++at_;
        ++depth_;
        if (side != Side::none) {
            side_ = side;
            side_depth_ = depth_;
        }
        return true;
    }

    [[nodiscard]] static std::string_view local(const char* from, const char* to) noexcept {
        const char* at = to;
        while (at > from && at[-1] != ':') --at;
        return view(at, to);
    }

    /// A name of at least 14 characters: those that count are no shorter. False: a KRR's.
    [[nodiscard]] bool read_name(const char* from, const char* to, Side& side) noexcept {
        std::string_view name = local(from, to);
        if (name.size() < 14) return true;
        const std::uint64_t first = load64(name.data());
        if ((first | kLower) == text64("kmsredir")) return false;
        if (first == text64("resource")) {
            lists_ = lists_ || name == "resource-lists";
            return true;
        }
        if (load16(name.data()) != text16("mc")) return true;
        if (name.starts_with("mcptt-"))
            name.remove_prefix(6);
        else if (name.starts_with("mcvideo-"))
            name.remove_prefix(8);
        else if (name.starts_with("mcdata-"))
            name.remove_prefix(7);
        if (name == "request-uri") side = Side::receiver;
        if (name == "calling-user-id") side = Side::initiator;
        return true;
    }

    /// ` name="value"` again and again, up to '>' or "/>".
    [[nodiscard]] bool read_attributes(bool side, bool entry) noexcept {
        while (true) {
            while (at_ < end_ && *at_ == ' ') ++at_;
            if (at_ == end_) return false;
            if (*at_ == '>' || *at_ == '/') return true;
            const char* name = at_;
            at_ = first_outside(t_, name, end_, kXmlNames);
            if (at_ == name || end_ - at_ < 4 || *at_ != '=' || at_[1] != '"') return false;
            const std::string_view written = view(name, at_);
            const char* value = at_ + 2;
            const char* end = first_of<'"'>(t_, value, end_);
            if (end_ - end < 2) return false;
            at_ = end + 1;
            if (*at_ != ' ' && *at_ != '>' && *at_ != '/') return false;
            if (!read_attribute(written, value, end, side, entry)) return false;
        }
    }

    [[nodiscard]] bool read_attribute(std::string_view name, const char* value, const char* end, bool side,
                                      bool entry) noexcept {
        if ((name[0] | 0x20) == 'x') {
            constexpr std::string_view krr = "urn:3gpp:ns:mcsecKMSKRR:1.0";
            return end - value < static_cast<std::ptrdiff_t>(krr.size()) || !iequal(trim(view(value, end)), krr);
        }
        // Other words than Normal may say that the identity is encrypted.
        if (side && name == "type") return view(value, end) == "Normal";
        if (!entry || name != "uri") return true;
        if (!has_scheme(value, end) || first_outside(t_, value, end, kUriStops) != end) return false;
        return found_.add(true, view(value, end));
    }

    /// Character data between two tags, from `at` to the next tag or the end.
    [[nodiscard]] bool read_text(const char* at) noexcept {
        const char* end = at_;
        while (at < end && is_lws(*at)) ++at;
        if (at == end) return true;
        while (is_lws(end[-1])) --end;
        // Text before another element, or behind the last one, can be read in several ways.
        if (end_ - at_ < 2 || at_[1] != '/') return false;
        const std::ptrdiff_t size = end - at;
        const char first = *at;
        if ((first | 0x20) == 'v' && size > 1 && !is_alpha(at[1])) return false;  // v=0
        if (size >= 56 && (first == 'A' || (!is_alpha(first) && !is_digit(first)))) return false;
        if (side_ == Side::none || depth_ > side_depth_ + 1) return true;
        if (!has_scheme(at, end) || first_outside(t_, at, end, kUriStops) != end) return false;
        return found_.add(side_ == Side::receiver, view(at, end));
    }

    const Text& t_;
    const char* at_;
    const char* end_;
    Found& found_;
    std::size_t depth_ = 0;
    std::size_t side_depth_ = 0;
    Side side_ = Side::none;
    bool lists_ = false;
};

}  // namespace kmsgate::sip::plain::KMSGATE_LEVEL
