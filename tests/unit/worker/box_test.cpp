// SPDX-License-Identifier: BSD-3-Clause
// The box as the program builds it, on ports of the test and on net_ring, without the program around it.
#include "dataplane/main/box.hpp"

#include <chrono>
#include <filesystem>

#include "tests/unit/worker/rig.hpp"

namespace kmsgate::box {
namespace {

using namespace worker::test;
using worker::Counter;
using Frames = std::vector<Bytes>;

class BoxTest : public testing::Test {
  protected:
    BoxTest() {
        EXPECT_NE(mkdtemp(folder_.data()), nullptr);
        options.startup.ports = {{"a", "net_fake0"}, {"b", "net_fake1"}};
        options.startup.pairs = {{"e", "a", "b", {}}, {"f", "a", "b", 8}};
        options.startup.state = folder_;
        options.startup.table_socket = folder_ + "/table.sock";
        options.startup.user_tags = 1000;
        options.startup.transactions = 1000;
        options.startup.link_milliseconds = 100;
        options.clock = &clock;
        options.link_settle = 0;
        options.budget_nanoseconds = 0;
    }
    ~BoxTest() override { std::filesystem::remove_all(folder_); }

    std::unique_ptr<Box> made() {
        auto box = Box::make(options);
        EXPECT_TRUE(box.has_value()) << box.error().text;
        const auto published = (*box)->publisher().publish(two_edges(), 1);
        EXPECT_TRUE(published.has_value()) << published.error().message;
        return std::move(*box);
    }
    static void arrive(Box& box, nic::FakePort& port, const Bytes& frame) {
        port.arrive(0, core::make_frame(box.pool(), frame));
    }

    HandClock clock;
    Options options;

