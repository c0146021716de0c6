// SPDX-License-Identifier: BSD-3-Clause
// The top Via of an answer (RFC 3261 18.2.1, RFC 3581 4).
#pragma once

#include <array>
#include <optional>
#include <span>
#include <string_view>
#include <utility>

#include "dataplane/core/record.hpp"
#include "dataplane/sip/message.hpp"

namespace kmsgate::emit {

inline constexpr std::size_t kMaxAddressText = 46;  ///< INET6_ADDRSTRLEN
/// What the top Via may grow by: rport=65535 in place of rport, and ;received= with an address.
inline constexpr std::size_t kViaGrowth = 6 + 10 + kMaxAddressText;

/// The address that a Via host names literally ("192.0.2.1", "[2001:db8::1]"); nullopt for a domain name.
[[nodiscard]] std::optional<policy::table::Address> literal_address(std::string_view host) noexcept;
[[nodiscard]] std::string_view address_text(const core::Endpoint& endpoint,
                                            std::span<char, kMaxAddressText> out) noexcept;
/// Is that the source's address, however it is written?
[[nodiscard]] bool names_source(std::string_view host, const core::Endpoint& source) noexcept;

/// The top Via value with received and rport as the server transport adds them (18.2.1, RFC 3581 4).
template <class Sink>
void write_top_via(const sip::Via& via, const core::Endpoint& source, Sink& w) noexcept {
    std::array<char, kMaxAddressText> buffer;  // NOLINT: written next
    std::string_view address;
    if (via.rport || !source.v6) address = address_text(source, buffer);  // that of IPv4 costs little
    const bool named = !address.empty() && via.host == address;
    const bool add_received = via.rport || (!named && !names_source(via.host, source));
    if (add_received && address.empty()) address = address_text(source, buffer);

    struct Edit {
        std::string_view what;
        bool rport;
    };
    std::array<Edit, 2> edits{};
    std::size_t count = 0;
    if (via.rport && !via.rport_param.empty()) edits[count++] = {via.rport_param, true};
    if (add_received && !via.received_param.empty()) edits[count++] = {via.received_param, false};
    if (count == 2 && edits[1].what.data() < edits[0].what.data()) std::swap(edits[0], edits[1]);

    const char* at = via.value.data();
    const char* const end = at + via.value.size();
    for (std::size_t i = 0; i < count; ++i) {
        const char* from = edits[i].what.data();
        if (from < at || from + edits[i].what.size() > end) continue;
        w.unfolded({at, static_cast<std::size_t>(from - at)});
        if (edits[i].rport)
            w.put("rport=").put(std::uint64_t{source.port});
        else
            w.put("received=").put(address);
        at = from + edits[i].what.size();
    }
    w.unfolded({at, static_cast<std::size_t>(end - at)});
    if (add_received && via.received_param.empty()) w.put(";received=").put(address);
}

}  // namespace kmsgate::emit
