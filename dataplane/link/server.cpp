// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/link/server.hpp"

#include <fmt/format.h>
#include <openssl/rand.h>
#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <csignal>
#include <iterator>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>
#include <vector>

#include "dataplane/link/listener.hpp"
#include "dataplane/link/requests.hpp"
#include "dataplane/link/rows.hpp"
#include "dataplane/link/table_work.hpp"
#include "dataplane/watch/telemetry.hpp"

namespace kmsgate::link {
namespace {

using namespace std::chrono_literals;
using Steady = std::chrono::steady_clock;

constexpr auto kRound = 10ms;          // longest time that a ring waits to be emptied
constexpr auto kPulse = 500ms;         // between two looks at the workers
constexpr auto kGreeting = 5s;         // a connection that says nothing is closed
constexpr auto kTelling = 2s;          // longest wait of telemetry for an answer
constexpr std::size_t kStrangers = 8;  // connections that have not said hello
constexpr std::size_t kReadAtOnce = std::size_t{4} << 20;
constexpr int kFramesAtOnce = 16;
constexpr std::size_t kStopReading = std::size_t{8}
                                     << 20;  // queued for a peer: it gets answers, gives no requests
constexpr std::size_t kMostQueued = std::size_t{64} << 20;  // .. and is closed

[[nodiscard]] std::string random_hex() {
    std::array<unsigned char, 8> bytes{};
    static_cast<void>(RAND_bytes(bytes.data(), static_cast<int>(bytes.size())));
    std::string out;
    for (const unsigned char b : bytes) fmt::format_to(std::back_inserter(out), "{:02x}", b);
    return out;
}

}  // namespace

struct Server::Inside {
    Inside(const Box& b, Listener l, Explainer e, Descriptor w)
        : box(b),
          listener(std::move(l)),
          wake_fd(std::move(w)),
          watching(box.watches, box.publisher),
          pulse(box.workers.size()),
          explainer(std::move(e)),
          desk{box, watching, pulse, explainer, kms, random_hex(), Steady::now()},
          table(box.publisher, [this] { wake(); }) {}

    void run();
    void wait(bool more);
    void accept();
    [[nodiscard]] bool read_all();
    [[nodiscard]] bool read(Peer& peer);
    void greet(Peer& peer);
    void write_all();
    void close_gone();
    void push(Peer& peer, TablePush table);
    void go_on();
    void refresh_kms();
    void wake() const noexcept { static_cast<void>(::eventfd_write(wake_fd.get(), 1)); }

    const Box box;
    Listener listener;
    Descriptor wake_fd;
    Watching watching;
    Pulse pulse;
    Explainer explainer;
    std::vector<memory::UidKms> kms;  ///< of the table in force
    const publish::Proven* kms_of = nullptr;
    Desk desk;
    std::vector<std::unique_ptr<Peer>> peers;
    Peer* control = nullptr;
    std::uint64_t next_peer = 1;
    Steady::time_point pulsed{};

    TableWork table;
    std::uint64_t table_peer = 0;  ///< who sent it

    // telemetry asks on a thread of DPDK's
    struct Asked {
        watch::Question question{};
        std::string parameter;
        std::optional<watch::Rows> rows;
        bool done = false;
    };
    [[nodiscard]] std::optional<watch::Rows> ask(watch::Question question, std::string_view parameter);
    void tell();
    std::mutex ask_mutex;
    std::condition_variable told;
    Asked* asked = nullptr;
    std::optional<watch::Telemetry> telemetry;

    std::atomic<bool> stop = false;
    std::thread thread;
};

Server::Server() = default;

std::expected<std::unique_ptr<Server>, std::string> Server::start(const Box& box) {
    auto explainer = Explainer::create(box.startup.mtu);
    if (!explainer) return std::unexpected(explainer.error());
    auto listener = Listener::open(box.startup.table_socket);
    if (!listener) return std::unexpected(listener.error());
    Descriptor wake(::eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC));
    if (wake.get() < 0) return std::unexpected("no eventfd for the table socket's thread");
    std::unique_ptr<Server> out(new Server);
    out->inside_ =
        std::make_unique<Inside>(box, std::move(*listener), std::move(*explainer), std::move(wake));
    Inside* const inside = out->inside_.get();
    inside->thread = std::thread([inside] { inside->run(); });
    inside->telemetry.emplace([inside](watch::Question question, std::string_view parameter) {
        return inside->ask(question, parameter);
    });
    return out;
}

Server::~Server() {
    if (!inside_) return;
    inside_->telemetry.reset();  // while there is still somebody to answer
    inside_->stop.store(true, std::memory_order_relaxed);
    inside_->wake();
    if (inside_->thread.joinable()) inside_->thread.join();
}

