// SPDX-License-Identifier: BSD-3-Clause
#include <fmt/format.h>

#include <algorithm>
#include <array>

#include "dataplane/mikey/message.hpp"
#include "dataplane/mikey/payload.hpp"
#include "tools/client/crypto/eccsi.hpp"
#include "tools/client/crypto/sakke.hpp"
#include "tools/client/imessage/identity.hpp"
#include "tools/client/imessage/imessage.hpp"
#include "tools/client/imessage/parts.hpp"

namespace kmsgate::client::imessage {
namespace {

using mikey::Payload;
using mikey::Role;

constexpr std::uint64_t kNtpToUnix = 2208988800;
constexpr std::size_t kRand = 16;
constexpr std::uint8_t kPrfSha256 = 1;  // TS 33.180 E.1: PRF-HMAC-SHA-256
constexpr std::uint8_t kUri = 1;        // of UIDs too, as all messages seen in the field have it

/// SRTP policy number 0 (RFC 3830 6.10.1, RFC 7714 14.2): type, length, value. AES-GCM with a key of 16
/// bytes, a salt of 12, a tag of 16; SRTP and SRTCP encrypted.
constexpr std::array<std::uint8_t, 18> kSrtpPolicy{0, 1, 6, 1, 1, 16, 4, 1, 12, 7, 1, 1, 8, 1, 1, 20, 1, 16};

class Writer {
  public:
    void u8(std::uint8_t value) { out_.push_back(value); }
    void u16(std::size_t value) {
        u8(static_cast<std::uint8_t>(value >> 8));
        u8(static_cast<std::uint8_t>(value));
    }
    void u32(std::uint32_t value) {
        u16(value >> 16);
        u16(value & 0xFFFFU);
    }
    void bytes(View value) { out_.insert(out_.end(), value.begin(), value.end()); }
    /// The byte that begins every payload but SIGN.
    void next(Payload type) { u8(static_cast<std::uint8_t>(type)); }
    [[nodiscard]] Bytes take() { return std::move(out_); }
    [[nodiscard]] const Bytes& written() const { return out_; }

