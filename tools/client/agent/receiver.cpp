// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/agent/receiver.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <deque>
#include <utility>

#include "dataplane/krr/names.hpp"
#include "tools/client/agent/answering.hpp"
#include "tools/client/agent/dialog.hpp"
#include "tools/client/agent/offer.hpp"
#include "tools/client/agent/preferences.hpp"
#include "tools/client/agent/redirect.hpp"
#include "tools/client/agent/token.hpp"

namespace kmsgate::client::agent {

struct Receiver::Impl {
    /// A call that stands.
    struct Session {
        Dialog dialog;
        std::string peer;
        select::Pair pair;
    };

    Impl(const select::Profile& profile_, const keys::Ring& ring_, Local local_, crypto::Random& random_)
        : profile(profile_),
          ring(ring_),
          local(std::move(local_)),
          random(random_),
          answering(local, random, kReceiverAllows) {}

    void on_request(Incoming& request, Time now);
    void on_offer(Incoming& request, Session* session, Time now);
    [[nodiscard]] Answer judge(Incoming& request, const ReceivedOffer& offer, Time now);
    [[nodiscard]] Answer open(Incoming& request, const ReceivedOffer& offer, Time now);
    [[nodiscard]] Answer redirect(const ReceivedOffer& offer, const select::Lists& lists, Time now);
    [[nodiscard]] Answer refuse(const ReceivedOffer& offer, const std::string& why, Time now);
    [[nodiscard]] Session* session_of(const sip::Message& request) noexcept;
    void drop(const Session* session);
    void on_response(Incoming& response, Time now);
    void tick(Time now);
    void tell(Event::Kind kind, Time now, const ReceivedOffer& offer);

    const select::Profile& profile;
    const keys::Ring& ring;
    Local local;
    crypto::Random& random;
    Answering answering;
    Output out;
    std::vector<Event> events;
    std::string call_id;  // of the request at hand

