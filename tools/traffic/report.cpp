// SPDX-License-Identifier: BSD-3-Clause
// What captures hold, and what became of what was sent.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <nlohmann/json.hpp>
#include <set>

#include "tools/replay/capture.hpp"
#include "tools/traffic/make.hpp"
#include "tools/traffic/outcome_text.hpp"
#include "tools/traffic/tally.hpp"

namespace kmsgate::traffic {

namespace {

/// Frames of several captures in order of time; f(time, bytes). What is wrong with one of them, else empty.
template <class F>
std::string each_frame(const std::vector<std::string>& files, F&& f) {
    std::vector<replay::Reader> readers;
    for (const std::string& file : files) {
        auto reader = replay::Reader::open(file);
        if (!reader) return reader.error();
        readers.push_back(std::move(*reader));
    }
    for (;;) {
        replay::Reader* next = nullptr;
        const replay::CapturedFrame* first = nullptr;
        for (replay::Reader& r : readers) {
            const auto& frame = r.peek();
            if (!frame || (first != nullptr && first->time <= frame->time)) continue;
            next = &r;
            first = &*frame;
        }
        if (first == nullptr) break;
        f(first->time, first->bytes);
        next->take();
    }
    for (std::size_t i = 0; i < readers.size(); ++i)
        if (!readers[i].fault().empty()) return files[i] + ": " + readers[i].fault();
    return {};
}

/// What a capture holds, by its bytes alone.
class Contents {
  public:
    void add(Time time, std::span<const std::uint8_t> frame) {
        tally_.frames++;
        tally_.bytes += frame.size();
        if (tally_.first == 0) tally_.first = time;
        tally_.last = std::max(tally_.last, time);
        const auto packet = read_packet(frame);
        if (!packet) return count(tally_.kinds, "no IP or malformed");
        if (packet->v6) ++tally_.ipv6;
        if (packet->vlans != 0) ++tally_.tagged;
        if (packet->fragment()) ++tally_.fragments;
        hosts_.insert(packet->source);
        count(tally_.kinds, protocol(packet->protocol));
        const auto whole = assembler_.add(*packet);
        const auto transport = whole ? read_transport(packet->protocol, *whole) : std::nullopt;
        if (!transport) return;
        const auto head = read_head(transport->data);
        if (head && packet->protocol == static_cast<std::uint8_t>(Protocol::udp))
            message(*head, transport->data.size());
        if (head && packet->protocol == static_cast<std::uint8_t>(Protocol::tcp)) ++tally_.streamed;
    }
    void print(bool json) const {
        if (json) {
            auto out = to_json(tally_, false);
            out.erase("inside");
            out.erase("outside");
            out["users"] = users_.size();
            out["calls"] = calls_.size();
            out["hosts"] = hosts_.size();
            out["incomplete"] = assembler_.waiting();
            out["krr_lists"] = krrs_;
            fmt::print("{}\n", out.dump());
            return;
        }
        fmt::print(
            "{} frames, {} bytes, {:.3f} s; {} are fragments, {} IPv6, {} tagged; {} datagrams never became "
            "whole\n"
            "messages:  {} in datagrams (largest {} bytes, {:.0f} on average), {} starts of one in TCP "
            "segments\n"
            "           {}\nframes of: {}\nusers:     {} in From, {} Call-IDs, {} source addresses\nKRRs:    "
            "  {}\n",
            tally_.frames, tally_.bytes, static_cast<double>(tally_.last - tally_.first) / 1e9,
            tally_.fragments, tally_.ipv6, tally_.tagged, assembler_.waiting(), tally_.messages,
            tally_.largest,
            tally_.messages == 0
                ? 0.0
                : static_cast<double>(tally_.message_bytes) / static_cast<double>(tally_.messages),
            tally_.streamed, to_text(tally_.labels), to_text(tally_.kinds), users_.size(), calls_.size(),
            hosts_.size(), to_text(krrs_));
    }

  private:
    static std::string_view protocol(std::uint8_t number) noexcept {
        switch (static_cast<Protocol>(number)) {
            case Protocol::icmp:
            case Protocol::icmp6:
                return "ICMP";
            case Protocol::tcp:
                return "TCP";
            case Protocol::udp:
                return "UDP";
        }
        return "other IP";
    }
    void message(const Head& head, std::size_t size) {
        ++tally_.messages;
        tally_.message_bytes += size;
        tally_.largest = std::max<std::uint64_t>(tally_.largest, size);
        count(tally_.labels, head.status != 0 ? std::to_string(head.status) : std::string(head.method));
        calls_.emplace(head.call_id);
        const std::size_t open = head.from.find('<');
        if (open != std::string_view::npos)
            users_.emplace(head.from.substr(open + 1, head.from.find('>') - open - 1));
        if (!head.content_type.starts_with(kKrr)) return;
        const auto text = [&](std::string_view element) {
            const auto list = krr_list(head.body, element);
            return list ? fmt::format("[{}]", fmt::join(*list, ", ")) : std::string("ANY");
        };
        count(krrs_,
              fmt::format("initiator {} receiver {}", text("InitiatorKmsList"), text("ReceiverKmsList")));
    }

    Tally tally_;
    Assembler assembler_;
    std::set<std::string, std::less<>> users_, calls_;
    std::set<std::array<std::uint8_t, 16>> hosts_;
    Counts krrs_;
};

int compare(const Options& o) {
    // all went in before anything is judged: captures have no end but their own
    Matcher matcher(0, false);
    std::string fault = each_frame(o.sent, [&](Time time, std::span<const std::uint8_t> frame) {
        matcher.sent(time, false, frame, nullptr);
    });
    if (fault.empty())
        fault = each_frame(o.received, [&](Time time, std::span<const std::uint8_t> frame) {
            matcher.received(time, true, frame);
        });
    if (!fault.empty()) return fail(kNotReached, fault);
    const Outcome& outcome = matcher.finish();
    if (o.json)
        fmt::print("{}\n", to_json(outcome, false).dump());
    else
        fmt::print("{}", to_text(outcome, false));
    return o.max_loss && loss(outcome) > *o.max_loss ? kNotMet : kDone;
}

}  // namespace

int report(const Options& o) {
    if (!o.sent.empty()) return compare(o);
    Contents contents;
    const std::string fault = each_frame(
        o.files, [&](Time time, std::span<const std::uint8_t> frame) { contents.add(time, frame); });
    contents.print(o.json);
    return fault.empty() ? kDone : fail(kNotReached, fault);
}

}  // namespace kmsgate::traffic
