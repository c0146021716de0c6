// SPDX-License-Identifier: BSD-3-Clause
// Signalling as a stream of bytes: a conversation's messages over one connection, and what its edge will make
// of them.
#include <algorithm>
#include <array>
#include <utility>

#include "tools/traffic/flows.hpp"
#include "tools/traffic/stream_fate.hpp"

namespace kmsgate::traffic {

namespace {

using policy::Action;
using policy::Cause;

/// Where the segments of one piece of a stream end: at the MSS, or at random places.
std::vector<std::size_t> random_cuts(std::size_t size, Random& random) {
    constexpr std::size_t kMostCuts = 12;
    std::vector<std::size_t> out;
    for (std::size_t n = random.below(3) == 0 ? random.between(1, kMostCuts) : 0; n-- > 0;)
        out.push_back(random.below(size));
    std::ranges::sort(out);
    return out;
}

}  // namespace

/// Messages of one side that follow each other share segments.
void Flows::stream(Conversation& c, Plan& plan) {
    std::ranges::stable_sort(plan, {}, &Planned::at);
    // over a stream nothing is sent twice
    std::erase_if(plan, [](const Planned& p) { return p.note->retransmitted; });
    std::vector<Stream::Sent> sent;
    Stream tcp(c, world_.profile.mtu, ids_, world_.random);
    tcp.open(c.now, sent);
    constexpr Time kHandshake = kMillisecond;
    Both messages;
    for (std::size_t i = 0; i < plan.size();) {
        std::string bytes;
        const bool from_caller = plan[i].from_caller;
        Time at = plan[i].at;
        do {
            add_streamed(messages, plan[i], tcp.sent(from_caller) + bytes.size());
            bytes += plan[i].text;
            at = plan[i].at;
            ++i;
        } while (i < plan.size() && plan[i].from_caller == from_caller && world_.random.below(2) == 0);
        tcp.send(std::max(at + kHandshake, sent.back().at + kHandshake / 4), from_caller, bytes,
                 random_cuts(bytes.size(), world_.random), sent);
    }
    tcp.close(sent.back().at + 2 * kMillisecond, sent);
    send_stream(c, std::move(sent), std::move(messages), to_string(kind_));
}

void Flows::add_streamed(Both& messages, const Planned& planned, std::size_t begin) {
    constexpr std::string_view kHeadEnd = "\r\n\r\n";
    planned.note->size = planned.text.size();
    Streamed m;
    m.begin = begin;
    m.end = begin + planned.text.size();
    m.head = begin + planned.text.find(kHeadEnd) + kHeadEnd.size();
    m.note = planned.note;
    messages[planned.from_caller ? 0 : 1].push_back(std::move(m));
}

/// Segments in the order in which they stand here.
void Flows::send_stream(const Conversation& c, std::vector<Stream::Sent> sent, Both messages,
                        std::string_view kind) {
    std::vector<NoteRef> notes;
    for (const Stream::Sent& s : sent) {
        NoteRef note = plain(kind, s.data ? "segment" : "control", s.frame.size());
        if (s.data && world_.guide == nullptr) note->outcome = {};
        const bool copy = s.altered != Stream::Altered::none || (s.header.flags & kSyn) != 0;
        for (const Streamed& m : messages[s.from_caller ? 0 : 1])
            if (s.data && !copy && m.end > s.begin && m.end <= s.end) note->carried.push_back(m.note->label);
        notes.push_back(std::move(note));
    }
    if (world_.guide != nullptr) {
        StreamFate::Rules rules;
        rules.watching = world_.guide->watching();
        rules.reset_midstream = world_.guide->action(Cause::tcp_midstream) == Action::reset;
        StreamFate fate(rules, std::move(messages));
        for (std::size_t i = 0; i < sent.size(); ++i) fate.segment(sent[i], notes[i]);
        fate.finish();
    }
    for (std::size_t i = 0; i < sent.size(); ++i)
        push(c, sent[i].at, sent[i].from_caller, std::move(sent[i].frame), std::move(notes[i]));
}

}  // namespace kmsgate::traffic
