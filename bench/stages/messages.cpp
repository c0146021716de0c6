// SPDX-License-Identifier: BSD-3-Clause
#include "bench/stages/messages.hpp"

#include <fmt/format.h>

#include <array>
#include <iterator>
#include <stdexcept>
#include <string_view>

#include "bench/stages/i_message.hpp"
#include "bench/stages/policy.hpp"
#include "dataplane/memory/uid.hpp"

namespace kmsgate::bench {

namespace {

constexpr std::uint64_t kPeriod = 2592000;  // of every KMS of the policy (spec default), seconds

/// Headers that stand in some messages: as many as fit its size, from another one on in each.
constexpr std::array<std::string_view, 9> kOptional = {
    "P-Preferred-Service: urn:urn-7:3gpp-service.ims.icsi.mcptt\r\n",
    "Supported: timer, 100rel, gruu\r\n",
    "Session-Expires: 1800;refresher=uac\r\n",
    "Accept: application/sdp, application/vnd.3gpp.mcptt-info+xml\r\n",
    "Answer-Mode: Auto\r\n",
    "Resource-Priority: mcpttp.5\r\n",
    "Security-Verify: "
    "ipsec-3gpp;alg=hmac-sha-1-96;prot=esp;mod=trans;ealg=aes-cbc;spi-c=98765;spi-s=87654;port-c=8642;"
    "port-s=7531\r\n",
    "Allow: INVITE, ACK, CANCEL, BYE, UPDATE, PRACK, MESSAGE, REFER, NOTIFY, INFO\r\n",
    "Accept-Contact: *;+g.3gpp.icsi-ref=\"urn%3Aurn-7%3A3gpp-service.ims.icsi.mcptt\";require;explicit\r\n",
};

core::Endpoint endpoint(std::uint8_t b, std::uint8_t c, std::uint8_t d) noexcept {
    core::Endpoint out;
    out.address = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, 10, b, c, d};
    out.port = 5060;
    return out;
}

std::string uid(std::string_view user, std::string_view kms) {
    const auto hash = memory::uid_of(user, kms, kPeriod, 0, memory::period_number(kNow, kPeriod, 0));
    return {reinterpret_cast<const char*>(hash.data()), hash.size()};
}

/// The line that carries the I_MESSAGE, with its line end.
std::string key_line(Invite& in, std::size_t number, Random& random) {
    const std::string uidi = in.hashed ? uid(in.caller, in.kmsi) : in.caller;
    const std::string uidr = in.hashed ? uid(in.callee, in.kmsr) : in.callee;
    IMessage m;
    m.initiator = uidi;
    m.receiver = uidr;
    m.hashed = in.hashed;
    m.kmsi = in.kmsi;
    m.kmsr = in.kmsr;
    m.map = static_cast<MapType>(number / 2 % 3);
    m.seconds = kNow / core::kSecond;
    m.size = random.between(kMinIMessage, kMaxIMessage);
    const std::string bytes = encode(m, random);
    in.i_message_size = bytes.size();
    return "a=key-mgmt:mikey " + base64(bytes) + "\r\n";
}

std::string sdp(Invite& in, std::size_t number, std::string_view host, Random& random) {
    const std::string key = key_line(in, number, random);
    const bool media = number % 4 == 3;
    const std::size_t port = 49152 + 4 * random.below(2000);
    return fmt::format(
        "v=0\r\no=- {0} 1 IN IP4 {1}\r\ns=-\r\nc=IN IP4 {1}\r\nt=0 0\r\n{2}m=audio {3} RTP/SAVP "
        "97\r\ni=speech\r\n"
        "a=rtpmap:97 AMR-WB/16000\r\na=ptime:20\r\n{4}m=application {5} udp MCPTT\r\n"
        "a=fmtp:MCPTT mc_queueing;mc_priority=5;mc_granted;mc_implicit_request\r\n",
        1'000'000 + random.below(9'000'000), host, media ? "" : key, port, media ? key : "", port + 2);
}

std::string mcptt_info(const Invite& in, bool with_client, Random& random) {
    const std::string client =
        with_client ? fmt::format(
                          "<mcptt-client-id type=\"Normal\"><mcpttString>urn:uuid:{}</mcpttString>"
                          "</mcptt-client-id>",
                          random.hex(32))
                    : std::string();
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<mcpttinfo "
        "xmlns=\"urn:3gpp:ns:mcpttInfo:1.0\"><mcptt-Params>"
        "<session-type>private</session-type><mcptt-calling-user-id type=\"Normal\"><mcpttURI>{}</mcpttURI>"
        "</mcptt-calling-user-id>{}</mcptt-Params></mcpttinfo>\r\n",
        in.caller, client);
}

std::string resource_lists(const Invite& in) {
    return fmt::format(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\r\n<resource-lists "
        "xmlns=\"urn:ietf:params:xml:ns:resource-lists\">"
        "<list><entry uri=\"{}\"/></list></resource-lists>\r\n",
        in.callee);
}

