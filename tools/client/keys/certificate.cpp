// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/keys/certificate.hpp"

#include "tools/client/crypto/eccsi.hpp"
#include "tools/client/crypto/sakke.hpp"
#include "tools/client/keys/dates.hpp"
#include "tools/client/keys/names.hpp"
#include "tools/client/keys/xml.hpp"

namespace kmsgate::client::keys {

std::expected<Certificate, std::string> read_certificate(std::string_view xml) {
    const auto document = Xml::read(xml);
    if (!document) return std::unexpected(document.error());
    const auto found = document->find(names::certificate);
    if (found.size() != 1)
        return std::unexpected(std::to_string(found.size()) + " KmsCertificate elements of the namespace " +
                               std::string(names::ns) + "; one expected, as the root or in a KmsResponse");
    Fields fields(found.front(), names::ns);
    Certificate out;
    out.role = fields.attribute(names::role);
    out.cert_uri = fields.text(names::cert_uri);
    out.kms_uri = fields.uri(names::kms_uri);
    out.issuer = fields.text(names::issuer);
    out.valid_from = fields.date_time(names::valid_from);
    out.valid_to = fields.date_time(names::valid_to);
    out.revoked = fields.boolean(names::revoked);
    out.user_id_format = fields.text(names::user_id_format);
    // with any other format our UIDs would be nobody's
    if (out.user_id_format != "2") fields.fail(names::user_id_format, "2 (hashed UIDs) expected");
    out.key_period = fields.number(names::user_key_period, std::nullopt);
    if (out.key_period == 0) fields.fail(names::user_key_period, "0; at least 1 second expected");
    out.key_offset = fields.number(names::user_key_offset, std::nullopt);
    out.pub_enc_key = fields.hex(names::pub_enc_key, crypto::kSakkePoint);
    out.pub_auth_key = fields.hex(names::pub_auth_key, crypto::kEccsiPoint);
    if (const std::string set = fields.text(names::parameter_set); !set.empty() && set != "1")
        fields.fail(names::parameter_set, "1 (RFC 6509 appendix A) expected");
    if (fields.error().empty()) {
        if (const auto ok = crypto::sakke_check_public(out.pub_enc_key); !ok)
            fields.fail(names::pub_enc_key, ok.error() + "; Z_T of the KMS expected");
        else if (const auto also = crypto::eccsi_check_kpak(out.pub_auth_key); !also)
            fields.fail(names::pub_auth_key, also.error() + "; KPAK of the KMS expected");
    }
    if (!fields.error().empty()) return std::unexpected(fields.error());
    return out;
}

std::string write_certificate(const Certificate& certificate) {
    return XmlWriter(names::certificate, names::ns)
        .attribute(names::id, "cert-" + certificate.kms_uri)
        .attribute(names::version, names::version_value)
        .attribute(names::role, certificate.role)
        .attribute(names::security_gateway, "false")
        .optional(names::cert_uri, certificate.cert_uri)
        .element(names::kms_uri, certificate.kms_uri)
        .optional(names::issuer, certificate.issuer)
        .optional(names::valid_from, certificate.valid_from)
        .optional(names::valid_to, certificate.valid_to)
        .boolean(names::revoked, certificate.revoked)
        .element(names::user_id_format, certificate.user_id_format)
        .number(names::user_key_period, certificate.key_period)
        .number(names::user_key_offset, certificate.key_offset)
        .hex(names::pub_enc_key, certificate.pub_enc_key)
        .hex(names::pub_auth_key, certificate.pub_auth_key)
        .element(names::parameter_set, "1")
        .finish();
}

bool valid_at(const Certificate& certificate, Time now) {
    if (certificate.revoked) return false;
    const auto from = parse_date_time(certificate.valid_from);
    const auto to = parse_date_time(certificate.valid_to);
    return (certificate.valid_from.empty() || (from && *from <= now)) &&
           (certificate.valid_to.empty() || (to && now < *to));
}

}  // namespace kmsgate::client::keys
