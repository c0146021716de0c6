// SPDX-License-Identifier: BSD-3-Clause
// KRR texts for the tests, written out by hand: what the code emits is compared with them, never with itself.
#pragma once

#include <string>
#include <string_view>

#include "dataplane/krr/document.hpp"

namespace kmsgate::krr::test {

inline constexpr std::string_view kNs = "urn:3gpp:ns:mcsecKMSKRR:1.0";
inline constexpr std::string_view kOpen =
    R"(<KmsRedirectResponse xmlns="urn:3gpp:ns:mcsecKMSKRR:1.0" Id="krr-1" Version="1.0.0">)";
inline constexpr std::string_view kHead =
    "<ProcessorUri>sip:proxy@a.example</ProcessorUri><Time>2026-11-21T12:00:00Z</Time>";
inline constexpr std::string_view kClose = "</KmsRedirectResponse>";

/// A layer around `inside`, without declaration.
inline std::string layer(std::string_view inside) {
    return std::string(kOpen) + std::string(kHead) + std::string(inside) + std::string(kClose);
}

/// A layer with an initiator list around `inside`.
inline std::string initiator(std::string_view inside) {
    return layer("<InitiatorKmsList>" + std::string(inside) + "</InitiatorKmsList>");
}

/// `count` layers, one in the other.
inline std::string nested(unsigned count) {
    std::string text = layer("");
    while (--count > 0) text = layer("<EmbeddedKrr>" + text + "</EmbeddedKrr>");
    return text;
}

/// Every element that a layer may hold.
inline Document full_document() {
    Document d;
    d.id = "krr-00000000000000ff";
    d.processor = "sip:cs-proxy@mc1.example";
    d.time = "2026-11-21T12:00:00Z";
    d.initiator = "sip:alice@mc1.example";
    d.receiver = "tel:+4420";
    d.initiator_kms = "kms.a.example";
    d.receiver_kms = "kms.b.example";
    d.initiator_list = {.any = false, .present = true, .uris = {"kms.c.example", "kms.a.example"}};
    d.receiver_list = {.any = true, .present = true, .uris = {}};
    return d;
}

}  // namespace kmsgate::krr::test
