// SPDX-License-Identifier: BSD-3-Clause
// Four bytes of relaxed rules (little-endian), then a message: as bytes, as base64 of those bytes, and as
// text.
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/mikey/base64.hpp"
#include "dataplane/mikey/message.hpp"

namespace {

using namespace kmsgate::mikey;

static_assert(kRules <= 32);

void require(bool condition) {
    if (!condition) std::abort();
}

std::string encode(Bytes data) {
    const std::string_view alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    std::string out;
    for (std::size_t i = 0; i < data.size(); i += 3) {
        const std::size_t n = std::min<std::size_t>(3, data.size() - i);
        std::uint32_t bits = 0;
        for (std::size_t k = 0; k < 3; ++k) bits = bits << 8 | (k < n ? data[i + k] : 0U);
        for (std::size_t k = 0; k < 4; ++k)
            out.push_back(k <= n ? alphabet[bits >> (18 - 6 * k) & 63U] : '=');
    }
    return out;
}

bool same(Bytes a, Bytes b) {
    return std::equal(a.begin(), a.end(), b.begin(), b.end());
}

bool same(const Message& a, const Message& b) {
    bool ok = a.fault == b.fault && a.relaxed == b.relaxed && a.header_read == b.header_read &&
              a.data_type == b.data_type && a.csb_id == b.csb_id && a.present == b.present &&
              a.idr_type == b.idr_type;
    for (std::size_t i = 0; i < kRoles; ++i) ok = ok && same(a.idr[i], b.idr[i]);
    return ok;
}

/// What holds of every answer, whatever was read.
void invariants(const Message& m, Bytes data, RuleSet relax) {
    require((m.relaxed.bits() & ~relax.bits()) == 0);
    for (std::size_t i = 0; i < kRules; ++i) {
        const auto rule = static_cast<Rule>(i);
        require(!m.relaxed.has(rule) || relaxable(rule));
        require(rule_from_string(to_string(rule)) == rule);
    }
    // Relaxed rules are faults only where they are relaxed in part.
    if (m.fault && relax.has(*m.fault) && relaxable(*m.fault))
        require(*m.fault == Rule::payload_type || *m.fault == Rule::payload_count ||
                *m.fault == Rule::base64_padding);
    for (std::size_t role = 0; role < kRoles; ++role) {
        const Bytes b = m.idr[role];
        require(m.has(static_cast<Role>(role)) || b.empty());
        require(b.empty() || (b.data() >= data.data() && b.data() + b.size() <= data.data() + data.size()));
    }
    if (m.fault || !relax.empty()) return;
    require(data.size() >= kMinMessage && data.size() <= kMaxMessage && m.relaxed.empty());
    require(data[0] == 1 && m.data_type == 26 && m.header_read);
    for (const Role role : {Role::idrkmsi, Role::idrkmsr}) {
        if (!m.has(role)) continue;
        require(!m.text(role).empty() && m.idr_type[static_cast<std::size_t>(role)] == 1);
        for (const char c : m.text(role)) require(c >= 0x21 && c <= 0x7E);
    }
    // What is good stays good, and the same, whatever is relaxed; and without its last byte it is not good.
    require(same(m, read(data, RuleSet(~std::uint64_t{0}))));
    require(read(data.first(data.size() - 1)).fault == Rule::payload_length);
}

Message decode_then_read(std::string_view text, std::span<std::uint8_t> out, RuleSet relax) {
    Base64Decoder d(text, out, relax);
    Message m;
    if (d.finish()) {
        require(d.done() && !d.overflow());
        m = read(d.decoded(), relax);
    } else {
        m.fault = d.error();
    }
    m.relaxed = RuleSet(m.relaxed.bits() | d.relaxed().bits());
    return m;
}

void as_text(std::string_view text, RuleSet relax) {
    std::vector<std::uint8_t> one(base64_bytes(text.size()));
    std::vector<std::uint8_t> two(one.size());
    const Message m = read_base64(text, one, relax);
    require(same(m, decode_then_read(text, two, relax)));
    if (relax.empty() && !m.fault) {
        require(text.size() % 4 == 0);
    }
    std::vector<std::uint8_t> small(one.size() / 2);
    const Message cut = read_base64(text, small, relax);
    require(!m.fault || cut.fault.has_value());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
    const Bytes input(bytes, size);
    if (input.size() < 4) return 0;
    std::uint64_t bits = 0;
    for (std::size_t i = 4; i-- > 0;) bits = bits << 8 | input[i];
    const RuleSet relax(bits);
    const std::vector<std::uint8_t> data(input.begin() + 4, input.end());

    const Message m = read(data, relax);
    invariants(m, data, relax);
    const std::string text = encode(data);
    std::vector<std::uint8_t> scratch(base64_bytes(text.size()));
    require(same(m, read_base64(text, scratch, relax)));
    as_text({reinterpret_cast<const char*>(data.data()), data.size()}, relax);
    return 0;
}
