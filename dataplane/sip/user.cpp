// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sip/user.hpp"

#include <algorithm>
#include <bit>
#include <cstring>
#include <span>

#include "dataplane/sip/ascii.hpp"

namespace kmsgate::sip {
namespace {

/// RFC 3261 25.1 unreserved: an escape of one of these means the same as the byte itself.
[[nodiscard]] bool is_unreserved(char c) noexcept {
    return is_alpha(c) || is_digit(c) || std::string_view("-_.!~*'()").find(c) != std::string_view::npos;
}

[[nodiscard]] bool is_scheme(char c) noexcept {
    return is_alpha(c) || is_digit(c) || c == '+' || c == '-' || c == '.';
}

/// RFC 3966 5.1.1.
[[nodiscard]] bool is_visual_separator(char c) noexcept {
    return c == '-' || c == '.' || c == '(' || c == ')';
}

[[nodiscard]] bool is_uri_byte(char c) noexcept {
    return c > 0x20 && c < 0x7f;
}

/// Reads text byte by byte with the escapes of unreserved bytes undone.
class Unescaper {
  public:
    explicit Unescaper(std::string_view text) noexcept : text_(text) {}

    /// What stands next: one plain byte, or an escape that must stay, with upper-case digits. Empty at the
    /// end. A '%' that starts no escape can only mean itself: it reads as %25, or "%%361" would become an
    /// escape by decoding. The view lives until the next call.
    [[nodiscard]] std::string_view next() noexcept {
        if (text_.empty()) return {};
        const int high = text_.size() > 2 && text_[0] == '%' ? hex_value(text_[1]) : -1;
        const int low = high >= 0 ? hex_value(text_[2]) : -1;
        if (low < 0) {
            unit_ = {text_[0], '2', '5'};
            text_.remove_prefix(1);
            return {unit_.data(), unit_[0] == '%' ? unit_.size() : 1};
        }
        text_.remove_prefix(3);
        const auto decoded = static_cast<char>(high * 16 + low);
        if (is_unreserved(decoded)) {
            unit_[0] = decoded;
            return {unit_.data(), 1};
        }
        constexpr std::string_view digits = "0123456789ABCDEF";
        unit_ = {'%', digits[static_cast<std::size_t>(high)], digits[static_cast<std::size_t>(low)]};
        return {unit_.data(), unit_.size()};
    }

  private:
    std::string_view text_;
    std::array<char, 3> unit_{};
};

/// Text of a bounded size; too much of it makes it fail as a whole.
class Writer {
  public:
    explicit Writer(std::span<char> out) noexcept : out_(out) {}

    void put(std::string_view text) noexcept {
        failed_ = failed_ || text.size() > out_.size() - size_;
        if (failed_) return;
        std::copy(text.begin(), text.end(), out_.begin() + static_cast<std::ptrdiff_t>(size_));
        size_ += text.size();
    }
    void put_lower(std::string_view text) noexcept {
        for (const char c : text) {
            const char l = lower(c);
            put({&l, 1});
        }
    }
    void put_unescaped(std::string_view text) noexcept {
        Unescaper in(text);
        for (auto unit = in.next(); !unit.empty(); unit = in.next()) put(unit);
    }
    /// Escapes that stay keep their upper-case digits.
    void put_unescaped_lower(std::string_view text) noexcept {
        Unescaper in(text);
        for (auto unit = in.next(); !unit.empty(); unit = in.next())
            unit.size() == 1 ? put_lower(unit) : put(unit);
    }
    [[nodiscard]] std::size_t size() const noexcept { return failed_ ? 0 : size_; }

