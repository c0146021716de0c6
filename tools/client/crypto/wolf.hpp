// SPDX-License-Identifier: BSD-3-Clause
// wolfSSL's handles as values that clean up after themselves. For the .cpp files of this room only: nobody
// else sees a wolfSSL header.
#pragma once

#include <wolfssl/options.h>
// options.h stands first: it says how the library was built
#include <wolfssl/wolfcrypt/ecc.h>
#include <wolfssl/wolfcrypt/eccsi.h>
#include <wolfssl/wolfcrypt/random.h>
#include <wolfssl/wolfcrypt/sakke.h>

#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <utility>

#include "tools/client/bytes.hpp"

namespace kmsgate::client::crypto::wolf {

/// The hash of ECCSI and SAKKE everywhere in this project (RFC 6509 2.1.1, appendix A).
inline constexpr wc_HashType kHash = WC_HASH_TYPE_SHA256;
/// Longest identity that wolfSSL's SAKKE takes; a UID has 32 bytes.
inline constexpr std::size_t kMostId = SAKKE_ID_MAX_SIZE;

/// Starts the library, once a process. Call before anything else of it.
void start();

/// "WHAT: wolfSSL's words (its number)".
[[nodiscard]] std::unexpected<std::string> failure(std::string_view what, int code);
/// Identities of 1 to kMostId bytes only.
[[nodiscard]] std::expected<void, std::string> check_id(View id);

struct DeletePoint {
    void operator()(ecc_point* point) const noexcept {
        wc_ecc_forcezero_point(point);
        wc_ecc_del_point(point);
    }
};
using Point = std::unique_ptr<ecc_point, DeletePoint>;

/// A big number, wiped at its end.
class Number {
  public:
    Number() : value_(std::make_unique<mp_int>()) { mp_init(value_.get()); }
    ~Number() {
        if (value_) mp_forcezero(value_.get());
    }
    Number(Number&&) noexcept = default;
    Number& operator=(Number&&) = delete;
    [[nodiscard]] mp_int* get() const noexcept { return value_.get(); }

  private:
    std::unique_ptr<mp_int> value_;
};

/// A key of wolfSSL, freed with its own function.
template <typename Key, void (*Free)(Key*)>
class Handle {
  public:
    /// Takes a key that wolfSSL has initialised.
    explicit Handle(std::unique_ptr<Key> key) noexcept : key_(std::move(key)) {}
    ~Handle() {
        if (key_) Free(key_.get());
    }
    Handle(Handle&&) noexcept = default;
    Handle& operator=(Handle&&) = delete;
    [[nodiscard]] Key* get() const noexcept { return key_.get(); }

  private:
    std::unique_ptr<Key> key_;
};
using Eccsi = Handle<EccsiKey, wc_FreeEccsiKey>;
using Sakke = Handle<SakkeKey, wc_FreeSakkeKey>;
[[nodiscard]] std::expected<Eccsi, std::string> make_eccsi();
[[nodiscard]] std::expected<Sakke, std::string> make_sakke();

/// One of the two curves, by its name in wolfSSL.
class Curve {
  public:
    explicit Curve(int id);
    /// Bytes of a coordinate; a point takes 1 + 2 of them.
    [[nodiscard]] std::size_t size() const noexcept;
    [[nodiscard]] std::size_t point_size() const noexcept { return 1 + 2 * size(); }
    /// A big-endian number of size() bytes, at least `least` and below the order of the curve. `what` names
    /// it in errors.
    [[nodiscard]] std::expected<Number, std::string> scalar(View bytes, unsigned least,
                                                            std::string_view what) const;
    /// 04 || x || y, on the curve. The point at infinity has no such form.
    [[nodiscard]] std::expected<Point, std::string> decode(View bytes, std::string_view what) const;
    [[nodiscard]] std::expected<Bytes, std::string> encode(ecc_point* point) const;
    /// scalar times the curve's base point.
    [[nodiscard]] std::expected<Bytes, std::string> times_base(const Number& scalar) const;

  private:
    [[nodiscard]] Number parameter(const char* hex) const;
    int index_;
    const ecc_set_type* set_;
};
[[nodiscard]] const Curve& p256();
[[nodiscard]] const Curve& sakke1();

}  // namespace kmsgate::client::crypto::wolf