void Server::Inside::run() {
    sigset_t all;  // signals are the main thread's
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, nullptr);
    pthread_setname_np(pthread_self(), "kmsgate-link");
    bool more = true;
    while (!stop.load(std::memory_order_relaxed)) {
        wait(more);
        accept();
        more = read_all();
        go_on();
        tell();
        const core::Time now = box.clock.now();
        if (watching.drain(control)) more = true;
        watching.tick(control, now);
        refresh_kms();
        if (box.roster.work(now, kms)) more = true;
        if (Steady::now() - pulsed >= kPulse) {
            pulsed = Steady::now();
            pulse.look(box);
            box.tags.reclaim();
        }
        write_all();
        close_gone();
    }
    watching.abandon();
}

void Server::Inside::wait(bool more) {
    std::vector<pollfd> fds = {{listener.fd(), POLLIN, 0}, {wake_fd.get(), POLLIN, 0}};
    for (const auto& peer : peers) {
        short events = peer->queued() != 0 ? POLLOUT : 0;
        if (table.idle() && peer->queued() < kStopReading) events |= POLLIN;
        // One that is asked for nothing would still report its end, again and again.
        fds.push_back({events != 0 ? peer->fd() : -1, events, 0});
    }
    const int timeout = more ? 0 : static_cast<int>(kRound.count());
    static_cast<void>(::poll(fds.data(), fds.size(), timeout));
    eventfd_t count = 0;
    static_cast<void>(::eventfd_read(wake_fd.get(), &count));
}

void Server::Inside::accept() {
    while (auto fd = listener.accept()) {
        const auto strangers = std::ranges::count_if(peers, [](const auto& p) { return !p->greeted; });
        if (static_cast<std::size_t>(strangers) >= kStrangers)
            peers.erase(std::ranges::find_if(peers, [](const auto& p) { return !p->greeted; }));
        peers.push_back(std::make_unique<Peer>(std::move(*fd), next_peer++));
        peers.back()->since = Steady::now();
    }
}

/// True when some peer has more to say than was listened to.
bool Server::Inside::read_all() {
    bool more = false;
    for (std::size_t i = 0; i < peers.size() && table.idle(); ++i)
        if (!peers[i]->closing && read(*peers[i])) more = true;
    return more;
}

bool Server::Inside::read(Peer& peer) {
    for (int frames = 0; frames < kFramesAtOnce; ++frames) {
        if (peer.queued() >= kStopReading) return false;
        if (const auto fine = peer.read(kReadAtOnce); !fine) {
            peer.gone = true;
            return false;
        }
        if (!peer.ready()) return false;
        auto push_this = answer(desk, peer, peer.fetch());
        if (peer.greeted && control != &peer) greet(peer);
        if (peer.closing) return false;
        if (push_this) {
            push(peer, std::move(*push_this));
            return false;
        }
    }
    return true;
}

/// It has said hello: whoever was control before is that no more.
void Server::Inside::greet(Peer& peer) {
    if (control != nullptr) {
        watching.abandon();
        control->gone = true;
    }
    control = &peer;
    watching.welcome(peer, box.clock.now());
}

void Server::Inside::write_all() {
    for (const auto& peer : peers)
        if (!peer->gone && !peer->flush()) peer->gone = true;
}

void Server::Inside::close_gone() {
    const auto now = Steady::now();
    std::erase_if(peers, [&](const auto& peer) {
        const bool over = peer->gone || peer->queued() > kMostQueued ||
                          (peer->closing && (peer->queued() == 0 || now - peer->since > kGreeting)) ||
                          (!peer->greeted && now - peer->since > kGreeting);
        if (over && peer.get() == control) {
            watching.abandon();
            control = nullptr;
        }
        return over;
    });
}

void Server::Inside::push(Peer& peer, TablePush sent) {
    table_peer = peer.number();
    table.begin(std::move(sent));
}

/// A table may have come to its next step, or to its end.
void Server::Inside::go_on() {
    const auto done = table.go_on();
    refresh_kms();
    if (!done) return;
    const auto peer = std::ranges::find_if(peers, [&](const auto& p) { return p->number() == table_peer; });
    if (peer != peers.end()) (*peer)->send(*done);
}

/// Asks the link thread, which alone may look at all the numbers. It may be waiting for a worker: not for
/// ever.
std::optional<watch::Rows> Server::Inside::ask(watch::Question question, std::string_view parameter) {
    Asked mine{question, std::string(parameter), {}, false};
    std::unique_lock lock(ask_mutex);
    asked = &mine;
    wake();
    told.wait_for(lock, kTelling, [&] { return mine.done; });
    asked = nullptr;
    return std::move(mine.rows);
}

void Server::Inside::tell() {
    const std::lock_guard lock(ask_mutex);
    if (asked == nullptr || asked->done) return;
    asked->rows = rows(box, watching, desk.started, asked->question, asked->parameter);
    asked->done = true;
    told.notify_one();
}

void Server::Inside::refresh_kms() {
    const publish::Generation* now = box.publisher.current();
    if (now == nullptr || kms_of == &now->proven()) return;
    kms_of = &now->proven();
    kms.clear();
    for (const auto& k : kms_of->table->kms())
        kms.push_back({kms_of->table->text(k.uri), k.key_period, k.key_offset, true});
}

}  // namespace kmsgate::link
