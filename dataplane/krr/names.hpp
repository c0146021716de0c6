// SPDX-License-Identifier: BSD-3-Clause
// Every name of a KMS Redirect Response (TS 33.180 D.4), in one place: when the published schema is at hand,
// this file and krr.xsd beside it change and nothing else.
#pragma once

#include <string_view>

namespace kmsgate::krr::names {

inline constexpr std::string_view content_type = "application/vnd.3gpp.kmsredirectresponse+xml";
inline constexpr std::string_view ns = "urn:3gpp:ns:mcsecKMSKRR:1.0";
inline constexpr std::string_view root = "KmsRedirectResponse";
inline constexpr std::string_view id = "Id";
inline constexpr std::string_view version = "Version";
inline constexpr std::string_view version_value = "1.0.0";
inline constexpr std::string_view processor = "ProcessorUri";
inline constexpr std::string_view time = "Time";
inline constexpr std::string_view initiator = "InitiatorUri";
inline constexpr std::string_view receiver = "ReceiverUri";
inline constexpr std::string_view initiator_kms = "InitiatorKmsUri";
inline constexpr std::string_view receiver_kms = "ReceiverKmsUri";
inline constexpr std::string_view initiator_list = "InitiatorKmsList";
inline constexpr std::string_view receiver_list = "ReceiverKmsList";
inline constexpr std::string_view kms_uri = "KmsUri";
inline constexpr std::string_view embedded = "EmbeddedKrr";
inline constexpr std::string_view any = "ANY";

}  // namespace kmsgate::krr::names
