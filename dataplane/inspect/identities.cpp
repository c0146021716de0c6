// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/inspect/identities.hpp"

#include <algorithm>

#include "dataplane/sip/user.hpp"

namespace kmsgate::inspect {

namespace {

using policy::table::same_text;
using policy::table::UserText;

constexpr std::size_t kSpellings = 3;  // of one identity

/// Nobody may leave a domain by writing a port or the root's dot behind its host.
std::string_view without_port(std::string_view uri) noexcept {
    const std::size_t at = uri.find('@');
    if (at == std::string_view::npos) return uri;
    const std::size_t bracket = uri.find(']', at);
    const std::size_t colon = uri.find(':', bracket == std::string_view::npos ? at : bracket);
    uri = uri.substr(0, std::min(colon, uri.size()));
    if (uri.ends_with('.')) uri.remove_suffix(1);
    return uri;
}

/// The text, where it stays as long as the inspection; empty when there is no room.
std::string_view copied(std::string_view text, sip::Arena& arena) noexcept {
    const auto bytes = arena.take_raw<char>(text.size());
    std::copy_n(text.begin(), bytes.size(), bytes.begin());
    return {bytes.data(), bytes.size()};
}

}  // namespace

Domains::Found Domains::find_odd(std::string_view uri, std::string_view tel) const noexcept {
    const Found match = table_.find_pattern(UserText::of(uri), odd_);
    if (tel.empty()) return match;
    const Found other = table_.find_pattern(UserText::of(tel), odd_);
    return other && (!match || table_.rank(other) > table_.rank(match)) ? other : match;
}

inline bool Identities::merge(std::string_view Identity::* spelling, std::string_view text,
                              bool mc) noexcept {
    for (Identity& known : all())
        if (same_text(known.*spelling, text)) {
            known.mc = known.mc || mc;
            return true;
        }
    return false;
}

void Identities::take() noexcept {
    for (const Note& note : std::span(notes_).first(noted_)) {
        const std::string_view raw(note.text, note.size);
        if (merge(&Identity::raw, raw, note.mc)) continue;
        const std::size_t host = sip::plain_user_host(raw);
        if (host == 0) [[unlikely]] {
            take_odd(raw, note.mc);
            continue;
        }
        // A plain one is its own normal form: only what was written in another way can still be the same.
        if (odd_ && merge(&Identity::uri, raw, note.mc)) [[unlikely]]
            continue;
        put({raw, raw, {}, note.mc, false, false}, domains_.find_plain(raw, host));
    }
    noted_ = 0;
}

void Identities::take_odd(std::string_view raw, bool mc) noexcept {
    const sip::UserUri full = sip::UserUri::normalise(raw);
    const sip::UserUri cut = sip::UserUri::normalise(without_port(full.text()));
    if (cut.empty()) return;
    if (merge(&Identity::uri, cut.text(), mc)) return;
    odd_ = true;
    const std::string_view uri = copied(cut.text(), arena_);
    const std::string_view tel = copied(full.tel(), arena_);
    overflow_ = overflow_ || uri.empty() || tel.size() != full.tel().size();
    put({raw, uri, tel, mc, false, false}, domains_.find_odd(uri, tel));
}

[[gnu::always_inline]] inline void Identities::put(const Identity& identity,
                                                   const Domains::Found& found) noexcept {
    if (count_ == room_ && !grow()) [[unlikely]] {
        overflow_ = true;
        return;
    }
    Identity& id = *std::construct_at(first() + count_++, identity);
    id.ours = found && found.domain == domains_.own();
    id.other_domain = found && !id.ours;
}

/// The few that there are as a rule need no room of the arena.
[[gnu::noinline]] bool Identities::grow() noexcept {
    if (room_ >= most_) return false;
    const auto wider = arena_.take_raw<Identity>(most_);
    if (wider.empty()) return false;
    std::ranges::copy(all(), wider.begin());
    wider_ = wider.data();
    room_ = wider.size();
    return true;
}

std::span<const std::string_view> Identities::spellings() noexcept {
    if (spellings_.empty()) spellings_ = arena_.take_raw<std::string_view>(kSpellings * most_);
    overflow_ = overflow_ || spellings_.empty();
    for (; !overflow_ && spelled_ < count_; ++spelled_) {
        const Identity& id = all()[spelled_];
        spellings_[spellings_count_++] = id.uri;
        if (!id.tel.empty()) spellings_[spellings_count_++] = id.tel;
        if (id.raw != id.uri) spellings_[spellings_count_++] = id.raw;
    }
    return spellings_.first(spellings_count_);
}

}  // namespace kmsgate::inspect