  private:
    std::string folder_ = (std::filesystem::temp_directory_path() / "kmsgate_box_XXXXXX").string();
};

TEST_F(BoxTest, JudgesOnPortsThatItIsGiven) {
    const auto box = made();
    std::vector<std::unique_ptr<nic::Port>> given;
    std::array<nic::FakePort*, 2> ports{};
    for (std::size_t i = 0; i < 2; ++i) {
        auto port = std::make_unique<nic::FakePort>(options.startup.ports[i].name);
        ports[i] = port.get();
        given.push_back(std::move(port));
    }
    ASSERT_TRUE(box->open_ports(std::move(given)).has_value());
    EXPECT_TRUE(box->remarks().empty());
    ASSERT_EQ(box->workers().size(), 1U);
    const Bytes good = sip_frame(numbered(1)), of_f = tagged_sip({{0x8100, 8}}, numbered(2, kToB));
    arrive(*box, *ports[0], good);
    arrive(*box, *ports[0], of_f);
    arrive(*box, *ports[0], sip_frame(numbered(3, kToB)));
    EXPECT_EQ(box->workers()[0]->poll_once(), 3U);
    ASSERT_EQ(ports[1]->sent[0].size(), 2U);
    EXPECT_EQ(nic::bytes_of(ports[1]->sent[0][0].get()), good);
    EXPECT_EQ(nic::bytes_of(ports[1]->sent[0][1].get()), of_f);
    EXPECT_EQ(ports[0]->sent[0].size(), 1U);
    EXPECT_EQ(box->unaccounted(), "");
    EXPECT_TRUE(std::filesystem::exists(options.startup.state + "/last.table"));

    box->refresh_board();
    const auto board = box->board().get();
    ASSERT_EQ(board.size(), 2U);
    EXPECT_EQ(board[0].name, "a");
    EXPECT_EQ(board[0].device, "net_fake0");
    EXPECT_EQ(board[0].counts.rx_frames, 3U);
    EXPECT_EQ(board[1].counts.tx_frames, 2U);
    EXPECT_TRUE(board[0].link_up);
    for (nic::FakePort* p : ports)
        for (auto& queue : p->sent) queue.clear();
}

TEST_F(BoxTest, LinkLossReachesThePartnerAndTheBoard) {
    const auto box = made();
    std::vector<std::unique_ptr<nic::Port>> given;
    std::array<nic::FakePort*, 2> ports{};
    for (std::size_t i = 0; i < 2; ++i) {
        auto port = std::make_unique<nic::FakePort>(options.startup.ports[i].name);
        ports[i] = port.get();
        given.push_back(std::move(port));
    }
    ASSERT_TRUE(box->open_ports(std::move(given)).has_value());
    constexpr std::uint64_t ms = core::kMillisecond;
    std::uint64_t now = 1;
    EXPECT_TRUE(box->watch_links(now).empty());
    ports[0]->link = false;
    // from the moment it fails until the partner is down: never more than the configured time
    const std::uint64_t failed = now;
    while (ports[1]->switched_on && now < failed + 1000 * ms) {
        now = box->next_look();
        static_cast<void>(box->watch_links(now));
    }
    EXPECT_LE(now - failed, 100 * ms);
    box->refresh_board();
    EXPECT_FALSE(box->board().get()[0].link_up);
    EXPECT_FALSE(box->board().get()[0].held_down);
    EXPECT_TRUE(box->board().get()[1].held_down);
    ports[0]->link = true;
    const std::uint64_t back = now;
    while (!ports[1]->switched_on && now < back + 1000 * ms) {
        now = box->next_look();
        static_cast<void>(box->watch_links(now));
    }
    EXPECT_LE(now - back, 100 * ms);
    box->links_down();
    EXPECT_FALSE(ports[0]->switched_on || ports[1]->switched_on);
}

TEST_F(BoxTest, FewerQueuesThanWorkersIsToldAndWorks) {
    options.startup.workers = 2;
    const auto box = made();
    std::vector<std::unique_ptr<nic::Port>> given;
    auto one = std::make_unique<nic::FakePort>("a", 2);
    auto two = std::make_unique<nic::FakePort>("b", 1);
    nic::FakePort &a = *one, &b = *two;
    given.push_back(std::move(one));
    given.push_back(std::move(two));
    ASSERT_TRUE(box->open_ports(std::move(given)).has_value());
    ASSERT_EQ(box->remarks().size(), 1U);
    EXPECT_NE(box->remarks()[0].find("port b: has 1 queues for 2 workers"), std::string::npos);
    a.arrive(1, core::make_frame(box->pool(), frame4(bytes("x"), 1, 2)));
    EXPECT_EQ(box->workers()[1]->poll_once(), 1U);
    EXPECT_EQ(b.sent[0].size(), 1U) << "worker 1 sends by the only queue";
    b.sent[0].clear();
}

TEST_F(BoxTest, OnRingsWithThreads) {
    nic::RingCable left("bxl", 256), right("bxr", 256);
    options.startup.ports = {{"a", left.a}, {"b", right.a}};
    options.clock = nullptr;
    {
        const auto box = made();
        const auto opened = box->open_ports();
        ASSERT_TRUE(opened.has_value()) << opened.error().text;
        EXPECT_NE(box->system_clock(), nullptr);
        const auto clients = nic::opened(left.b), servers = nic::opened(right.b);
        ASSERT_TRUE(clients && servers);
        box->launch_on_threads();
        std::vector<rte_mbuf*> out;
        for (unsigned i = 0; i < 40; ++i)
            out.push_back(
                core::make_frame(nic::test_pool(), sip_frame(numbered(i, i % 4 == 0 ? kToB : Offer{})))
                    .release());
        ASSERT_EQ(clients->send(0, out), out.size());
        std::array<rte_mbuf*, 64> in{};
        std::size_t passed = 0, answered = 0;
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        while (passed + answered < 40 && std::chrono::steady_clock::now() < deadline) {
            std::size_t n = servers->receive(0, in);
            passed += n;
            rte_pktmbuf_free_bulk(in.data(), static_cast<unsigned>(n));
            n = clients->receive(0, in);
            answered += n;
            rte_pktmbuf_free_bulk(in.data(), static_cast<unsigned>(n));
            std::this_thread::sleep_for(std::chrono::milliseconds(1));
        }
        EXPECT_EQ(passed, 30U);
        EXPECT_EQ(answered, 10U);
        EXPECT_EQ(box->stop(), 0U);
        EXPECT_EQ(box->unaccounted(), "");
        // link loss on devices: net_ring has a link that can be set
        auto* const a = dynamic_cast<nic::EthdevPort*>(box->ports()[0]);
        ASSERT_NE(a, nullptr);
        std::uint64_t now = 1;
        static_cast<void>(box->watch_links(now));
        ASSERT_EQ(rte_eth_dev_set_link_down(a->id()), 0);
        now = box->next_look();
        static_cast<void>(box->watch_links(now));
        EXPECT_FALSE(box->ports()[1]->link_up());
        ASSERT_EQ(rte_eth_dev_set_link_up(a->id()), 0);
        now = box->next_look();
        static_cast<void>(box->watch_links(now));
        EXPECT_TRUE(box->ports()[1]->link_up());
    }
    EXPECT_EQ(nic::in_use(), 0U);
}

TEST_F(BoxTest, OnLcoresWithTwoWorkers) {
    nic::RingCable left("bll", 256, 2), right("blr", 256, 2);
    options.startup.ports = {{"a", left.a}, {"b", right.a}};
    options.startup.workers = 2;
    {
        const auto box = made();
        ASSERT_TRUE(box->open_ports().has_value());
        const auto clients = nic::opened(left.b, nic::options(2)),
                   servers = nic::opened(right.b, nic::options(2));
        ASSERT_TRUE(clients && servers);
        const auto launched = box->launch_on_lcores();
        ASSERT_TRUE(launched.has_value()) << launched.error().text;
        EXPECT_FALSE(box->launch_on_lcores().has_value()) << "they are busy";
        std::size_t passed = 0;
        for (std::uint16_t q = 0; q < 2; ++q) {
            std::vector<rte_mbuf*> out;
            for (unsigned i = 0; i < 10; ++i)
                out.push_back(core::make_frame(nic::test_pool(), sip_frame(numbered(10U * q + i))).release());
            ASSERT_EQ(clients->send(q, out), out.size());
        }
        const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
        std::array<std::size_t, 2> by_queue{};
        std::array<rte_mbuf*, 64> in{};
        for (; passed < 20 && std::chrono::steady_clock::now() < deadline;
             std::this_thread::sleep_for(std::chrono::milliseconds(1)))
            for (std::uint16_t q = 0; q < 2; ++q) {
                const std::size_t n = servers->receive(q, in);
                rte_pktmbuf_free_bulk(in.data(), static_cast<unsigned>(n));
                by_queue[q] += n;
                passed += n;
            }
        EXPECT_EQ(by_queue, (std::array<std::size_t, 2>{10, 10}));
        box->stop();
        EXPECT_EQ(box->unaccounted(), "");
    }
    EXPECT_EQ(nic::in_use(), 0U);
}

TEST_F(BoxTest, SaysWhatIsShort) {
    options.startup.fragments = 1'000'000;  // 2.4 GB of buffers in a process that has 400 MB
    const auto box = Box::make(options);
    ASSERT_FALSE(box.has_value());
    EXPECT_EQ(box.error().code, kInput);
    EXPECT_NE(box.error().text.find("memory.megabytes"), std::string::npos);
}

TEST_F(BoxTest, NamesThePortThatDoesNotOpen) {
    options.startup.ports = {{"a", "net_null7"}, {"b", "net_nosuch0"}};
    const auto box = made();
    const auto opened = box->open_ports();
    ASSERT_FALSE(opened.has_value());
    EXPECT_EQ(opened.error().code, kInput);
    EXPECT_EQ(opened.error().text.rfind("port b: net_nosuch0", 0), 0U) << opened.error().text;
}

}  // namespace
}  // namespace kmsgate::box
