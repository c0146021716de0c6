// SPDX-License-Identifier: BSD-3-Clause
// The packet path calls decide(): it must not touch the heap, whatever the message.
#include "tests/unit/decide/allocations.hpp"
#include "tests/unit/decide/gate.hpp"

namespace kmsgate::policy::decide::testing {
namespace {

#ifndef KMSGATE_ADDRESS_SANITIZER  // AddressSanitizer owns operator new
TEST(Allocation, NoneWithoutARecord) {
    ASSERT_TRUE(counts_allocations());
    const Gate gate(
        "    rules:\n"
        "      - {name: t, side: initiator, when: {tag: roaming, visited: '*mnc01*'}, allow: [C, B]}\n"
        "      - {name: u, side: initiator, when: {user: 'sip:*@d1.example'}, allow: [B, D]}\n"
        "      - {name: i, side: initiator, allow: [A, B]}\n");
    Scene refused(gate);
    refused.visited("x@mnc01")
        .offer("kms.b.example", "kms.x.example")
        .offer("kms.c.example", "kms.x.example");
    Scene doubtful(gate);
    doubtful.ours(Side::initiator)
        .ours(Side::initiator, "sip:v@e.example", {"roaming"})
        .offer("kms.b.example", nullptr);
    Scene krr(gate);
    krr.from(Arrival::outside).krr(std::nullopt, Names({"kms.x.example"}));
    for (Scene* s : {&refused, &doubtful, &krr}) {
        s->judge();  // builds the views
        const std::size_t before = allocations();
        const Decision d = decide(s->facts, gate.table());
        EXPECT_EQ(allocations(), before);
        EXPECT_TRUE(d.policed[0]);
        Record record;
        (void)decide(s->facts, gate.table(), &record);
        EXPECT_GT(allocations(), before);
    }
}
#endif

}  // namespace
}  // namespace kmsgate::policy::decide::testing
