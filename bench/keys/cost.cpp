// SPDX-License-Identifier: BSD-3-Clause
// What each operation of the KM client's keys costs on this machine. A run of an operation that fails ends as
// an error.
#include <benchmark/benchmark.h>

#include <string_view>

#include "tools/client/crypto/eccsi.hpp"
#include "tools/client/crypto/sakke.hpp"
#include "tools/client/keys/ring.hpp"
#include "tools/client/keys/test_kms.hpp"

namespace kmsgate::client {
namespace {

constexpr std::string_view kAlice = "sip:alice@mc1.example";
constexpr std::uint64_t kPeriod = 1500;

/// Keys and messages that every operation is given.
struct Material {
    crypto::Random random;
    Bytes id = random.bytes(32);
    Bytes message = random.bytes(500);
    Bytes ssv = random.bytes(crypto::kSsv);
    crypto::EccsiKms eccsi = crypto::eccsi_make_kms(random).value();
    crypto::SakkeKms sakke = crypto::sakke_make_kms(random).value();
    crypto::EccsiUser user = crypto::eccsi_make_user(eccsi, id, random).value();
    Bytes rsk = crypto::sakke_make_rsk(sakke, id).value();
    Bytes signature = crypto::eccsi_sign(message, user, eccsi.kpak, id, random).value();
    Bytes data = crypto::sakke_encapsulate(ssv, sakke.pub, id).value();
    keys::TestKms kms = keys::TestKms::make("kms.a.example", random).value();
    keys::KeySet alices = kms.provision(kAlice, kPeriod, random).value();
};

template <typename Work>
void add(const char* name, Work work) {
    benchmark::RegisterBenchmark(name, [work](benchmark::State& state) {
        static Material material;
        for (auto _ : state)
            if (!work(material)) {
                state.SkipWithError("the operation failed");
                break;
            }
    })->Unit(benchmark::kMillisecond);
}

void add_all() {
    add("eccsi_make_kms", [](Material& m) { return crypto::eccsi_make_kms(m.random).has_value(); });
    add("eccsi_make_user",
        [](Material& m) { return crypto::eccsi_make_user(m.eccsi, m.id, m.random).has_value(); });
    add("eccsi_check_user",
        [](Material& m) { return crypto::eccsi_check_user(m.user, m.eccsi.kpak, m.id).has_value(); });
    add("eccsi_sign", [](Material& m) {
        return crypto::eccsi_sign(m.message, m.user, m.eccsi.kpak, m.id, m.random).has_value();
    });
    add("eccsi_verify", [](Material& m) {
        return crypto::eccsi_verify(m.message, m.signature, m.eccsi.kpak, m.id).has_value();
    });
    add("sakke_make_kms", [](Material& m) { return crypto::sakke_make_kms(m.random).has_value(); });
    add("sakke_make_rsk", [](Material& m) { return crypto::sakke_make_rsk(m.sakke, m.id).has_value(); });
    add("sakke_check_rsk",
        [](Material& m) { return crypto::sakke_check_rsk(m.rsk, m.sakke.pub, m.id).has_value(); });
    add("sakke_check_public",
        [](Material& m) { return crypto::sakke_check_public(m.sakke.pub).has_value(); });
    add("sakke_encapsulate",
        [](Material& m) { return crypto::sakke_encapsulate(m.ssv, m.sakke.pub, m.id).has_value(); });
    add("sakke_decapsulate",
        [](Material& m) { return crypto::sakke_decapsulate(m.data, m.rsk, m.sakke.pub, m.id) == m.ssv; });
    add("TestKms::provision",
        [](Material& m) { return m.kms.provision(kAlice, kPeriod, m.random).has_value(); });
    add("Ring::add(KeySet)", [](Material& m) {
        keys::Ring ring;
        ring.add(m.kms.certificate());
        return ring.add(m.alices).has_value();
    });
}

}  // namespace
}  // namespace kmsgate::client

int main(int argc, char** argv) {
    kmsgate::client::add_all();
    benchmark::Initialize(&argc, argv);
    if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 2;
    benchmark::RunSpecifiedBenchmarks();
    return 0;
}
