// SPDX-License-Identifier: BSD-3-Clause
// Any datagram through the SIP parser, both readings of its line ends, and the readers of single values.
#include <array>
#include <cstddef>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <source_location>
#include <string_view>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/body.hpp"
#include "dataplane/sip/message.hpp"
#include "dataplane/sip/user.hpp"

namespace {

using namespace kmsgate::sip;

void check(bool holds, std::source_location where = std::source_location::current()) {
    if (holds) return;
    std::fprintf(stderr, "invariant of line %u does not hold\n", static_cast<unsigned>(where.line()));
    std::abort();
}

bool inside(std::string_view part, std::string_view whole) {
    return part.empty() ||
           (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

/// Every reader that takes a value must end, and stay within it.
void check_value(std::string_view value, std::string_view whole) {
    std::string_view rest = value;
    for (auto element = next_element(rest); !element.empty(); element = next_element(rest)) {
        check(inside(element, value));
        check(inside(addr_spec(element), element));
        check(parameter(element, "tag").value_or("").size() <= element.size());
    }
    check(rest.empty());
    rest = parameters(value);
    while (const auto parameter = next_parameter(rest)) {
        check(inside(parameter->written, value) && inside(parameter->name, value) &&
              inside(parameter->value, value));
        check(!parameter->written.empty() && (parameter->has_value || parameter->value.empty()));
    }
    check(inside(value, whole));
    std::array<std::byte, 4096> memory;
    Arena arena(memory);
    const std::string_view flat = unfold(value, arena);
    check(flat.size() <= value.size() && (!flat.empty() || value.empty() || arena.exhausted()));
    const UserUri user = UserUri::normalise(addr_spec(value));
    check(user.text().size() <= kMaxUserUri && (user.tel().empty() || user.tel().starts_with("tel:+")));
    // One user, one spelling: the normal form is its own normal form.
    check(user.empty() || UserUri::normalise(user.text()).text() == user.text());
}

void check_message(const Message& m, std::string_view input) {
    for (const std::string_view part : {m.raw,
                                        m.head,
                                        m.start_line,
                                        m.method,
                                        m.request_uri,
                                        m.body,
                                        m.trailing,
                                        m.via.transport,
                                        m.via.value,
                                        m.via.host,
                                        m.via.sent_by,
                                        m.via.branch,
                                        m.via.maddr,
                                        m.via.rport_param,
                                        m.via.received_param,
                                        m.call_id,
                                        m.cseq_method,
                                        m.from,
                                        m.to,
                                        m.from_uri,
                                        m.to_uri,
                                        m.from_tag,
                                        m.to_tag})
        check(inside(part, input));
    check(m.head.size() + m.body.size() + m.trailing.size() == m.raw.size());
    check(m.headers.size() <= kMaxHeaders);
    for (const Header& header : m.headers) {
        check(inside(header.name, m.head));
        // A line without a colon is kept as a name without meaning.
        check(header.id == header_id(header.name) ||
              (header.value.empty() && m.faults.has(Fault::header_line)));
        check_value(header.value, m.head);
    }
    check(!m.content_length || m.body.size() == *m.content_length || m.faults.has(Fault::body_short) ||
          m.faults.has(Fault::no_header_end));
    check(m.trailing.empty() || m.content_length.has_value());
    check(!m.faults.has(Fault::no_header_end) || (m.body.empty() && m.head.size() == m.raw.size()));
    check(m.kind != Kind::unknown || m.faults.has(Fault::start_line));
    check(!m.via.readable || (!m.via.host.empty() && !m.via.transport.empty()));
    // Method names in odd letter case are no fault: a lenient endpoint reads them.
    if (!m.faults.any() && m.kind == Kind::request) check(m.answerable() && iequal(m.method, m.cseq_method));
    if (!m.faults.any()) check(looks_like_sip(m.raw, true) == LooksLike::yes);
}

/// The walk over bodies keeps its bounds, and whatever names itself a MIKEY is seen however it is wrapped.
void check_contents(const Message& m, Arena& arena) {
    const BodyLimits limits;
    const Contents found = look_into(m, arena, limits);
    check(found.carriages.size() <= limits.carriages && found.krrs.size() <= limits.parts);
    for (std::size_t i = 0; i < found.carriages.size(); ++i)
        for (std::size_t j = 0; j < i; ++j)
            check(found.carriages[i].where != found.carriages[j].where ||
                  found.carriages[i].data != found.carriages[j].data);
    for (const KrrPart& part : found.krrs) check(part.decoded || inside(part.data, m.raw));
    check(found.mikey_claim || !claims_mikey(m.raw));
    check(!arena.exhausted() || found.uninspectable != Uninspectable::none);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
    const std::string_view input(reinterpret_cast<const char*>(data), size);
    static std::array<std::byte, 64 * 1024> memory_lenient;
    static std::array<std::byte, 64 * 1024> memory_strict;
    Arena arena_lenient(memory_lenient);
    Arena arena_strict(memory_strict);
    const Message lenient = parse(input, arena_lenient, LineEnds::lenient);
    const Message strict = parse(input, arena_strict, LineEnds::strict);
    check_message(lenient, input);
    check_message(strict, input);
    // Only lone line ends may make the two readers differ, and both must notice them.
    check(lenient.mixed_line_ends == strict.mixed_line_ends);
    check(lenient.head.size() <= strict.head.size());
    if (!lenient.mixed_line_ends) {
        check(lenient.head == strict.head && lenient.body == strict.body &&
              lenient.trailing == strict.trailing);
        check(lenient.headers.size() == strict.headers.size() && lenient.kind == strict.kind);
    }
    check_contents(lenient, arena_lenient);
    // An answer given while the stream is still open is never taken back.
    const LooksLike open = looks_like_sip(input.substr(0, size / 2), false);
    check(open == LooksLike::need_more || open == looks_like_sip(input, true));
    return 0;
}
