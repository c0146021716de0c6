// SPDX-License-Identifier: BSD-3-Clause
#include "bench/stages/plain.hpp"

#include <fmt/format.h>

#include <stdexcept>
#include <string_view>

#include "bench/stages/random.hpp"

namespace kmsgate::bench {

namespace {

std::string write(const Invite& in, std::size_t number, Random& random) {
    const auto& a = in.source.address;
    const std::string host = fmt::format("{}.{}.{}.{}", a[12], a[13], a[14], a[15]);
    const std::string_view method = number % 2 == 0 ? "BYE" : "OPTIONS";
    const std::string user = in.caller.substr(4, in.caller.find('@') - 4);
    std::string out = fmt::format(
        "{0} {1} SIP/2.0\r\nVia: SIP/2.0/UDP {2}:5060;branch=z9hG4bK{3};rport\r\nMax-Forwards: 70\r\n"
        "Route: <sip:pcscf.{4}.example;lr>\r\nFrom: <{5}>;tag={6}\r\nTo: <{1}>{7}\r\nCall-ID: {8}@{2}\r\n"
        "CSeq: {9} {0}\r\n",
        method, in.callee, host, random.hex(14), in.caller_domain, in.caller, random.hex(8),
        number % 2 == 0 ? ";tag=" + random.hex(8) : std::string(), random.hex(20), random.between(2, 9999));
    out += number % 2 == 0
               ? fmt::format(
                     "Reason: SIP;cause=200;text=\"Call completed\"\r\nP-Access-Network-Info: "
                     "3GPP-E-UTRAN-FDD;utran-cell-id-3gpp=23415{}\r\nUser-Agent: MCPTT-client/17.3 "
                     "({})\r\nSupported: timer, 100rel\r\n",
                     random.hex(11), random.hex(12))
               : fmt::format(
                     "Contact: <sip:{}@{}:5060>;+g.3gpp.mcptt\r\nAccept: application/sdp\r\nSupported: "
                     "timer, 100rel, gruu\r\nUser-Agent: MCPTT-client/17.3 ({})\r\n",
                     user, host, random.hex(12));
    constexpr std::string_view kEnd = "Content-Length: 0\r\n\r\n";
    const std::size_t wanted = random.between(kMinPlain + 60, kMaxPlain);
    const std::string_view filler =
        "Security-Verify: ipsec-3gpp;alg=hmac-sha-1-96;prot=esp;mod=trans;ealg=aes-cbc;";
    if (out.size() + filler.size() + kEnd.size() + 16 <= wanted)
        out += fmt::format("{}spi-c={:08}\r\n", filler, random.below(100'000'000));
    constexpr std::string_view kName = "P-Charging-Vector: icid-value=", kLine = "\r\n";
    if (out.size() + kName.size() + kLine.size() + kEnd.size() < wanted)
        out +=
            fmt::format("{}{}{}", kName,
                        random.hex(wanted - out.size() - kName.size() - kLine.size() - kEnd.size()), kLine);
    return out.append(kEnd);
}

}  // namespace

std::vector<std::string> make_plain(const std::vector<Invite>& invites) {
    Random random(kSeed + 1);
    std::vector<std::string> out;
    out.reserve(invites.size());
    for (std::size_t i = 0; i < invites.size(); ++i) {
        out.push_back(write(invites[i], i, random));
        if (out.back().size() < kMinPlain || out.back().size() > kMaxPlain)
            throw std::logic_error(fmt::format("a request without MIKEY of {} bytes", out.back().size()));
    }
    return out;
}

}  // namespace kmsgate::bench
