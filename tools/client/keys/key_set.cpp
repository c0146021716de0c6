// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/keys/key_set.hpp"

#include "dataplane/mikey/uid.hpp"
#include "tools/client/crypto/sakke.hpp"
#include "tools/client/keys/names.hpp"
#include "tools/client/keys/xml.hpp"

namespace kmsgate::client::keys {

std::expected<KeySet, std::string> read_key_set(std::string_view xml) {
    const auto document = Xml::read(xml);
    if (!document) return std::unexpected(document.error());
    const auto found = document->find(names::key_set);
    if (found.size() != 1)
        return std::unexpected(std::to_string(found.size()) + " KmsKeySet elements of the namespace " +
                               std::string(names::ns) + "; one expected, as the root or in a KmsResponse");
    Fields fields(found.front(), names::ns);
    KeySet out;
    out.kms_uri = fields.uri(names::kms_uri);
    out.cert_uri = fields.text(names::cert_uri);
    out.issuer = fields.text(names::issuer);
    out.user_uri = fields.uri(names::user_uri);
    if (fields.has(names::user_id)) out.user_id = fields.hex(names::user_id, sizeof(mikey::Uid));
    out.valid_from = fields.date_time(names::valid_from);
    out.valid_to = fields.date_time(names::valid_to);
    out.period_no = fields.number(names::key_period_no, std::nullopt);
    out.revoked = fields.boolean(names::revoked);
    out.decrypt_key = fields.hex(names::user_decrypt_key, crypto::kSakkePoint);
    out.signing.ssk = fields.hex(names::user_signing_key_ssk, crypto::kEccsiSecret);
    out.signing.pvt = fields.hex(names::user_pub_token_pvt, crypto::kEccsiPoint);
    if (!fields.error().empty()) return std::unexpected(fields.error());
    return out;
}

std::string write_key_set(const KeySet& set) {
    XmlWriter out(names::key_set, names::ns);
    out.attribute(names::id, "keys-" + set.kms_uri + "-" + std::to_string(set.period_no))
        .attribute(names::version, names::version_value)
        .element(names::kms_uri, set.kms_uri)
        .optional(names::cert_uri, set.cert_uri)
        .optional(names::issuer, set.issuer)
        .element(names::user_uri, set.user_uri);
    if (!set.user_id.empty()) out.hex(names::user_id, set.user_id);
    return out.optional(names::valid_from, set.valid_from)
        .optional(names::valid_to, set.valid_to)
        .number(names::key_period_no, set.period_no)
        .boolean(names::revoked, set.revoked)
        .hex(names::user_decrypt_key, set.decrypt_key)
        .hex(names::user_signing_key_ssk, set.signing.ssk)
        .hex(names::user_pub_token_pvt, set.signing.pvt)
        .finish();
}

}  // namespace kmsgate::client::keys
