// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/sip/fields.hpp"

#include <algorithm>

#include "dataplane/sip/ascii.hpp"
#include "dataplane/sip/number.hpp"
#include "dataplane/sip/via.hpp"

namespace kmsgate::sip {
namespace {

/// The first header of each kind.
struct Mandatory {
    const Header* via = nullptr;
    const Header* from = nullptr;
    const Header* to = nullptr;
    const Header* call_id = nullptr;
    const Header* cseq = nullptr;

    [[nodiscard]] bool complete() const noexcept {
        return via != nullptr && from != nullptr && to != nullptr && call_id != nullptr && cseq != nullptr;
    }
};

/// Keeps the first one; a second one with other text is a fault (RFC 3261 7.3.1: no list, so only one may
/// stand).
void keep_single(const Header*& kept, const Header& header, FaultSet& faults) noexcept {
    if (kept == nullptr)
        kept = &header;
    else if (kept->value != header.value)
        faults.add(Fault::header_repeated);
}

[[nodiscard]] Mandatory collect(std::span<const Header> headers, FaultSet& faults) noexcept {
    Mandatory out;
    for (const Header& header : headers) {
        switch (header.id) {
            case HeaderId::via:
                if (out.via == nullptr) out.via = &header;
                break;
            case HeaderId::from:
                keep_single(out.from, header, faults);
                break;
            case HeaderId::to:
                keep_single(out.to, header, faults);
                break;
            case HeaderId::call_id:
                keep_single(out.call_id, header, faults);
                break;
            case HeaderId::cseq:
                keep_single(out.cseq, header, faults);
                break;
            default:
                break;
        }
    }
    return out;
}

/// From or To.
void read_party(std::string_view value, std::string_view& uri, std::string_view& tag,
                FaultSet& faults) noexcept {
    uri = addr_spec(value);
    if (uri.empty()) return faults.add(Fault::header_value);
    tag = parameter(value, "tag").value_or(std::string_view{});
}

/// One word: with white space in it two readers would take two different dialogs from it.
void read_call_id(std::string_view value, Message& message) noexcept {
    if (value.empty() || std::any_of(value.begin(), value.end(), is_lws))
        return message.faults.add(Fault::header_value);
    message.call_id = value;
}

/// 1*DIGIT LWS Method (RFC 3261 20.16).
void read_cseq(std::string_view value, Message& message) noexcept {
    const auto blank =
        static_cast<std::size_t>(std::find_if(value.begin(), value.end(), is_lws) - value.begin());
    const std::string_view method = trim(value.substr(blank));
    message.cseq = read_number(value.substr(0, blank));
    if (std::all_of(method.begin(), method.end(), is_token)) message.cseq_method = method;
    if (!message.cseq || message.cseq_method.empty()) message.faults.add(Fault::header_value);
}

}  // namespace

void read_fields(Message& message) noexcept {
    const Mandatory found = collect(message.headers, message.faults);
    if (!found.complete()) message.faults.add(Fault::header_missing);
    if (found.via != nullptr) {
        message.via = read_via(found.via->value);
        if (!message.via.readable) message.faults.add(Fault::header_value);
    }
    if (found.from != nullptr) {
        message.from = found.from->value;
        read_party(message.from, message.from_uri, message.from_tag, message.faults);
    }
    if (found.to != nullptr) {
        message.to = found.to->value;
        read_party(message.to, message.to_uri, message.to_tag, message.faults);
    }
    if (found.call_id != nullptr) read_call_id(found.call_id->value, message);
    if (found.cseq != nullptr) read_cseq(found.cseq->value, message);
    if (message.kind == Kind::response) message.method = message.cseq_method;
    // Methods are case-sensitive, but a reader that is not would see one method here.
    if (message.kind == Kind::request && !message.cseq_method.empty() &&
        !iequal(message.cseq_method, message.method))
        message.faults.add(Fault::cseq_method);
}

}  // namespace kmsgate::sip
