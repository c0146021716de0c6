// SPDX-License-Identifier: BSD-3-Clause
#include "bench/hostile/connection.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <stdexcept>
#include <utility>

#include "dataplane/emit/checksum.hpp"

namespace kmsgate::bench {

namespace {

using stream::Flag;
using stream::Sequence;

constexpr Sequence kClient = 1'000, kServer = 0xFFFF'FF00;  // the server's numbers wrap
constexpr std::size_t kBurst = 32;
constexpr std::size_t kIp = 14, kTcp = 34;

}  // namespace

void Segments::connection(std::size_t number, std::uint16_t server_port) noexcept {
    number_ = number;
    port_ = server_port;
    said_.clear();
}

void Segments::open(std::uint16_t window) {
    syn();
    add(true, {.seq = kServer,
               .ack = kClient + 1,
               .flags = Flag::syn | Flag::ack,
               .window = window,
               .timestamps = {},
               .sack = {},
               .payload = {}});
    add(false, {.seq = kClient + 1,
                .ack = kServer + 1,
                .flags = Flag::ack,
                .window = 0xFFFF,
                .timestamps = {},
                .sack = {},
                .payload = {}});
}

void Segments::syn() {
    add(false, {.seq = kClient,
                .ack = 0,
                .flags = Flag::syn,
                .window = 0xFFFF,
                .timestamps = {},
                .sack = {},
                .payload = {}});
}

void Segments::say(std::size_t at, std::string_view bytes, std::uint8_t more_flags) {
    if (said_.size() < at + bytes.size()) said_.resize(at + bytes.size());
    for (std::size_t i = at; i < at + bytes.size(); ++i) {
        ++(said_[i] ? again_ : fresh_);
        said_[i] = true;
    }
    add(false, {.seq = kClient + 1 + static_cast<Sequence>(at),
                .ack = kServer + 1,
                .flags = static_cast<std::uint8_t>(Flag::ack | more_flags),
                .window = 0xFFFF,
                .timestamps = {},
                .sack = {},
                .payload = bytes});
}

void Segments::acknowledge(std::size_t at, std::uint16_t window) {
    add(true, {.seq = kServer + 1,
               .ack = kClient + 1 + static_cast<Sequence>(at),
               .flags = Flag::ack,
               .window = window,
               .timestamps = {},
               .sack = {},
               .payload = {}});
}

void Segments::record() {
    feed();
    fresh_ = again_ = 0;
    recording_ = true;
}

void Segments::feed() {
    const std::span frames(frames_);
    for (std::size_t at = 0; at < frames.size(); at += kBurst)
        gate_.judge(frames.subspan(at, std::min(kBurst, frames.size() - at)));
    frames_.clear();
}

std::size_t Segments::unique() noexcept {
    static std::size_t last = 0;
    return ++last;
}

void Segments::add(bool back, const stream::Made& what) {
    // who talks to whom; stream::make writes the rest
    std::array<std::uint8_t, kTcp + stream::kHeader> like{2, 0, 0, 0, 0, 2,    2, 0, 0,
                                                          0, 0, 1, 8, 0, 0x45, 0, 0, 40};
    like[kIp + 8] = 64;
    like[kIp + 9] = 6;
    emit::put32(like.data() + kIp + 12, 10U << 24 | static_cast<std::uint32_t>(1 + run_ % 250) << 16 | 1);
    emit::put32(like.data() + kIp + 16, 10U << 24 | 255U << 16 | 1);
    emit::put16(like.data() + kTcp, static_cast<std::uint16_t>(10'000 + number_));
    emit::put16(like.data() + kTcp + 2, port_);
    like[kTcp + 12] = 0x50;
    emit::put16(like.data() + kIp + 10,
                emit::checksum_fold(emit::checksum_add(0, std::span(like).subspan(kIp, 20))));
    core::Mbuf frame = stream::make(like, back, what, gate_.pool());
    if (!frame) throw std::runtime_error("packet buffers are short");
    gate_.stamp(frame.get(), back ? core::Arrival::outside : core::Arrival::inside);
    frames_.push_back(std::move(frame));
    if (!recording_ && frames_.size() == kBurst) feed();
}

}  // namespace kmsgate::bench
