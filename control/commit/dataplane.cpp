// SPDX-License-Identifier: BSD-3-Clause
#include "control/commit/dataplane.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "control/commit/tag_lines.hpp"
#include "control/link/log.hpp"

namespace kmsgate::control {
namespace {

constexpr std::size_t kBatchRows = 10'000;
constexpr std::size_t kBatchBytes = std::size_t{4} << 20;
constexpr std::string_view kEpoch = "tag-epoch";
constexpr std::string_view kRefused = "tags-refused";

}  // namespace

Dataplane::Dataplane(Loop& loop, Store& store, Settings settings, Hooks hooks)
    : loop_(loop),
      store_(store),
      settings_(std::move(settings)),
      hooks_(std::move(hooks)),
      link_(loop, settings_.link,
            {[this](const Json& hello) { connected(hello); }, [this](const std::string& why) { lost(why); },
             [this](const Json& json, std::span<const std::byte> bytes) { hooks_.told(json, bytes); }}) {}

template <class F>
Link::Answer Dataplane::step(F then) {
    return [this, then = std::move(then), mine = connection_](Result result) {
        if (mine == connection_) then(std::move(result));
    };
}

void Dataplane::become(State state) {
    if (state_ != state) since_ = wall_seconds();
    state_ = state;
}

void Dataplane::problem(const std::string& what, const Fault& fault) {
    fault_ = fmt::format("{}: {}", what, fault.message);
    log_error(fault_);
}

void Dataplane::connected(const Json& hello) {
    ++connection_;
    fault_.clear();
    table_waits_ = false;
    generation_ = hello.value("generation", std::uint64_t{0});
    const auto digest = hello.find("digest");
    digest_ = digest != hello.end() && digest->is_string() ? digest->get<std::string>() : std::string();
    epoch_ = hello.value("tag_epoch", std::string());
    become(State::syncing);
    log_info(fmt::format("dataplane connected (pid {}, generation {})", hello.value("pid", 0), generation_));
    // Where somebody was refused for want of room it holds fewer than we know.
    const std::int64_t refused = std::atoll(store_.value(kRefused).c_str());
    const bool same = !epoch_.empty() && store_.value(kEpoch) == epoch_ && !store_.doubtful() &&
                      hello.value("tags", std::int64_t{-1}) + refused == store_.users();
    if (same) return give_table();
    resync_tags();
}

void Dataplane::resync_tags() {
    if (state_ == State::disconnected) return;
    become(State::syncing);
    tags_refused_ = 0;
    note(store_.set_value(kEpoch, ""), "that user tags are given anew");
    give_tags("", "", true);
}

void Dataplane::give_tags(const std::string& domain, const std::string& user, bool first) {
    TagLines lines;
    UserRow last;
    bool more = false;
    store_.each_user(domain, user, [&](const UserRow& row) {
        more = lines.rows() >= kBatchRows || lines.bytes() >= kBatchBytes;
        if (more) return false;
        lines.set(row.domain, row.user, row.words);
        last = row;
        return true;
    });
    if (lines.rows() == 0 && !first) return tags_given();
    link_.call({{"op", "tags"}, {"clear", first}}, lines.take(),
               step([this, last, more](const Result& answer) {
                   if (!answer) {
                       problem("user tags were not taken", answer.error());
                       return give_table();
                   }
                   if (const auto refused = (*answer)->find("refused"); refused != (*answer)->end())
                       tags_refused_ += static_cast<std::int64_t>(refused->size());
                   if (more) return give_tags(last.domain, last.user, false);
                   tags_given();
               }));
}

void Dataplane::tags_given() {
    if (tags_refused_ != 0) {
        fault_ = fmt::format(
            "{} of {} users have no room in the dataplane; raise sizes: user-tags: in kmsgate.yaml",
            tags_refused_, store_.users());
        log_error(fault_);
    }
    note(store_.set_value(kEpoch, epoch_), "to whom user tags were given");
    note(store_.set_value(kRefused, std::to_string(tags_refused_)), "how many users were refused");
    note(store_.clear_doubt(), "that user tags were given");
    give_table();
}

void Dataplane::resume() {
    if (table_waits_) give_table();
}

void Dataplane::give_table() {
    const std::optional<Target> target = hooks_.target();
    table_waits_ = !target.has_value();
    if (!target) return;
    if (!target->policy || (target->policy->digest == digest_ && target->generation == generation_))
        return give_modes();
    // With its modes, so that it is never judged by in another one.
    link_.call({{"op", "table"}, {"generation", target->generation}, {"modes", modes_of(*target->policy)}},
               target->policy->blob, step([this, given = *target](const Result& answer) {
                   if (!answer)
                       problem(fmt::format("generation {} was not taken", given.generation), answer.error());
                   else
                       digest_ = given.policy->digest;
                   give_modes();
               }));
}

Json Dataplane::modes_of(const Policy& policy) {
    Json out = Json::object();
    const auto by_hand = store_.modes();
    for (const std::string& edge : settings_.edges) {
        if (policy.edge(edge) == nullptr) continue;
        const auto at = by_hand.find(edge);
        out[edge] = at == by_hand.end() ? Json() : Json(at->second);
    }
    return out;
}

void Dataplane::give_modes() {
    const std::optional<Target> target = hooks_.target();
    Json modes = target && target->policy ? modes_of(*target->policy) : Json::object();
    if (modes.empty()) return give_events();
    link_.call({{"op", "modes"}, {"modes", std::move(modes)}}, nullptr, step([this](const Result& answer) {
                   if (!answer) problem("modes were not taken", answer.error());
                   give_events();
               }));
}

void Dataplane::give_events() {
    link_.call(
        {{"op", "events"}, {"mode", settings_.events_mode}, {"per_second", settings_.events_per_second}},
        nullptr, step([this](const Result& answer) {
            if (!answer) problem("the choice of events was not taken", answer.error());
            everything_given();
        }));
}

void Dataplane::everything_given() {
    become(State::ready);
    auto waiting = std::exchange(waiting_, {});
    for (auto& [id, one] : waiting) one.then(std::nullopt);
    hooks_.ready();
}

void Dataplane::lost(const std::string& reason) {
    ++connection_;
    if (state_ != State::disconnected) log_warning("dataplane lost: " + reason);
    become(State::disconnected);
    fault_ = reason;
    auto waiting = std::exchange(waiting_, {});
    for (auto& [id, one] : waiting) one.then(why_not());
    hooks_.down();
}

Fault Dataplane::why_not() const {
    if (state_ == State::disconnected) return not_reached(fault_);
    return {Code::unreached, "dataplane-not-ready",
            "the dataplane is being given user tags and the table after it connected; try again in a moment",
            nullptr};
}

void Dataplane::when_ready(std::function<void(std::optional<Fault>)> then) {
    if (state_ != State::syncing) {
        then(state_ == State::ready ? std::nullopt : std::optional(why_not()));
        return;
    }
    const std::uint64_t id = next_waiting_++;
    Waiting& waiting = waiting_[id];
    waiting.then = std::move(then);
    waiting.timer = loop_.after(settings_.wait_ready, [this, id] {
        const auto late = waiting_.extract(id);
        if (late) late.mapped().then(why_not());
    });
}

void Dataplane::call(Json request, BytesPtr attachment, Link::Answer answer) {
    link_.call(std::move(request), std::move(attachment), std::move(answer));
}

void Dataplane::gather(const std::string& op, Link::Answer answer) {
    next_page(op, std::make_shared<Json>(), std::move(answer));
}

void Dataplane::next_page(const std::string& op, std::shared_ptr<Json> all, Link::Answer answer) {
    const auto from = all->is_object() ? all->find("next") : all->end();
    Json request = {{"op", op}};
    if (all->is_object()) request["after"] = *from;
    call(std::move(request), nullptr, [this, op, all, answer = std::move(answer)](const Result& page) {
        if (!page) return answer(page);
        const std::size_t before = all->is_object() ? all->at("next").get<std::size_t>() : 0;
        if (!all->is_object()) {
            *all = **page;
        } else {
            for (const char* const key : {"edges", "rules"})
                if (const auto more = (*page)->find(key); more != (*page)->end() && all->contains(key)) {
                    if (more->is_object() && (*all)[key].is_object()) (*all)[key].update(*more);
                    if (more->is_array() && (*all)[key].is_array())
                        (*all)[key].insert((*all)[key].end(), more->begin(), more->end());
                }
            (*all)["next"] = (*page)->value("next", Json());
        }
        // Pages go forward, or there are none.
        const Json& next = (*all)["next"];
        if (next.is_number_unsigned() && next.get<std::size_t>() > before) return next_page(op, all, answer);
        for (const char* const key : {"id", "ok", "next"}) all->erase(key);
        answer(JsonPtr(all));
    });
}

void Dataplane::change(Json request, BytesPtr attachment, Link::Answer answer) {
    auto wish = std::make_shared<Json>(std::move(request));
    when_ready([this, wish, attachment = std::move(attachment),
                answer = std::move(answer)](std::optional<Fault> fault) {
        if (fault) return answer(std::unexpected(*std::move(fault)));
        link_.call(std::move(*wish), attachment, answer);
    });
}

Json Dataplane::status() const {
    constexpr std::array<const char*, 3> kStates = {"disconnected", "syncing", "connected"};
    return {{"state", kStates[static_cast<std::size_t>(state_)]},
            {"since", since_},
            {"fault", fault_.empty() ? Json() : Json(fault_)}};
}

}  // namespace kmsgate::control
