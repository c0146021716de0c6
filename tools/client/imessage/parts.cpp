// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/imessage/parts.hpp"

#include "dataplane/mikey/payload.hpp"

namespace kmsgate::client::imessage {
namespace {

constexpr std::size_t kHeader = 10;

/// Takes from one whole payload what is wanted of it.
void take(const mikey::Input& in, mikey::Payload type, std::size_t at, std::size_t size, Parts& out) {
    switch (type) {
        case mikey::Payload::t:
            out.t_type = in.u8(at + 1);
            out.t = in.view(at + 2, size - 2);
            break;
        case mikey::Payload::sakke:
            out.sakke_parameters = in.u8(at + 1);
            out.id_scheme = in.u8(at + 2);
            out.sakke = in.view(at + 5, size - 5);
            break;
        case mikey::Payload::sign:  // no next-payload byte: S type and length share its two bytes
            out.sign_type = in.u8(at) >> 4;
            out.signature = in.view(at + 2, size - 2);
            break;
        default:
            break;
    }
}

}  // namespace

std::optional<Parts> find_parts(View message) noexcept {
    mikey::Input in(message);
    if (!in.has(kHeader)) return std::nullopt;
    auto type = static_cast<mikey::Payload>(in.u8(2));
    const auto map = mikey::map_bytes(in, kHeader, in.u8(9), in.u8(8));
    if (!map) return std::nullopt;
    Parts out;
    bool t = false;
    bool sakke = false;
    // Every payload takes at least a byte, so that the walk ends.
    for (std::size_t at = kHeader + *map; type != mikey::Payload::last;) {
        const auto size = mikey::payload_bytes(in, at, type);
        if (!size) return std::nullopt;
        take(in, type, at, *size, out);
        t = t || type == mikey::Payload::t;
        sakke = sakke || type == mikey::Payload::sakke;
        if (type == mikey::Payload::sign) {
            if (!t || !sakke || at + *size != message.size()) return std::nullopt;
            out.covered = signed_part(message, out.signature.size());
            return out;
        }
        type = static_cast<mikey::Payload>(in.u8(at));
        at += *size;
    }
    return std::nullopt;
}

}  // namespace kmsgate::client::imessage
