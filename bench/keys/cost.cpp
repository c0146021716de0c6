// SPDX-License-Identifier: BSD-3-Clause
// What each operation of the KM client's keys costs, on this machine, in milliseconds.
#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>
#include <cstdlib>

#include "tools/client/crypto/eccsi.hpp"
#include "tools/client/crypto/sakke.hpp"
#include "tools/client/keys/ring.hpp"
#include "tools/client/keys/test_kms.hpp"

namespace kmsgate::client {
namespace {

template <typename Work>
void measure(const char* name, Work&& work) {
    std::array<double, 21> runs{};
    for (double& run : runs) {
        const auto start = std::chrono::steady_clock::now();
        const bool good = work();
        run = std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - start).count();
        if (!good) {
            std::fprintf(stderr, "%s failed\n", name);
            std::exit(1);
        }
    }
    std::ranges::sort(runs);
    std::printf("%-24s %8.2f ms (median of %zu)\n", name, runs[runs.size() / 2], runs.size());
}

void every_operation() {
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
    constexpr std::string_view alice = "sip:alice@mc1.example";
    constexpr std::uint64_t period = 1500;
    const auto kms = keys::TestKms::make("kms.a.example", random).value();
    const auto alices = kms.provision(alice, period, random).value();
    measure("TestKms::provision", [&] { return kms.provision(alice, period, random).has_value(); });
    measure("Ring::add(KeySet)", [&] {
        keys::Ring ring;
        ring.add(kms.certificate());
        return ring.add(alices).has_value();
    });
}

}  // namespace
}  // namespace kmsgate::client

int main() {
    kmsgate::client::every_operation();
}
