// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/crypto/sakke.hpp"

#include <algorithm>
#include <array>

#include "tools/client/crypto/wolf.hpp"

namespace kmsgate::client::crypto {

namespace {

using wolf::failure;
using wolf::kHash;
using wolf::sakke1;

std::expected<wolf::Sakke, std::string> with_public(View pub) {
    if (auto point = sakke1().decode(pub, "PubEncKey"); !point) return std::unexpected(point.error());
    auto key = wolf::make_sakke();
    if (!key) return key;
    // not trusted: this curve has points of small order, and (0,0) is one of them
    const int code = wc_ImportSakkePublicKey(key->get(), pub.data(), static_cast<word32>(pub.size()), 0);
    if (code != 0) return failure("PubEncKey", code);
    return key;
}

std::expected<void, std::string> set_identity(SakkeKey* key, View id) {
    if (const int code = wc_SetSakkeIdentity(key, id.data(), static_cast<word16>(id.size())); code != 0)
        return failure("identity", code);
    return {};
}

}  // namespace

std::expected<SakkeKms, std::string> sakke_make_kms(Random& random) {
    const auto key = wolf::make_sakke();
    if (!key) return std::unexpected(key.error());
    if (const int code = wc_MakeSakkeKey(key->get(), static_cast<WC_RNG*>(random.handle())); code != 0)
        return failure("z_T", code);
    Bytes secret(kSakkeSecret);
    auto size = static_cast<word32>(secret.size());
    if (const int code = wc_ExportSakkePrivateKey(key->get(), secret.data(), &size); code != 0)
        return failure("z_T", code);
    return sakke_kms_from_secret(secret);
}

std::expected<SakkeKms, std::string> sakke_kms_from_secret(View secret) {
    const auto number = sakke1().scalar(secret, 2, "z_T");
    if (!number) return std::unexpected(number.error());
    auto pub = sakke1().times_base(*number);
    if (!pub) return std::unexpected(pub.error());
    return SakkeKms{Bytes(secret.begin(), secret.end()), std::move(*pub)};
}

std::expected<void, std::string> sakke_check_public(View pub) {
    if (const auto key = with_public(pub); !key) return std::unexpected(key.error());
    return {};
}

std::expected<Bytes, std::string> sakke_make_rsk(const SakkeKms& kms, View id) {
    if (auto ok = wolf::check_id(id); !ok) return std::unexpected(ok.error());
    if (auto ok = sakke1().scalar(kms.secret, 2, "z_T"); !ok) return std::unexpected(ok.error());
    if (auto ok = sakke1().decode(kms.pub, "PubEncKey"); !ok) return std::unexpected(ok.error());
    const auto key = wolf::make_sakke();
    if (!key) return std::unexpected(key.error());
    // wolfSSL's own form of a key pair: secret, x, y
    Bytes pair = kms.secret;
    pair.insert(pair.end(), kms.pub.begin() + 1, kms.pub.end());
    if (const int code = wc_ImportSakkeKey(key->get(), pair.data(), static_cast<word32>(pair.size()));
        code != 0)
        return failure("z_T", code);
    const wolf::Point rsk(wc_ecc_new_point());
    if (!rsk) throw std::bad_alloc();
    if (const int code = wc_MakeSakkeRsk(key->get(), id.data(), static_cast<word16>(id.size()), rsk.get());
        code != 0)
        return failure("RSK", code);
    return sakke1().encode(rsk.get());
}

std::expected<void, std::string> sakke_check_rsk(View rsk, View pub, View id) {
    if (auto ok = wolf::check_id(id); !ok) return ok;
    const auto point = sakke1().decode(rsk, "RSK");
    if (!point) return std::unexpected(point.error());
    const auto key = with_public(pub);
    if (!key) return std::unexpected(key.error());
    int valid = 0;
    if (const int code =
            wc_ValidateSakkeRsk(key->get(), id.data(), static_cast<word16>(id.size()), point->get(), &valid);
        code != 0)
        return failure("RSK", code);
    if (valid == 0) return std::unexpected("RSK: not made for this identity by the KMS of this PubEncKey");
    return {};
}

std::expected<Bytes, std::string> sakke_encapsulate(View ssv, View pub, View id) {
    if (auto ok = wolf::check_id(id); !ok) return std::unexpected(ok.error());
    if (ssv.size() != kSsv)
        return std::unexpected("SSV: " + std::to_string(ssv.size()) + " bytes; " + std::to_string(kSsv) +
                               " expected");
    const auto key = with_public(pub);
    if (!key) return std::unexpected(key.error());
    if (auto ok = set_identity(key->get(), id); !ok) return std::unexpected(ok.error());
    // wolfSSL turns the SSV into the hint in its place
    std::array<byte, kSsv> hint{};
    std::ranges::copy(ssv, hint.begin());
    Bytes data(kSakkePoint);
    auto size = static_cast<word16>(data.size());
    if (const int code =
            wc_MakeSakkeEncapsulatedSSV(key->get(), kHash, hint.data(), kSsv, data.data(), &size);
        code != 0)
        return failure("SAKKE data", code);
    if (size != data.size()) return std::unexpected("SAKKE data: the library gave another length");
    data.insert(data.end(), hint.begin(), hint.end());
    return data;
}

std::expected<Bytes, std::string> sakke_decapsulate(View data, View rsk, View pub, View id) {
    if (auto ok = wolf::check_id(id); !ok) return std::unexpected(ok.error());
    if (data.size() != kSakkeData)
        return std::unexpected("SAKKE data: " + std::to_string(data.size()) + " bytes; " +
                               std::to_string(kSakkeData) + " expected");
    // The secret key never meets a point that is not on the curve.
    const View r = data.first(kSakkePoint);
    if (auto ok = sakke1().decode(r, "SAKKE data, R"); !ok) return std::unexpected(ok.error());
    const auto secret = sakke1().decode(rsk, "RSK");
    if (!secret) return std::unexpected(secret.error());
    const auto key = with_public(pub);
    if (!key) return std::unexpected(key.error());
    if (auto ok = set_identity(key->get(), id); !ok) return std::unexpected(ok.error());
    if (const int code = wc_SetSakkeRsk(key->get(), secret->get(), nullptr, 0); code != 0)
        return failure("RSK", code);
    Bytes ssv(data.begin() + kSakkePoint, data.end());
    if (const int code = wc_DeriveSakkeSSV(key->get(), kHash, ssv.data(), kSsv, r.data(), kSakkePoint);
        code != 0)
        return failure("SAKKE data", code);
    return ssv;
}

}  // namespace kmsgate::client::crypto
