// SPDX-License-Identifier: BSD-3-Clause
// A pipeline with a policy around it: frames in, frames and lines out. Every gate checks at its end that each
// frame is accounted for and that no packet buffer is lost.
#pragma once

#include <gtest/gtest.h>

#include <functional>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "dataplane/core/pipeline.hpp"
#include "dataplane/watch/event_json.hpp"
#include "policy/compile/compile.hpp"
#include "tests/unit/dataplane/frames.hpp"
#include "tests/unit/dataplane/messages.hpp"
#include "tests/unit/dataplane/tags.hpp"
#include "tools/replay/eal.hpp"

namespace kmsgate::test {

using core::Arrival;
using core::Counter;
using core::kSecond;
using core::Outcome;
using policy::table::Mode;

inline const std::string kRules =
    "      - {name: guests, side: initiator, when: {tag: roaming}, allow: [C], other: any}\n"
    "      - {name: attached, side: initiator, allow: [A], other: copy}\n"
    "      - {name: attached, side: receiver, allow: [A]}\n";

/// A policy with one edge `e` of domain mc1. `more`: keys of the edge; `top`: keys of the document.
inline std::string policy_text(std::string_view more = "", std::string_view top = "",
                               std::string_view proxy = "cs", std::string_view rules = kRules) {
    return "version: 1\ntags: [roaming]\nkms: {A: kms.a.example, B: kms.b.example, C: kms.c.example}\n"
           "domains:\n  mc1: {users: [\"sip:*@mc1.example\", \"tel:+4420*\"], home: A}\n"
           "  mc2: {users: [\"sip:*@mc2.example\"], home: B}\n" +
           std::string(top) + "edges:\n  e:\n    domain: mc1\n    proxy: " + std::string(proxy) + "\n" +
           std::string(more) + "    rules:\n" + std::string(rules);
}

class Policy {
  public:
    explicit Policy(std::string_view yaml) : compiled_(policy::compile::compile_text(yaml)) {
        for (const auto& p : compiled_.problems)
            if (!p.warning) ADD_FAILURE() << policy::language::to_string(p, "test.yaml");
        auto opened = policy::table::Table::open(compiled_.blob);
        if (!opened)
            ADD_FAILURE() << opened.error().what;
        else
            table_ = std::make_unique<policy::table::Table>(*opened);
    }
    [[nodiscard]] const policy::table::Table& table() const { return *table_; }

  private:
    policy::compile::Compiled compiled_;
    std::unique_ptr<policy::table::Table> table_;
};

inline rte_mempool* gate_pool() {
    static const auto made = replay::make_pool("gate-test", 2047);
    return made ? made->get() : nullptr;
}

struct Sizes {
    std::size_t transactions = 64;
    std::size_t fragments = 64;
    std::size_t mtu = 1500;
    rte_mempool* pool = nullptr;
    std::function<void(core::Config&)> tune = {};  ///< changes what the pipeline is made with
};

class Gate final : public core::EventSink {
  public:
    struct Line {
        std::string verdict, would, reason, json;
        std::vector<std::uint64_t> frames;
    };
    struct Drop {
        std::string reason;
        std::vector<std::uint64_t> frames;
    };
    struct Out {
        std::vector<Bytes> inside, outside;  ///< what left by each port
    };

    explicit Gate(const std::string& yaml = policy_text(), const Sizes& sizes = {})
        : policy_(yaml),
          pool_(sizes.pool != nullptr ? sizes.pool : gate_pool()),
          in_use_(rte_mempool_in_use_count(pool_)),
          scratch_(200'000) {
        core::Config config;
        config.pool = pool_;
        config.mtu = sizes.mtu;
        config.transactions = sizes.transactions;
        config.fragments = sizes.fragments;
        config.sources = 64;
        config.tag_key = {5, 6};
        config.table_key = {7, 8};
        if (sizes.tune) sizes.tune(config);
        pipeline_ = std::make_unique<core::Pipeline>(config, *this);
        use(policy_.table(), 1);
    }
    ~Gate() override {
        pipeline_->drain(now, judge, out_);
        take();
        const auto& c = pipeline_->counters();
        EXPECT_TRUE(c.identity_holds()) << watch::summary_json(c);
        std::uint64_t ended = 0;
        for (const auto& n : c.outcome) ended += n;
        EXPECT_EQ(ended, c.get(Counter::frames_in)) << "every frame ends in exactly one outcome";
        EXPECT_EQ(c.get(Counter::frames_out), out_count_);
        EXPECT_EQ(c.get(Counter::messages), lines.size());
        pipeline_.reset();
        EXPECT_EQ(rte_mempool_in_use_count(pool_), in_use_) << "packet buffers are lost";
    }

