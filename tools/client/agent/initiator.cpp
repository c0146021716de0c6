// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/agent/initiator.hpp"

#include <fmt/format.h>

#include <utility>

#include "dataplane/sip/user.hpp"
#include "tools/client/agent/caller.hpp"
#include "tools/client/agent/redirect.hpp"
#include "tools/client/crypto/sakke.hpp"

namespace kmsgate::client::agent {

struct Initiator::Impl {
    enum class Phase : std::uint8_t { idle, offering, talking, ending, over };

    Impl(const select::Profile& profile_, const keys::Ring& ring_, Local local_, crypto::Random& random_,
         select::KrrStore& store_)
        : profile(profile_),
          ring(ring_),
          local(std::move(local_)),
          random(random_),
          store(store_),
          caller(local, random) {}

    [[nodiscard]] std::expected<void, std::string> start(const Call& wanted, Time now);
    [[nodiscard]] std::expected<Request, std::string> make(const select::Pair& pair, Time now);
    void send(Request request, const select::Pair& pair, Time now);
    void act(Caller::What what, Incoming* message, Time now);
    void on_refusal(Incoming& response, Time now);
    void on_redirect(Redirect redirect, Time now);
    void keep(std::string body, std::string outcome, Time now);
    void tick(Time now);
    void fail(std::string detail, Time now);
    void end(std::string detail, Time now);
    void tell(Event::Kind kind, Time now, select::Pair pair = {}, std::string detail = {});

    const select::Profile& profile;
    const keys::Ring& ring;
    Local local;
    crypto::Random& random;
    select::KrrStore& store;
    Caller caller;

