// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/agent/answering.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <functional>

#include "dataplane/sip/ascii.hpp"
#include "tools/client/agent/token.hpp"

namespace kmsgate::client::agent {
namespace {

/// Methods that have a meaning somewhere: not allowed here (405) is not the same as unknown (501).
constexpr std::array<std::string_view, 14> kMethods = {"INVITE",  "ACK",      "BYE",    "CANCEL", "OPTIONS",
                                                       "MESSAGE", "REGISTER", "INFO",   "NOTIFY", "SUBSCRIBE",
                                                       "REFER",   "PUBLISH",  "UPDATE", "PRACK"};

bool lists(std::string_view allows, std::string_view method) {
    while (!allows.empty()) {
        if (sip::next_element(allows) == method) return true;
    }
    return false;
}

}  // namespace

Answering::Answering(Local local, crypto::Random& random, std::string_view allows)
    : local_(std::move(local)),
      random_(random),
      allows_(allows),
      secret_(token(random)),
      transactions_(local_.reliable) {}

std::string Answering::new_tag() {
    return token(random_);
}

std::optional<Answer> Answering::generic(Incoming& request) {
    const sip::Message& message = request.message();
    const std::string allow = fmt::format("Allow: {}", allows_);
    if (message.method == "CANCEL") return Answer{transactions_.has_invite_of(message) ? 200U : 481U, {}, {}};
    if (transactions_.merged(message)) return Answer{482, {}, {}};
    if (!lists(allows_, message.method))
        return Answer{
            std::ranges::find(kMethods, message.method) != kMethods.end() ? 405U : 501U, {allow}, {}};
    const std::vector<std::string> required = request.values("Require");
    if (!required.empty())
        return Answer{420, {fmt::format("Unsupported: {}", fmt::join(required, ", "))}, {}};
    if (message.method == "OPTIONS") return Answer{200, {allow, fmt::format("Accept: {}", kAccepts)}, {}};
    return std::nullopt;
}

bool Answering::take(Incoming& request, Time now, Output& out) {
    const sip::Message& message = request.message();
    if (message.kind != sip::Kind::request) return false;
    if (message.method == "ACK") {
        if (request.sound()) transactions_.acknowledged(message, now);
        return false;
    }
    if (!request.sound()) {
        // no transaction: what is broken must not stand in the way of the request that was meant
        if (message.answerable() && message.cseq_method != "ACK")
            answer_stateless(request, {400, {}, {}}, out);
        return false;
    }
    if (transactions_.repeated(message, out)) return false;
    if (!transactions_.make_room()) {
        answer_stateless(request, {503, {}, {}}, out);
        return false;
    }
    const std::optional<Answer> own = generic(request);
    if (!own) return true;
    answer(request, *own, new_tag(), now, out);
    return false;
}

void Answering::answer(Incoming& request, const Answer& answer, std::string_view to_tag, Time now,
                       Output& out) {
    const sip::Message& message = request.message();
    const std::string_view tag = message.to_tag.empty() ? to_tag : message.to_tag;
    transactions_.answer(message, answer.status, tag, write(request, answer, to_tag), now, out);
}

void Answering::answer_stateless(Incoming& request, const Answer& answer, Output& out) {
    const sip::Message& message = request.message();
    // the same for every copy of the request (8.2.7)
    const std::size_t tag = std::hash<std::string>{}(
        fmt::format("{}\n{}\n{}\n{}", secret_, message.via.branch, message.via.sent_by, message.call_id));
    out.push_back(write(request, answer, fmt::format("{:016x}", tag)));
}

}  // namespace kmsgate::client::agent
