// SPDX-License-Identifier: BSD-3-Clause
// SIP over TCP: what the streams find, judged as a datagram's message is; what a verdict does to a stream.
#include "dataplane/core/pipeline.hpp"

namespace kmsgate::core {

using policy::Action;
using policy::Cause;
using policy::decide::Decision;
using policy::decide::Verdict;
using policy::table::Mode;

class Pipeline::StreamHost final : public stream::Host {
  public:
    explicit StreamHost(Pipeline& pipeline) noexcept : p_(pipeline) {}

    Judged judge(const stream::StreamMessage& message) override {
        packet_ = *message.packet;
        whole_.payload = message.text;
        whole_.numbers = message.frames;
        whole_.arrival = message.arrival;
        whole_.pair = message.pair;
        whole_.now = message.now;
        whole_.off_port = message.off_port;
        whole_.stream = true;
        if (p_.edge_ == nullptr) {
            p_.counters_.add(Cause::no_table);
            return {.forward = false, .answer = {}};
        }
        decision_ = {};
        told_ = p_.weigh(whole_, decision_);
        if (decision_.verdict == Verdict::forward) return {};
        return {.forward = false, .answer = p_.response_text(whole_, decision_, told_.lists)};
    }

    /// Where no answer has left, the verdict is drop: the connection alone says no.
    Outcome conclude(bool answered) override {
        if (p_.edge_ == nullptr) {
            p_.sink_.drop(
                {whole_.now, p_.edge_name(), whole_.arrival, whole_.numbers, to_string(Outcome::no_table)});
            return Outcome::no_table;
        }
        if (decision_.verdict != Verdict::forward && !answered) decision_.verdict = Verdict::drop;
        p_.counters_.add(decision_.verdict);
        p_.report(whole_, decision_, told_.by_name());
        return outcome_of(decision_.verdict);
    }

    void leave(Mbuf frame, Outcome outcome) override { p_.end(std::move(frame), outcome); }

    void made(Mbuf frame, Arrival port, Arrival arrival, Time now, std::uint16_t pair) override {
        FrameMeta& m = meta(frame.get());
        m.time = now;
        m.arrival = arrival;
        m.pair = pair;
        p_.counters_.add(Counter::generated);
        if (p_.tap_ != nullptr) p_.tap_->made(frame.get(), p_.edge_name());
        p_.send(std::move(frame), port);
    }

    void line(Time now, Arrival arrival, std::span<const std::uint64_t> frames, Outcome why) override {
        p_.sink_.drop({now, p_.edge_name(), arrival, frames, to_string(why)});
    }

    Action cause(Cause cause) override {
        p_.counters_.add(cause);
        if (p_.edge_ != nullptr) return p_.judge_->table->action(*p_.edge_, cause);
        // without a table nothing passes but what nobody could judge
        return cause == Cause::encrypted_transport ? Action::judge : Action::drop;
    }
    void count(Counter counter) override { p_.counters_.add(counter); }
    bool watching() const override { return p_.edge_ != nullptr && p_.judge_->mode != Mode::enforce; }
    rte_mempool* pool() const override { return p_.config_.pool; }
    sip::Arena& arena() override { return p_.arena_; }

  private:
    Pipeline& p_;
    classify::Packet packet_;
    Whole whole_{packet_};
    Decision decision_;
    Told told_;
};

void Pipeline::stream_segment(Mbuf frame, const classify::Packet& packet,
                              std::span<const std::uint8_t> bytes) {
    StreamHost host(*this);
    const auto port = is_sip_port(packet, true, false)  ? stream::Port::sip
                      : is_sip_port(packet, true, true) ? stream::Port::tls
                                                        : stream::Port::other;
    streams_.segment(std::move(frame), packet, bytes, port, host);
}

bool Pipeline::note_stream(const classify::Packet& packet, std::span<const std::uint8_t> bytes,
                           const FrameMeta& frame) {
    StreamHost host(*this);
    return streams_.note(packet, bytes, frame.arrival, frame.time, host);
}

void Pipeline::tick_streams(Time now) {
    StreamHost host(*this);
    streams_.tick(now, host);
}

void Pipeline::drain_streams(Time now) {
    StreamHost host(*this);
    streams_.drain(now, host);
}

}  // namespace kmsgate::core
