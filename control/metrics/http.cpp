// SPDX-License-Identifier: BSD-3-Clause
#include "control/metrics/http.hpp"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <event2/http.h>
#include <event2/listener.h>
#include <netdb.h>
#include <netinet/in.h>
#include <pthread.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <optional>
#include <thread>
#include <utility>

namespace kmsgate::control::metrics {
namespace {

// Connections come at most so fast and are silent at most so long: 160 may be open, whoever wants more waits.
constexpr unsigned kNewPerSecond = 32;
constexpr int kTimeout = 5;  ///< seconds
constexpr ev_ssize_t kMaxHeaders = 8192;

struct Delete {
    void operator()(event_base* p) const noexcept { event_base_free(p); }
    void operator()(evhttp* p) const noexcept { evhttp_free(p); }
    void operator()(event* p) const noexcept { event_free(p); }
    void operator()(addrinfo* p) const noexcept { ::freeaddrinfo(p); }
};
template <class T>
using Owned = std::unique_ptr<T, Delete>;

struct Address {
    std::string host, port;
};
/// "127.0.0.1:9464", "[::1]:9464", "host:9464".
std::optional<Address> parse_address(std::string_view address) {
    const std::size_t colon = address.rfind(':');
    if (colon == std::string_view::npos || colon == 0) return std::nullopt;
    std::string_view host = address.substr(0, colon);
    const std::string_view port = address.substr(colon + 1);
    if (port.empty() || port.size() > 5 || port.find_first_not_of("0123456789") != std::string_view::npos)
        return std::nullopt;
    if (std::stoul(std::string(port)) > 65535) return std::nullopt;
    if (host.front() == '[' && host.back() == ']')
        host = host.substr(1, host.size() - 2);
    else if (host.contains(':'))
        return std::nullopt;
    if (host.empty()) return std::nullopt;
    return Address{std::string(host), std::string(port)};
}

/// A socket that listens there, or -1.
int listen_at(const Address& address) {
    addrinfo hints{};
    hints.ai_socktype = SOCK_STREAM;
    // Whichever address a machine's list puts first, a scraper that says localhost tries this one.
    const std::string host = address.host == "localhost" ? "127.0.0.1" : address.host;
    addrinfo* list = nullptr;
    if (::getaddrinfo(host.c_str(), address.port.c_str(), &hints, &list) != 0) return -1;
    const Owned<addrinfo> found(list);
    const int fd = ::socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (found->ai_family == AF_INET6) ::setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &on, sizeof on);
    if (fd >= 0 && ::bind(fd, found->ai_addr, found->ai_addrlen) == 0 && ::listen(fd, 64) == 0) return fd;
    if (fd >= 0) ::close(fd);
    return -1;
}

std::uint16_t port_of(int fd) {
    sockaddr_storage where{};
    socklen_t size = sizeof where;
    if (::getsockname(fd, reinterpret_cast<sockaddr*>(&where), &size) != 0) return 0;
    // Both kinds keep the port at the same place.
    return ntohs(reinterpret_cast<const sockaddr_in*>(&where)->sin_port);
}

}  // namespace

struct HttpPage::Inside {
    Make page;
    int stop = -1;
    std::uint16_t port = 0;
    unsigned fresh = 0;  ///< connections in this second
    evconnlistener* listener = nullptr;
    Owned<event_base> base;
    Owned<event> stop_event, second;
    Owned<evhttp> http;
    std::thread thread;

    ~Inside() {
        if (thread.joinable()) {
            ::eventfd_write(stop, 1);
            thread.join();
        }
        if (stop >= 0) ::close(stop);
    }

    static void answer(evhttp_request* request, void* self) {
        const char* const accept = evhttp_find_header(evhttp_request_get_input_headers(request), "Accept");
        const auto& [type, text] = static_cast<Inside*>(self)->page(
            accept != nullptr ? std::string_view(accept) : std::string_view());
        evkeyvalq* const headers = evhttp_request_get_output_headers(request);
        evhttp_add_header(headers, "Content-Type", type);
        evbuffer_add(evhttp_request_get_output_buffer(request), text.data(), text.size());
        evhttp_send_reply(request, HTTP_OK, nullptr, nullptr);
    }
    static bufferevent* connected(event_base* base, void* self) {
        auto* in = static_cast<Inside*>(self);
        if (++in->fresh >= kNewPerSecond) evconnlistener_disable(in->listener);
        return bufferevent_socket_new(base, -1, 0);  // evhttp closes the socket itself
    }
    static void next_second(evutil_socket_t, short, void* self) {
        auto* in = static_cast<Inside*>(self);
        if (in->fresh >= kNewPerSecond) evconnlistener_enable(in->listener);
        in->fresh = 0;
    }
    static void ended(evutil_socket_t, short, void* self) {
        event_base_loopbreak(static_cast<Inside*>(self)->base.get());
    }

    /// Takes the socket; false: no memory or no descriptors.
    bool start(int fd) {
        port = port_of(fd);
        stop = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
        base.reset(event_base_new());
        if (base) http.reset(evhttp_new(base.get()));
        evhttp_bound_socket* const bound = http ? evhttp_accept_socket_with_handle(http.get(), fd) : nullptr;
        if (bound == nullptr || stop < 0) {
            if (bound == nullptr) ::close(fd);
            return false;
        }
        listener = evhttp_bound_socket_get_listener(bound);
        evhttp_set_allowed_methods(http.get(), EVHTTP_REQ_GET | EVHTTP_REQ_HEAD);
        evhttp_set_max_headers_size(http.get(), kMaxHeaders);
        evhttp_set_max_body_size(http.get(), 0);
        evhttp_set_timeout(http.get(), kTimeout);
        evhttp_set_bevcb(http.get(), connected, this);
        stop_event.reset(event_new(base.get(), stop, EV_READ, ended, this));
        second.reset(event_new(base.get(), -1, EV_PERSIST, next_second, this));
        const timeval one{.tv_sec = 1, .tv_usec = 0};
        if (evhttp_set_cb(http.get(), "/metrics", answer, this) != 0 || !stop_event || !second ||
            event_add(stop_event.get(), nullptr) != 0 || event_add(second.get(), &one) != 0)
            return false;
        // Signals, SIGPIPE too, are the other threads' matter.
        sigset_t all;
        sigset_t before;
        ::sigfillset(&all);
        ::pthread_sigmask(SIG_SETMASK, &all, &before);
        thread = std::thread([this] { event_base_dispatch(base.get()); });
        ::pthread_sigmask(SIG_SETMASK, &before, nullptr);
        return true;
    }
};

HttpPage::HttpPage() : inside_(std::make_unique<Inside>()) {}
HttpPage::~HttpPage() = default;

std::expected<std::unique_ptr<HttpPage>, std::string> HttpPage::open(std::string_view address, Make page) {
    const auto parsed = parse_address(address);
    if (!parsed)
        return std::unexpected(
            std::string(address) +
            ": no address to serve metrics at; write it like 127.0.0.1:9464 or [::1]:9464, or none");
    std::unique_ptr<HttpPage> out(new HttpPage);
    out->inside_->page = std::move(page);
    const int fd = listen_at(*parsed);
    if (fd < 0 || !out->inside_->start(fd))
        return std::unexpected(
            std::string(address) +
            ": cannot be listened at; name an address of this machine and a port that is free");
    return out;
}

std::uint16_t HttpPage::port() const noexcept {
    return inside_->port;
}

}  // namespace kmsgate::control::metrics
