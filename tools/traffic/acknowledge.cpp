// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/acknowledge.hpp"

#include <algorithm>
#include <charconv>

#include "tools/traffic/encode/sip.hpp"

namespace kmsgate::traffic {

namespace {

std::string_view address(std::string_view value) noexcept {
    const std::size_t open = value.find('<');
    if (open == std::string_view::npos) return {};
    value.remove_prefix(open + 1);
    return value.substr(0, value.find('>'));
}

Host host_of(std::span<const std::uint8_t> mac, const std::array<std::uint8_t, 16>& ip, bool v6) {
    Host out;
    std::copy_n(mac.begin(), 6, out.mac.begin());
    out.address = ip;
    out.v6 = v6;
    return out;
}

}  // namespace

std::optional<std::vector<Frame>> acknowledge(const Head& head, const Packet& packet,
                                              std::span<const std::uint8_t> frame) {
    constexpr std::string_view kVia = "SIP/2.0/UDP ";
    if (!head.via.starts_with(kVia)) return std::nullopt;
    const std::string_view sent_by = head.via.substr(kVia.size(), head.via.find(';') - kVia.size());
    Names n;
    n.caller = address(head.from);
    n.target = address(head.to);
    n.call_id = head.call_id;
    n.branch = parameter(head.via, "branch");
    n.from_tag = parameter(head.from, "tag");
    n.to_tag = parameter(head.to, "tag");
    n.sent_by = sent_by;
    n.cseq = head.cseq;
    if (n.caller.empty() || n.target.empty() || n.branch.empty() || n.to_tag.empty()) return std::nullopt;

    // the sender of the response is whom the request went to
    const Host from = host_of(frame, packet.destination, packet.v6);
    const Host to = host_of(frame.subspan(6), packet.source, packet.v6);
    std::vector<std::uint16_t> vlans;
    for (unsigned i = 0; i < packet.vlans; ++i) {
        const std::size_t at = 14 + std::size_t{4} * i;
        vlans.push_back(static_cast<std::uint16_t>((frame[at] << 8 | frame[at + 1]) & 0xFFF));
    }
    Host near = from;
    const std::size_t colon = sent_by.rfind(':');
    std::from_chars(sent_by.data() + colon + 1, sent_by.data() + sent_by.size(), near.port);
    Host far = to;
    far.port = near.port;
    std::vector<Frame> out;
    write_udp({&near, &far, vlans, head.cseq, 1500}, request("ACK", n, Within::dialog, {}, {}), out);
    return out;
}

}  // namespace kmsgate::traffic
