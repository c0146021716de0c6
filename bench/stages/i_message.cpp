// SPDX-License-Identifier: BSD-3-Clause
#include "bench/stages/i_message.hpp"

#include <array>
#include <utility>
#include <vector>

namespace kmsgate::bench {

namespace {

constexpr std::uint64_t kNtpToUnix = 2208988800;
constexpr unsigned kSign = 4, kTime = 5, kPolicy = 10, kRand = 11, kIdr = 14, kExtension = 21, kSakke = 26;

void put8(std::string& out, std::uint64_t value) {
    out.push_back(static_cast<char>(value));
}
void put16(std::string& out, std::uint64_t value) {
    put8(out, value >> 8);
    put8(out, value);
}
void put32(std::string& out, std::uint64_t value) {
    put16(out, value >> 16);
    put16(out, value);
}

/// Payloads without their next-payload byte, which only the payload that follows knows.
class Chain {
  public:
    std::string& add(unsigned type) { return payloads_.emplace_back(type, std::string()).second; }
    void add_idr(unsigned role, std::string_view data) {
        std::string& p = add(kIdr);
        put8(p, role);
        put8(p, 1);  // real messages call everything a URI, UIDs too
        put16(p, data.size());
        p += data;
    }
    [[nodiscard]] unsigned first() const noexcept { return payloads_.front().first; }
    /// SIGN has no next-payload byte.
    [[nodiscard]] std::size_t size() const noexcept {
        std::size_t n = 0;
        for (const auto& [type, body] : payloads_) n += body.size() + (type == kSign ? 0 : 1);
        return n;
    }
    void join(std::string& out) const {
        for (std::size_t i = 0; i < payloads_.size(); ++i) {
            if (payloads_[i].first != kSign) put8(out, i + 1 < payloads_.size() ? payloads_[i + 1].first : 0);
            out += payloads_[i].second;
        }
    }

  private:
    std::vector<std::pair<unsigned, std::string>> payloads_;
};

/// Number of crypto sessions, map type and map.
std::string map_of(MapType type, Random& random) {
    std::string out;
    const std::size_t count = type == MapType::empty ? 0 : random.between(1, 2);
    put8(out, count);
    put8(out, static_cast<std::uint64_t>(type));
    for (std::size_t i = 0; i < count; ++i) {
        if (type == MapType::srtp) {
            put8(out, 0);
            out += random.bytes(4);
            put32(out, 0);
        } else {
            put8(out, 6 + i);  // CS ID
            put8(out, 0);      // SRTP
            put8(out, 1);      // one policy
            put8(out, 0);
            put16(out, 4);  // session data: the SSRC
            out += random.bytes(4);
            put8(out, 0);  // no SPI
        }
    }
    return out;
}

void policy_of(std::string& out) {
    constexpr std::array<std::uint8_t, 9> kTypes = {0, 1, 2, 3, 5, 6, 7, 8, 11};
    put8(out, 0);
    put8(out, 0);
    put16(out, kTypes.size() * 3);
    for (const std::uint8_t type : kTypes) {
        put8(out, type);
        put8(out, 1);
        put8(out, 16);
    }
}

}  // namespace

std::string encode(const IMessage& m, Random& random) {
    Chain chain;
    std::string& time = chain.add(kTime);
    put8(time, 0);  // NTP-UTC
    put32(time, m.seconds + kNtpToUnix);
    put32(time, random.next());
    std::string& rand = chain.add(kRand);
    put8(rand, 16);
    rand += random.bytes(16);
    chain.add_idr(m.hashed ? 8 : 1, m.initiator);
    chain.add_idr(m.hashed ? 9 : 2, m.receiver);
    chain.add_idr(6, m.kmsi);
    chain.add_idr(7, m.kmsr);
    policy_of(chain.add(kPolicy));
    std::string& sakke = chain.add(kSakke);
    put8(sakke, 1);  // parameter set 1
    put8(sakke, 2);  // 3GPP hashed UID
    put16(sakke, 273);
    put8(sakke, 4);
    sakke += random.bytes(272);

    const std::string map = map_of(m.map, random);
    constexpr std::size_t kHeader = 8, kSignature = 129, kAround = 4 + 2 + kSignature;
    const std::size_t used = kHeader + map.size() + chain.size() + kAround;
    if (used >= m.size) return {};
    std::string& extension = chain.add(kExtension);
    put8(extension, 7);  // 3GPP key parameters
    put16(extension, m.size - used);
    extension += random.bytes(m.size - used);
    std::string& sign = chain.add(kSign);
    put16(sign, 2U << 12 | kSignature);  // ECCSI
    sign += random.bytes(kSignature);

    std::string out;
    put8(out, 1);
    put8(out, 26);  // SAKKE message
    put8(out, chain.first());
    put8(out, 1);                                         // PRF-HMAC-SHA-256
    put32(out, 1U << 28 | (random.next() & 0x0FFFFFFF));  // purpose PCK, 28 random bits
    out += map;
    chain.join(out);
    return out;
}

std::string base64(std::string_view bytes) {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < bytes.size(); i += 3) {
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k)
            bits = bits << 8 | (i + k < bytes.size() ? static_cast<unsigned char>(bytes[i + k]) : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            out.push_back(i + k <= bytes.size() ? kAlphabet[bits >> (18 - 6 * k) & 63U] : '=');
    }
    return out;
}

}  // namespace kmsgate::bench
