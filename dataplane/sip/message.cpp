// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sip/message.hpp"

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/fields.hpp"
#include "dataplane/sip/head.hpp"
#include "dataplane/sip/number.hpp"
#include "dataplane/sip/start_line.hpp"

namespace kmsgate::sip {
namespace {

/// RFC 3261 7.5: line ends before the start line are ignored.
[[nodiscard]] std::string_view skip_line_ends(std::string_view text) noexcept {
    while (text.starts_with('\r') || text.starts_with('\n')) text.remove_prefix(1);
    return text;
}

/// Which headers there are, and Content-Length (RFC 3261 20.14): several equal ones are harmless; two that
/// differ are a fault, and none of them counts.
void read_headers(Message& message) noexcept {
    HeaderSet present;
    for (const Header& header : message.headers) {
        present.add(header.id);
        if (header.id != HeaderId::content_length) continue;
        const auto length = read_number(header.value);
        if (!length || (message.content_length && *message.content_length != *length))
            message.faults.add(Fault::content_length);
        if (!message.content_length) message.content_length = length;
    }
    message.present = present;
    if (message.faults.has(Fault::content_length)) message.content_length.reset();
}

/// RFC 3261 18.3 for datagrams. Whatever cannot be framed is all body, so that nothing escapes being looked
/// into.
void frame_body(std::string_view after_head, Message& message) noexcept {
    message.body = after_head;
    if (!message.content_length || message.faults.has(Fault::no_header_end)) return;
    if (*message.content_length > after_head.size()) return message.faults.add(Fault::body_short);
    message.body = after_head.substr(0, *message.content_length);
    message.trailing = after_head.substr(*message.content_length);
}

}  // namespace

bool Message::answerable() const noexcept {
    return kind == Kind::request && via.readable && !via.host.empty() && !via.transport.empty() &&
           !from_uri.empty() && !to_uri.empty() && !call_id.empty() && cseq.has_value() &&
           !cseq_method.empty();
}

Message parse(std::string_view datagram, Arena& arena, LineEnds ends) noexcept {
    Message message;
    message.raw = skip_line_ends(datagram);
    const Head head = read_head(message.raw, arena, ends);
    message.head = message.raw.substr(0, head.size);
    message.start_line = head.start_line;
    message.headers = head.headers;
    message.faults = head.faults;
    message.mixed_line_ends = head.mixed_line_ends;

    const StartLine start = read_start_line(message.start_line);
    if (!start.clean) message.faults.add(Fault::start_line);
    message.kind = start.kind;
    message.method = start.method;
    message.request_uri = start.request_uri;
    message.status = start.status;

    read_fields(message);
    read_headers(message);
    frame_body(message.raw.substr(head.size), message);
    return message;
}

}  // namespace kmsgate::sip
