// SPDX-License-Identifier: BSD-3-Clause
// Every name in the files of a KMS (TS 33.180 D.3 and the KMS interface schema), in one place.
#pragma once

#include <cstddef>
#include <string_view>

namespace kmsgate::client::keys::names {

inline constexpr std::string_view ns = "urn:3gpp:ns:mcsecKMSInterface:1.0";
inline constexpr std::string_view version_value = "1.1.0";

// roots
inline constexpr std::string_view response = "KmsResponse";
inline constexpr std::string_view signed_response = "SignedKmsResponse";
inline constexpr std::string_view certificate = "KmsCertificate";
inline constexpr std::string_view key_set = "KmsKeySet";

// attributes
inline constexpr std::string_view id = "Id";
inline constexpr std::string_view version = "Version";
inline constexpr std::string_view role = "Role";
inline constexpr std::string_view security_gateway = "IsSecurityGateway";

// in both
inline constexpr std::string_view kms_uri = "KmsUri";
inline constexpr std::string_view cert_uri = "CertUri";
inline constexpr std::string_view issuer = "Issuer";
inline constexpr std::string_view valid_from = "ValidFrom";
inline constexpr std::string_view valid_to = "ValidTo";
inline constexpr std::string_view revoked = "Revoked";

// KmsCertificate
inline constexpr std::string_view user_id_format = "UserIdFormat";
inline constexpr std::string_view user_key_period = "UserKeyPeriod";
inline constexpr std::string_view user_key_offset = "UserKeyOffset";
inline constexpr std::string_view pub_enc_key = "PubEncKey";
inline constexpr std::string_view pub_auth_key = "PubAuthKey";
inline constexpr std::string_view parameter_set = "ParameterSet";

// KmsKeySet
inline constexpr std::string_view user_uri = "UserUri";
inline constexpr std::string_view user_id = "UserID";
inline constexpr std::string_view key_period_no = "KeyPeriodNo";
inline constexpr std::string_view user_decrypt_key = "UserDecryptKey";
inline constexpr std::string_view user_signing_key_ssk = "UserSigningKeySSK";
inline constexpr std::string_view user_pub_token_pvt = "UserPubTokenPVT";

// A test KMS's own secrets: no 3GPP format exists for them, so the names and the namespace are ours.
inline constexpr std::string_view secret_ns = "urn:kmsgate:test-kms:1.0";
inline constexpr std::string_view secret = "TestKmsSecret";
inline constexpr std::string_view master_secret = "MasterSecret";  ///< z_T
inline constexpr std::string_view auth_secret = "AuthSecret";      ///< KSAK

}  // namespace kmsgate::client::keys::names