    Preferences preferences;
    std::optional<select::Lists> always;
    std::deque<Session> sessions;  // oldest first
    std::vector<ClientTransaction> byes;
};

namespace {

/// Who a hostile receiver says it is about: nobody may believe it.
constexpr std::string_view kForeigner = "sip:anybody@elsewhere.example";
/// Processor of a KRR whose author must stay unnamed.
constexpr std::string_view kNobody = "urn:x-kmsgate:km-client";

bool success(const Answer& answer) {
    return answer.status < 300;
}

}  // namespace

void Receiver::Impl::tell(Event::Kind kind, Time now, const ReceivedOffer& offer) {
    Event event;
    event.kind = kind;
    event.time = now;
    event.call_id = call_id;
    event.peer = offer.initiator;
    event.pair = offer.pair;
    events.push_back(std::move(event));
}

Receiver::Impl::Session* Receiver::Impl::session_of(const sip::Message& request) noexcept {
    const auto found = std::ranges::find_if(
        sessions, [&](const Session& session) { return belongs(session.dialog, request); });
    return found == sessions.end() ? nullptr : &*found;
}

void Receiver::Impl::drop(const Session* session) {
    const auto found =
        std::ranges::find_if(sessions, [&](const Session& other) { return &other == session; });
    if (found != sessions.end()) sessions.erase(found);
}

void Receiver::Impl::on_request(Incoming& request, Time now) {
    if (!answering.take(request, now, out)) return;
    const sip::Message& message = request.message();
    call_id = message.call_id;
    Session* session = message.to_tag.empty() ? nullptr : session_of(message);
    unsigned status = 0;
    if (session == nullptr && (message.method == "BYE" || !message.to_tag.empty())) {
        status = 481;
    } else if (session != nullptr) {
        // requests of a dialog come in the order of their numbers (12.2.2)
        if (session->dialog.remote_cseq >= message.cseq)
            status = 500;
        else
            session->dialog.remote_cseq = message.cseq;
    }
    if (status == 0 && message.method != "BYE") return on_offer(request, session, now);
    answering.answer(request, {status == 0 ? 200U : status, {}, {}}, answering.new_tag(), now, out);
    if (status != 0) return;
    ReceivedOffer ended;
    ended.initiator = session->peer;
    ended.pair = session->pair;
    tell(Event::Kind::ended, now, ended);
    events.back().detail = "BYE";
    drop(session);
}

void Receiver::Impl::on_offer(Incoming& request, Session* session, Time now) {
    const ReceivedOffer offer = read_offer(request, profile);
    const Answer answer = judge(request, offer, now);
    const std::string tag = answering.new_tag();
    answering.answer(request, answer, tag, now, out);
    if (!success(answer)) return;
    const std::string peer = events.back().peer;  // of accepted: verified
    if (request.message().method != "INVITE") {
        tell(Event::Kind::ended, now, offer);
        events.back().peer = peer;
        events.back().detail = "delivered";
        return;
    }
    if (session != nullptr) {
        session->pair = offer.pair;
        return;
    }
    if (sessions.size() == kMostDialogs) sessions.pop_front();
    sessions.push_back({dialog_of_request(request, tag), peer, offer.pair});
}

Answer Receiver::Impl::judge(Incoming& request, const ReceivedOffer& offer, Time now) {
    if (!offer.pair.kmsi.empty() && offer.fault.empty()) tell(Event::Kind::received_mikey, now, offer);
    if (always && offer.present) return redirect(offer, *always, now);
    if (!offer.fault.empty()) return refuse(offer, offer.fault, now);
    const bool told = preferences.told(offer.initiator, offer.pair);
    const std::optional<select::Lists> lists = select::judge_offer(profile, offer.pair, told);
    if (!lists) return open(request, offer, now);
    // it would have been accepted, so this is a wish, and is said only once
    if (!select::judge_offer(profile, offer.pair, true)) preferences.tell(offer.initiator, offer.pair);
    return redirect(offer, *lists, now);
}

Answer Receiver::Impl::open(Incoming& request, const ReceivedOffer& offer, Time now) {
    std::optional<std::string> sdp;
    const bool invite = request.message().method == "INVITE";
    if (invite) sdp = sdp_answer(local, random.number() >> 1, request.sdp());
    if (invite && !sdp) return refuse(offer, "no media that can be answered", now);
    std::optional<imessage::Opened> opened;
    for (const Bytes& message : offer.messages) {
        auto one = imessage::open(message, ring, profile.user, offer.candidates, now);
        if (!one) {
            const std::string_view fault = to_string(one.error().fault);
            return refuse(offer,
                          one.error().detail.empty() ? std::string(fault)
                                                     : fmt::format("{}: {}", fault, one.error().detail),
                          now);
        }
        if (!opened) opened = std::move(*one);
    }
    if (!opened) return refuse(offer, "no I_MESSAGE", now);
    preferences.forget(offer.initiator);
    tell(Event::Kind::accepted, now, offer);
    events.back().peer = opened->initiator;
    events.back().key = opened->key;
    if (!invite) return {};
    return {200,
            {fmt::format("Contact: {};+g.3gpp.mcptt",
                         contact(local, profile.hashed ? std::string_view{} : profile.user)),
             fmt::format("Allow: {}", kReceiverAllows)},
            {"application/sdp", *sdp}};
}

Answer Receiver::Impl::redirect(const ReceivedOffer& offer, const select::Lists& lists, Time now) {
    RedirectNames names{profile.user, offer.initiator, profile.user, offer.pair};
    // Who is named by UID alone is not given away by the answer.
    if (profile.hashed) names = {std::string(kNobody), {}, {}, offer.pair};
    if (always) names.initiator = names.receiver = kForeigner;
    tell(Event::Kind::sent_krr, now, offer);
    events.back().lists = lists;
    return {488, {}, {std::string(krr::names::content_type), write_redirect(names, lists, now, random)}};
}

Answer Receiver::Impl::refuse(const ReceivedOffer& offer, const std::string& why, Time now) {
    tell(Event::Kind::refused, now, offer);
    events.back().detail = why;
    return {488, {warning(local.host, why)}, {}};
}

void Receiver::Impl::on_response(Incoming& response, Time now) {
    if (!response.sound() || response.message().status < 100) return;
    for (ClientTransaction& bye : byes)
        if (bye.fits(response.message())) static_cast<void>(bye.receive(response.message(), {}, now, out));
}

void Receiver::Impl::tick(Time now) {
    for (const ServerTransactions::Lapsed& lapsed : answering.tick(now, out)) {
        for (Session& session : sessions) {
            if (session.dialog.call_id != lapsed.call_id || session.dialog.local_tag != lapsed.to_tag)
                continue;
            byes.emplace_back(bye_in(session.dialog, new_branch(random)), local, now, out);
            ReceivedOffer ended;
            ended.initiator = session.peer;
            ended.pair = session.pair;
            call_id = lapsed.call_id;
            tell(Event::Kind::ended, now, ended);
            events.back().detail = "no ACK";
            drop(&session);
            break;
        }
    }
    for (ClientTransaction& bye : byes) static_cast<void>(bye.tick(now, out));
    std::erase_if(byes, [](const ClientTransaction& bye) { return bye.terminated(); });
}

Receiver::Receiver(const select::Profile& profile, const keys::Ring& ring, Local local,
                   crypto::Random& random)
    : impl_(std::make_unique<Impl>(profile, ring, std::move(local), random)) {}

Receiver::~Receiver() = default;

void Receiver::always_answer(select::Lists lists) {
    impl_->always = std::move(lists);
}

void Receiver::receive(std::string_view message, Time now) {
    Incoming incoming(message);
    if (incoming.message().kind == sip::Kind::request) impl_->on_request(incoming, now);
    if (incoming.message().kind == sip::Kind::response) impl_->on_response(incoming, now);
}

void Receiver::tick(Time now) {
    impl_->tick(now);
}

std::optional<Time> Receiver::next_timer() const noexcept {
    std::optional<Time> next = impl_->answering.next_timer();
    for (const ClientTransaction& bye : impl_->byes) next = earlier(next, bye.next_timer());
    return next;
}

std::vector<std::string> Receiver::take_output() {
    return std::exchange(impl_->out, {});
}

std::vector<Event> Receiver::take_events() {
    return std::exchange(impl_->events, {});
}

}  // namespace kmsgate::client::agent