  private:
    std::span<char> out_;
    std::size_t size_ = 0;
    bool failed_ = false;
};

/// A sip or sips URI behind its scheme (RFC 3261 19.1.1), parameters and headers apart.
struct SipUri {
    bool has_user = false;
    std::string_view user;        ///< up to the first '@': only there may ';' and '?' belong to the user
    std::string_view host;        ///< with port
    std::string_view parameters;  ///< from the first ';' on
};

[[nodiscard]] SipUri split_sip(std::string_view rest) noexcept {
    SipUri out;
    const std::size_t at = rest.find('@');
    if (at != std::string_view::npos) {
        out.has_user = true;
        out.user = rest.substr(0, at);
        rest.remove_prefix(at + 1);
    }
    rest = rest.substr(0, rest.find('?'));
    const std::size_t semicolon = rest.find(';');
    out.host = rest.substr(0, semicolon);
    if (semicolon != std::string_view::npos) out.parameters = rest.substr(semicolon);
    return out;
}

/// Equal to `plain` (lower case) in any letter case, with escapes undone (RFC 3261 19.1.4).
[[nodiscard]] bool same_word(std::string_view text, std::string_view plain) noexcept {
    Unescaper in(text);
    for (const char c : plain) {
        const std::string_view unit = in.next();
        if (unit.size() != 1 || lower(unit[0]) != c) return false;
    }
    return in.next().empty();
}

/// True when ;user=phone stands among `parameters`.
[[nodiscard]] bool says_phone(std::string_view parameters) noexcept {
    while (!parameters.empty()) {
        parameters.remove_prefix(1);
        const std::string_view one = parameters.substr(0, parameters.find(';'));
        const std::size_t equals = one.find('=');
        if (equals != std::string_view::npos && same_word(one.substr(0, equals), "user"))
            return same_word(one.substr(equals + 1), "phone");
        parameters.remove_prefix(one.size());
    }
    return false;
}

/// "tel:" and the number without visual separators, up to its parameters; 0 when nothing is left of it.
/// `digits_only`: anything but digits behind a '+' makes it 0, too.
[[nodiscard]] std::size_t write_tel(std::string_view number, bool digits_only, std::span<char> out) noexcept {
    number = number.substr(0, number.find_first_of(";?"));
    Writer writer(out);
    writer.put("tel:");
    const std::size_t empty = writer.size();
    Unescaper in(number);
    bool first = true;
    for (auto unit = in.next(); !unit.empty(); unit = in.next()) {
        if (unit.size() == 1 && is_visual_separator(unit[0])) continue;
        const bool plus = first && unit == "+";
        if (digits_only && !plus && (first || unit.size() != 1 || !is_digit(unit[0]))) return 0;
        unit.size() == 1 ? writer.put_lower(unit) : writer.put(unit);
        first = false;
    }
    const std::size_t least = digits_only ? empty + 2 : empty + 1;
    return writer.size() < least ? 0 : writer.size();
}

[[nodiscard]] std::size_t write_sip(const SipUri& uri, std::span<char> out) noexcept {
    if (uri.host.empty()) return 0;
    Writer writer(out);
    writer.put("sip:");
    writer.put_unescaped(uri.user);
    if (uri.has_user) writer.put("@");
    writer.put_unescaped_lower(uri.host);
    return writer.size();
}

/// Scheme and host lose their letter case, nothing else is touched.
[[nodiscard]] std::size_t write_other(std::string_view scheme, std::string_view rest,
                                      std::span<char> out) noexcept {
    if (rest.empty()) return 0;
    const std::size_t at = rest.find('@');
    const std::size_t host = at == std::string_view::npos ? rest.size() : at + 1;
    const std::size_t host_end = std::min(rest.find_first_of(";?/#", host), rest.size());
    Writer writer(out);
    writer.put_lower(scheme);
    writer.put(":");
    writer.put(rest.substr(0, host));
    writer.put_lower(rest.substr(host, host_end - host));
    writer.put(rest.substr(host_end));
    return writer.size();
}

}  // namespace

UserUri UserUri::normalise(std::string_view uri) noexcept {
    UserUri out;
    const std::size_t colon = uri.find(':');
    if (colon == std::string_view::npos || colon == 0 || !is_alpha(uri[0])) return out;
    const std::string_view scheme = uri.substr(0, colon);
    const std::string_view rest = uri.substr(colon + 1);
    if (!std::all_of(scheme.begin(), scheme.end(), is_scheme) ||
        !std::all_of(rest.begin(), rest.end(), is_uri_byte))
        return out;
    if (iequal(scheme, "tel")) {
        out.size_ = write_tel(rest, false, out.buffer_);
    } else if (iequal(scheme, "sip") || iequal(scheme, "sips")) {
        const SipUri parts = split_sip(rest);
        out.size_ = write_sip(parts, out.buffer_);
        if (out.size_ != 0 && says_phone(parts.parameters))
            out.tel_size_ = write_tel(parts.user, true, out.tel_);
    } else {
        out.size_ = write_other(scheme, rest, out.buffer_);
    }
    return out;
}

}  // namespace kmsgate::sip
