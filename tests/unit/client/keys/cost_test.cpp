// SPDX-License-Identifier: BSD-3-Clause
// What each operation costs. Not run with the others: --gtest_also_run_disabled_tests.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "tests/unit/client/keys/samples.hpp"

namespace kmsgate::client {
namespace {

template <typename Work>
void measure(const char* name, Work&& work) {
    std::array<double, 21> runs{};
    for (double& run : runs) {
        const auto start = std::chrono::steady_clock::now();
        const bool good = work();
        run = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
        ASSERT_TRUE(good) << name;
    }
    std::ranges::sort(runs);
    std::printf("%-24s %8.2f ms (median of %zu)\n", name, runs[runs.size() / 2], runs.size());
}

TEST(DISABLED_Cost, EveryOperation) {
    crypto::Random random;
    const Bytes id = random.bytes(32);
    const Bytes message = random.bytes(500);
    const Bytes ssv = random.bytes(crypto::kSsv);
    const auto eccsi = crypto::eccsi_make_kms(random).value();
    const auto sakke = crypto::sakke_make_kms(random).value();
    const auto user = crypto::eccsi_make_user(eccsi, id, random).value();
    const auto rsk = crypto::sakke_make_rsk(sakke, id).value();
    const auto signature = crypto::eccsi_sign(message, user, eccsi.kpak, id, random).value();
    const auto data = crypto::sakke_encapsulate(ssv, sakke.pub, id).value();
    measure("eccsi_make_kms", [&] { return crypto::eccsi_make_kms(random).has_value(); });
    measure("eccsi_make_user", [&] { return crypto::eccsi_make_user(eccsi, id, random).has_value(); });
    measure("eccsi_check_user", [&] { return crypto::eccsi_check_user(user, eccsi.kpak, id).has_value(); });
    measure("eccsi_sign",
            [&] { return crypto::eccsi_sign(message, user, eccsi.kpak, id, random).has_value(); });
    measure("eccsi_verify",
            [&] { return crypto::eccsi_verify(message, signature, eccsi.kpak, id).has_value(); });
    measure("sakke_make_kms", [&] { return crypto::sakke_make_kms(random).has_value(); });
    measure("sakke_make_rsk", [&] { return crypto::sakke_make_rsk(sakke, id).has_value(); });
    measure("sakke_check_rsk", [&] { return crypto::sakke_check_rsk(rsk, sakke.pub, id).has_value(); });
    measure("sakke_check_public", [&] { return crypto::sakke_check_public(sakke.pub).has_value(); });
    measure("sakke_encapsulate", [&] { return crypto::sakke_encapsulate(ssv, sakke.pub, id).has_value(); });
    measure("sakke_decapsulate", [&] { return crypto::sakke_decapsulate(data, rsk, sakke.pub, id) == ssv; });
    const auto& kms = test::rfc_kms();
    measure("TestKms::provision", [&] { return kms.provision(test::kUser, 1388, random).has_value(); });
    measure("Ring::add(KeySet)", [&] {
        keys::Ring ring;
        ring.add(kms.certificate());
        return ring.add(test::rfc_keys()).has_value();
    });
}

}  // namespace
}  // namespace kmsgate::client
