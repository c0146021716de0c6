// SPDX-License-Identifier: BSD-3-Clause
#include "tests/unit/link/kit.hpp"

#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cstring>
#include <thread>

#include "policy/compile/compile.hpp"
#include "tools/replay/eal.hpp"

namespace kmsgate::link::test {

using namespace std::chrono_literals;

std::string eal_prefix() {
    return fmt::format("kmsgate-test-link-{}", ::getpid());
}

rte_mempool* pool() {
    static const auto made = replay::make_pool("link-test", 4095);
    return made ? made->get() : nullptr;
}

std::string policy(std::string_view e_allows, std::string_view tags, std::string_view extra) {
    return fmt::format(
        "version: 1\ntags: [{}]\nkms: {{A: kms.a.example, B: kms.b.example, C: kms.c.example}}\n"
        "domains:\n  mc1: {{users: [\"sip:*@mc1.example\"{}], home: A}}\n"
        "edges:\n"
        "  e:\n    domain: mc1\n    proxy: cs\n    rules:\n"
        "      - {{name: roaming, side: initiator, when: {{tag: roaming}}, allow: [C], other: copy}}\n"
        "      - {{name: attached, side: initiator, allow: [{}], other: copy}}\n"
        "  f:\n    domain: mc1\n    proxy: cs\n    mode: shadow\n    rules:\n"
        "      - {{name: attached, side: initiator, allow: [B], other: copy}}\n",
        tags, extra, e_allows);
}

Blob sealed(const std::string& yaml) {
    auto compiled = policy::compile::compile_text(yaml);
    for (const auto& p : compiled.problems)
        if (!p.warning) ADD_FAILURE() << policy::language::to_string(p, "test.yaml");
    return std::move(compiled.blob);
}

Folder::Folder() {
    std::string name = (std::filesystem::temp_directory_path() / "kmsgate-link-XXXXXX").string();
    if (::mkdtemp(name.data()) == nullptr) ADD_FAILURE() << "no folder";
    path = name;
}

Client::Client(const std::string& path, bool greet) {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path.data(), path.size());
    fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0)
        ADD_FAILURE() << path << ": " << std::strerror(errno);
    if (greet) hello = call({{"op", "hello"}, {"version", 1}});
}

Client::~Client() {
    close();
}

void Client::close() {
    if (fd_ >= 0) ::close(fd_);
    fd_ = -1;
}

