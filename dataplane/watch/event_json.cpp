// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/watch/event_json.hpp"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <array>
#include <cstdint>
#include <iterator>
#include <string>

namespace kmsgate::watch {

namespace {

using core::Counter;
using core::Fate;

/// Length of the well-formed UTF-8 sequence at the start of `s` (RFC 3629), 0 when there is none.
std::size_t utf8_length(std::string_view s) noexcept {
    const auto byte = [&s](std::size_t i) { return i < s.size() ? static_cast<unsigned char>(s[i]) : 0U; };
    const auto tail = [&](std::size_t i) { return (byte(i) & 0xC0U) == 0x80U; };
    const unsigned c = byte(0);
    if (c < 0x80) return 1;
    if (c >= 0xC2 && c < 0xE0) return tail(1) ? 2 : 0;
    if (c >= 0xE0 && c < 0xF0) {
        if (!tail(1) || !tail(2)) return 0;
        return (c == 0xE0 && byte(1) < 0xA0) || (c == 0xED && byte(1) > 0x9F) ? 0 : 3;
    }
    if (c >= 0xF0 && c < 0xF5) {
        if (!tail(1) || !tail(2) || !tail(3)) return 0;
        return (c == 0xF0 && byte(1) < 0x90) || (c == 0xF4 && byte(1) > 0x8F) ? 0 : 4;
    }
    return 0;
}

void append_number(std::string& out, std::uint64_t value) {
    fmt::format_to(std::back_inserter(out), "{}", value);
}

void append_endpoint(std::string& out, const core::Endpoint& e) {
    std::array<char, INET6_ADDRSTRLEN> text{};
    if (e.v6)
        inet_ntop(AF_INET6, e.address.data(), text.data(), text.size());
    else
        inet_ntop(AF_INET, e.address.data() + 12, text.data(), text.size());
    if (e.v6) out += '[';
    out += text.data();
    out += e.v6 ? "]:" : ":";
    append_number(out, e.port);
}

void append_uid(std::string& out, std::string_view bytes) {
    out += "uid:";
    for (const char c : bytes)
        fmt::format_to(std::back_inserter(out), "{:02x}", static_cast<unsigned char>(c));
}

/// Writes into somebody's buffer: a worker's is reused, so that nothing is allocated once it has grown.
class Object {
  public:
    Object(std::string& out, std::string_view event) : out_(out) {
        out_ += "{\"event\":";
        append_json(out_, event);
    }
    std::string& key(std::string_view name) {
        out_ += ",\"";
        out_ += name;
        out_ += "\":";
        return out_;
    }
    /// null when `known` is false
    Object& text(std::string_view name, std::string_view value, bool known = true) {
        key(name);
        if (known)
            append_json(out_, value);
        else
            out_ += "null";
        return *this;
    }
    Object& endpoint(std::string_view name, const core::Endpoint& value) {
        key(name);
        out_ += '"';
        append_endpoint(out_, value);
        out_ += '"';
        return *this;
    }
    template <class T>
    Object& number(std::string_view name, T value, bool known = true) {
        key(name);
        if (known)
            append_number(out_, value);
        else
            out_ += "null";
        return *this;
    }
    void finish() { out_ += '}'; }

