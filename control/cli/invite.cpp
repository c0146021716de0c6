// SPDX-License-Identifier: BSD-3-Clause
#include "control/cli/invite.hpp"

#include <fmt/format.h>
#include <openssl/evp.h>

#include <algorithm>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/user.hpp"

namespace kmsgate::control::cli {
namespace {

/// Values of the next-payload byte and of the fields that an I_MESSAGE of 3GPP has.
enum : std::uint8_t {
    kSign = 4,
    kT = 5,
    kRand = 11,
    kIdr = 14,
    kSakke = 26,
    kTypeUri = 1,
    kRoleI = 1,
    kRoleR = 2,
    kRoleKmsI = 6,
    kRoleKmsR = 7,
};
constexpr std::size_t kSakkeBytes = 273;  ///< parameter set 1: point, masked secret
constexpr std::size_t kEccsiBytes = 129;
constexpr std::size_t kMaxName = 255;

struct Idr {
    std::uint8_t role;
    std::string_view data;
};

class Bytes {
  public:
    void u8(unsigned v) { out_.push_back(static_cast<std::uint8_t>(v)); }
    void u16(std::size_t v) {
        u8(static_cast<unsigned>(v >> 8 & 0xFF));
        u8(static_cast<unsigned>(v & 0xFF));
    }
    void text(std::string_view s) { out_.insert(out_.end(), s.begin(), s.end()); }
    void filler(std::size_t n) {
        for (std::size_t i = 0; i < n; ++i) u8(static_cast<unsigned>(i * 37 + 11));
    }
    std::vector<std::uint8_t> take() && { return std::move(out_); }

  private:
    std::vector<std::uint8_t> out_;
};

/// May it stand in a header and between angle brackets?
bool plain(std::string_view s) {
    return !s.empty() && s.size() <= kMaxName && std::ranges::all_of(s, [](char c) {
        return c > ' ' && c < 0x7F && c != '<' && c != '>' && c != '"';
    });
}

std::string host_of(std::string_view endpoint) {
    return std::string(endpoint.substr(0, endpoint.rfind(':')));
}

}  // namespace

std::vector<std::uint8_t> i_message(const Invite& invite) {
    std::vector<Idr> idrs = {{kRoleI, invite.from}, {kRoleR, invite.to}};
    if (!invite.kmsi.empty()) idrs.push_back({kRoleKmsI, invite.kmsi});
    if (!invite.kmsr.empty()) idrs.push_back({kRoleKmsR, invite.kmsr});

    Bytes b;
    b.u8(1);       // version
    b.u8(kSakke);  // data type
    b.u8(kT);
    b.u8(1);     // V = 0, PRF-HMAC-SHA-256
    b.u8(0x10);  // CSB ID: purpose tag of a private call's key
    b.u8(0), b.u8(0), b.u8(1);
    b.u8(0), b.u8(1);  // no crypto session, empty map
    b.u8(kRand);
    b.u8(0);  // T: NTP-UTC
    b.filler(8);
    b.u8(kIdr);
    b.u8(16);
    b.filler(16);
    for (std::size_t i = 0; i < idrs.size(); ++i) {
        b.u8(i + 1 < idrs.size() ? kIdr : kSakke);
        b.u8(idrs[i].role);
        b.u8(kTypeUri);
        b.u16(idrs[i].data.size());
        b.text(idrs[i].data);
    }
    b.u8(kSign);
    b.u8(1);  // SAKKE parameter set 1
    b.u8(2);  // 3GPP MCX hashed UID
    b.u16(kSakkeBytes);
    b.u8(4);  // uncompressed point
    b.filler(kSakkeBytes - 1);
    b.u16(0x2000U | kEccsiBytes);  // ECCSI
    b.filler(kEccsiBytes);
    return std::move(b).take();
}

std::expected<std::string, std::string> sip_request(const Invite& in) {
    for (const auto& [name, uri] : {std::pair("--from", &in.from), std::pair("--to", &in.to)})
        if (!plain(*uri) || sip::UserUri::normalise(*uri).empty())
            return std::unexpected(fmt::format(
                "{}: no user URI; write it like sip:alice@mc1.example or tel:+442012345678", name));
    for (const auto& [name, kms] : {std::pair("--kmsi", &in.kmsi), std::pair("--kmsr", &in.kmsr)})
        if (!kms->empty() && !plain(*kms))
            return std::unexpected(
                fmt::format("{}: no KMS; write it as in IDRkms payloads: kms.a.example", name));
    if (!plain(in.source) || !in.source.contains(':'))
        return std::unexpected(
            std::string("--source: no address and port; write 192.0.2.1:5060 or [2001:db8::1]:5060"));

    const auto message = i_message(in);
    const std::string mikey(reinterpret_cast<const char*>(message.data()), message.size());
    const std::string host = host_of(in.source);
    const bool sdp = in.method == "INVITE" || in.method == "UPDATE";
    std::string body = mikey;
    if (sdp) {
        const bool v6 = host.starts_with('[');
        const std::string address = v6 ? host.substr(1, host.size() - 2) : host;
        body = fmt::format(
            "v=0\r\no=- 1 1 IN {0} {1}\r\ns=-\r\nc=IN {0} {1}\r\nt=0 0\r\na=key-mgmt:mikey {2}\r\n"
            "m=audio 49170 RTP/SAVP 0\r\n",
            v6 ? "IP6" : "IP4", address, base64(mikey));
    }
    return fmt::format(
        "{0} {1} SIP/2.0\r\nVia: SIP/2.0/UDP {2};branch=z9hG4bKexplain\r\nMax-Forwards: 70\r\n"
        "From: <{3}>;tag=explain\r\nTo: <{1}>\r\nCall-ID: explain@{4}\r\nCSeq: 1 {0}\r\n"
        "Contact: <sip:explain@{2}>\r\nContent-Type: {5}\r\nContent-Length: {6}\r\n\r\n{7}",
        in.method, in.to, in.source, in.from, host, sdp ? "application/sdp" : "application/mikey",
        body.size(), body);
}

std::string base64(std::string_view bytes) {
    std::string out((bytes.size() + 2) / 3 * 4 + 1, '\0');
    const int n =
        EVP_EncodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                        reinterpret_cast<const unsigned char*>(bytes.data()), static_cast<int>(bytes.size()));
    out.resize(static_cast<std::size_t>(n));
    return out;
}

std::expected<std::string, std::string> from_base64(std::string_view text) {
    const std::size_t padding = text.ends_with("==") ? 2 : text.ends_with('=') ? 1 : 0;
    std::string out(text.size() / 4 * 3, '\0');
    // The library takes blanks around the text; the daemon sends none.
    const bool clean = std::ranges::all_of(text.substr(0, text.size() - padding), [](char c) {
        return sip::is_alpha(c) || sip::is_digit(c) || c == '+' || c == '/';
    });
    if (text.size() % 4 != 0 || !clean) return std::unexpected(std::string("no base64"));
    if (text.empty()) return out;
    if (EVP_DecodeBlock(reinterpret_cast<unsigned char*>(out.data()),
                        reinterpret_cast<const unsigned char*>(text.data()),
                        static_cast<int>(text.size())) < 0)
        return std::unexpected(std::string("no base64"));
    out.resize(out.size() - padding);
    return out;
}

}  // namespace kmsgate::control::cli
