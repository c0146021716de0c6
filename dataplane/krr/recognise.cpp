// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/krr/recognise.hpp"

#include <bit>
#include <cstdint>
#include <cstring>

#include "dataplane/krr/names.hpp"
#include "dataplane/krr/pieces.hpp"
#include "dataplane/simd/level.hpp"
#include "dataplane/sip/ascii.hpp"

#if defined(__x86_64__)
#include "dataplane/simd/avx2.hpp"
#endif

namespace kmsgate::krr {

namespace {

/// What a value may hold to be taken as it stands: visible ASCII, nothing that XML gives a meaning, and no
/// `A`, so that no base64 of an I_MESSAGE begins in it.
constexpr bool is_plain(char c) noexcept {
    return c > 0x20 && c < 0x7F && c != '<' && c != '>' && c != '&' && c != '"' && c != '\'' && c != 'A';
}
/// The `m` of key-mgmt or of application/mikey.
constexpr bool is_claim(char before, char c) noexcept {
    return (before == '-' || before == '/') && (c == 'm' || c == 'M');
}

#if defined(__x86_64__)
constexpr simd::CharSet kPlain = [] {
    simd::CharSet set;
    for (int c = 0; c < 0x7F; ++c)
        if (is_plain(static_cast<char>(c))) set.add(static_cast<char>(c));
    return set;
}();

/// Steps over 32 plain characters at a time, as long as there are so many bytes; false: a claim was met.
/// `dash`: the character before `at` may begin one. Stops at the first that is not plain, and says so in
/// `odd`.
[[gnu::target("avx2,bmi,bmi2,lzcnt,popcnt")]] bool skip_plain(const char*& at, const char* end,
                                                              bool& odd) noexcept {
    std::uint32_t dash = 0;  // of the character before, in bit 0
    odd = false;
    for (; end - at >= 32; at += 32) {
        const std::uint32_t stops = simd::avx2::outside32(at, kPlain);
        const __m256i v = simd::avx2::load32(at);
        const auto dashes = static_cast<std::uint32_t>(_mm256_movemask_epi8(simd::avx2::any32<'-', '/'>(v)));
        if ((dashes | dash) != 0) [[unlikely]] {
            const auto ms = static_cast<std::uint32_t>(_mm256_movemask_epi8(simd::avx2::any32<'m', 'M'>(v)));
            const std::uint32_t inside = stops == 0 ? ~0U : (stops & -stops) - 1;
            if (((dashes << 1 | dash) & ms & inside) != 0) return false;
        }
        if (stops != 0) {
            at += std::countr_zero(stops);
            odd = true;
            return true;
        }
        dash = dashes >> 31;
    }
    return true;
}
#endif

class Reader {
  public:
    explicit Reader(std::string_view text) noexcept : at_(text.data()), end_(at_ + text.size()) {}

    template <const std::string_view& Piece>
    [[nodiscard]] bool take() noexcept {
        if (static_cast<std::size_t>(end_ - at_) < Piece.size() ||
            std::memcmp(at_, Piece.data(), Piece.size()) != 0)
            return false;
        at_ += Piece.size();
        return true;
    }
    /// Plain characters up to `stop`, which is not taken; at most `most`. False: something else stands there.
    [[nodiscard]] bool value(char stop, std::size_t most, std::string_view& out) noexcept {
        const char* const from = at_;
        bool odd = false;
#if defined(__x86_64__)
        if (avx2_ && !skip_plain(at_, end_, odd)) return false;
#endif
        for (; !odd && at_ != end_ && is_plain(*at_); ++at_) {
            if (at_ != from && is_claim(at_[-1], *at_)) return false;
        }
        out = {from, static_cast<std::size_t>(at_ - from)};
        return at_ != end_ && *at_ == stop && out.size() <= most;
    }
    [[nodiscard]] const char* at() const noexcept { return at_; }
    [[nodiscard]] bool done() const noexcept { return at_ == end_; }

