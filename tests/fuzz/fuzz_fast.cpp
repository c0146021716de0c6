// SPDX-License-Identifier: BSD-3-Clause
// Any datagram through the plain readers at every level, beside the full ones: what they take is what those
// read.
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/mikey/message.hpp"
#include "dataplane/mikey/plain/plain.hpp"
#include "dataplane/simd/level.hpp"
#include "tests/unit/sip/plain_kit.hpp"

namespace {

using namespace kmsgate;

void require(bool holds, const std::string& what) {
    if (holds) return;
    std::fprintf(stderr, "%s\n", what.c_str());
    std::abort();
}

bool same(const mikey::Message& a, const mikey::Message& b) {
    if (a.fault || b.fault || !a.relaxed.empty() || !b.relaxed.empty() || a.header_read != b.header_read ||
        a.data_type != b.data_type || a.csb_id != b.csb_id || a.present != b.present ||
        a.idr_type != b.idr_type)
        return false;
    for (std::size_t i = 0; i < mikey::kRoles; ++i) {
        const auto role = static_cast<mikey::Role>(i);
        if (a.text(role) != b.text(role)) return false;
    }
    return true;
}

void check_mikey(std::string_view text) {
    std::vector<std::uint8_t> decoded(mikey::base64_bytes(text.size()));
    const mikey::Message full = mikey::read_base64(text, decoded);
    std::optional<bool> first;
    for (const simd::Level level : simd::kLevels) {
        if (!simd::force(level)) continue;
        std::vector<std::uint8_t> scratch(mikey::plain_bytes(text.size()));
        // whatever another message left must be gone
        mikey::Message m;
        m.fault = mikey::Rule::payload_length;
        m.idr.fill(scratch);
        m.idr_type.fill(0xFF);
        m.present = 0xFFFF;
        const bool taken = mikey::read_plain(text, scratch, m);
        require(!taken || same(m, full), "mikey differs");
        require(taken == first.value_or(taken), "mikey: levels differ");
        first = taken;
    }
}

void check_message(std::string_view text) {
    static sip::test::PlainCheck check;
    const std::string said = check.at_every_level(text);
    require(!said.starts_with("wrong"), said);
}

/// The same message with a Content-Length that is true, or nothing when it has none.
std::string counted(std::string_view text) {
    const std::size_t end = text.find("\r\n\r\n");
    const std::size_t header = text.find("Content-Length: ");
    if (end == text.npos || header == text.npos || header > end) return {};
    const std::size_t digits = header + 16;
    const std::size_t stop = text.find("\r\n", digits);
    return std::string(text.substr(0, digits)) + std::to_string(text.size() - end - 4) +
           std::string(text.substr(stop));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view text(reinterpret_cast<const char*>(data), size);
    check_message(text);
    if (const std::string again = counted(text); !again.empty()) check_message(again);
    // Each line's text behind its last blank: the base64 of a key-mgmt line.
    for (std::size_t at = text.find("mikey "); at != text.npos; at = text.find("mikey ", at + 1)) {
        const std::string_view rest = text.substr(at + 6);
        check_mikey(rest.substr(0, std::min(rest.find('\r'), rest.size())));
    }
    if (size < 4096) check_mikey(text);
    return 0;
}
