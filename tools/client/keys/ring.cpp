// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/keys/ring.hpp"

#include <algorithm>

#include "dataplane/sip/ascii.hpp"
#include "tools/client/crypto/sakke.hpp"

namespace kmsgate::client::keys {

namespace {

std::unexpected<std::string> refused(const KeySet& set, std::string_view why) {
    return std::unexpected("keys of " + set.user_uri + " from " + set.kms_uri + ", period " +
                           std::to_string(set.period_no) + ": " + std::string(why));
}

bool same_place(const KeySet& set, std::string_view kms, std::string_view user, std::uint64_t period_no) {
    return set.period_no == period_no && set.user_uri == user && sip::iequal(set.kms_uri, kms);
}

bool same_keys(const Certificate& a, const Certificate& b) {
    return a.kms_uri == b.kms_uri && a.key_period == b.key_period && a.key_offset == b.key_offset &&
           a.pub_enc_key == b.pub_enc_key && a.pub_auth_key == b.pub_auth_key;
}

}  // namespace

void Ring::add(Certificate certificate) {
    for (Certificate& old : certificates_) {
        if (!sip::iequal(old.kms_uri, certificate.kms_uri)) continue;
        if (!same_keys(old, certificate))
            std::erase_if(sets_, [&](const KeySet& set) { return sip::iequal(set.kms_uri, old.kms_uri); });
        old = std::move(certificate);
        return;
    }
    certificates_.push_back(std::move(certificate));
}

std::expected<void, std::string> Ring::add(KeySet set) {
    const Certificate* const kms = certificate(set.kms_uri);
    if (kms == nullptr) return refused(set, "no certificate of this KMS; it must be there first");
    if (set.revoked) return refused(set, "revoked; ask the KMS for new keys");
    if (set.user_uri.empty()) return refused(set, "no user URI");
    // the spelling of the certificate counts: it is what everybody hashes
    const mikey::Uid uid =
        mikey::uid_of(set.user_uri, kms->kms_uri, kms->key_period, kms->key_offset, set.period_no);
    if (!set.user_id.empty() && !std::ranges::equal(set.user_id, uid))
        return refused(set, "UserID is not the UID of this user, KMS and period");
    if (auto ok = crypto::eccsi_check_user(set.signing, kms->pub_auth_key, uid); !ok)
        return refused(set, ok.error());
    if (auto ok = crypto::sakke_check_rsk(set.decrypt_key, kms->pub_enc_key, uid); !ok)
        return refused(set, ok.error());
    for (KeySet& old : sets_) {
        if (!same_place(old, set.kms_uri, set.user_uri, set.period_no)) continue;
        old = std::move(set);
        return {};
    }
    sets_.push_back(std::move(set));
    return {};
}

const Certificate* Ring::certificate(std::string_view kms) const noexcept {
    for (const Certificate& certificate : certificates_)
        if (sip::iequal(certificate.kms_uri, kms)) return &certificate;
    return nullptr;
}

const KeySet* Ring::key_set(std::string_view kms, std::string_view user,
                            std::uint64_t period_no) const noexcept {
    for (const KeySet& set : sets_)
        if (same_place(set, kms, user, period_no)) return &set;
    return nullptr;
}

}  // namespace kmsgate::client::keys
