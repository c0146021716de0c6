// SPDX-License-Identifier: BSD-3-Clause
#include "tools/traffic/encode/i_message.hpp"

#include <algorithm>
#include <array>
#include <utility>

namespace kmsgate::traffic {

namespace {

constexpr std::uint64_t kNtpToUnix = 2208988800;
constexpr std::size_t kSignature = 129;  // ECCSI
constexpr std::size_t kSakke = 273;      // parameter set 1

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

std::string& add(Draft& draft, PayloadType type) {
    return draft.payloads.emplace_back(Draft::Payload{type, {}}).body;
}

std::string map_of(MapType type, Random& random) {
    std::string out;
    const std::size_t count = type == MapType::empty ? 0 : random.between(1, 2);
    put8(out, count);
    put8(out, std::to_underlying(type));
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

std::string policy_body() {
    constexpr std::array<std::uint8_t, 9> kTypes = {0, 1, 2, 3, 5, 6, 7, 8, 11};
    std::string out;
    put8(out, 0);
    put8(out, 0);
    put16(out, kTypes.size() * 3);
    for (const std::uint8_t type : kTypes) {
        put8(out, type);
        put8(out, 1);
        put8(out, 16);
    }
    return out;
}

/// SIGN has no next-payload byte.
std::size_t size_of(const Draft& draft) noexcept {
    std::size_t n = 8 + draft.map.size();
    for (const auto& [type, body] : draft.payloads) n += body.size() + (type == PayloadType::sign ? 0 : 1);
    return n + draft.tail.size();
}

}  // namespace

Draft::Payload& Draft::first(PayloadType type) {
    return *std::ranges::find(payloads, type, &Payload::type);
}

std::string idr(unsigned role, std::string_view data) {
    std::string out;
    put8(out, role);
    put8(out, 1);  // real messages call everything a URI, UIDs too
    put16(out, data.size());
    out += data;
    return out;
}

Draft draft(const IMessage& m, Random& random) {
    Draft out;
    out.payloads.reserve(12);
    std::string& time = add(out, PayloadType::time);
    put8(time, 0);  // NTP-UTC
    put32(time, m.seconds + kNtpToUnix);
    put32(time, random.next());
    std::string& rand = add(out, PayloadType::rand);
    put8(rand, 16);
    rand += random.bytes(16);
    add(out, PayloadType::idr) = idr(m.hashed ? 8 : 1, m.initiator);
    add(out, PayloadType::idr) = idr(m.hashed ? 9 : 2, m.receiver);
    if (!m.kmsi.empty()) add(out, PayloadType::idr) = idr(6, m.kmsi);
    if (!m.kmsr.empty()) add(out, PayloadType::idr) = idr(7, m.kmsr);
    add(out, PayloadType::policy) = policy_body();
    std::string& sakke = add(out, PayloadType::sakke);
    put8(sakke, 1);  // parameter set 1
    put8(sakke, 2);  // 3GPP hashed UID
    put16(sakke, kSakke);
    put8(sakke, 4);
    sakke += random.bytes(kSakke - 1);

    out.map = map_of(m.map, random);
    constexpr std::size_t kAround = 4 + 2 + kSignature;
    const std::size_t used = size_of(out) + kAround;
    if (used >= m.size) return {};
    std::string& extension = add(out, PayloadType::extension);
    put8(extension, 7);  // 3GPP key parameters
    put16(extension, m.size - used);
    extension += random.bytes(m.size - used);
    std::string& sign = add(out, PayloadType::sign);
    put16(sign, 2U << 12 | kSignature);  // ECCSI
    sign += random.bytes(kSignature);
    out.csb_id = static_cast<std::uint32_t>(std::to_underlying(m.purpose)) << 28 |
                 (static_cast<std::uint32_t>(random.next()) & 0x0FFFFFFF);
    return out;
}

std::string join(const Draft& draft) {
    const auto& payloads = draft.payloads;
    std::string out;
    if (payloads.empty()) return out;
    out.reserve(size_of(draft));
    put8(out, draft.version);
    put8(out, draft.data_type);
    put8(out, std::to_underlying(payloads.front().type));
    put8(out, 1);  // PRF-HMAC-SHA-256
    put32(out, draft.csb_id);
    out += draft.map;
    for (std::size_t i = 0; i < payloads.size(); ++i) {
        if (payloads[i].type != PayloadType::sign)
            put8(out, i + 1 < payloads.size() ? std::to_underlying(payloads[i + 1].type) : 0);
        out += payloads[i].body;
    }
    out += draft.tail;
    return out;
}

std::string encode(const IMessage& message, Random& random) {
    return join(draft(message, random));
}

std::string base64(std::string_view bytes) {
    constexpr std::string_view kAlphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out((bytes.size() + 2) / 3 * 4, '=');
    const auto byte = [&](std::size_t i) -> std::uint32_t {
        return i < bytes.size() ? static_cast<unsigned char>(bytes[i]) : 0U;
    };
    char* to = out.data();
    for (std::size_t i = 0; i < bytes.size(); i += 3, to += 4) {
        const std::uint32_t bits = byte(i) << 16 | byte(i + 1) << 8 | byte(i + 2);
        const std::size_t digits = std::min<std::size_t>(bytes.size() - i, 3) + 1;
        for (std::size_t k = 0; k < digits; ++k) to[k] = kAlphabet[bits >> (18 - 6 * k) & 63U];
    }
    return out;
}

}  // namespace kmsgate::traffic
