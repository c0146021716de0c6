// SPDX-License-Identifier: BSD-3-Clause
// What a worker pays for telling: no allocation for events once its buffer has grown, nothing when nobody
// listens.
#include "dataplane/watch/worker_watch.hpp"

#include <thread>

#include "dataplane/watch/event_json.hpp"
#include "tests/unit/decide/allocations.hpp"
#include "tests/unit/link/kit.hpp"

namespace kmsgate::link::test {
namespace {

using policy::decide::testing::allocations;
using watch::Events;
using watch::WorkerWatch;

struct Sample {
    Sample() {
        message.kind = sip::Kind::request;
        message.method = "INVITE";
        message.call_id = "call-1 with \"quotes\" and \xFF";
        message.cseq = 7;
        decision.verdict = policy::decide::Verdict::redirect;
        offers[0].idrkmsi = {true, false, "kms.a.example"};
        offers[0].idri = {true, true, "\x01\x02\x03"};
        offers[1].error = "sign-once";
        record.edge = "e";
        record.table = "sha256:00";
        record.frames = frames;
        record.transport = "udp";
        record.source.v6 = true;
        record.message = &message;
        record.mikey = offers;
        record.decision = &decision;
        record.krr_in.emplace();
        record.krr_in->lists[0] = std::span<const std::string_view>(names);
        record.time = 1'700'000'000 * core::kSecond;
    }
    sip::Message message;
    policy::decide::Decision decision;
    std::array<core::IMessageRecord, 2> offers;
    std::vector<std::uint64_t> frames = {1, 22, 333};
    std::vector<std::string_view> names = {"kms.a.example", "kms.b.example"};
    core::MessageRecord record;
};

std::vector<std::string> lines(WorkerWatch& watch) {
    std::vector<std::string> out;
    watch.drain(~std::size_t{0}, [&](const watch::Told& told) { out.emplace_back(told.text); });
    return out;
}

#ifndef KMSGATE_ADDRESS_SANITIZER  // AddressSanitizer owns operator new
TEST(WorkerWatch, EventsAllocateNothing) {
    ASSERT_TRUE(policy::decide::testing::counts_allocations());
    Sample sample;
    const core::DropRecord drop{sample.record.time, "e", core::Arrival::outside, sample.frames,
                                "fragment-timeout"};
    WorkerWatch watch(0, 1 << 16);
    watch.set_events(Events::all, 1'000'000);
    watch.message(sample.record);
    const std::size_t before = allocations();
    std::size_t shown = 0;
    for (int i = 0; i < 1000; ++i) {
        watch.message(sample.record);
        watch.drop(drop);
        EXPECT_EQ(watch.recorder(), nullptr);
        if (i % 10 == 0)
            watch.drain(~std::size_t{0}, [&](const watch::Told& told) { shown += told.text.size(); });
    }
    EXPECT_EQ(allocations() - before, 0U);
    EXPECT_GT(shown, 100'000U);
    EXPECT_EQ(watch.lost(), 0U);
}
#endif

TEST(WorkerWatch, LinesAreThoseOfTheFunctions) {
    Sample sample;
    WorkerWatch watch(0);
    watch.message(sample.record);
    const core::DropRecord drop{sample.record.time, "e", core::Arrival::outside, sample.frames,
                                "fragment-timeout"};
    watch.drop(drop);
    // Those of a replay have one edge and do not name it.
    std::string line;
    watch::append_drop(line, drop, true);
    EXPECT_NE(line.find(R"(,"edge":"e",)"), std::string::npos) << line;
    EXPECT_EQ(watch::drop_json(drop).find("edge"), std::string::npos);
    EXPECT_EQ(lines(watch), (std::vector{watch::message_json(sample.record) + "\n", line + "\n"}));
}

TEST(WorkerWatch, WhatARefusalIs) {
    Sample sample;
    WorkerWatch watch(0);
    const auto told = [&] {
        watch.message(sample.record);
        return lines(watch).size();
    };
    auto& d = sample.decision;
    d = {};
    EXPECT_EQ(told(), 0U);
    for (const auto verdict :
         {policy::decide::Verdict::redirect, policy::decide::Verdict::reject,
          policy::decide::Verdict::rewrite, policy::decide::Verdict::absorb, policy::decide::Verdict::drop}) {
        d.verdict = verdict;
        EXPECT_EQ(told(), 1U);
    }
    d = {};
    d.would = policy::decide::Verdict::redirect;
    EXPECT_EQ(told(), 1U);
    d = {};
    d.alarm = true;
    EXPECT_EQ(told(), 1U);
    d = {};
    d.reason = policy::decide::Reason::cause;
    EXPECT_EQ(told(), 1U) << "also one that its cause lets through";
}

TEST(WorkerWatch, OneWishForAllWorkers) {
    Sample sample;
    WorkerWatch first(0), second(1);
    WorkerWatch::SharedTrace wish({.id = 4,
                                   .edge = {},
                                   .method = {},
                                   .call_id = {},
                                   .user = {},
                                   .verdict = {},
                                   .reason = {},
                                   .count = 501});
    first.set_events(Events::none, 0);
    second.set_events(Events::none, 0);
    first.set_trace(&wish);
    second.set_trace(&wish);
    const auto work = [&](WorkerWatch& watch, std::size_t& got) {
        for (int i = 0; i < 400; ++i) {
            if (policy::decide::Record* record = watch.recorder(); record != nullptr)
                record->add({policy::decide::Step::Kind::verdict, 0, true, "step"});
            watch.message(sample.record);
            watch.drain(~std::size_t{0}, [&](const watch::Told& told) {
                EXPECT_EQ(told.wish, 4U);
                EXPECT_TRUE(told.text.ends_with("}\nstep\n"));
                ++got;
            });
        }
    };
    std::size_t a = 0, b = 0;
    std::thread one([&] { work(first, a); }), two([&] { work(second, b); });
    one.join();
    two.join();
    EXPECT_EQ(a + b, 501U);
    EXPECT_EQ(first.recorder(), nullptr) << "nobody wishes for more";
}

}  // namespace
}  // namespace kmsgate::link::test
