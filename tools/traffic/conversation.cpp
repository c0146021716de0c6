// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/conversation.hpp"

#include <algorithm>
#include <array>

#include "dataplane/mikey/uid.hpp"
#include "tools/traffic/encode/text.hpp"

namespace kmsgate::traffic {

namespace {

/// Headers that stand in some messages: as many as fit its size, from another one on in each.
constexpr std::array<std::string_view, 12> kOptional = {
    "P-Preferred-Service: urn:urn-7:3gpp-service.ims.icsi.mcptt\r\n",
    "Supported: timer, 100rel, gruu, path, norefersub\r\n",
    "Session-Expires: 1800;refresher=uac\r\nMin-SE: 90\r\n",
    "Accept: application/sdp, application/vnd.3gpp.mcptt-info+xml, "
    "application/vnd.3gpp.kmsredirectresponse+xml\r\n",
    "Answer-Mode: Auto\r\n",
    "Resource-Priority: mcpttp.5\r\n",
    "Security-Verify: ipsec-3gpp;alg=hmac-sha-1-96;prot=esp;mod=trans;ealg=aes-cbc;spi-c=98765;spi-s=87654;"
    "port-c=8642;port-s=7531\r\n",
    "Allow: INVITE, ACK, CANCEL, BYE, UPDATE, PRACK, MESSAGE, REFER, NOTIFY, INFO, SUBSCRIBE, OPTIONS\r\n",
    "Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";require;explicit\r\n",
    "P-Charging-Vector: icid-value=\"5f1b2c3d4e5f60718293a4b5c6d7e8f9\";icid-generated-at=pcscf.ims.example;"
    "orig-ioi=\"mc.example\"\r\n",
    "P-Early-Media: supported\r\n",
    "User-Agent: MC-Client/17.4 (rugged; build 20261)\r\n",
};
constexpr std::size_t kBoundary = 20;

std::string_view user_part(std::string_view uri) noexcept {
    uri.remove_prefix(uri.find(':') + 1);
    return uri.substr(0, uri.find('@'));
}

// Drawn one after the other: the operands of one expression have no order, and every compiler has to draw the
// same.
std::string hex_24(Random& random) {
    std::string out = hex(random, 16);
    out += hex(random, 8);
    return out;
}
std::string hex_32(Random& random) {
    std::string out = hex(random, 16);
    out += hex(random, 16);
    return out;
}

/// The first SIP port of the edge.
std::uint16_t sip_port(const Guide* guide, bool tcp) noexcept {
    constexpr std::uint16_t kDefault = 5060;
    if (guide == nullptr) return kDefault;
    const auto ports = guide->table().ports(tcp ? guide->edge().tcp_ports : guide->edge().udp_ports);
    return ports.empty() ? kDefault : ports.front();
}

}  // namespace

std::string hex(Random& random, std::size_t digits) {
    constexpr std::string_view kDigits = "0123456789abcdef";
    std::string out(digits, '0');
    std::uint64_t bits = random.next();
    for (char& c : out) {
        c = kDigits[bits & 15];
        bits >>= 4;
    }
    return out;
}

std::string access_token(Random& random) {
    std::string out;
    for (const std::size_t size : {std::size_t{36}, 420 + random.below(300), std::size_t{256}}) {
        if (!out.empty()) out += '.';
        std::string text = base64(random.bytes(size / 4 * 3));
        std::ranges::replace(text, '+', '-');
        std::ranges::replace(text, '/', '_');
        out += text;
    }
    return out;
}

Conversation::Conversation(World& w, Time time, bool over_tcp) : now(time) {
    inward = w.share(Share::inward);
    const bool v6 = w.share(Share::ipv6);
    caller = w.population.draw(!inward, w.random);
    callee = w.population.draw(inward, w.random);
    near = w.population.host(caller, !inward, v6);
    far = w.population.host(callee, inward, v6);
    if (w.share(Share::vlan)) vlans = w.profile.vlans;
    hashed = w.share(Share::hashed);
    kmsi = w.population.kms(caller, w.random);
    kmsr = w.population.kms(callee, w.random);
    near.port = far.port = sip_port(w.guide, over_tcp);
    if (over_tcp) near.port = static_cast<std::uint16_t>(w.random.between(32768, 60999));
    names.caller = caller.uri;
    names.callee = callee.uri;
    names.target = kTarget;
    names.transport = over_tcp ? "TCP" : "UDP";
    names.sent_by = text_of(near.text, ":", std::uint64_t{near.port});
    names.rport = w.random.below(3) == 0;
    names.from_tag = hex(w.random, 10);
    names.to_tag = hex(w.random, 10);
    names.call_id = hex_24(w.random) + "@" + near.text;
    names.cseq = static_cast<std::uint32_t>(w.random.between(1, 9000));
    const std::string_view network = w.random.below(2) == 0 ? "23430" : "23415";
    visited = {text_of("3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=", network, hex(w.random, 11))};
    next_transaction(w.random);
}

void Conversation::next_transaction(Random& random) {
    names.branch = "z9hG4bK" + hex(random, 14);
    ++names.cseq;
}

Link Conversation::link(bool from_caller, std::uint32_t id, std::size_t mtu) const noexcept {
    return {from_caller ? &near : &far, from_caller ? &far : &near, vlans, id, mtu};
}

std::string Conversation::uid(World& w, const std::string& user, const std::string& kms) const {
    const Period p = w.population.period(kms);
    const auto hash =
        mikey::uid_of(user, kms, p.length, p.offset, mikey::period_number(now, p.length, p.offset));
    return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

Draft Conversation::key_draft(World& w) const {
    const std::string receiver = purpose == Purpose::csk ? std::string(kServer) : callee.uri;
    const std::string from = by_uid() ? uid(w, caller.uri, kmsi) : caller.uri;
    const std::string to = by_uid() ? uid(w, receiver, kmsr) : receiver;
    IMessage m;
    m.initiator = from;
    m.receiver = to;
    m.hashed = by_uid();
    m.kmsi = kmsi;
    m.kmsr = kmsr;
    m.map = static_cast<MapType>(w.random.below(3));
    m.seconds = now / kSecond;
    m.size = w.random.between(w.profile.i_message.least, w.profile.i_message.most);
    m.purpose = purpose;
    Draft out = draft(m, w.random);
    if (!out.payloads.empty()) return out;
    m.size = kInviteBounds.least;  // long names need more
    return draft(m, w.random);
}

std::string Conversation::headers(World& w) const {
    std::string out =
        text_of("Contact: <sip:", user_part(caller.uri), "@", near.text, ":", std::uint64_t{near.port},
                ">;+g.3gpp.mcptt\r\nAccept-Contact: *;+g.3gpp.mcptt;require;explicit\r\n");
    put(out, inward ? "P-Asserted-Identity: <" : "P-Preferred-Identity: <", caller.uri, ">\r\n");
    for (const std::string& v : visited) put(out, "P-Access-Network-Info: ", v, "\r\n");
    if (inward) put(out, "Record-Route: <sip:ibcf.", w.population.domain_name(caller.domain), ";lr>\r\n");
    return out;
}

std::string Conversation::offer(World& w, bool of_caller, std::string_view lines, bool media) const {
    const Host& host = of_caller ? near : far;
    Offer o;
    o.host = host.text;
    if (host.v6) o.host = o.host.substr(1, o.host.size() - 2);
    o.v6 = host.v6;
    o.session = 1'000'000 + w.random.below(9'000'000);
    o.port = static_cast<std::uint16_t>(49152 + 4 * w.random.below(2000));
    (media ? o.media_lines : o.session_lines) = lines;
    return sdp(o);
}

std::string Conversation::invite(World& w) const {
    const std::string line = "a=key-mgmt:mikey " + base64(key(w)) + "\r\n";
    return invite(w, offer(w, true, line, w.share(Share::media_level)));
}

std::string Conversation::invite(World& w, const std::string& session) const {
    const std::size_t wanted = w.random.between(w.profile.invite.least, w.profile.invite.most);
    const std::string boundary = "mcb-" + hex(w.random, kBoundary - 4);
    std::vector<Part> parts = {
        {std::string(kSdp), {}, session},
        {std::string(kMcpttInfo), {}, mcptt_info(caller.uri, hex_32(w.random), {})},
        {std::string(kResourceLists), "Content-Disposition: recipient-list\r\n", resource_lists(callee.uri)}};
    const std::string type = "multipart/mixed;boundary=" + boundary;
    std::string more = headers(w);
    std::size_t size =
        request("INVITE", names, Within::none, more, {type, multipart(parts, boundary)}).size();
    const std::size_t first = w.random.below(kOptional.size());
    for (std::size_t i = 0; i < kOptional.size(); ++i) {
        const std::string_view line = kOptional[(i + first) % kOptional.size()];
        if (size + line.size() > wanted) continue;
        more += line;
        size += line.size();
    }
    // what no header fills the client's whereabouts do
    constexpr std::size_t kLeastLocation = 400, kAround = kBoundary + 70;
    if (wanted > size + kLeastLocation + kAround)
        parts.push_back(
            {std::string(kLocation), {}, location_info(w.random.next() % 100000, wanted - size - kAround)});
    return request("INVITE", names, Within::none, more, {type, multipart(parts, boundary)});
}

std::string Conversation::keyed(World& w, std::string_view method, Carriage carriage, bool token) const {
    const std::string boundary = "mcb-" + hex(w.random, kBoundary - 4);
    std::string bytes = key(w);
    std::string encoding;
    if (carriage == Carriage::mikey_base64) {
        bytes = base64(bytes);
        encoding = "Content-Transfer-Encoding: base64\r\n";
    }
    const std::string client = hex_32(w.random);
    const std::string access = token ? access_token(w.random) : std::string();
    const std::vector<Part> parts = {{std::string(kMikey), encoding, std::move(bytes)},
                                     {std::string(kMcpttInfo), {}, mcptt_info(caller.uri, client, access)}};
    return request(method, names, Within::none, headers(w),
                   {"multipart/mixed;boundary=" + boundary, multipart(parts, boundary)});
}

Truth Conversation::truth() const {
    Truth t;
    t.arrival = inward ? policy::decide::Arrival::outside : policy::decide::Arrival::inside;
    t.peer = near.address;
    t.gets = far.address;
    return t;
}

Truth Conversation::keyed_truth(bool server) const {
    Truth t = truth();
    t.keys.push_back({policy::decide::IMessage::State::read, kmsi, kmsr});
    t.visited = visited;
    t.parties[0] = {{caller.uri, true, caller.tags}};
    // nothing in clear tells whose UID the server's is
    if (!server)
        t.parties[1] = {{callee.uri, true, callee.tags}};
    else if (!by_uid())
        t.parties[1] = {{std::string(kServer), true, 0}};
    t.parties[1].push_back({names.to.empty() ? names.target : names.to, false, 0});
    if (names.to == caller.uri) t.parties[1].back().tags = caller.tags;
    t.parties[1].push_back({names.target, false, 0});
    return t;
}

Truth Conversation::response_truth() const {
    Truth t;
    t.arrival = inward ? policy::decide::Arrival::inside : policy::decide::Arrival::outside;
    t.message_class = policy::decide::MessageClass::response;
    t.peer = far.address;
    t.gets = near.address;
    return t;
}

}  // namespace kmsgate::traffic