std::string body(Invite& in, std::size_t number, std::string_view host, std::string_view boundary,
                 Random& random) {
    std::string out = fmt::format("--{}\r\nContent-Type: application/sdp\r\n\r\n{}\r\n", boundary,
                                  sdp(in, number, host, random));
    fmt::format_to(
        std::back_inserter(out),
        "--{0}\r\nContent-Type: application/vnd.3gpp.mcptt-info+xml\r\n\r\n{1}\r\n"
        "--{0}\r\nContent-Type: application/resource-lists+xml\r\nContent-Disposition: recipient-list\r\n\r\n"
        "{2}\r\n--{0}--\r\n",
        boundary, mcptt_info(in, number % 3 != 0, random), resource_lists(in));
    return out;
}

std::string write(Invite& in, std::size_t number, Random& random) {
    const auto& a = in.source.address;
    const std::string host = fmt::format("{}.{}.{}.{}", a[12], a[13], a[14], a[15]);
    const std::string boundary = "mcb-" + random.hex(12);
    const std::string content = body(in, number, host, boundary, random);
    const std::string user = in.caller.substr(4, in.caller.find('@') - 4);
    std::string head = fmt::format(
        "INVITE sip:mcptt-orig@{0}.example SIP/2.0\r\nVia: SIP/2.0/UDP {1}:5060;branch=z9hG4bK{2}{3}\r\n"
        "Max-Forwards: 70\r\nRoute: <sip:pcscf.{0}.example;lr>\r\nFrom: <{4}>;tag={5}\r\n"
        "To: <sip:mcptt-orig@{0}.example>\r\nCall-ID: {6}@{1}\r\nCSeq: {7} INVITE\r\n",
        in.caller_domain, host, random.hex(14), number % 3 == 0 ? ";rport" : "", in.caller, random.hex(8),
        random.hex(20), random.between(1, 9999));
    auto to = std::back_inserter(head);
    fmt::format_to(
        to, "Contact: <sip:{}@{}:5060>;+g.3gpp.mcptt\r\nAccept-Contact: *;+g.3gpp.mcptt;require;explicit\r\n",
        user, host);
    fmt::format_to(to,
                   "P-Preferred-Identity: <{}>\r\n"
                   "P-Access-Network-Info: 3GPP-E-UTRAN-FDD;utran-cell-id-3gpp={}{}\r\n",
                   in.caller, random.below(2) == 0 ? "23430" : "23415", random.hex(11));
    const std::string tail = fmt::format(
        "Content-Type: multipart/mixed;boundary={}\r\nContent-Length: {}\r\n\r\n", boundary, content.size());
    const std::size_t wanted = random.between(kMinInvite, kMaxInvite);
    for (std::size_t i = 0; i < kOptional.size(); ++i) {
        const std::string_view line = kOptional[(i + number) % kOptional.size()];
        if (head.size() + line.size() + tail.size() + content.size() <= wanted) head += line;
    }
    return head + tail + content;
}

/// Where it arrives: inside at the caller's cs or is edge, outside at the callee's is edge, or where visitors
/// come in.
void route(Invite& in, std::size_t number, std::size_t caller_domain, std::size_t callee_domain) {
    switch (number / kDomains % 4) {
        case 0:
            in.edge = domain_name(caller_domain) + "-access";
            break;
        case 1:
            in.edge = domain_name(caller_domain) + "-home";
            break;
        case 2:
            in.edge = domain_name(callee_domain) + "-home";
            in.arrival = core::Arrival::outside;
            break;
        default:
            in.edge = "mc1-visitors";
    }
}

void check(const Invite& in) {
    if (in.text.size() < kMinInvite || in.text.size() > kMaxInvite)
        throw std::logic_error(fmt::format("an INVITE of {} bytes", in.text.size()));
    if (in.i_message_size < kMinIMessage || in.i_message_size > kMaxIMessage)
        throw std::logic_error(fmt::format("an I_MESSAGE of {} bytes", in.i_message_size));
}

}  // namespace

std::vector<Invite> make_invites(std::uint64_t seed, std::size_t count) {
    constexpr std::size_t kNamed = 47;  // the last three KMSs are the isolated edge's
    static_assert(kNamed + 3 == kKmsCount);
    Random random(seed);
    std::vector<Invite> out(count);
    for (std::size_t i = 0; i < out.size(); ++i) {
        Invite& in = out[i];
        const std::size_t from = i % kDomains, at = random.below(kDomains);
        in.caller_domain = domain_name(from);
        in.caller = fmt::format("sip:unit-{:03}{}@{}.example", i, random.hex(2), in.caller_domain);
        in.callee = fmt::format("sip:desk-{:03}{}@{}.example", i, random.hex(2), domain_name(at));
        in.roaming = i % 5 == 0;
        in.hashed = i % 2 == 1;
        // mostly the domain's own, of which the rules allow some; now and then anybody's
        in.kmsi =
            kms_name(i % 8 == 7 ? random.below(kNamed) : from * kKmsOfDomain + random.below(kKmsOfDomain));
        in.kmsr =
            kms_name(i % 8 == 6 ? random.below(kNamed) : at * kKmsOfDomain + random.below(kKmsOfDomain));
        in.source =
            endpoint(static_cast<std::uint8_t>(1 + from), static_cast<std::uint8_t>(random.below(256)),
                     static_cast<std::uint8_t>(random.between(2, 254)));
        in.destination = endpoint(static_cast<std::uint8_t>(1 + from), 0, 1);
        route(in, i, from, at);
        in.text = write(in, i, random);
        check(in);
    }
    return out;
}

}  // namespace kmsgate::bench
