// SPDX-License-Identifier: BSD-3-Clause
// KmsCertificate (TS 33.180 D.3, namespace urn:3gpp:ns:mcsecKMSInterface:1.0): what is public of a KMS.
#pragma once

#include <expected>
#include <string>
#include <string_view>

#include "dataplane/mikey/uid.hpp"
#include "tools/client/bytes.hpp"

namespace kmsgate::client::keys {

struct Certificate {
    std::string role = "External";  ///< Root, External; other words are kept as they are
    std::string cert_uri;           ///< may be empty, like issuer, valid_from and valid_to
    std::string kms_uri;
    std::string issuer;
    std::string valid_from;  ///< xsd:dateTime
    std::string valid_to;
    bool revoked = false;
    std::string user_id_format = "2";              ///< hashed UIDs
    std::uint64_t key_period = mikey::kKeyPeriod;  ///< seconds, not 0
    std::uint64_t key_offset = mikey::kKeyOffset;
    Bytes pub_enc_key;   ///< SAKKE Z_T
    Bytes pub_auth_key;  ///< ECCSI KPAK
    friend bool operator==(const Certificate&, const Certificate&) = default;
};

/// Reads one certificate: the root element of the file, or the one KmsCertificate in a KmsResponse. Bounded,
/// no DTD. The error names the element and what would be right.
[[nodiscard]] std::expected<Certificate, std::string> read_certificate(std::string_view xml);
[[nodiscard]] std::string write_certificate(const Certificate& certificate);
/// Not revoked, and within ValidFrom and ValidTo as far as they stand there.
[[nodiscard]] bool valid_at(const Certificate& certificate, Time now);

}  // namespace kmsgate::client::keys
