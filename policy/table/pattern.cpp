// SPDX-License-Identifier: BSD-3-Clause
#include "policy/table/pattern.hpp"

#include <algorithm>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/user.hpp"
#include "policy/table/glob.hpp"
#include "policy/table/table.hpp"

namespace kmsgate::policy::table {
namespace {

constexpr std::size_t npos = std::string_view::npos;
constexpr std::string_view kAnyUser = ":*@";

static_assert(kMaxText >= sip::kMaxUserUri, "a pattern can name every user");

/// What keeps a text from being a pattern, or empty.
[[nodiscard]] std::string fault_of(std::string_view glob) {
    if (glob.empty()) return "the pattern is empty";
    const auto is_uri_byte = [](char c) { return c > 0x20 && c < 0x7F; };
    if (!std::all_of(glob.begin(), glob.end(), is_uri_byte)) return "it holds a byte that no URI holds";
    const std::string_view scheme = glob.substr(0, glob.find(':'));
    const auto is_scheme = [](char c) {
        return sip::is_alpha(c) || sip::is_digit(c) || c == '+' || c == '-' || c == '.';
    };
    if (scheme.size() == glob.size() || scheme.empty() || !sip::is_alpha(scheme[0]) ||
        !std::all_of(scheme.begin(), scheme.end(), is_scheme))
        return "it does not start with a scheme, such as sip: or tel: (no `*` may stand in the scheme)";
    for (std::size_t at = glob.find('%'); at != npos; at = glob.find('%', at + 1)) {
        const std::string_view digits = glob.substr(at + 1, 2);
        if (digits.size() != 2 || sip::hex_value(digits[0]) < 0 || sip::hex_value(digits[1]) < 0)
            return "a `%` is not followed by two hexadecimal digits";
        if (sip::iequal(digits, "2a"))
            return "%2A is a `*`, which stands for any text: no pattern can name a literal one";
    }
    return {};
}

[[nodiscard]] bool is_literal(std::string_view text, std::string_view without) noexcept {
    return !text.empty() && text.find_first_of(without) == npos;
}

/// Could one text match both pieces (without '@')? Where both have a star, all that stands between the outer
/// literals can be laid one behind the other, so that only the ends can be at odds.
[[nodiscard]] bool pieces_intersect(std::string_view a, std::string_view b) noexcept {
    const std::size_t star_a = a.find('*');
    const std::size_t star_b = b.find('*');
    if (star_a == npos) return glob_match(b, a, true);
    if (star_b == npos) return glob_match(a, b, true);
    const std::string_view head_a = a.substr(0, star_a), head_b = b.substr(0, star_b);
    const std::string_view tail_a = a.substr(a.rfind('*') + 1), tail_b = b.substr(b.rfind('*') + 1);
    return (head_a.starts_with(head_b) || head_b.starts_with(head_a)) &&
           (tail_a.ends_with(tail_b) || tail_b.ends_with(tail_a));
}

}  // namespace

std::uint64_t rank_of(std::string_view glob) noexcept {
    const auto stars = static_cast<std::size_t>(std::count(glob.begin(), glob.end(), '*'));
    const std::size_t at = glob.rfind('@');
    const std::string_view host = at == npos ? std::string_view{} : glob.substr(at + 1);
    const std::size_t host_star = host.rfind('*');
    const std::size_t host_size = host_star == npos ? host.size() : host.size() - host_star - 1;
    const std::size_t prefix = std::min(glob.find('*'), glob.size());
    const auto bounded = [](std::size_t n, std::size_t most) { return std::uint64_t{std::min(n, most)}; };
    return std::uint64_t{stars == 0} << 33 | std::uint64_t{at != npos && host_star == npos} << 32 |
           bounded(host_size, 0xFF) << 24 | bounded(prefix, 0xFF) << 16 |
           bounded(glob.size() - stars, 0xFFFF);
}

Pattern classify(std::string_view glob) {
    Pattern out{std::string(glob), Shape::odd, rank_of(glob)};
    const std::size_t star = glob.find('*');
    const std::size_t any_user = glob.find(kAnyUser);
    if (star == npos) {
        out.shape = Shape::exact;
    } else if (star == glob.size() - 1 && is_literal(glob.substr(0, star), "@*")) {
        out.shape = Shape::prefix;
        out.text = glob.substr(0, star);
    } else if (any_user != npos && is_literal(glob.substr(0, any_user), ":@*")) {
        const std::string_view scheme = glob.substr(0, any_user + 1);
        std::string_view host = glob.substr(any_user + kAnyUser.size());
        const bool suffix = host.starts_with("*.");
        if (suffix) host.remove_prefix(2);
        if (is_literal(host, "@*")) {
            out.shape = suffix ? Shape::suffix : Shape::host;
            out.text = std::string(scheme).append(host);
        }
    }
    return out;
}

std::string to_glob(Shape shape, std::string_view text) {
    std::string out(text);
    if (shape == Shape::prefix) return out += '*';
    if (shape != Shape::host && shape != Shape::suffix) return out;
    const std::size_t colon = text.find(':');
    if (colon == npos) return out;
    return out.replace(colon, 1, shape == Shape::host ? ":*@" : ":*@*.");
}

std::expected<Pattern, std::string> make_pattern(std::string_view glob) {
    if (std::string fault = fault_of(glob); !fault.empty()) return std::unexpected(std::move(fault));
    const sip::UserUri normal = sip::UserUri::normalise(glob);
    if (normal.empty())
        return std::unexpected(glob.size() > sip::kMaxUserUri ? "it is longer than 255 bytes"
                                                              : "nothing that names a user is left of it");
    std::string text(normal.text());
    const auto same_star = [](char a, char b) { return a == '*' && b == '*'; };
    text.erase(std::unique(text.begin(), text.end(), same_star), text.end());
    return classify(text);
}

bool intersect(std::string_view glob_a, std::string_view glob_b) noexcept {
    AtPieces a(glob_a), b(glob_b);
    while (!a.done() && !b.done())
        if (!pieces_intersect(a.next(), b.next())) return false;
    return a.done() && b.done();
}

}  // namespace kmsgate::policy::table
