// SPDX-License-Identifier: BSD-3-Clause
// What became of a datagram, held against what was foretold.
#include <fmt/format.h>

#include <algorithm>

#include "tools/traffic/match.hpp"

namespace kmsgate::traffic {

namespace {

constexpr std::size_t kExamples = 10, kKrrLists = 1'000;

std::string to_text(const std::optional<std::vector<std::string>>& list) {
    return list ? fmt::format("[{}]", fmt::join(*list, ", ")) : "ANY";
}
std::string krr_text(std::string_view body) {
    return fmt::format("initiator {} receiver {}", to_text(krr_list(body, "InitiatorKmsList")),
                       to_text(krr_list(body, "ReceiverKmsList")));
}
std::string krr_text(const std::array<KmsList, 2>& lists) {
    return fmt::format("initiator {} receiver {}", to_text(lists[0]), to_text(lists[1]));
}

/// The fate that an expected outcome comes to.
std::optional<Fate> fate_for(std::string_view outcome) noexcept {
    if (outcome.empty()) return std::nullopt;
    if (outcome == "forward" || outcome == "passed" || outcome == "keep-alive") return Fate::forwarded;
    if (outcome == "redirect") return Fate::redirected;
    if (outcome == "reject") return Fate::rejected;
    if (outcome == "rewrite") return Fate::rewritten;
    if (outcome == "absorb") return Fate::absorbed;
    return Fate::gone;
}
/// The same of a TCP segment: what is answered goes with its connection.
std::optional<Fate> stream_fate_for(std::string_view outcome) noexcept {
    if (outcome == "tcp-invalid" || outcome == "tcp-duplicate" || outcome == "capture-end") return Fate::gone;
    const auto fate = fate_for(outcome);
    return fate && *fate != Fate::forwarded ? Fate::reset : fate;
}

}  // namespace

std::string_view to_string(Fate fate) noexcept {
    constexpr std::array<std::string_view, static_cast<std::size_t>(Fate::count_)> kNames = {
        "gone",     "forwarded", "partly forwarded", "redirected", "rejected",
        "absorbed", "rewritten", "leaked",           "reset"};
    return kNames[static_cast<std::size_t>(fate)];
}

/// The lists of a KRR, held against what they should be.
void Matcher::note_lists(const Head& head, const std::optional<Expected>& expected, std::string_view whose) {
    const std::string lists = krr_text(head.body);
    if (out_.krr_lists.size() < kKrrLists || out_.krr_lists.contains(lists)) count(out_.krr_lists, lists);
    if (!expected || !expected->krr) return;
    const std::string wanted = krr_text(*expected->krr);
    if (wanted == lists) return;
    ++out_.mismatches;
    if (out_.examples.size() < kExamples)
        out_.examples.push_back(fmt::format("{}: KRR {}, expected {}", whose, lists, wanted));
}

Fate Matcher::fate_of(const Datagram& d) const noexcept {
    if (d.flow != 0 && d.arrived == 0 && resets_.contains(d.flow)) return Fate::reset;
    if (d.answer != Fate::gone) return d.arrived == 0 ? d.answer : Fate::leaked;
    if (d.arrived == 0) return Fate::gone;
    return d.arrived == d.frames.size() ? Fate::forwarded : Fate::partly;
}

std::string Matcher::name_of(const Datagram& d) {
    if (d.note) return fmt::format("{} ({}, Call-ID {})", d.note->label, d.note->kind, d.note->call_id);
    return d.label.empty() ? std::string("a datagram") : d.label;
}

void Matcher::blame(const Datagram& d, std::string_view what, Fate fate) {
    if (out_.examples.size() >= kExamples) return;
    out_.examples.push_back(fmt::format("{} sent {}: {}; {}", name_of(d), d.outside ? "outside" : "inside",
                                        to_string(fate), what));
}

void Matcher::judge(Datagram& d, Index index) {
    const std::optional<Fate> wanted = !d.note       ? std::nullopt
                                       : d.flow != 0 ? stream_fate_for(d.note->outcome)
                                                     : fate_for(d.note->outcome);
    Fate fate = fate_of(d);
    if (wanted == Fate::reset && fate == Fate::forwarded) fate = Fate::leaked;
    ++out_.fates[static_cast<std::size_t>(fate)];
    const Time took = d.received > d.sent ? d.received - d.sent : 0;
    if (fate == Fate::forwarded) out_.forward.add(took);
    if (d.answer != Fate::gone) out_.answer.add(took);
    if (!d.label.empty()) count(out_.verdicts, d.label + " " + std::string(to_string(fate)));
    // of a segment that nobody believes it is all the same what becomes of its connection
    const bool alike = wanted == Fate::gone && fate == Fate::reset;
    // an ACK has no answer: that it is gone is all there is to see
    const bool silent = wanted == Fate::absorbed && fate == Fate::gone;
    if (wanted ? *wanted != fate && !silent && !alike : fate == Fate::gone || fate == Fate::partly) {
        const bool loss = fate == Fate::gone || fate == Fate::partly;
        ++(loss ? out_.lost : out_.mismatches);
        blame(d, wanted ? fmt::format("expected {} ({})", to_string(*wanted), d.note->outcome) : "", fate);
    }
    const auto erase = [index](auto& map, std::uint64_t key) {
        const auto [from, to] = map.equal_range(key);
        for (auto i = from; i != to; ++i)
            if (i->second == index) {
                map.erase(i);
                return;
            }
    };
    for (const std::uint64_t frame : d.frames) {
        erase(by_frame_, frame);
        erase(seen_, frame);
    }
    if (d.sip != 0) erase(by_sip_, d.sip);
    if (d.group != 0) erase(groups_, d.group);
}

void Matcher::expire(Time now) {
    while (!datagrams_.empty() && datagrams_.front().sent + timeout_ < now) {
        judge(datagrams_.front(), first_);
        datagrams_.pop_front();
        ++first_;
    }
}

bool Matcher::settled() const noexcept {
    return std::ranges::none_of(datagrams_, [this](const Datagram& d) {
        const Fate fate = fate_of(d);
        if (fate != Fate::gone && fate != Fate::partly) return false;
        const auto wanted = d.note ? fate_for(d.note->outcome) : std::nullopt;
        return !wanted || (*wanted != Fate::gone && !(*wanted == Fate::absorbed && d.label == "ACK"));
    });
}

const Outcome& Matcher::finish() {
    while (!datagrams_.empty()) {
        judge(datagrams_.front(), first_);
        datagrams_.pop_front();
        ++first_;
    }
    for (const auto& [key, note] : answers_) {
        ++out_.lost;
        if (out_.examples.size() < kExamples)
            out_.examples.push_back(fmt::format("{} ({}, Call-ID {}): no answer came by its connection",
                                                note->label, note->kind, note->call_id));
    }
    answers_.clear();
    return out_;
}

}  // namespace kmsgate::traffic
