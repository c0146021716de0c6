// SPDX-License-Identifier: BSD-3-Clause
#include "bench/peers/inproc/contestants.hpp"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

#include "bench/peers/inproc/floor_avx2.hpp"
#include "bench/peers/inproc/osip.hpp"
#include "bench/peers/inproc/sofia.hpp"
#include "dataplane/mikey/message.hpp"

namespace kmsgate::peers {

namespace {

constexpr std::size_t kScratch = 4096;

template <class T>
void keep(const T& value) noexcept {
    asm volatile("" : : "g"(&value) : "memory");
}

/// The last key-mgmt text that a parser gives out, decoded and walked as the floor does: the parsers are
/// measured, not what stands behind them.
template <Keys keys>
Names names_by(std::string_view message, std::span<std::uint8_t> scratch) {
    struct Taken {
        std::span<std::uint8_t> scratch;
        Names names;
    } taken{scratch, {}};
    keys(message, {&taken, [](void* self, std::string_view base64) {
                       auto& t = *static_cast<Taken*>(self);
                       t.names = believed_names(base64, t.scratch);
                   }});
    return taken.names;
}

constexpr std::array<Contestant, 5> kContestants{{
    {"floor", "memmem, AVX2 base64 and a walk to the end; nothing checked",
     [](Field& f, std::size_t i) { keep(floor_names(f.text(i), f.scratch())); }, floor_names},
    {"kmsgate", "inspect and decide: the verdict at the message's edge",
     [](Field& f, std::size_t i) {
         f.workload().inspect(i);
         f.workload().decide(i);
     },
     nullptr},
    {"kmsgate-refuse", "the same, and the whole 488 with its KRR",
     [](Field& f, std::size_t i) {
         f.workload().inspect(i);
         f.workload().decide(i);
         f.workload().answer(i);
     },
     nullptr},
    {"sofia-sip", "SIP, multipart and SDP parsed; then as the floor",
     [](Field& f, std::size_t i) { keep(names_by<sofia_keys>(f.text(i), f.scratch())); },
     names_by<sofia_keys>},
    {"osip2", "SIP, multipart and SDP parsed; then as the floor",
     [](Field& f, std::size_t i) { keep(names_by<osip_keys>(f.text(i), f.scratch())); }, names_by<osip_keys>},
}};

}  // namespace

Field::Field() : scratch_(kScratch) {
    for (const Contestant& c : kContestants)
        for (std::size_t i = 0; c.names != nullptr && i < messages(); ++i) {
            const bench::Invite& in = workload_.invites()[i];
            const Names found = c.names(in.text, scratch_);
            if (found.initiator != in.kmsi || found.receiver != in.kmsr)
                throw std::logic_error(fmt::format("{} finds other names in message {}", c.name, i));
        }
}

std::span<const Contestant> contestants() noexcept {
    return kContestants;
}

Sight sight(Keys keys, std::string_view message, std::string_view kms) {
    struct Judge {
        std::string_view kms;
        std::vector<std::uint8_t> scratch;
        Sight sight = Sight::nothing;
    } judge{kms, std::vector<std::uint8_t>(std::size_t{2} * mikey::kMaxMessage), Sight::nothing};
    const bool parsed = keys(message, {&judge, [](void* self, std::string_view base64) {
                                           auto& j = *static_cast<Judge*>(self);
                                           const auto m = mikey::read_base64(base64, j.scratch);
                                           const bool good = !m.fault &&
                                                             m.text(mikey::Role::idrkmsi) == j.kms &&
                                                             m.text(mikey::Role::idrkmsr) == j.kms;
                                           if (!good) j.sight = Sight::stopped;
                                           if (good && j.sight == Sight::nothing) j.sight = Sight::allowed;
                                       }});
    return parsed ? judge.sight : Sight::unparsable;
}

}  // namespace kmsgate::peers
