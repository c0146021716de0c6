// SPDX-License-Identifier: BSD-3-Clause
#include "control/link/link.hpp"

#include <event2/buffer.h>
#include <event2/bufferevent.h>
#include <event2/event.h>
#include <fmt/format.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

namespace kmsgate::control {
namespace {

using std::chrono::milliseconds;

/// Bytes that wait to be sent, a table not counted.
constexpr std::size_t kMostQueued = std::size_t{64} << 20;

Fault stalled(milliseconds waited) {
    return {Code::unreached, "dataplane-stalled",
            fmt::format("the dataplane did not answer within {} s; look at its log, or restart it",
                        (waited.count() + 999) / 1000),
            nullptr};
}

std::string text_of(const Json& object, const char* key, std::string otherwise) {
    const auto at = object.find(key);
    return at != object.end() && at->is_string() ? at->get<std::string>() : std::move(otherwise);
}

/// The error in an answer.
Fault refusal(const Json& answer) {
    const auto error = answer.find("error");
    if (error == answer.end() || !error->is_object())
        return {Code::refused, "dataplane-refused",
                "the dataplane refused without saying why; look at its log", nullptr};
    auto more = std::make_shared<Json>(*error);
    more->erase("name");
    more->erase("message");
    return {Code::refused, text_of(*error, "name", "dataplane-refused"),
            text_of(*error, "message", "the dataplane refused without saying why; look at its log"),
            more->empty() ? nullptr : std::move(more)};
}

}  // namespace

Fault not_reached(const std::string& why) {
    return {Code::unreached, "dataplane-not-reached",
            fmt::format("the dataplane cannot be reached: {}; start kmsgate-dataplane, then try again", why),
            nullptr};
}

Link::Link(Loop& loop, LinkSettings settings, Handlers handlers)
    : loop_(loop), settings_(std::move(settings)), handlers_(std::move(handlers)) {}

Link::~Link() {
    *alive_ = false;
}

void Link::start() {
    wait_ = settings_.first_wait;
    connect();
}

void Link::connect() {
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, settings_.path.data(),
                std::min(settings_.path.size(), sizeof address.sun_path - 1));
    decoder_ = link::Decoder();
    stream_.reset(
        ::bufferevent_socket_new(loop_.base(), -1, BEV_OPT_CLOSE_ON_FREE | BEV_OPT_DEFER_CALLBACKS));
    ::bufferevent_setcb(
        stream_.get(), [](bufferevent*, void* self) { static_cast<Link*>(self)->read(); }, nullptr,
        [](bufferevent*, short what, void* self) {
            auto* const link = static_cast<Link*>(self);
            if ((what & BEV_EVENT_CONNECTED) != 0)
                link->greet();
            else
                link->lost((what & BEV_EVENT_EOF) != 0 ? "it closed the connection" : std::strerror(errno));
        },
        this);
    ::bufferevent_enable(stream_.get(), EV_READ | EV_WRITE);
    if (::bufferevent_socket_connect(stream_.get(), reinterpret_cast<sockaddr*>(&address), sizeof address) !=
        0)
        lost(std::strerror(errno));
}

void Link::lost(const std::string& reason) {
    stream_.reset();
    connected_ = up_ = false;
    again_ = loop_.after(wait_, [this] { connect(); });
    wait_ = std::min(wait_ * 2, settings_.longest_wait);
    const std::shared_ptr<bool> alive = alive_;
    const std::string why = fmt::format("{}: {}", settings_.path, reason);
    auto failed = std::exchange(waiting_, {});
    handlers_.down(why);
    for (auto& [id, call] : failed)
        if (*alive) call.answer(std::unexpected(not_reached(why)));
}

void Link::greet() {
    connected_ = true;
    call({{"op", "hello"}, {"version", link::kVersion}}, nullptr,
         [this](const Result& hello) { greeted(hello); });
}

void Link::greeted(const Result& hello) {
    if (!hello) {
        if (connected_) lost("it does not take us: " + hello.error().message);
        return;
    }
    const Json& answer = **hello;
    if (const auto version = answer.find("version"); version == answer.end() || *version != link::kVersion)
        return lost("it speaks another version of the table protocol; run both programs of one release");
    up_ = true;
    wait_ = settings_.first_wait;
    handlers_.up(answer);
}

