// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/agent/redirect.hpp"

#include <array>

#include "dataplane/krr/emit.hpp"
#include "dataplane/krr/parse.hpp"

namespace kmsgate::client::agent {
namespace {

select::List from_krr(const krr::KmsList& list) {
    if (list.any) return std::nullopt;
    return list.uris;
}

/// ANY is written out: a list that stands there needs no rule about lists that do not.
krr::KmsList to_krr(const select::List& list) {
    krr::KmsList out;
    out.present = true;
    out.any = !list.has_value();
    if (list) out.uris = *list;
    return out;
}

std::optional<std::string> unless_empty(const std::string& text) {
    return text.empty() ? std::nullopt : std::optional(text);
}

}  // namespace

std::optional<Redirect> read_redirect(Incoming& response) {
    const sip::Contents& contents = response.contents();
    if (contents.krrs.empty()) return std::nullopt;
    if (contents.krrs.size() > 1)
        return Redirect{std::string(response.message().body), std::unexpected("more than one KRR")};
    const sip::KrrPart& part = contents.krrs.front();
    std::string body(part.data);
    if (!part.typed) return Redirect{std::move(body), std::unexpected("a KRR under another type")};
    const auto document = krr::parse(body);
    if (!document)
        return Redirect{std::move(body), std::unexpected(std::string(krr::to_string(document.error())))};
    return Redirect{std::move(body),
                    select::Lists{from_krr(document->initiator_list), from_krr(document->receiver_list)}};
}

std::string write_redirect(const RedirectNames& names, const select::Lists& lists, Time now,
                           crypto::Random& random) {
    std::array<char, krr::kIdSize> id{};
    std::array<char, krr::kTimeSize> time{};
    krr::format_id(std::uint64_t{random.number()} << 32 | random.number(), id);
    krr::format_time(now / kSecond, time);
    krr::Document document;
    document.id.assign(id.begin(), id.end());
    document.time.assign(time.begin(), time.end());
    document.processor = names.processor;
    document.initiator = unless_empty(names.initiator);
    document.receiver = unless_empty(names.receiver);
    document.initiator_kms = unless_empty(names.pair.kmsi);
    document.receiver_kms = unless_empty(names.pair.kmsr);
    document.initiator_list = to_krr(lists.initiator);
    document.receiver_list = to_krr(lists.receiver);
    return krr::emit(document);
}

}  // namespace kmsgate::client::agent
