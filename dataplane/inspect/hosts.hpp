// SPDX-License-Identifier: BSD-3-Clause
// Whose users those of a host are: what the table said last.
#pragma once

#include <algorithm>
#include <array>
#include <bit>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "policy/table/table.hpp"
#include "policy/table/text_hash.hpp"

namespace kmsgate::inspect {

/// Users come in crowds, their hosts do not: a domain has few. For sip URIs of which the host alone decides
/// (Table::host_decides()), what was found under the last hosts. It is a function of table and host, so it
/// holds for every message that is judged by this table, until its place is needed for another host.
class Hosts {
  public:
    using Found = policy::table::Table::Found;

    /// Before find(): forgets all that another table said.
    void use(const policy::table::Table& table) noexcept {
        const auto bytes = [](const policy::table::Seal& s) {
            return reinterpret_cast<const char*>(s.data());
        };
        if (policy::table::same_bytes(bytes(table.seal()), bytes(seal_), seal_.size())) [[likely]]
            return;
        seal_ = table.seal();
        for (Entry& e : entries_) e.size = 0;
    }

    /// Of `user`, a sip URI in normal form of which the host decides.
    [[nodiscard]] Found find(const policy::table::Table& table,
                             const policy::table::UserText& user) noexcept {
        const std::string_view host = user.uri.substr(user.host);
        Entry& e = entries_[place(host)];
        if (e.size == host.size() && policy::table::same_bytes(e.text.data(), host.data(), e.size)) [[likely]]
            return e.found;
        return look_up(table, user, host, e);
    }

  private:
    static constexpr std::size_t kEntries = 64;
    struct Entry {
        std::array<char, 55> text;
        std::uint8_t size = 0;  ///< 0: free
        Found found;
    };
    static_assert(sizeof(Entry) == 64);

    [[nodiscard]] static std::size_t place(std::string_view host) noexcept {
        using namespace policy::table;
        const std::size_t n = host.size();
        const std::uint64_t text =
            n < 8 ? load_short(host) : load8(host.data()) ^ std::rotl(load8(host.data() + n - 8), 29);
        return static_cast<std::size_t>(text * kHashStep >> 58);
    }
    [[gnu::noinline]] static Found look_up(const policy::table::Table& table,
                                           const policy::table::UserText& user, std::string_view host,
                                           Entry& e) noexcept {
        const Found found = table.find_pattern(user);
        if (host.empty() || host.size() > e.text.size()) return found;
        std::ranges::copy(host, e.text.begin());
        e.size = static_cast<std::uint8_t>(host.size());
        e.found = found;
        return found;
    }

    policy::table::Seal seal_{};
    std::array<Entry, kEntries> entries_{};
};

}  // namespace kmsgate::inspect
