// SPDX-License-Identifier: BSD-3-Clause
#include "bench/hostile/gate.hpp"

#include <fmt/format.h>

#include <array>
#include <stdexcept>

#include "bench/stages/messages.hpp"
#include "dataplane/emit/datagram.hpp"
#include "policy/compile/compile.hpp"

namespace kmsgate::bench {

namespace {

constexpr unsigned kBuffers = 16'383;
constexpr std::size_t kUsers = 200;
constexpr std::size_t kOddPatterns = 20;

std::string policy_text() {
    std::string users = "\"sip:*@mc1.example\", \"sip:*@*.mc1.example\", \"tel:+4420*\"";
    for (std::size_t i = 0; i < kOddPatterns; ++i) users += fmt::format(", \"sip:u*{}*@mc1.example\"", i);
    return fmt::format(
        "version: 1\ntags: [roaming, migrated]\n"
        "kms: {{A: kms.a.example, B: kms.b.example, C: kms.c.example}}\n"
        "domains:\n  mc1: {{users: [{}], home: A, secondary: [C]}}\n"
        "  mc2: {{users: [\"sip:*@mc2.example\"], home: B}}\n"
        "peers: {{all: {{addresses: [10.0.0.0/8], trusted: true}}}}\n"
        "edges:\n  e:\n    domain: mc1\n    proxy: is\n"
        "    limits: {{redirects-per-second: 4000000000, per-source: 4000000000}}\n    rules:\n"
        "      - {{name: roaming, side: initiator, when: {{tag: roaming}}, allow: [C]}}\n"
        "      - {{name: visiting, side: initiator, when: {{visited: \"*visited*\"}}, allow: [A, C]}}\n"
        "      - {{name: vip, side: initiator, when: {{user: \"sip:*vip*@mc1.example\"}}, allow: [A]}}\n"
        "      - {{name: rest, side: initiator, allow: [home]}}\n"
        "      - {{name: called, side: receiver, allow: [home]}}\n",
        users);
}

core::Endpoint endpoint(std::uint8_t last) {
    core::Endpoint e;
    e.address = policy::table::Address{};
    e.address[10] = e.address[11] = 0xFF;
    e.address[12] = 10;
    e.address[15] = last;
    e.port = 5060;
    return e;
}

}  // namespace

HostileGate::HostileGate() : now_(kNow) {
    if (const auto started = replay::start_eal(); !started) throw std::runtime_error(started.error());
    auto pool = replay::make_pool("hostile", kBuffers);
    if (!pool) throw std::runtime_error(pool.error());
    pool_ = std::move(*pool);
    auto made = policy::compile::compile_text(policy_text());
    blob_ = std::move(made.blob);
    if (blob_.empty()) throw std::runtime_error("the policy of bench/hostile does not compile");
    auto table = policy::table::Table::open(blob_);
    if (!table) throw std::runtime_error(table.error().what);
    table_ = std::make_unique<policy::table::Table>(*table);
    auto tags = memory::UserTags::create("hostile", kUsers, {1, 2});
    if (!tags) throw std::runtime_error(tags.error());
    tags_ = std::move(*tags);
    for (std::size_t i = 0; i < kUsers; ++i)
        if (!tags_->set("mc1", fmt::format("sip:user{}@mc1.example", i), 1)) throw std::runtime_error("tags");
    roster_ = std::make_unique<memory::UidRoster>(*tags_);
    core::Config config;
    config.pool = pool_.get();
    config.tag_key = {3, 4};
    config.table_key = {5, 6};
    pipeline_ = std::make_unique<core::Pipeline>(config, *this);
    digest_ = table_->digest();
    judge_.table = table_.get();
    const auto edge = table_->find_edge("e");
    if (!edge) throw std::runtime_error("no edge");
    judge_.edge = *edge;
    judge_.mode = table_->edges()[judge_.edge].mode;
    judge_.digest = digest_;
    judge_.generation = 1;
    judge_.tags = tags_.get();
    judge_.roster = roster_.get();
}

std::vector<core::Mbuf> HostileGate::frames(std::string_view payload, std::size_t mtu) {
    constexpr std::array<std::uint8_t, 14> kLink = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0};
    emit::Envelope envelope;
    envelope.link = kLink;
    envelope.source = endpoint(1);
    envelope.destination = endpoint(2);
    envelope.packet_id = ++packet_;
    core::FrameList list;
    if (!emit::write_datagram(envelope, payload, mtu, pool_.get(), list))
        throw std::runtime_error(fmt::format("{} bytes do not fit into frames", payload.size()));
    std::vector<core::Mbuf> out;
    while (!list.empty()) {
        out.push_back(list.pop());
        stamp(out.back().get(), core::Arrival::inside);
    }
    return out;
}

void HostileGate::stamp(rte_mbuf* frame, core::Arrival arrival) noexcept {
    core::FrameMeta& m = core::meta(frame);
    m = {};
    m.time = ++now_;
    m.number = now_;
    m.arrival = arrival;
}

void HostileGate::judge(std::span<core::Mbuf> frames) {
    pipeline_->process(frames, judge_, out_);
    out_.clear();
}

void HostileGate::forget() {
    constexpr int kTicks = 256;  // a tick removes a few connections
    const stream::Limits limits;
    pipeline_->drain(now_, judge_, out_);
    now_ += limits.idle + limits.brief;
    for (int i = 0; i < kTicks; ++i) pipeline_->tick(now_, judge_, out_);
    out_.clear();
    last_ = "no message";
}

void HostileGate::message(const core::MessageRecord& record) {
    last_ = fmt::format("{} {}", to_string(record.decision->effective()), reason_text(*record.decision));
}

void HostileGate::drop(const core::DropRecord& record) {
    last_ = fmt::format("drop {}", record.reason);
}

}  // namespace kmsgate::bench
