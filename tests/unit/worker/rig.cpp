// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/worker/rig.hpp"

#include <fmt/format.h>

#include "policy/compile/compile.hpp"

namespace kmsgate::worker::test {

std::vector<std::byte> two_edges(std::string_view e_allows) {
    const std::string yaml = fmt::format(
        "version: 1\nkms: {{A: kms.a.example, B: kms.b.example, C: kms.c.example}}\ndomains:\n"
        "  mc1: {{users: [\"sip:*@mc1.example\"], home: A}}\n  mc2: {{users: [\"sip:*@mc2.example\"], home: "
        "B}}\n"
        "edges:\n  e:\n    domain: mc1\n    proxy: cs\n    rules:\n"
        "      - {{name: own, side: initiator, allow: [{}], other: copy}}\n"
        "  f:\n    domain: mc2\n    proxy: cs\n    rules:\n"
        "      - {{name: own, side: initiator, allow: [B], other: copy}}\n",
        e_allows);
    auto compiled = policy::compile::compile_text(yaml);
    for (const auto& p : compiled.problems)
        if (!p.warning) ADD_FAILURE() << policy::language::to_string(p, "test.yaml");
    return compiled.blob;
}

rte_mempool* rig_pool() {
    static const replay::Pool pool = replay::make_pool("rig", 8191).value();
    return pool.get();
}

void Lines::message(const core::MessageRecord& r) {
    all.push_back(fmt::format("{} {} {}", r.edge, to_string(r.decision->verdict), reason_text(*r.decision)));
}
void Lines::drop(const core::DropRecord& r) {
    all.push_back(fmt::format("{} drop {}", r.edge, r.reason));
}

Rig::Rig(const Wiring& wiring) : in_use_(rte_mempool_in_use_count(rig_pool())), current(wiring.workers) {
    static unsigned rigs = 0;
    tags_ = memory::UserTags::create(fmt::format("rig{}", rigs++), 100, {1, 2}).value();
    tags_->use_rcu(current.qsbr());
    roster = std::make_unique<memory::LiveRoster>(*tags_, current.qsbr(), memory::Key{3, 4});
    shared = std::make_unique<memory::Shared>(
        memory::SharedSizes{.transactions = 1000, .sources = 64, .workers = wiring.workers},
        memory::Key{7, 8});
    plan.edges = {"e", "f"};
    plan.pairs = wiring.pairs;
    for (const std::string& name : wiring.ports) {
        owned_.push_back(std::make_unique<nic::FakePort>(name, wiring.queues));
        ports.push_back(owned_.back().get());
        plan.ports.push_back(ports.back());
    }
    publisher = std::make_unique<publish::Publisher>(
        publish::Publisher::Settings{.edges = plan.edges, .workers = wiring.workers, .state = ""}, current,
        *tags_, *roster);
    Settings settings;
    settings.pipeline.pool = rig_pool();
    settings.pipeline.fragments = 64;
    settings.pipeline.tag_key = {5, 6};
    settings.pipeline.table_key = {7, 8};
    settings.pipeline.shared = shared.get();
    settings.budget_nanoseconds = 0;
    if (wiring.tune) wiring.tune(settings);
    for (unsigned i = 0; i < wiring.workers; ++i) {
        lines.push_back(std::make_unique<Lines>());
        settings.number = i;
        workers.push_back(std::make_unique<Worker>(settings, plan, current, clock, *lines.back(), nullptr));
    }
    if (wiring.published) publish(two_edges(), 1);
}

void Rig::publish(std::vector<std::byte> blob, std::uint64_t generation) {
    const auto published = publisher->publish(std::move(blob), generation);
    ASSERT_TRUE(published.has_value()) << published.error().message;
}

Rig::~Rig() {
    for (const auto& w : workers) {
        EXPECT_EQ(unaccounted(*w, plan.edges.size()), "");
        w->drain();
        EXPECT_EQ(unaccounted(*w, plan.edges.size()), "");
        for (std::size_t slot = 0; slot < plan.edges.size(); ++slot) {
            EXPECT_EQ(w->held(slot), 0U);
            EXPECT_TRUE(w->counters(slot).identity_holds());
        }
    }
    workers.clear();
    owned_.clear();
    EXPECT_EQ(rte_mempool_in_use_count(rig_pool()), in_use_) << "packet buffers are lost";
}

void Rig::arrive(std::size_t port, const Bytes& frame, std::uint16_t queue) {
    core::Mbuf m = core::make_frame(rig_pool(), frame);
    ASSERT_TRUE(m);
    ports[port]->arrive(queue, std::move(m));
}

std::vector<Bytes> Rig::sent(std::size_t port) {
    std::vector<Bytes> out;
    for (auto& queue : ports[port]->sent) {
        for (const core::Mbuf& m : queue) out.push_back(nic::bytes_of(m.get()));
        queue.clear();
    }
    return out;
}

}  // namespace kmsgate::worker::test