void Client::write(std::string_view bytes) {
    while (!bytes.empty()) {
        pollfd p{fd_, POLLOUT, 0};
        if (::poll(&p, 1, 10'000) != 1) {
            ADD_FAILURE() << "the socket takes nothing";
            return;
        }
        const ssize_t n = ::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
        if (n <= 0) return;  // closed: whoever cares looks at the answer
        bytes.remove_prefix(static_cast<std::size_t>(n));
    }
}

std::optional<Told> Client::next(std::chrono::milliseconds wait) {
    const auto end = std::chrono::steady_clock::now() + wait;
    for (;;) {
        const auto taken = decoder_.take(std::as_bytes(std::span(in_)));
        if (!taken) {
            ADD_FAILURE() << "no frame: " << to_string(taken.error());
            return std::nullopt;
        }
        in_.erase(0, *taken);
        if (decoder_.ready()) {
            Frame frame = decoder_.fetch();
            Told out{json::parse(frame.json, nullptr, false), {}};
            EXPECT_TRUE(out.body.is_object()) << frame.json;
            out.attachment.assign(reinterpret_cast<const char*>(frame.attachment.data()),
                                  frame.attachment.size());
            return out;
        }
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        pollfd p{fd_, POLLIN, 0};
        if (left.count() <= 0 || ::poll(&p, 1, static_cast<int>(left.count())) != 1) return std::nullopt;
        std::string more(1 << 16, '\0');
        const ssize_t n = ::recv(fd_, more.data(), more.size(), 0);
        if (n <= 0) return std::nullopt;
        in_.append(more, 0, static_cast<std::size_t>(n));
    }
}

bool Client::closed() {
    for (;;) {
        pollfd p{fd_, POLLIN, 0};
        if (::poll(&p, 1, 10'000) != 1) return false;
        char bytes[4096];
        const ssize_t n = ::recv(fd_, bytes, sizeof bytes, 0);
        if (n <= 0) return true;
    }
}

json Client::call(json request, std::string_view attachment) {
    const std::uint64_t id = next_id_++;
    request["id"] = id;
    write(encode(request.dump(), attachment.size()));
    write(attachment);
    while (auto frame = next()) {
        if (frame->body.contains("id")) {
            EXPECT_EQ(frame->body["id"], id);
            return frame->body;
        }
        kept_.push_back(std::move(*frame));
    }
    return json::object();
}

std::optional<Told> Client::told(const std::string& op, std::chrono::milliseconds wait) {
    const auto end = std::chrono::steady_clock::now() + wait;
    for (;;) {
        for (auto at = kept_.begin(); at != kept_.end(); ++at)
            if (at->body.value("op", "") == op) {
                Told out = std::move(*at);
                kept_.erase(at);
                return out;
            }
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        if (left.count() <= 0) return std::nullopt;
        auto frame = next(left);
        if (!frame) return std::nullopt;
        EXPECT_FALSE(frame->body.contains("id"));
        kept_.push_back(std::move(*frame));
    }
}

std::vector<json> Client::events(std::size_t count, std::chrono::milliseconds wait) {
    std::vector<json> out;
    const auto end = std::chrono::steady_clock::now() + wait;
    while (out.size() < count) {
        const auto left =
            std::chrono::ceil<std::chrono::milliseconds>(end - std::chrono::steady_clock::now());
        const auto frame = told("events", std::max(left, 0ms));
        if (!frame) break;
        std::string_view lines = frame->attachment;
        EXPECT_TRUE(lines.ends_with('\n'));
        while (!lines.empty()) {
            const std::size_t n = lines.find('\n');
            out.push_back(json::parse(lines.substr(0, n), nullptr, false));
            EXPECT_TRUE(out.back().is_object()) << lines.substr(0, n);
            lines.remove_prefix(n + 1);
        }
    }
    return out;
}

Kit::Kit(const Sizes& sizes) : current(2), in_use_(rte_mempool_in_use_count(pool())) {
    startup.ports = {{"a", "fake_a"}, {"b", "fake_b"}, {"c", "fake_c"}, {"d", "fake_d"}};
    startup.pairs = {{"e", "a", "b", std::nullopt}, {"f", "c", "d", 7}};
    startup.workers = 2;
    startup.state = folder.path;
    startup.table_socket = folder.path + "/table.sock";
    startup.user_tags = sizes.users;
    tags = std::move(memory::UserTags::create("link-test", sizes.users, {1, 2}).value());
    tags->use_rcu(current.qsbr());
    roster = std::make_unique<memory::LiveRoster>(*tags, current.qsbr(), memory::Key{3, 4});
    shared = std::make_unique<memory::Shared>(
        memory::SharedSizes{.transactions = 1000, .sources = 64, .workers = 2}, memory::Key{5, 6});
    publisher = std::make_unique<publish::Publisher>(
        publish::Publisher::Settings{{"e", "f"}, 2, sizes.kept ? folder.path : ""}, current, *tags, *roster);
    for (const std::string name : {"a", "b", "c", "d"}) {
        ports.push_back(std::make_unique<nic::FakePort>(name, std::uint16_t{2}));
        plan.ports.push_back(ports.back().get());
    }
    plan.pairs = {{.slot = 0, .port = {0, 1}, .vlan = {}}, {.slot = 1, .port = {2, 3}, .vlan = {}}};
    plan.edges = {"e", "f"};
    for (unsigned i = 0; i < 2; ++i) {
        watches.push_back(std::make_unique<watch::WorkerWatch>(i, sizes.ring));
        watch_list_.push_back(watches.back().get());
        worker::Settings settings;
        settings.number = i;
        settings.pipeline.pool = pool();
        settings.pipeline.fragments = 64;
        settings.pipeline.shared = shared.get();
        settings.budget_nanoseconds = 0;
        workers.push_back(std::make_unique<worker::Worker>(settings, plan, current, clock, *watches.back(),
                                                           watches.back().get()));
        worker_list_.push_back(workers.back().get());
    }
    nic::PortStatus port;
    port.name = "a";
    port.device = "fake_a";
    port.link_up = true;
    port.counts.rx_frames = 12;
    board.put({port});
}

Kit::~Kit() {
    server.reset();
    for (const auto& w : workers) w->drain();
    workers.clear();
    ports.clear();
    EXPECT_EQ(rte_mempool_in_use_count(pool()), in_use_) << "packet buffers are lost";
}

void Kit::publish(const Blob& blob, std::uint64_t generation) {
    const auto end = publisher->publish(blob, generation);
    ASSERT_TRUE(end.has_value()) << end.error().message;
}

void Kit::serve() {
    auto started = Server::start(
        {startup, *publisher, *tags, *roster, *shared, worker_list_, watch_list_, board, clock});
    ASSERT_TRUE(started.has_value()) << started.error();
    server = std::move(*started);
}

void Kit::frame(const Bytes& frame, unsigned worker, std::size_t port) {
    core::Mbuf m = core::make_frame(pool(), frame);
    ASSERT_TRUE(m);
    ports[port]->arrive(static_cast<std::uint16_t>(worker), std::move(m));
    // As Worker::run() does: whoever ends a capture or swaps a table waits for a worker that is online.
    current.online(worker);
    while (workers[worker]->poll_once() != 0) {
    }
    current.offline(worker);
    for (const auto& p : ports)
        for (auto& queue : p->sent) queue.clear();
}

Sip Kit::request(unsigned n, const Offer& offer) {
    Sip s = invite(offer);
    s.via = fmt::format("SIP/2.0/UDP 10.0.0.1:5060;branch=z9hG4bKn{}", n);
    s.call_id = fmt::format("call-{}", n);
    return s;
}

}  // namespace kmsgate::link::test