  private:
    const char* at_;
    const char* end_;
    const bool avx2_ = simd::level() != simd::Level::portable;
};

inline constexpr std::string_view kAnyElement =
    pieces::text<pieces::open<names::kms_uri>, names::any, pieces::close<names::kms_uri>>;
inline constexpr std::string_view kTwoEnds =
    pieces::text<pieces::close<names::embedded>, pieces::close<names::root>>;
inline constexpr std::string_view kRootStart =
    pieces::text<pieces::lt, names::root, pieces::xmlns, names::ns, pieces::quote, pieces::space, names::id,
                 pieces::equals>;

/// An element that may be left out.
template <const std::string_view& Name>
[[nodiscard]] bool optional_text(Reader& r, std::optional<std::string_view>& out) noexcept {
    out.reset();
    if (!r.take<pieces::open<Name>>()) return true;
    std::string_view text;
    if (!r.value('<', kMaxBody, text) || !r.take<pieces::close<Name>>()) return false;
    out = text;
    return true;
}

/// Are two names of one size different in whatever letter case? Most are so at one of their ends.
[[nodiscard]] bool differ(std::string_view a, std::string_view b) noexcept {
    const auto eight = [](const char* at) {
        std::uint64_t w = 0;
        std::memcpy(&w, at, 8);
        return w | 0x2020202020202020;
    };
    if (a.size() >= 8 && (eight(a.data()) != eight(b.data()) ||
                          eight(a.data() + a.size() - 8) != eight(b.data() + b.size() - 8)))
        return true;
    return !sip::iequal(a, b);
}

/// One of 64 bits, the same for names that differ in letter case only.
[[nodiscard]] std::uint64_t bit_of(std::string_view name) noexcept {
    constexpr std::uint64_t kLower = 0x2020202020202020;
    std::uint64_t first = 0, last = 0;
    if (name.size() >= 8) {
        std::memcpy(&first, name.data(), 8);
        std::memcpy(&last, name.data() + name.size() - 8, 8);
    }
    const std::uint64_t mixed = ((first | kLower) * 0x9E3779B97F4A7C15U) ^ (last | kLower) ^ name.size();
    return std::uint64_t{1} << (mixed * 0x9E3779B97F4A7C15U >> 58);
}

[[nodiscard]] bool uris(Reader& r, ListView& list) noexcept {
    std::uint64_t seen = 0;
    while (r.take<pieces::open<names::kms_uri>>()) {
        std::string_view uri;
        if (list.count == list.names.size() || !r.value('<', kMaxUri, uri) || uri.empty() ||
            !r.take<pieces::close<names::kms_uri>>())
            return false;
        const std::uint64_t bit = bit_of(uri);
        if ((seen & bit) != 0)
            for (const std::string_view known : list.all())
                if (known.size() == uri.size() && !differ(known, uri)) return false;  // which spelling stays?
        seen |= bit;
        list.add(uri);
    }
    return true;
}

template <const std::string_view& Name>
[[nodiscard]] bool optional_list(Reader& r, ListView& list) noexcept {
    list.any = true;
    list.count = 0;
    if (!r.take<pieces::open<Name>>()) return true;
    if (r.take<kAnyElement>()) return r.take<pieces::close<Name>>();
    list.any = false;
    return uris(r, list) && r.take<pieces::close<Name>>();
}

/// From behind the value's start of a root's Id to where the embedded layer or the root's end stands.
[[nodiscard]] bool layer(Reader& r, View& view) noexcept {
    std::string_view text;
    return r.value('"', kMaxUri, text) && r.take<pieces::before_processor>() &&
           r.value('<', kMaxBody, text) && r.take<pieces::before_time>() && r.value('<', kMaxUri, text) &&
           r.take<pieces::close<names::time>>() && optional_text<names::initiator>(r, view.initiator) &&
           optional_text<names::receiver>(r, view.receiver) &&
           optional_text<names::initiator_kms>(r, view.initiator_kms) &&
           optional_text<names::receiver_kms>(r, view.receiver_kms) &&
           optional_list<names::initiator_list>(r, view.lists[0]) &&
           optional_list<names::receiver_list>(r, view.lists[1]);
}

/// The layers inside, which are evidence only: their form alone counts.
[[nodiscard]] bool inner_layer(Reader& r) noexcept {
    View view;
    return layer(r, view);
}

}  // namespace

bool recognise(std::string_view body, View& view) noexcept {
    if (body.size() > kMaxBody) return false;
    Reader r(body);
    if (!r.take<pieces::declaration>()) return false;
    const char* const root = r.at();
    if (!r.take<kRootStart>() || !layer(r, view)) return false;
    view.depth = 0;
    while (r.take<pieces::open<names::embedded>>())
        if (++view.depth > kMaxDepth || !r.take<kRootStart>() || !inner_layer(r)) return false;
    for (unsigned i = 0; i < view.depth; ++i)
        if (!r.take<pieces::close<names::root>>() || !r.take<pieces::close<names::embedded>>()) return false;
    if (!r.take<pieces::close<names::root>>() || !r.done()) return false;
    view.root = {root, static_cast<std::size_t>(r.at() - root)};
    view.canonical = true;
    return true;
}

bool recognise_around(std::string_view body, std::string_view root) noexcept {
    if (body.size() > kMaxBody || root.empty()) return false;
    Reader r(body);
    View outer;
    if (!r.take<pieces::declaration>() || !r.take<kRootStart>() || !layer(r, outer) ||
        !r.take<pieces::open<names::embedded>>())
        return false;
    const std::string_view rest(r.at(), static_cast<std::size_t>(body.data() + body.size() - r.at()));
    return rest.starts_with(root) && rest.substr(root.size()) == kTwoEnds;
}

bool recognises_processor(std::string_view after_id) noexcept {
    Reader r(after_id);
    std::string_view text;
    return r.take<pieces::before_processor>() && r.value('<', kMaxBody, text) &&
           r.take<pieces::before_time>() && r.done();
}

}  // namespace kmsgate::krr
