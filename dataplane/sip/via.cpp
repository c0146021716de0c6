// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sip/via.hpp"

#include <algorithm>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/number.hpp"
#include "dataplane/sip/scan.hpp"

namespace kmsgate::sip {
namespace {

/// A reading position in the value; folds count as white space (RFC 3261 25.1 SWS).
struct Cursor {
    std::string_view text;
    std::size_t at = 0;

    [[nodiscard]] bool done() const noexcept { return at >= text.size(); }
    [[nodiscard]] char peek() const noexcept { return done() ? '\0' : text[at]; }
    void skip_white() noexcept {
        while (!done() && is_lws(text[at])) ++at;
    }
    template <class Wanted>
    [[nodiscard]] std::string_view take_while(Wanted wanted) noexcept {
        const std::size_t start = at;
        while (!done() && wanted(text[at])) ++at;
        return text.substr(start, at - start);
    }
    /// "/" with white space around it.
    [[nodiscard]] bool take_slash() noexcept {
        skip_white();
        if (done() || text[at] != '/') return false;
        ++at;
        skip_white();
        return true;
    }
};

/// Host bytes: a name or an IPv4 address, also an odd one, but nothing that separates.
[[nodiscard]] bool is_host(char c) noexcept {
    const auto byte = static_cast<unsigned char>(c);
    return byte > 0x20 && byte != 0x7f && std::string_view(":;,<>\"()[]/?").find(c) == std::string_view::npos;
}

/// sent-protocol (RFC 3261 20.42): name / version / transport.
[[nodiscard]] bool read_protocol(Cursor& in, Via& via) noexcept {
    in.skip_white();
    if (in.take_while(is_token).empty() || !in.take_slash()) return false;
    if (in.take_while(is_token).empty() || !in.take_slash()) return false;
    via.transport = in.take_while(is_token);
    return !via.transport.empty();
}

/// An IPv6 reference with its brackets, else a host name or IPv4 address.
[[nodiscard]] std::string_view read_host(Cursor& in) noexcept {
    if (in.peek() != '[') return in.take_while(is_host);
    const std::size_t start = in.at++;
    const std::string_view address =
        in.take_while([](char c) { return hex_value(c) >= 0 || c == ':' || c == '.'; });
    if (address.empty() || in.peek() != ']') return {};
    ++in.at;
    return in.text.substr(start, in.at - start);
}

/// sent-by: host [":" port], white space allowed around the colon.
[[nodiscard]] bool read_sent_by(Cursor& in, Via& via) noexcept {
    if (!is_lws(in.peek())) return false;
    in.skip_white();
    const std::size_t start = in.at;
    via.host = read_host(in);
    if (via.host.empty()) return false;
    std::size_t end = in.at;
    in.skip_white();
    if (in.peek() == ':') {
        ++in.at;
        in.skip_white();
        const auto port = read_number(in.take_while(is_digit));
        if (!port || *port > 0xffff) return false;
        via.port = static_cast<std::uint16_t>(*port);
        end = in.at;
        in.skip_white();
    }
    via.sent_by = in.text.substr(start, end - start);
    return true;
}

void read_parameter(const Parameter& parameter, Via& via) noexcept {
    if (iequal(parameter.name, "branch") && via.branch.empty())
        via.branch = parameter.value;
    else if (iequal(parameter.name, "maddr") && via.maddr.empty())
        via.maddr = parameter.value;
    else if (iequal(parameter.name, "received") && via.received_param.empty())
        via.received_param = parameter.written;
    else if (iequal(parameter.name, "rport") && !via.rport) {
        via.rport = true;
        via.rport_param = parameter.written;
    }
}

/// True when a quoted string, a comment or a '<' in `text` is never closed: nobody knows where the value ends
/// then.
[[nodiscard]] bool left_open(std::string_view text) noexcept {
    std::size_t i = 0;
    while (i < text.size()) {
        if (text[i] == '"')
            i = skip_quoted(text, i);
        else if (text[i] == '(')
            i = skip_comment(text, i);
        else if (text[i] == '<')
            i = skip_angle(text, i);
        else
            ++i;
    }
    return i == kOpen;
}

}  // namespace

Via read_via(std::string_view header_value) noexcept {
    Via via;
    std::string_view rest = header_value;
    via.value = next_element(rest);
    Cursor in{via.value};
    if (left_open(via.value) || !read_protocol(in, via) || !read_sent_by(in, via)) return via;
    // RFC 2543 6.40 allowed a comment here.
    if (in.peek() == '(') in.at = skip_comment(via.value, in.at);
    in.skip_white();
    if (!in.done() && in.peek() != ';') return via;
    via.readable = true;
    std::string_view parameters = via.value.substr(std::min(in.at, via.value.size()));
    while (const auto parameter = next_parameter(parameters)) read_parameter(*parameter, via);
    return via;
}

}  // namespace kmsgate::sip
