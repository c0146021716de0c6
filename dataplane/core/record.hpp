// SPDX-License-Identifier: BSD-3-Clause
// What a pipeline tells about a message or a lost frame, and to whom. Views hold during the call only.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "dataplane/core/frame.hpp"
#include "dataplane/core/outcome.hpp"
#include "dataplane/sip/body.hpp"
#include "dataplane/sip/message.hpp"
#include "policy/decide/decide.hpp"

namespace kmsgate::core {

struct Endpoint {
    policy::table::Address address{};  ///< IPv4 as ::ffff:a.b.c.d
    std::uint16_t port = 0;
    bool v6 = false;  ///< travelled as IPv6
};

/// One identity as an event shows it: absent, clear text, or a hashed UID.
struct Identity {
    bool present = false;
    bool hashed = false;
    std::string_view bytes;
};

struct IMessageRecord {
    sip::Where where = sip::Where::sdp_session;
    std::string_view error;  ///< rule name; empty when it was read
    Identity idrkmsi, idrkmsr, idri, idrr;
};

/// A KRR's two lists for events; nullopt list = ANY.
struct KrrRecord {
    std::array<std::optional<std::span<const std::string_view>>, 2> lists;
};

struct MessageRecord {
    Time time = 0;
    std::string_view edge;
    std::string_view table;  ///< digest
    std::uint64_t generation = 0;
    Arrival arrival = Arrival::inside;
    std::span<const std::uint64_t> frames;
    std::string_view transport;
    Endpoint source, destination;
    const sip::Message* message = nullptr;
    std::span<const IMessageRecord> mikey;
    std::array<std::string_view, 2> users;  ///< empty: null
    std::array<std::string_view, 2> rules;  ///< empty: null
    const policy::decide::Decision* decision = nullptr;
    std::optional<KrrRecord> krr_in, krr_out;
    std::span<const std::string_view> krr_unknown;  ///< KMSs in krr_in that the policy does not know
};

struct DropRecord {
    Time time = 0;
    std::string_view edge;
    Arrival arrival = Arrival::inside;
    std::span<const std::uint64_t> frames;
    std::string_view reason;
};

/// Receives what happens. Called from the worker, in the order of the verdicts; must not block.
class EventSink {
  public:
    EventSink() = default;
    EventSink(const EventSink&) = delete;
    EventSink& operator=(const EventSink&) = delete;
    virtual ~EventSink() = default;

    /// Will the message of which this was decided be told? Asked before message(), which is only called then,
    /// so that nothing is put together for nobody.
    [[nodiscard]] virtual bool wants(const policy::decide::Decision& /*decision*/, Time /*time*/) {
        return true;
    }
    virtual void message(const MessageRecord& record) = 0;
    virtual void drop(const DropRecord& record) = 0;
    /// A place for decide()'s record of the message that comes next, or null (nothing is recorded then).
    virtual policy::decide::Record* recorder() { return nullptr; }
};

/// Sees how frames end and which are made here (captures). Called from the worker; must not block.
class FrameTap {
  public:
    FrameTap() = default;
    FrameTap(const FrameTap&) = delete;
    FrameTap& operator=(const FrameTap&) = delete;
    virtual ~FrameTap() = default;

    /// Does anybody look? Asked once a call of the pipeline; while nobody does, nothing else is called.
    [[nodiscard]] virtual bool watches() noexcept { return true; }
    virtual void ended(const rte_mbuf* frame, std::string_view edge, Outcome outcome) noexcept = 0;
    /// After the end of the frames that caused it. FrameMeta of a frame made here holds time and arrival of
    /// the frame that caused it.
    virtual void made(const rte_mbuf* frame, std::string_view edge) noexcept = 0;
};

}  // namespace kmsgate::core
