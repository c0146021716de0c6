// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/link/pcapng.hpp"

#include <cstddef>

namespace kmsgate::link {
namespace {

constexpr std::uint32_t kSection = 0x0A0D0D0A, kInterface = 1, kPacket = 6;
constexpr std::uint32_t kByteOrder = 0x1A2B3C4D;
constexpr std::uint16_t kEthernet = 1;
constexpr std::uint16_t kEnd = 0, kComment = 1, kName = 2, kFlags = 2, kUserApplication = 4, kResolution = 9;

template <class T>
void put(std::string& out, T value) {
    for (std::size_t i = 0; i < sizeof value; ++i)
        out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i) & 0xFFU);
}

void put_padded(std::string& out, std::string_view bytes) {
    out += bytes;
    out.append((4 - bytes.size() % 4) % 4, '\0');
}

void option(std::string& out, std::uint16_t code, std::string_view value) {
    value = value.substr(0, 0xFFFF);
    put(out, code);
    put(out, static_cast<std::uint16_t>(value.size()));
    put_padded(out, value);
}

/// Type and both lengths around a block that `body` appends.
template <class Body>
void block(std::string& out, std::uint32_t type, Body body) {
    const std::size_t start = out.size();
    put(out, type);
    put(out, std::uint32_t{0});
    body();
    const auto length = static_cast<std::uint32_t>(out.size() + 4 - start);
    put(out, length);
    for (std::size_t i = 0; i < 4; ++i) out[start + 4 + i] = static_cast<char>(length >> (8 * i) & 0xFFU);
}

void interface(std::string& out, std::string_view edge, std::string_view port, std::uint32_t snap_length) {
    block(out, kInterface, [&] {
        put(out, kEthernet);
        put(out, std::uint16_t{0});
        put(out, snap_length);
        option(out, kName, edge.empty() ? std::string(port) : std::string(edge) + "/" + std::string(port));
        option(out, kResolution, std::string_view("\x09", 1));
        option(out, kEnd, {});
    });
}

}  // namespace

std::string pcapng_head(std::string_view program, std::string_view edge, std::uint32_t snap_length) {
    std::string out;
    block(out, kSection, [&] {
        put(out, kByteOrder);
        put(out, std::uint16_t{1});
        put(out, std::uint16_t{0});
        put(out, ~std::uint64_t{0});  // a stream: nobody knows yet how long it gets
        option(out, kUserApplication, program);
        option(out, kEnd, {});
    });
    interface(out, edge, "inside", snap_length);
    interface(out, edge, "outside", snap_length);
    return out;
}

void append_pcapng(std::string& out, const Captured& frame) {
    block(out, kPacket, [&] {
        put(out, frame.interface);
        put(out, static_cast<std::uint32_t>(frame.time >> 32));
        put(out, static_cast<std::uint32_t>(frame.time));
        put(out, static_cast<std::uint32_t>(frame.bytes.size()));
        put(out, frame.length);
        put_padded(out, {reinterpret_cast<const char*>(frame.bytes.data()), frame.bytes.size()});
        option(out, kComment, frame.comment);
        option(out, kFlags,
               frame.sent ? std::string_view("\x02\0\0\0", 4) : std::string_view("\x01\0\0\0", 4));
        option(out, kEnd, {});
    });
}

}  // namespace kmsgate::link
