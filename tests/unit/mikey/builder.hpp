// SPDX-License-Identifier: BSD-3-Clause
// Writes MIKEY messages from the layout tables of RFC 3830 6, RFC 4563 5, RFC 6043 6 and RFC 6509 4. Shares
// nothing with the code under test but the rule names; each payload is written without its next-payload byte,
// which chain() adds.
#pragma once

#include <cstddef>
#include <cstdint>
#include <initializer_list>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/mikey/rule.hpp"

namespace kmsgate::mikey::test {

using Octets = std::vector<std::uint8_t>;

inline Octets octets(std::string_view s) {
    return {s.begin(), s.end()};
}
inline Octets fill(std::size_t n, std::uint8_t first = 0x80) {
    Octets o;
    for (std::size_t i = 0; i < n; ++i) o.push_back(static_cast<std::uint8_t>(first + i));
    return o;
}
inline Octets operator+(Octets a, const Octets& b) {
    a.insert(a.end(), b.begin(), b.end());
    return a;
}
inline Octets u8(std::size_t v) {
    return {static_cast<std::uint8_t>(v)};
}
inline Octets u16(std::size_t v) {
    return {static_cast<std::uint8_t>(v >> 8), static_cast<std::uint8_t>(v)};
}
inline Octets u32(std::uint32_t v) {
    return u16(v >> 16) + u16(v & 0xFFFF);
}

/// A payload: its type and what stands behind the next-payload byte (SIGN: all of it).
struct Part {
    std::uint8_t type;
    Octets rest;
};
using Parts = std::vector<Part>;

inline Part part_t(std::uint8_t type = 0) {
    return {5, u8(type) + fill(type < 2 ? 8 : 4)};
}
inline Part part_rand(std::size_t n = 16) {
    return {11, u8(n) + fill(n, 0xA0)};
}
inline Part part_idr(std::uint8_t role, const Octets& data, std::uint8_t type = 1) {
    return {14, u8(role) + u8(type) + u16(data.size()) + data};
}
inline Part part_idr(std::uint8_t role, std::string_view data, std::uint8_t type = 1) {
    return part_idr(role, octets(data), type);
}
inline Part part_id(std::string_view data) {
    return {6, u8(1) + u16(data.size()) + octets(data)};
}
inline Part part_cert(std::size_t n) {
    return {7, u8(1) + u16(n) + fill(n)};
}
inline Part part_sp(std::size_t n = 27) {
    return {10, u8(0) + u8(0) + u16(n) + fill(n)};
}
inline Part part_sakke(std::size_t n = 273) {
    return {26, u8(1) + u8(2) + u16(n) + fill(n, 4)};
}
inline Part part_genext(std::uint8_t type = 7, std::size_t n = 60) {
    return {21, u8(type) + u16(n) + fill(n)};
}
inline Part part_sign(std::size_t n = 129, std::uint8_t s_type = 2) {
    return {4, u16(static_cast<std::size_t>(s_type) << 12 | n) + fill(n)};
}

struct Header {
    std::uint8_t version = 1;
    std::uint8_t data_type = 26;
    std::uint8_t prf = 1;  // and V in bit 7
    std::uint32_t csb_id = 0x2ABCDEF0;
    std::uint8_t cs = 0;
    std::uint8_t map_type = 1;
    Octets map;
};

/// The header and the payloads; the last one, when it is no SIGN, names `last` as next.
inline Octets chain(const Header& h, const Parts& parts, std::uint8_t last = 0) {
    Octets out = u8(h.version) + u8(h.data_type) + u8(parts.empty() ? last : parts[0].type) + u8(h.prf) +
                 u32(h.csb_id) + u8(h.cs) + u8(h.map_type) + h.map;
    for (std::size_t i = 0; i < parts.size(); ++i) {
        if (parts[i].type != 4) out = out + u8(i + 1 < parts.size() ? parts[i + 1].type : last);
        out = out + parts[i].rest;
    }
    return out;
}
inline Octets chain(const Parts& parts, std::uint8_t last = 0) {
    return chain(Header{}, parts, last);
}

/// One block of a GENERIC-ID map (RFC 6043 6.1.1).
inline Octets generic_block(std::size_t policies, std::size_t session, std::size_t spi, bool s = false) {
    return u8(6) + u8(0) + u8((s ? 0x80U : 0U) | policies) + fill(policies) + u16(session) + fill(session) +
           u8(spi) + fill(spi);
}

inline constexpr std::string_view kKmsI = "kms.a.example";
inline constexpr std::string_view kKmsR = "kms.b.example";

/// What vendors send: two hashed UIDs tagged as URI, both KMS names, SP, SAKKE of parameter set 1, GENEXT,
/// ECCSI.
inline Parts real_parts() {
    return {part_t(),
            part_rand(),
            part_idr(8, fill(32, 0x00)),
            part_idr(9, fill(32, 0xE0)),
            part_idr(6, kKmsI),
            part_idr(7, kKmsR),
            part_sp(),
            part_sakke(),
            part_genext(),
            part_sign()};
}

/// Base64 by the book: the bits in one row, six at a time, zeros behind the last.
inline std::string base64(const Octets& data) {
    const auto bit = [&](std::size_t i) { return i / 8 < data.size() ? data[i / 8] >> (7 - i % 8) & 1 : 0; };
    std::string out;
    for (std::size_t i = 0; i < data.size() * 8; i += 6) {
        int v = 0;
        for (std::size_t k = i; k < i + 6; ++k) v = v * 2 + bit(k);
        const int c = v < 26 ? 'A' + v : v < 52 ? 'a' + v - 26 : v < 62 ? '0' + v - 52 : v == 62 ? '+' : '/';
        out.push_back(static_cast<char>(c));
    }
    while (out.size() % 4 != 0) out.push_back('=');
    return out;
}

inline RuleSet rules(std::initializer_list<Rule> list) {
    RuleSet set;
    for (const Rule r : list) set.add(r);
    return set;
}

}  // namespace kmsgate::mikey::test
