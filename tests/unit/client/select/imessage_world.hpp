// SPDX-License-Identifier: BSD-3-Clause
// Two KMSs and three users with keys of both, made once: SAKKE and ECCSI keys are dear.
#pragma once

#include <stdexcept>
#include <string>
#include <utility>

#include "tools/client/imessage/imessage.hpp"
#include "tools/client/keys/test_kms.hpp"

namespace kmsgate::client::imessage::test {

inline const std::string kA = "kms.a.example";
inline const std::string kB = "kms.b.example";
inline const std::string kAlice = "sip:alice@mc1.example";
inline const std::string kBob = "sip:bob@mc2.example";
inline const std::string kCarol = "sip:carol@mc2.example";
inline constexpr std::uint64_t kPeriod = 1508;
/// Start of kPeriod: 1508 * 2592000 s after 1900.
inline constexpr Time kStart = (kPeriod * 2'592'000 - 2'208'988'800) * kSecond;
inline constexpr Time kNow = kStart + 10 * 86'400 * kSecond + 250 * kMillisecond;

template <class T>
T must(std::expected<T, std::string> value) {
    if (!value) throw std::runtime_error(value.error());
    return *std::move(value);
}

class World {
  public:
    static World& get() {
        static World world;
        return world;
    }
    crypto::Random random;
    keys::TestKms a = must(keys::TestKms::make(kA, random));
    keys::TestKms b = must(keys::TestKms::make(kB, random));

    /// Certificates of both KMSs and keys of `user` from both for that period.
    keys::Ring ring(const std::string& user, std::uint64_t period = kPeriod) {
        keys::Ring out = certificates();
        for (const keys::TestKms* const kms : {&a, &b}) add(out, *kms, user, period);
        return out;
    }
    keys::Ring certificates() const {
        keys::Ring out;
        out.add(a.certificate());
        out.add(b.certificate());
        return out;
    }
    void add(keys::Ring& to, const keys::TestKms& kms, const std::string& user, std::uint64_t period) {
        if (const auto added = to.add(must(kms.provision(user, period, random))); !added)
            throw std::runtime_error(added.error());
    }
    const keys::Ring alice = ring(kAlice);
    const keys::Ring bob = ring(kBob);
};

inline Offer offer(std::string kmsi = kA, std::string kmsr = kB, bool hashed = false) {
    Offer out;
    out.initiator = kAlice;
    out.receiver = kBob;
    out.kmsi = std::move(kmsi);
    out.kmsr = std::move(kmsr);
    out.hashed = hashed;
    out.csb_id = 0x234567;
    out.key = {0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15};
    out.now = kNow;
    return out;
}
inline Bytes made(const Offer& of) {
    return must(make(of, World::get().alice, World::get().random));
}

/// "accepted", or the name of the fault.
inline std::string result(View message, const keys::Ring& ring, const std::string& user = kBob,
                          Time now = kNow, Time tolerance = 3600 * kSecond) {
    static const std::vector<std::string> candidates{kCarol, kAlice};
    const auto opened = open(message, ring, user, candidates, now, tolerance);
    return opened ? "accepted" : std::string(to_string(opened.error().fault));
}
inline std::string result(View message) {
    return result(message, World::get().bob);
}

}  // namespace kmsgate::client::imessage::test
