// SPDX-License-Identifier: BSD-3-Clause
// All shapes; those of frames and of streams.
#include "tools/traffic/hostile.hpp"

#include <algorithm>
#include <array>
#include <vector>

#include "tools/traffic/hostile_answer.hpp"
#include "tools/traffic/hostile_kit.hpp"
#include "tools/traffic/hostile_mikey.hpp"

namespace kmsgate::traffic {

namespace {

// Frames.
template <Cut cut>
void cut_up(World& w, const Conversation& c, Crafted& out) {
    out.text = c.invite(w);
    out.truth = c.keyed_truth();
    out.cut = cut;
}

// Streams: a call as any other, over a connection that is none.
void streamed(World& w, const Conversation& c, Crafted& out) {
    out.text = c.invite(w);
    out.truth = c.keyed_truth();
}
void without_length(World& w, const Conversation& c, Crafted& out) {
    streamed(w, c, out);
    replace(out.text, "Content-Length: ", "X-Length: ");
}
void odd_length(World& w, const Conversation& c, Crafted& out) {
    streamed(w, c, out);
    replace(out.text, "Content-Length: ", "Content-Length: +");
}
void contrary_lengths(World& w, const Conversation& c, Crafted& out) {
    streamed(w, c, out);
    replace(out.text, "Content-Length: ", "l: 7\r\nContent-Length: ");
}
constexpr Shape over_tcp(std::string_view name, std::string_view meaning, Trick trick,
                         void (*make)(World&, const Conversation&, Crafted&) = streamed) {
    return {name, meaning, make, mikey::Rule::count_, trick};
}

constexpr std::array kShapes = {
    Shape{"krr-in-ok", "a KRR in a 200", krr_in_ok},
    Shape{"krr-in-request", "a KRR in a request", krr_in_request},
    Shape{"krr-doctype", "a KRR with a DOCTYPE", krr_with_doctype},
    Shape{"krr-cut", "a KRR that ends within an element", krr_cut},
    Shape{"krr-unasked", "a sound KRR that answers no request", krr_unasked},
    Shape{"key-in-response", "an I_MESSAGE in a 183", key_in_response},
    Shape{"key-in-ack", "an I_MESSAGE in an ACK", key_in_ack},
    Shape{"ip-checksum", "a bad IPv4 header checksum", cut_up<Cut::bad_ip_checksum>},
    Shape{"ip-length", "an IP length beyond the frame", cut_up<Cut::short_ip>},
    Shape{"udp-length", "a UDP length beyond the packet", cut_up<Cut::udp_length>},
    Shape{"udp-checksum", "a bad UDP checksum: judged as if good", cut_up<Cut::bad_udp_checksum>},
    Shape{"overlap", "fragments that overlap and differ", cut_up<Cut::overlap>},
    Shape{"missing-fragment", "the last fragment never comes", cut_up<Cut::missing>},
    Shape{"tiny-fragments", "fragments of 64 bytes", cut_up<Cut::tiny>},
    over_tcp("tcp-checksum", "TCP: other bytes under a bad checksum, then the right ones", Trick::checksum),
    over_tcp("tcp-urgent", "TCP: urgent data, then the same as any other", Trick::urgent),
    over_tcp("tcp-old-timestamp", "TCP: other bytes with a timestamp of the past", Trick::old_timestamp),
    over_tcp("tcp-outside-window", "TCP: other bytes beyond the window", Trick::outside),
    over_tcp("tcp-other-bytes", "TCP: other bytes in the place of those that came", Trick::other_bytes),
    over_tcp("tcp-out-of-order", "TCP: the last segment first", Trick::out_of_order),
    over_tcp("tcp-tiny-segments", "TCP: segments of 7 bytes", Trick::tiny),
    over_tcp("tcp-several", "TCP: an OPTIONS, an INVITE, an OPTIONS in the same segments", Trick::several),
    over_tcp("tcp-no-length", "TCP: no Content-Length", Trick::text, without_length),
    over_tcp("tcp-odd-length", "TCP: a Content-Length with a sign", Trick::text, odd_length),
    over_tcp("tcp-two-lengths", "TCP: two Content-Lengths", Trick::text, contrary_lengths),
    over_tcp("tcp-syn-data", "TCP: the first bytes on the SYN, then a connection as any other",
             Trick::syn_data),
    over_tcp("tcp-mid-stream", "TCP: a connection without its beginning", Trick::mid_stream),
    over_tcp("tcp-fin-inside", "TCP: FIN in the middle of a message", Trick::fin_inside),
    over_tcp("tcp-other-port", "TCP: SIP to a port where none is spoken", Trick::other_port),
#define X(name, text, relaxable, meaning) \
    Shape{"mikey-" text, meaning, broken_key<mikey::Rule::name>, mikey::Rule::name},
#include "dataplane/mikey/rule.def"
#undef X
};

const std::vector<Shape>& all() {
    static const std::vector<Shape> shapes = [] {
        std::vector<Shape> out;
        for (const std::span<const Shape> part :
             {disguises(), broken_messages(), std::span<const Shape>(kShapes)})
            out.insert(out.end(), part.begin(), part.end());
        return out;
    }();
    return shapes;
}

}  // namespace

std::span<const Shape> hostile_shapes() noexcept {
    return all();
}

const Shape* find_shape(std::string_view name) noexcept {
    const auto at = std::ranges::find(all(), name, &Shape::name);
    return at == all().end() ? nullptr : &*at;
}

}  // namespace kmsgate::traffic
