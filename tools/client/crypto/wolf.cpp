// SPDX-License-Identifier: BSD-3-Clause
#include "tools/client/crypto/wolf.hpp"

#include <wolfssl/wolfcrypt/error-crypt.h>
#include <wolfssl/wolfcrypt/wc_port.h>

#include <stdexcept>

namespace kmsgate::client::crypto::wolf {

namespace {

std::unexpected<std::string> wrong(std::string_view what, std::string_view why) {
    return std::unexpected(std::string(what) + ": " + std::string(why));
}

}  // namespace

void start() {
    static const int started = wolfCrypt_Init();
    if (started != 0) throw std::runtime_error("wolfSSL does not start: " + std::to_string(started));
}

std::unexpected<std::string> failure(std::string_view what, int code) {
    return wrong(what, std::string(wc_GetErrorString(code)) + " (" + std::to_string(code) + ")");
}

std::expected<void, std::string> check_id(View id) {
    if (id.empty() || id.size() > kMostId)
        return wrong("identity",
                     std::to_string(id.size()) + " bytes; 1 to " + std::to_string(kMostId) + " expected");
    return {};
}

std::expected<Eccsi, std::string> make_eccsi() {
    start();
    auto key = std::make_unique<EccsiKey>();
    // wolfSSL frees its parts itself when this fails
    if (const int code = wc_InitEccsiKey(key.get(), nullptr, INVALID_DEVID); code != 0)
        return failure("ECCSI", code);
    return Eccsi(std::move(key));
}

std::expected<Sakke, std::string> make_sakke() {
    start();
    auto key = std::make_unique<SakkeKey>();
    if (const int code = wc_InitSakkeKey_ex(key.get(), 128, ECC_SAKKE_1, nullptr, INVALID_DEVID); code != 0)
        return failure("SAKKE", code);
    return Sakke(std::move(key));
}

Curve::Curve(int id) : index_(wc_ecc_get_curve_idx(id)), set_(wc_ecc_get_curve_params(index_)) {
    start();
    if (set_ == nullptr) throw std::runtime_error("this wolfSSL lacks a curve that MIKEY-SAKKE needs");
}

std::size_t Curve::size() const noexcept {
    return static_cast<std::size_t>(set_->size);
}

Number Curve::parameter(const char* hex) const {
    Number number;
    if (mp_read_radix(number.get(), hex, MP_RADIX_HEX) != 0)
        throw std::runtime_error("wolfSSL cannot read its own curve");
    return number;
}

std::expected<Number, std::string> Curve::scalar(View bytes, unsigned least, std::string_view what) const {
    if (bytes.size() != size())
        return wrong(what, std::to_string(bytes.size()) + " bytes; " + std::to_string(size()) + " expected");
    Number number;
    if (const int code = mp_read_unsigned_bin(number.get(), bytes.data(), static_cast<word32>(bytes.size()));
        code != 0)
        return failure(what, code);
    const Number order = parameter(set_->order);
    if (mp_cmp_d(number.get(), least) == MP_LT || mp_cmp(number.get(), order.get()) != MP_LT)
        return wrong(what, "out of range; " + std::to_string(least) + " to the order of the curve expected");
    return number;
}

std::expected<Point, std::string> Curve::decode(View bytes, std::string_view what) const {
    if (bytes.size() != point_size())
        return wrong(what,
                     std::to_string(bytes.size()) + " bytes; " + std::to_string(point_size()) + " expected");
    if (bytes[0] != 0x04) return wrong(what, "not an uncompressed point; its first byte must be 04");
    Point point(wc_ecc_new_point());
    if (!point) throw std::bad_alloc();
    if (const int code =
            wc_ecc_import_point_der(bytes.data(), static_cast<word32>(bytes.size()), index_, point.get());
        code != 0)
        return failure(what, code);
    // coordinates below the prime, and the equation of the curve
    const Number a = parameter(set_->Af);
    const Number b = parameter(set_->Bf);
    const Number prime = parameter(set_->prime);
    if (mp_cmp(point->x, prime.get()) != MP_LT || mp_cmp(point->y, prime.get()) != MP_LT ||
        wc_ecc_is_point(point.get(), a.get(), b.get(), prime.get()) != 0)
        return wrong(what, "not a point of the curve");
    return point;
}

std::expected<Bytes, std::string> Curve::encode(ecc_point* point) const {
    Bytes out(point_size());
    auto size = static_cast<word32>(out.size());
    if (const int code = wc_ecc_export_point_der(index_, point, out.data(), &size); code != 0)
        return failure("point", code);
    if (size != out.size()) return wrong("point", "the library gave another length than the curve has");
    return out;
}

std::expected<Bytes, std::string> Curve::times_base(const Number& scalar) const {
    const Point base(wc_ecc_new_point());
    const Point product(wc_ecc_new_point());
    if (!base || !product) throw std::bad_alloc();
    if (const int code = wc_ecc_get_generator(base.get(), index_); code != 0)
        return failure("base point", code);
    const Number a = parameter(set_->Af);
    const Number prime = parameter(set_->prime);
    if (const int code = wc_ecc_mulmod(scalar.get(), base.get(), product.get(), a.get(), prime.get(), 1);
        code != 0)
        return failure("public key", code);
    return encode(product.get());
}

const Curve& p256() {
    static const Curve curve(ECC_SECP256R1);
    return curve;
}

const Curve& sakke1() {
    static const Curve curve(ECC_SAKKE_1);
    return curve;
}

}  // namespace kmsgate::client::crypto::wolf