    Phase phase = Phase::idle;
    Call call;
    Bytes key;
    std::uint32_t csb_id = 0;
    std::vector<select::Pair> tried;
    std::optional<Time> hang_up;
    std::vector<Event> events;
};

namespace {

/// "488", with what the answerer has to say about it.
std::string status_detail(Incoming& response) {
    const std::string text = warning_text(response);
    const unsigned status = response.message().status;
    return text.empty() ? fmt::format("{}", status) : fmt::format("{}: {}", status, text);
}

/// The names that a call leaves open follow from its receiver.
Call completed(const Call& call, const select::Profile& profile) {
    Call out = call;
    if (out.naming.from.empty()) out.naming.from = profile.user;
    if (out.naming.to.empty()) out.naming.to = call.receiver;
    if (out.naming.request_uri.empty()) out.naming.request_uri = out.naming.to;
    return out;
}

}  // namespace

void Initiator::Impl::tell(Event::Kind kind, Time now, select::Pair pair, std::string detail) {
    Event event;
    event.kind = kind;
    event.time = now;
    event.call_id = caller.call_id();
    event.peer = call.receiver;
    event.pair = std::move(pair);
    event.detail = std::move(detail);
    if (kind == Event::Kind::established) event.key = key;
    events.push_back(std::move(event));
}

std::expected<void, std::string> Initiator::Impl::start(const Call& wanted, Time now) {
    if (phase != Phase::idle && phase != Phase::over)
        return std::unexpected(std::string("a call stands already; one at a time"));
    const Call complete = completed(wanted, profile);
    if (auto ok = check(complete); !ok) return ok;
    if (sip::UserUri::normalise(complete.receiver).text() != complete.receiver)
        return std::unexpected(fmt::format("{} is no user URI in normal form", complete.receiver));
    call = complete;
    key = random.bytes(crypto::kSsv);
    csb_id = random.number() & 0x0FFFFFFF;
    const select::Pair pair = select::first_attempt(profile);
    std::expected<Request, std::string> request = make(pair, now);
    if (!request) return std::unexpected(request.error());
    tried.clear();
    hang_up.reset();
    phase = Phase::offering;
    caller.begin(call.naming.from);
    send(std::move(*request), pair, now);
    return {};
}

std::expected<Request, std::string> Initiator::Impl::make(const select::Pair& pair, Time now) {
    // the key stays that of the call; RAND and time are new in each message
    const imessage::Offer offer{call.purpose,   profile.user, call.receiver, pair.kmsi, pair.kmsr,
                                profile.hashed, csb_id,       key,           now};
    const auto mikey = imessage::make(offer, ring, random);
    if (!mikey) return std::unexpected(mikey.error());
    return carry(call, profile.user, *mikey, local, random);
}

void Initiator::Impl::send(Request request, const select::Pair& pair, Time now) {
    tried.push_back(pair);
    caller.offer(std::move(request), now);
    tell(Event::Kind::sent_mikey, now, pair);
}

void Initiator::Impl::fail(std::string detail, Time now) {
    phase = Phase::over;
    tell(Event::Kind::failed, now, tried.back(), std::move(detail));
}

void Initiator::Impl::end(std::string detail, Time now) {
    phase = Phase::over;
    hang_up.reset();
    tell(Event::Kind::ended, now, tried.back(), std::move(detail));
}

void Initiator::Impl::act(Caller::What what, Incoming* message, Time now) {
    using enum Caller::What;
    switch (what) {
        case nothing:
            break;
        case accepted:
            tell(Event::Kind::established, now, tried.back());
            if (message != nullptr)
                if (auto krr = read_redirect(*message))
                    keep(std::move(krr->body), "not acted on: in a 2xx", now);
            if (call.purpose == imessage::Purpose::gmk) return end("delivered", now);
            phase = Phase::talking;
            hang_up = now + call.talk;
            break;
        case refused:
            on_refusal(*message, now);
            break;
        case timeout:
            fail("timeout", now);
            break;
        case peer_bye:
            if (phase == Phase::talking) end("BYE from the peer", now);
            break;
        case bye_done:
            if (phase == Phase::ending) end("BYE", now);
            break;
        case bye_timeout:
            if (phase == Phase::ending) end("BYE without answer", now);
            break;
    }
}

void Initiator::Impl::on_refusal(Incoming& response, Time now) {
    std::optional<Redirect> redirect = read_redirect(response);
    if (redirect && response.message().status != 488) {
        // Evidence for the KMS, but no answer to an offer: only a 488 redirects (TS 33.180 D.4.1).
        keep(std::move(redirect->body), fmt::format("not acted on: status {}", response.message().status),
             now);
        redirect.reset();
    }
    if (!redirect) return fail(status_detail(response), now);
    on_redirect(std::move(*redirect), now);
}

void Initiator::Impl::keep(std::string body, std::string outcome, Time now) {
    select::KeptKrr kept;
    kept.received = now;
    kept.user = profile.user;
    kept.call_id = caller.call_id();
    kept.peer = call.receiver;
    kept.due.push_back(profile.home);
    kept.due.insert(kept.due.end(), profile.secondary.begin(), profile.secondary.end());
    kept.body = std::move(body);
    kept.outcome = std::move(outcome);
    store.add(std::move(kept));
}

void Initiator::Impl::on_redirect(Redirect redirect, Time now) {
    if (!redirect.lists) {
        keep(std::move(redirect.body), "unreadable-krr: " + redirect.lists.error(), now);
        return fail("unreadable-krr", now);
    }
    tell(Event::Kind::received_krr, now, tried.back());
    events.back().lists = *redirect.lists;
    const auto next = select::next_attempt(profile, *redirect.lists, tried);
    std::expected<Request, std::string> request = std::unexpected(std::string());
    if (next) request = make(*next, now);
    const std::string why = !next ? std::string(to_string(next.error())) : request ? "" : request.error();
    keep(std::move(redirect.body), why.empty() ? fmt::format("retry {} {}", next->kmsi, next->kmsr) : why,
         now);
    if (!why.empty()) return fail(why, now);
    send(std::move(*request), *next, now);
}

void Initiator::Impl::tick(Time now) {
    for (Caller::What what = caller.tick(now); what != Caller::What::nothing; what = caller.tick(now))
        act(what, nullptr, now);
    if (phase != Phase::talking || !hang_up || *hang_up > now) return;
    hang_up.reset();
    phase = Phase::ending;
    caller.hang_up(now);
}

Initiator::Initiator(const select::Profile& profile, const keys::Ring& ring, Local local,
                     crypto::Random& random, select::KrrStore& store)
    : impl_(std::make_unique<Impl>(profile, ring, std::move(local), random, store)) {}

Initiator::~Initiator() = default;

std::expected<void, std::string> Initiator::start(const Call& call, Time now) {
    return impl_->start(call, now);
}

void Initiator::receive(std::string_view message, Time now) {
    Incoming incoming(message);
    impl_->act(impl_->caller.receive(incoming, now), &incoming, now);
}

void Initiator::tick(Time now) {
    impl_->tick(now);
}

std::optional<Time> Initiator::next_timer() const noexcept {
    return earlier(impl_->hang_up, impl_->caller.next_timer());
}

bool Initiator::finished() const noexcept {
    return impl_->phase == Impl::Phase::over && !next_timer();
}

std::vector<std::string> Initiator::take_output() {
    return std::exchange(impl_->caller.output(), {});
}

std::vector<Event> Initiator::take_events() {
    return std::exchange(impl_->events, {});
}

}  // namespace kmsgate::client::agent