  private:
    Bytes out_;
};

/// The purposes that key SRTP say so in an SP payload and in a CS ID map of type GENERIC-ID with one session
/// that uses it; a GMK has neither: #CS = 0 and the Empty map (TS 36.579-1 5.5.9.1 pairs them that way).
[[nodiscard]] bool with_session(Purpose purpose) {
    return purpose != Purpose::gmk;
}

void header(Writer& out, const Offer& offer) {
    out.u8(1);   // version
    out.u8(26);  // SAKKE message
    out.next(Payload::t);
    out.u8(kPrfSha256);  // V = 0
    out.u32(static_cast<std::uint32_t>(offer.purpose) << 28 | (offer.csb_id & 0x0FFF'FFFFU));
    if (!with_session(offer.purpose)) {
        out.u8(0);
        out.u8(1);  // Empty map
        return;
    }
    out.u8(1);
    out.u8(2);                                      // GENERIC-ID (RFC 6043 6.1.1)
    out.u8(offer.purpose == Purpose::csk ? 6 : 0);  // CS ID; 6: CSK (TS 33.180 E.4.2)
    out.u8(0);                                      // SRTP
    out.u8(1);                                      // S = 0, one policy:
    out.u8(0);                                      // that of number 0
    out.u16(4);                                     // session data:
    out.u32(0);                                     // SSRC, not chosen yet
    out.u8(0);                                      // no SPI
}

void time_stamp(Writer& out, Time now) {
    out.next(Payload::rand);
    out.u8(kNtpUtc);
    out.u32(static_cast<std::uint32_t>(now / kSecond + kNtpToUnix));  // modulo 2^32: NTP's eras
    out.u32(static_cast<std::uint32_t>((now % kSecond << 32) / kSecond));
}

void idr(Writer& out, Payload next, Role role, std::uint8_t type, View data) {
    out.next(next);
    out.u8(static_cast<std::uint8_t>(role));
    out.u8(type);
    out.u16(data.size());
    out.bytes(data);
}

/// What the keys' owners are called in this message.
struct Parties {
    const keys::Certificate& kmsi;
    const keys::Certificate& kmsr;
    const keys::KeySet& signer;
    mikey::Uid initiator;
    mikey::Uid receiver;
};

void identities(Writer& out, const Offer& offer, const Parties& who) {
    if (offer.hashed) {
        idr(out, Payload::idr, Role::idruidi, kUri, who.initiator);
        idr(out, Payload::idr, Role::idruidr, kUri, who.receiver);
    } else {
        idr(out, Payload::idr, Role::idri, kUri, as_view(offer.initiator));
        idr(out, Payload::idr, Role::idrr, kUri, as_view(offer.receiver));
    }
    const Payload after = with_session(offer.purpose) ? Payload::sp : Payload::sakke;
    idr(out, Payload::idr, Role::idrkmsi, kUri, as_view(who.kmsi.kms_uri));
    idr(out, after, Role::idrkmsr, kUri, as_view(who.kmsr.kms_uri));
}

void policy(Writer& out) {
    out.next(Payload::sakke);
    out.u8(0);  // policy number
    out.u8(0);  // SRTP
    out.u16(kSrtpPolicy.size());
    out.bytes(kSrtpPolicy);
}

[[nodiscard]] std::expected<const keys::Certificate*, std::string> usable(const keys::Ring& ring,
                                                                          const std::string& kms) {
    const keys::Certificate* const found = ring.certificate(kms);
    if (found == nullptr) return std::unexpected("no certificate of " + kms);
    if (found->revoked) return std::unexpected("the certificate of " + kms + " is revoked");
    return found;
}

[[nodiscard]] std::expected<Bytes, std::string> encode(const Offer& offer, const Parties& who,
                                                       crypto::Random& random) {
    Writer out;
    header(out, offer);
    time_stamp(out, offer.now);
    out.next(Payload::idr);
    out.u8(kRand);
    out.bytes(random.bytes(kRand));
    identities(out, offer, who);
    if (with_session(offer.purpose)) policy(out);
    const auto sealed = crypto::sakke_encapsulate(offer.key, who.kmsr.pub_enc_key, who.receiver);
    if (!sealed) return std::unexpected("SAKKE: " + sealed.error());
    out.next(Payload::sign);
    out.u8(kSakkeParameters);
    out.u8(kHashedUid);
    out.u16(sealed->size());
    out.bytes(*sealed);
    out.u16(std::size_t{kEccsi} << 12 | crypto::kEccsiSignature);
    // signed_part(): all that has been written is covered.
    const auto signature =
        crypto::eccsi_sign(out.written(), who.signer.signing, who.kmsi.pub_auth_key, who.initiator, random);
    if (!signature) return std::unexpected("ECCSI: " + signature.error());
    out.bytes(*signature);
    return out.take();
}

}  // namespace

std::expected<Bytes, std::string> make(const Offer& offer, const keys::Ring& ring, crypto::Random& random) {
    if (offer.key.size() != crypto::kSsv)
        return std::unexpected(
            fmt::format("a key of {} bytes, SAKKE carries {}", offer.key.size(), crypto::kSsv));
    const auto kmsi = usable(ring, offer.kmsi);
    if (!kmsi) return std::unexpected(kmsi.error());
    const auto kmsr = usable(ring, offer.kmsr);
    if (!kmsr) return std::unexpected(kmsr.error());
    const std::uint64_t period = period_at(**kmsi, offer.now);
    const keys::KeySet* const signer = ring.key_set(offer.kmsi, offer.initiator, period);
    if (signer == nullptr)
        return std::unexpected(
            fmt::format("no keys of {} from {} for period {}", offer.initiator, offer.kmsi, period));
    const Parties who{**kmsi, **kmsr, *signer, uid_under(**kmsi, offer.initiator, period),
                      uid_under(**kmsr, offer.receiver, period_at(**kmsr, offer.now))};
    auto out = encode(offer, who, random);
    if (!out) return out;
    // Names come from profiles and certificates: what no reader would take is not sent.
    if (const mikey::Message read = mikey::read(*out); read.fault)
        return std::unexpected("the message would break the rule " +
                               std::string(mikey::to_string(*read.fault)));
    return out;
}

}  // namespace kmsgate::client::imessage
