// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sip/start_line.hpp"

#include <algorithm>

#include "dataplane/sip/ascii.hpp"

namespace kmsgate::sip {
namespace {

constexpr std::string_view kVersion = "SIP/2.0";

/// Neither blank nor control: what may stand in a method or a Request-URI without splitting it for anybody.
[[nodiscard]] bool is_plain(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7f;
}

[[nodiscard]] bool is_version(std::string_view text) noexcept {
    return istarts_with(text, "SIP/");
}

/// Position of the first blank (or, in a line read strictly, lone CR or LF) in `text`, or its size.
[[nodiscard]] std::size_t first_blank(std::string_view text) noexcept {
    return static_cast<std::size_t>(std::find_if(text.begin(), text.end(), is_lws) - text.begin());
}

/// Cuts the first word off `rest`, with the blanks around it.
[[nodiscard]] std::string_view take_word(std::string_view& rest) noexcept {
    rest = trim(rest);
    const std::string_view word = rest.substr(0, first_blank(rest));
    rest = trim(rest.substr(word.size()));
    return word;
}

/// Exactly three digits, else 0.
[[nodiscard]] std::uint16_t read_status(std::string_view text) noexcept {
    if (text.size() != 3 || !std::all_of(text.begin(), text.end(), is_digit)) return 0;
    return static_cast<std::uint16_t>((text[0] - '0') * 100 + (text[1] - '0') * 10 + (text[2] - '0'));
}

/// "SIP/2.0" SP 3DIGIT SP Reason-Phrase: the reason may be empty, its blank may not be missing (RFC
/// 3261 7.2).
[[nodiscard]] bool clean_status_line(std::string_view line, std::uint16_t status) noexcept {
    constexpr std::size_t code = kVersion.size() + 1;
    constexpr std::size_t reason = code + 3;
    return line.size() > reason && istarts_with(line, kVersion) && line[kVersion.size()] == ' ' &&
           line[reason] == ' ' && read_status(line.substr(code, 3)) == status && status >= 100 &&
           status <= 699;
}

[[nodiscard]] StartLine read_status_line(std::string_view line) noexcept {
    StartLine out;
    out.kind = Kind::response;
    std::string_view rest = line;
    static_cast<void>(take_word(rest));
    out.status = read_status(take_word(rest));
    out.clean = clean_status_line(line, out.status);
    return out;
}

/// Method SP Request-URI SP "SIP/2.0" and nothing else (RFC 3261 7.1).
[[nodiscard]] bool clean_request_line(std::string_view line, const StartLine& read) noexcept {
    return !read.method.empty() && !read.request_uri.empty() &&
           line.size() == read.method.size() + read.request_uri.size() + kVersion.size() + 2 &&
           line.starts_with(read.method) && line[read.method.size()] == ' ' &&
           line[line.size() - kVersion.size() - 1] == ' ' && iends_with(line, kVersion) &&
           std::all_of(read.method.begin(), read.method.end(), is_token) &&
           std::all_of(read.request_uri.begin(), read.request_uri.end(), is_plain);
}

[[nodiscard]] StartLine read_request_line(std::string_view line) noexcept {
    std::string_view rest = line;
    const std::string_view method = take_word(rest);
    const auto last_blank = std::find_if(rest.rbegin(), rest.rend(), is_lws);
    const auto version_at = static_cast<std::size_t>(rest.rend() - last_blank);
    StartLine out;
    if (method.empty() || !is_version(rest.substr(version_at))) return out;
    out.kind = Kind::request;
    out.method = method;
    out.request_uri = trim(rest.substr(0, version_at));
    out.clean = clean_request_line(line, out);
    return out;
}

}  // namespace

StartLine read_start_line(std::string_view line) noexcept {
    return is_version(trim(line)) ? read_status_line(line) : read_request_line(line);
}

}  // namespace kmsgate::sip
