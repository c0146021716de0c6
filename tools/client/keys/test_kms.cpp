// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/keys/test_kms.hpp"

#include <algorithm>

#include "tools/client/keys/dates.hpp"
#include "tools/client/keys/names.hpp"
#include "tools/client/keys/xml.hpp"

namespace kmsgate::client::keys {

namespace {

bool is_uri(std::string_view text) {
    return !text.empty() && text.size() <= kMostUri &&
           std::ranges::all_of(text, [](char c) { return c >= 0x21 && c <= 0x7e; });
}

}  // namespace

std::expected<TestKms, std::string> TestKms::assemble(std::string uri, crypto::EccsiKms eccsi,
                                                      crypto::SakkeKms sakke, std::uint64_t period,
                                                      std::uint64_t offset) {
    if (!is_uri(uri))
        return std::unexpected("\"" + uri.substr(0, 60) + "\" is no KMS URI; 1 to " +
                               std::to_string(kMostUri) +
                               " printing characters expected, such as kms.a.example");
    if (period == 0) return std::unexpected("a key period of 0 seconds; at least 1 expected");
    TestKms out;
    out.eccsi_ = std::move(eccsi);
    out.sakke_ = std::move(sakke);
    out.certificate_.role = "Root";
    out.certificate_.kms_uri = std::move(uri);
    out.certificate_.key_period = period;
    out.certificate_.key_offset = offset;
    out.certificate_.pub_enc_key = out.sakke_.pub;
    out.certificate_.pub_auth_key = out.eccsi_.kpak;
    return out;
}

std::expected<TestKms, std::string> TestKms::make(std::string uri, crypto::Random& random,
                                                  std::uint64_t period, std::uint64_t offset) {
    auto eccsi = crypto::eccsi_make_kms(random);
    if (!eccsi) return std::unexpected(eccsi.error());
    auto sakke = crypto::sakke_make_kms(random);
    if (!sakke) return std::unexpected(sakke.error());
    return assemble(std::move(uri), std::move(*eccsi), std::move(*sakke), period, offset);
}

std::expected<TestKms, std::string> TestKms::read_secret(std::string_view xml) {
    const auto document = Xml::read(xml);
    if (!document) return std::unexpected(document.error());
    if (!document->root_is(names::secret, names::secret_ns))
        return std::unexpected("no " + std::string(names::secret) + " of the namespace " +
                               std::string(names::secret_ns));
    Fields fields(document->root(), names::secret_ns);
    std::string uri = fields.uri(names::kms_uri);
    const std::uint64_t period = fields.number(names::user_key_period, std::nullopt);
    const std::uint64_t offset = fields.number(names::user_key_offset, std::nullopt);
    const Bytes master = fields.hex(names::master_secret, crypto::kSakkeSecret);
    const Bytes auth = fields.hex(names::auth_secret, crypto::kEccsiSecret);
    if (!fields.error().empty()) return std::unexpected(fields.error());
    auto sakke = crypto::sakke_kms_from_secret(master);
    if (!sakke) return std::unexpected("TestKmsSecret/MasterSecret: " + sakke.error());
    auto eccsi = crypto::eccsi_kms_from_secret(auth);
    if (!eccsi) return std::unexpected("TestKmsSecret/AuthSecret: " + eccsi.error());
    return assemble(std::move(uri), std::move(*eccsi), std::move(*sakke), period, offset);
}

std::string TestKms::write_secret() const {
    return XmlWriter(names::secret, names::secret_ns)
        .element(names::kms_uri, certificate_.kms_uri)
        .number(names::user_key_period, certificate_.key_period)
        .number(names::user_key_offset, certificate_.key_offset)
        .hex(names::master_secret, sakke_.secret)
        .hex(names::auth_secret, eccsi_.ksak)
        .finish();
}

std::expected<KeySet, std::string> TestKms::provision(std::string_view user, std::uint64_t period_no,
                                                      crypto::Random& random) const {
    if (!is_uri(user))
        return std::unexpected("\"" + std::string(user.substr(0, 60)) + "\" is no user URI; 1 to " +
                               std::to_string(kMostUri) + " printing characters expected");
    const Certificate& own = certificate_;
    const mikey::Uid uid = mikey::uid_of(user, own.kms_uri, own.key_period, own.key_offset, period_no);
    auto rsk = crypto::sakke_make_rsk(sakke_, uid);
    if (!rsk) return std::unexpected(rsk.error());
    auto signing = crypto::eccsi_make_user(eccsi_, uid, random);
    if (!signing) return std::unexpected(signing.error());
    KeySet out;
    out.kms_uri = own.kms_uri;
    out.user_uri = user;
    out.period_no = period_no;
    out.decrypt_key = std::move(*rsk);
    out.signing = std::move(*signing);
    out.user_id.assign(uid.begin(), uid.end());
    if (const auto from = start_of_period(period_no, own.key_period, own.key_offset)) {
        out.valid_from = to_date_time(*from);
        if (const auto to = start_of_period(period_no + 1, own.key_period, own.key_offset))
            out.valid_to = to_date_time(*to);
    }
    return out;
}

}  // namespace kmsgate::client::keys
