// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/link/explain.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <rte_errno.h>
#include <rte_mbuf.h>

#include <algorithm>
#include <array>
#include <atomic>
#include <charconv>
#include <cstring>

#include "dataplane/emit/datagram.hpp"
#include "dataplane/watch/event_json.hpp"
#include "policy/explain/explain.hpp"

namespace kmsgate::link {
namespace {

constexpr unsigned kBuffers = 255;
constexpr std::size_t kWholeDatagram = 65'535 + 40;  // one frame, whatever the size

/// Keeps what the pipeline tells of one message.
class Ear final : public core::EventSink {
  public:
    void message(const core::MessageRecord& r) override { event = watch::message_json(r); }
    void drop(const core::DropRecord&) override {}
    policy::decide::Record* recorder() override { return &record; }

    std::string event;
    policy::decide::Record record;
};

[[nodiscard]] std::string outcome_of(const core::Counters& counters) {
    for (std::size_t i = 0; i < counters.outcome.size(); ++i)
        if (counters.outcome[i].get() != 0) return std::string(to_string(static_cast<core::Outcome>(i)));
    return "nothing";
}

}  // namespace

std::optional<core::Endpoint> read_endpoint(std::string_view text) {
    const std::size_t colon = text.rfind(':');
    if (colon == std::string_view::npos) return std::nullopt;
    core::Endpoint out;
    const std::string_view port = text.substr(colon + 1);
    const auto [end, error] = std::from_chars(port.data(), port.data() + port.size(), out.port);
    if (error != std::errc() || end != port.data() + port.size()) return std::nullopt;
    std::string_view host = text.substr(0, colon);
    out.v6 = host.starts_with('[') && host.ends_with(']');
    if (out.v6) host = host.substr(1, host.size() - 2);
    std::array<char, INET6_ADDRSTRLEN> word{};
    if (host.size() >= word.size()) return std::nullopt;
    std::ranges::copy(host, word.begin());
    out.address[10] = out.address[11] = out.v6 ? 0 : 0xFF;
    std::uint8_t* const to = out.address.data() + (out.v6 ? 0 : 12);
    if (inet_pton(out.v6 ? AF_INET6 : AF_INET, word.data(), to) != 1) return std::nullopt;
    return out;
}

std::expected<Explainer, std::string> Explainer::create(std::size_t mtu) {
    static std::atomic<unsigned> made = 0;  // DPDK wants names that are its own
    const std::string name = fmt::format("explain-{}", made++);
    std::unique_ptr<rte_mempool, Free> pool(rte_pktmbuf_pool_create(
        name.c_str(), kBuffers, 0, core::kPrivateSize, RTE_MBUF_DEFAULT_BUF_SIZE, SOCKET_ID_ANY));
    if (!pool)
        return std::unexpected(fmt::format("no memory for {} packet buffers to explain with: {}", kBuffers,
                                           rte_strerror(rte_errno)));
    return Explainer(std::move(pool), mtu);
}

std::expected<Explainer::Explained, std::string> Explainer::explain(const core::Judge& judge,
                                                                    const Crafted& message) {
    // Locally administered addresses: nobody's.
    std::array<std::uint8_t, 14> link = {2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 0x08, 0x00};
    if (message.source.v6) {
        link[12] = 0x86;
        link[13] = 0xDD;
    }
    emit::Envelope envelope;
    envelope.link = link;
    envelope.source = message.source;
    envelope.destination = message.destination;
    core::FrameList frames;
    if (!emit::write_datagram(envelope, message.bytes, kWholeDatagram, pool_.get(), frames) ||
        frames.size() != 1)
        return std::unexpected("the message is larger than a UDP datagram");
    core::Mbuf frame = frames.pop();
    core::FrameMeta& meta = core::meta(frame.get());
    meta = {};
    meta.time = message.now;
    meta.number = 1;
    meta.arrival = message.arrival;

    core::Config config;
    config.pool = pool_.get();
    config.mtu = mtu_;
    config.transactions = 64;
    config.fragments = 16;
    config.sources = 16;
    Ear ear;
    core::Output out;
    core::Pipeline pipeline(config, ear);
    pipeline.process({&frame, 1}, judge, out);
    if (!ear.event.empty()) return Explained{std::move(ear.event), policy::explain::tree(ear.record)};
    return std::unexpected(fmt::format("a worker sees no SIP message in this: the frame would end as {}",
                                       outcome_of(pipeline.counters())));
}

}  // namespace kmsgate::link
