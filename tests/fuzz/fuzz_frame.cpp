// SPDX-License-Identifier: BSD-3-Clause
// One Ethernet frame: whatever its bytes, every offset that the reader names lies inside it, and reading it
// twice says the same. A datagram behind fragments is read the same way.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "dataplane/classify/packet.hpp"

using namespace kmsgate;

namespace {

void require(bool holds) {
    if (!holds) std::abort();
}

void check(const classify::Packet& p, std::size_t size) {
    using classify::Kind;
    require(p.l3 <= size);
    if (p.kind == Kind::udp || p.kind == Kind::tcp) {
        require(p.l4 >= p.l3 && p.l4 + p.l4_size <= size);
        require(p.payload >= p.l4 && p.payload + p.payload_size <= p.l4 + p.l4_size);
        require(p.payload - p.l4 >= (p.kind == Kind::udp ? 8U : 20U));
    }
    if (p.kind == Kind::fragment) {
        require(p.l4 + p.l4_size <= size);
        require(p.fragment_offset % 8 == 0);
        require(p.fragment_offset != 0 || p.more_fragments);
    }
    require(!p.too_deep || p.kind == Kind::malformed);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::vector<std::uint8_t> frame(data,
                                          data + size);  // of exactly that size: any read behind it is seen
    const classify::Packet p = classify::read(frame);
    check(p, size);
    const classify::Packet again = classify::read(frame);
    require(p.kind == again.kind && p.l4 == again.l4 && p.payload == again.payload &&
            p.source == again.source);

    // The same bytes as what reassembly made, under each transport.
    for (const std::uint8_t protocol :
         {std::uint8_t{17}, std::uint8_t{6}, std::uint8_t{44}, std::uint8_t{4}}) {
        classify::Packet whole;
        whole.protocol = protocol;
        whole.kind = classify::read_transport(frame, whole);
        if (whole.kind == classify::Kind::udp || whole.kind == classify::Kind::tcp)
            require(whole.payload + whole.payload_size <= size);
    }
    return 0;
}
