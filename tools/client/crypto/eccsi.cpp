// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/crypto/eccsi.hpp"

#include <array>
#include <limits>

#include "tools/client/crypto/wolf.hpp"

namespace kmsgate::client::crypto {

namespace {

using wolf::failure;
using wolf::kHash;
using wolf::p256;

WC_RNG* generator(Random& random) {
    return static_cast<WC_RNG*>(random.handle());
}

std::expected<wolf::Eccsi, std::string> with_public(View kpak) {
    if (auto point = p256().decode(kpak, "PubAuthKey"); !point) return std::unexpected(point.error());
    auto key = wolf::make_eccsi();
    if (!key) return key;
    // the point was checked above, and every point of P-256 but infinity has the right order
    const int code = wc_ImportEccsiPublicKey(key->get(), kpak.data(), static_cast<word32>(kpak.size()), 1);
    if (code != 0) return failure("PubAuthKey", code);
    return key;
}

/// HS of RFC 6507 5.1.1 into the key, for signing and verifying.
std::expected<void, std::string> set_identity(EccsiKey* key, View id, ecc_point* pvt) {
    std::array<byte, WC_MAX_DIGEST_SIZE> hash{};
    auto size = static_cast<byte>(hash.size());
    if (const int code =
            wc_HashEccsiId(key, kHash, id.data(), static_cast<word32>(id.size()), pvt, hash.data(), &size);
        code != 0)
        return failure("identity", code);
    if (const int code = wc_SetEccsiHash(key, hash.data(), size); code != 0) return failure("identity", code);
    return {};
}

std::expected<void, std::string> check_message(View message) {
    if (message.size() > std::numeric_limits<word32>::max() / 2) return std::unexpected("message: too long");
    return {};
}

/// wolfSSL wants an address also for nothing.
const byte* address(View bytes) {
    static constexpr byte kNothing = 0;
    return bytes.empty() ? &kNothing : bytes.data();
}

}  // namespace

std::expected<EccsiKms, std::string> eccsi_make_kms(Random& random) {
    const auto key = wolf::make_eccsi();
    if (!key) return std::unexpected(key.error());
    if (const int code = wc_MakeEccsiKey(key->get(), generator(random)); code != 0)
        return failure("KSAK", code);
    Bytes ksak(kEccsiSecret);
    auto size = static_cast<word32>(ksak.size());
    if (const int code = wc_ExportEccsiPrivateKey(key->get(), ksak.data(), &size); code != 0)
        return failure("KSAK", code);
    return eccsi_kms_from_secret(ksak);
}

std::expected<EccsiKms, std::string> eccsi_kms_from_secret(View ksak) {
    const auto secret = p256().scalar(ksak, 1, "KSAK");
    if (!secret) return std::unexpected(secret.error());
    auto kpak = p256().times_base(*secret);
    if (!kpak) return std::unexpected(kpak.error());
    return EccsiKms{Bytes(ksak.begin(), ksak.end()), std::move(*kpak)};
}

std::expected<void, std::string> eccsi_check_kpak(View kpak) {
    if (const auto key = with_public(kpak); !key) return std::unexpected(key.error());
    return {};
}

std::expected<EccsiUser, std::string> eccsi_make_user(const EccsiKms& kms, View id, Random& random) {
    if (auto ok = wolf::check_id(id); !ok) return std::unexpected(ok.error());
    if (auto ok = p256().scalar(kms.ksak, 1, "KSAK"); !ok) return std::unexpected(ok.error());
    if (auto ok = p256().decode(kms.kpak, "PubAuthKey"); !ok) return std::unexpected(ok.error());
    const auto key = wolf::make_eccsi();
    if (!key) return std::unexpected(key.error());
    // wolfSSL's own form of a key pair: secret, x, y
    Bytes pair = kms.ksak;
    pair.insert(pair.end(), kms.kpak.begin() + 1, kms.kpak.end());
    if (const int code = wc_ImportEccsiKey(key->get(), pair.data(), static_cast<word32>(pair.size()));
        code != 0)
        return failure("KSAK", code);
    const wolf::Number ssk;
    const wolf::Point pvt(wc_ecc_new_point());
    if (!pvt) throw std::bad_alloc();
    if (const int code = wc_MakeEccsiPair(key->get(), generator(random), kHash, id.data(),
                                          static_cast<word32>(id.size()), ssk.get(), pvt.get());
        code != 0)
        return failure("SSK", code);
    EccsiUser user;
    user.ssk.resize(kEccsiSecret);
    auto size = static_cast<word32>(user.ssk.size());
    if (const int code = wc_EncodeEccsiSsk(key->get(), ssk.get(), user.ssk.data(), &size); code != 0)
        return failure("SSK", code);
    auto encoded = p256().encode(pvt.get());
    if (!encoded) return std::unexpected(encoded.error());
    user.pvt = std::move(*encoded);
    return user;
}

std::expected<void, std::string> eccsi_check_user(const EccsiUser& user, View kpak, View id) {
    if (auto ok = wolf::check_id(id); !ok) return ok;
    const auto ssk = p256().scalar(user.ssk, 1, "SSK");
    if (!ssk) return std::unexpected(ssk.error());
    const auto pvt = p256().decode(user.pvt, "PVT");
    if (!pvt) return std::unexpected(pvt.error());
    const auto key = with_public(kpak);
    if (!key) return std::unexpected(key.error());
    int valid = 0;
    if (const int code = wc_ValidateEccsiPair(key->get(), kHash, id.data(), static_cast<word32>(id.size()),
                                              ssk->get(), pvt->get(), &valid);
        code != 0)
        return failure("SSK and PVT", code);
    if (valid == 0)
        return std::unexpected("SSK and PVT: not made for this identity by the KMS of this PubAuthKey");
    return {};
}

std::expected<Bytes, std::string> eccsi_sign(View message, const EccsiUser& user, View kpak, View id,
                                             Random& random) {
    if (auto ok = wolf::check_id(id); !ok) return std::unexpected(ok.error());
    if (auto ok = check_message(message); !ok) return std::unexpected(ok.error());
    const auto ssk = p256().scalar(user.ssk, 1, "SSK");
    if (!ssk) return std::unexpected(ssk.error());
    const auto pvt = p256().decode(user.pvt, "PVT");
    if (!pvt) return std::unexpected(pvt.error());
    const auto key = with_public(kpak);
    if (!key) return std::unexpected(key.error());
    if (auto ok = set_identity(key->get(), id, pvt->get()); !ok) return std::unexpected(ok.error());
    if (const int code = wc_SetEccsiPair(key->get(), ssk->get(), pvt->get()); code != 0)
        return failure("SSK", code);
    Bytes signature(kEccsiSignature);
    auto size = static_cast<word32>(signature.size());
    if (const int code = wc_SignEccsiHash(key->get(), generator(random), kHash, address(message),
                                          static_cast<word32>(message.size()), signature.data(), &size);
        code != 0)
        return failure("signature", code);
    if (size != signature.size()) return std::unexpected("signature: the library gave another length");
    return signature;
}

std::expected<void, std::string> eccsi_verify(View message, View signature, View kpak, View id) {
    if (auto ok = wolf::check_id(id); !ok) return ok;
    if (auto ok = check_message(message); !ok) return ok;
    if (signature.size() != kEccsiSignature)
        return std::unexpected("signature: " + std::to_string(signature.size()) + " bytes; " +
                               std::to_string(kEccsiSignature) + " expected");
    // This wolfSSL does not look at r and s itself: with both 0 it would take any message for signed.
    if (auto ok = p256().scalar(signature.first(32), 1, "signature, r"); !ok)
        return std::unexpected(ok.error());
    if (auto ok = p256().scalar(signature.subspan(32, 32), 1, "signature, s"); !ok)
        return std::unexpected(ok.error());
    const auto pvt = p256().decode(signature.subspan(64), "signature, PVT");
    if (!pvt) return std::unexpected(pvt.error());
    const auto key = with_public(kpak);
    if (!key) return std::unexpected(key.error());
    if (auto ok = set_identity(key->get(), id, pvt->get()); !ok) return ok;
    int verified = 0;
    if (const int code =
            wc_VerifyEccsiHash(key->get(), kHash, address(message), static_cast<word32>(message.size()),
                               signature.data(), static_cast<word32>(signature.size()), &verified);
        code != 0)
        return failure("signature", code);
    if (verified == 0)
        return std::unexpected("signature: not of this message by this identity under this PubAuthKey");
    return {};
}

}  // namespace kmsgate::client::crypto