  private:
    std::string& out_;
};

void append_frames(std::string& out, std::span<const std::uint64_t> frames) {
    out += '[';
    for (std::size_t i = 0; i < frames.size(); ++i) {
        if (i != 0) out += ',';
        append_number(out, frames[i]);
    }
    out += ']';
}

void append_identity(std::string& out, std::string_view key, const core::Identity& id) {
    out += ",\"";
    out += key;
    out += "\":";
    if (!id.present) {
        out += "null";
    } else if (id.hashed) {
        out += '"';
        append_uid(out, id.bytes);
        out += '"';
    } else {
        append_json(out, id.bytes);
    }
}

void append_mikey(std::string& out, std::span<const core::IMessageRecord> records) {
    out += '[';
    for (std::size_t i = 0; i < records.size(); ++i) {
        const core::IMessageRecord& r = records[i];
        out += i == 0 ? "{\"where\":" : ",{\"where\":";
        append_json(out, sip::to_string(r.where));
        if (!r.error.empty()) {
            out += ",\"error\":";
            append_json(out, r.error);
        } else {
            append_identity(out, "idrkmsi", r.idrkmsi);
            append_identity(out, "idrkmsr", r.idrkmsr);
            append_identity(out, "idri", r.idri);
            append_identity(out, "idrr", r.idrr);
        }
        out += '}';
    }
    out += ']';
}

void append_sides(std::string& out, const std::array<std::string_view, 2>& values) {
    for (std::size_t side = 0; side < 2; ++side) {
        out += side == 0 ? "{\"initiator\":" : ",\"receiver\":";
        if (values[side].empty())
            out += "null";
        else
            append_json(out, values[side]);
    }
    out += '}';
}

void append_names(std::string& out, std::span<const std::string_view> names) {
    out += '[';
    for (std::size_t i = 0; i < names.size(); ++i) {
        if (i != 0) out += ',';
        append_json(out, names[i]);
    }
    out += ']';
}

void append_krr(std::string& out, const std::optional<core::KrrRecord>& krr) {
    if (!krr) {
        out += "null";
        return;
    }
    for (std::size_t side = 0; side < 2; ++side) {
        out += side == 0 ? "{\"initiator\":" : ",\"receiver\":";
        const auto& list = krr->lists[side];
        if (!list) {
            out += "\"ANY\"";
            continue;
        }
        append_names(out, *list);
    }
    out += '}';
}

std::string_view port_text(core::Arrival arrival) noexcept {
    return arrival == core::Arrival::inside ? "inside" : "outside";
}

std::string_view kind_text(sip::Kind kind) noexcept {
    switch (kind) {
        case sip::Kind::request:
            return "request";
        case sip::Kind::response:
            return "response";
        case sip::Kind::unknown:
            break;
    }
    return "unknown";
}

std::string_view side_text(const std::array<bool, 2>& policed) noexcept {
    if (policed[0]) return policed[1] ? "both" : "initiator";
    return policed[1] ? "receiver" : "";
}

}  // namespace

void append_json(std::string& out, std::string_view text) {
    out += '"';
    while (!text.empty()) {
        const unsigned char c = static_cast<unsigned char>(text[0]);
        const std::size_t n = utf8_length(text);
        if (c == '"' || c == '\\') {
            out += '\\';
            out += text[0];
        } else if (c < 0x20 || c == 0x7F || n == 0) {
            fmt::format_to(std::back_inserter(out), "\\u{:04x}", c);
        } else {
            out += text.substr(0, n);
        }
        text.remove_prefix(n == 0 ? 1 : n);
    }
    out += '"';
}

void append_time(std::string& out, core::Time time) {
    fmt::format_to(std::back_inserter(out), "{}.{:09}", time / core::kSecond, time % core::kSecond);
}

std::string endpoint_text(const core::Endpoint& e) {
    std::string out;
    append_endpoint(out, e);
    return out;
}

std::string identity_text(const core::Identity& id) {
    if (!id.present) return {};
    if (!id.hashed) return std::string(id.bytes);
    std::string out;
    append_uid(out, id.bytes);
    return out;
}

void append_message(std::string& out, const core::MessageRecord& r) {
    const sip::Message& m = *r.message;
    const policy::decide::Decision& d = *r.decision;
    Object o(out, "message");
    append_time(o.key("time"), r.time);
    o.text("edge", r.edge)
        .text("table", r.table)
        .number("generation", r.generation)
        .text("port", port_text(r.arrival));
    append_frames(o.key("frames"), r.frames);
    o.text("transport", r.transport).endpoint("src", r.source).endpoint("dst", r.destination);
    o.text("kind", kind_text(m.kind)).text("method", m.method, !m.method.empty());
    o.number("status", m.status, m.kind == sip::Kind::response && m.status != 0);
    o.text("call_id", m.call_id, !m.call_id.empty()).number("cseq", m.cseq.value_or(0), m.cseq.has_value());
    o.text("branch", m.via.branch, !m.via.branch.empty());
    append_mikey(o.key("mikey"), r.mikey);
    append_sides(o.key("user"), r.users);
    o.text("side", side_text(d.policed), d.policed[0] || d.policed[1]);
    append_sides(o.key("rule"), r.rules);
    o.text("verdict", policy::decide::to_string(d.verdict));
    o.text("would", d.would ? policy::decide::to_string(*d.would) : "", d.would.has_value());
    o.text("reason", policy::decide::reason_text(d));
    append_krr(o.key("krr_in"), r.krr_in);
    append_krr(o.key("krr_out"), r.krr_out);
    if (!r.krr_unknown.empty()) append_names(o.key("krr_unknown"), r.krr_unknown);
    o.finish();
}

void append_drop(std::string& out, const core::DropRecord& r, bool with_edge) {
    Object o(out, "drop");
    append_time(o.key("time"), r.time);
    if (with_edge) o.text("edge", r.edge);
    o.text("port", port_text(r.arrival));
    append_frames(o.key("frames"), r.frames);
    o.text("reason", r.reason);
    o.finish();
}

std::string message_json(const core::MessageRecord& record) {
    std::string out;
    append_message(out, record);
    return out;
}

std::string drop_json(const core::DropRecord& record) {
    std::string out;
    append_drop(out, record);
    return out;
}

std::string summary_json(const core::Counters& c) {
    std::string out;
    Object o(out, "summary");
    o.number("frames_in", c.get(Counter::frames_in)).number("generated", c.get(Counter::generated));
    o.number("frames_out", c.get(Counter::frames_out)).number("absorbed", c.frames(Fate::absorbed));
    o.number("dropped", c.frames(Fate::dropped)).number("held", c.frames(Fate::held));
    o.number("messages", c.get(Counter::messages));
    std::string& verdicts = o.key("verdicts");
    for (std::size_t i = 0; i < c.verdict.size(); ++i)
        verdicts +=
            fmt::format("{}\"{}\":{}", i == 0 ? '{' : ',',
                        policy::decide::to_string(static_cast<policy::decide::Verdict>(i)), c.verdict[i]);
    verdicts += '}';
    std::string& outcomes = o.key("outcomes");
    for (std::size_t i = 0; i < c.outcome.size(); ++i)
        outcomes += fmt::format("{}\"{}\":{}", i == 0 ? '{' : ',',
                                core::to_string(static_cast<core::Outcome>(i)), c.outcome[i]);
    outcomes += '}';
    o.finish();
    return out;
}

}  // namespace kmsgate::watch