void Link::fail_later(Answer answer, Fault fault) {
    loop_.post([alive = alive_, answer = std::move(answer), fault = std::move(fault)] {
        if (*alive) answer(std::unexpected(fault));
    });
}

void Link::call(Json request, BytesPtr attachment, Answer answer) {
    if (!connected_) return fail_later(std::move(answer), not_reached(settings_.path + ": not connected"));
    const bool table = request["op"] == "table";
    const std::size_t queued = ::evbuffer_get_length(::bufferevent_get_output(stream_.get()));
    if (waiting_.size() >= settings_.calls || (!table && queued > kMostQueued)) {
        const bool behind_table =
            std::ranges::any_of(waiting_, [](const auto& one) { return one.second.table; });
        if (!behind_table || waiting_.size() >= settings_.calls)
            return fail_later(
                std::move(answer),
                {Code::unreached, "dataplane-stalled",
                 "too much waits for the dataplane already; try again when it has caught up", nullptr});
    }
    const bool behind =
        table || std::ranges::any_of(waiting_, [](const auto& one) { return one.second.table; });
    const milliseconds limit = behind ? settings_.table : settings_.answer;
    const std::uint64_t id = next_id_++;
    request["id"] = id;
    Waiting& waiting = waiting_[id];
    waiting.answer = std::move(answer);
    waiting.table = table;
    waiting.timer = loop_.after(limit, [this, id, limit] {
        // What it answers from here on would come too late to be believed: begin anew.
        const auto late = waiting_.extract(id);
        const std::shared_ptr<bool> alive = alive_;
        if (late) late.mapped().answer(std::unexpected(stalled(limit)));
        if (*alive && connected_) lost("it stalls");
    });
    send(request, attachment);
}

void Link::send(const Json& request, const BytesPtr& attachment) {
    evbuffer* const out = ::bufferevent_get_output(stream_.get());
    const std::size_t size = attachment ? attachment->size() : 0;
    const std::string head = link::encode(request.dump(-1, ' ', false, Json::error_handler_t::replace), size);
    ::evbuffer_add(out, head.data(), head.size());
    if (size == 0) return;
    // A table may be large: it is sent from where it stands.
    auto keep = std::make_unique<BytesPtr>(attachment);
    const auto done = [](const void*, std::size_t, void* kept) {
        const std::unique_ptr<BytesPtr> owner(static_cast<BytesPtr*>(kept));
    };
    if (::evbuffer_add_reference(out, attachment->data(), size, done, keep.get()) == 0)
        static_cast<void>(keep.release());  // `done` owns it now
}

void Link::read() {
    const std::shared_ptr<bool> alive = alive_;
    const bufferevent* const mine = stream_.get();
    while (*alive && stream_ && stream_.get() == mine) {
        evbuffer* const in = ::bufferevent_get_input(stream_.get());
        evbuffer_iovec piece{};
        if (::evbuffer_peek(in, -1, nullptr, &piece, 1) < 1 || piece.iov_len == 0) return;
        const auto took = decoder_.take({static_cast<const std::byte*>(piece.iov_base), piece.iov_len});
        if (!took) return lost(fmt::format("it sent what is no frame ({})", link::to_string(took.error())));
        ::evbuffer_drain(in, *took);
        if (decoder_.ready()) frame(decoder_.fetch());
    }
}

void Link::frame(const link::Frame& frame) {
    const auto json = std::make_shared<Json>(Json::parse(frame.json, nullptr, false));
    if (!json->is_object()) return lost("it sent a frame without a JSON object");
    const auto id = json->find("id");
    if (id == json->end()) {
        if (up_) handlers_.told(*json, frame.attachment);
        return;
    }
    if (!id->is_number_unsigned()) return lost("it sent an answer without a number");
    const auto call = waiting_.extract(id->get<std::uint64_t>());
    if (!call) return;  // given up
    const auto ok = json->find("ok");
    if (ok != json->end() && ok->is_boolean() && ok->get<bool>())
        call.mapped().answer(JsonPtr(json));
    else
        call.mapped().answer(std::unexpected(refusal(*json)));
}

}  // namespace kmsgate::control