    void use(const policy::table::Table& table, std::uint64_t generation) {
        const auto edge = table.find_edge("e");
        if (!edge) throw std::logic_error("a policy of these tests has an edge `e`");
        digest_ = table.digest();
        judge.table = &table;
        judge.edge = *edge;
        judge.mode = table.edges()[judge.edge].mode;
        judge.digest = digest_;
        judge.generation = generation;
        judge.tags = &tags;
        judge.roster = &roster_;
    }
    Out send(const Bytes& frame, Arrival from = Arrival::inside) {
        // The pipeline may run short of buffers; the frame itself comes from elsewhere then.
        core::Mbuf m = core::make_frame(source(), frame);
        if (!m) {
            ADD_FAILURE() << "no buffers for input";
            return {};
        }
        core::meta(m.get()).time = now;
        core::meta(m.get()).number = ++numbers_[static_cast<std::size_t>(from)];
        core::meta(m.get()).arrival = from;
        pipeline_->process({&m, 1}, judge, out_);
        return take();
    }
    Out send(const std::vector<Bytes>& frames, Arrival from = Arrival::inside) {
        Out all;
        for (const Bytes& f : frames) {
            Out o = send(f, from);
            all.inside.insert(all.inside.end(), o.inside.begin(), o.inside.end());
            all.outside.insert(all.outside.end(), o.outside.begin(), o.outside.end());
        }
        return all;
    }
    /// A message in one datagram between ports 5060.
    Out message(const Sip& sip, Arrival from = Arrival::inside) {
        return send(frame4(bytes(sip.text())), from);
    }
    /// "verdict reason" of the last message line; empty when there is none.
    [[nodiscard]] std::string last() const {
        return lines.empty() ? "" : lines.back().verdict + " " + lines.back().reason;
    }
    void tick() { pipeline_->tick(now, judge, out_); }
    /// Several frames in one call, all of the same pair.
    Out burst(const std::vector<Bytes>& frames, Arrival from = Arrival::inside, std::uint16_t pair = 0) {
        std::vector<core::Mbuf> all;
        for (const Bytes& f : frames) {
            all.push_back(core::make_frame(source(), f));
            core::FrameMeta& m = core::meta(all.back().get());
            m.time = now;
            m.number = ++numbers_[static_cast<std::size_t>(from)];
            m.arrival = from;
            m.pair = pair;
        }
        pipeline_->process(all, judge, out_);
        pairs.clear();
        for (const auto& port : out_.to)
            for (const core::Mbuf& m : port) pairs.push_back(core::meta(m.get()).pair);
        return take();
    }
    Out resume() {
        pipeline_->resume(judge, out_);
        return take();
    }
    [[nodiscard]] const core::Pipeline& pipeline() const { return *pipeline_; }
    Out take() {
        Out o;
        for (const Arrival a : {Arrival::inside, Arrival::outside})
            for (const core::Mbuf& m : out_.port(a)) {
                ++out_count_;
                EXPECT_EQ(rte_mbuf_check(m.get(), 1, nullptr), 0);
                const auto b = core::linear(m.get(), scratch_);
                (a == Arrival::inside ? o.inside : o.outside).emplace_back(b.begin(), b.end());
            }
        out_.clear();
        return o;
    }
    [[nodiscard]] const core::Counters& counters() const { return pipeline_->counters(); }
    [[nodiscard]] std::uint64_t outcome(Outcome o) const {
        return counters().outcome[static_cast<std::size_t>(o)];
    }

    void message(const core::MessageRecord& r) override {
        const auto& d = *r.decision;
        lines.push_back({std::string(to_string(d.verdict)),
                         d.would ? std::string(to_string(*d.would)) : "",
                         std::string(reason_text(d)),
                         watch::message_json(r),
                         {r.frames.begin(), r.frames.end()}});
    }
    policy::decide::Record* recorder() override {
        record_ = {};
        return records ? &record_ : nullptr;
    }
    void drop(const core::DropRecord& r) override {
        drops.push_back({std::string(r.reason), {r.frames.begin(), r.frames.end()}});
    }

  private:
    rte_mempool* source() const { return gate_pool(); }

    Policy policy_;
    rte_mempool* pool_;
    unsigned in_use_;
    std::unique_ptr<core::Pipeline> pipeline_;
    core::Output out_;
    std::string digest_;
    std::unique_ptr<memory::UserTags> tags_ = made_tags(100);
    memory::UidRoster roster_{*tags_};
    std::array<std::uint64_t, 2> numbers_{};
    std::uint64_t out_count_ = 0;

  public:
    memory::UserTags& tags = *tags_;
    core::Judge judge;
    core::Time now = 1'700'000'000 * kSecond;
    bool records = false;  ///< somebody wants decide()'s record of every message
    std::vector<Line> lines;
    std::vector<Drop> drops;
    std::vector<std::uint16_t> pairs;  ///< of the frames that left with the last burst()

  private:
    policy::decide::Record record_;
    std::vector<std::uint8_t> scratch_;
};

}  // namespace kmsgate::test
