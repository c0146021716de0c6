// SPDX-License-Identifier: BSD-3-Clause
// The tables that --check prints.
#include "tests/unit/startup/faults.hpp"

namespace kmsgate::startup {
namespace {

TEST(Describe, TheExample) {
    EXPECT_EQ(describe(sound(example(), "/etc/kmsgate/kmsgate.yaml")),
              "port        kind     device\n"
              "clients     virtual  net_af_xdp0,iface=d0\n"
              "servers     virtual  net_af_xdp1,iface=d1\n"
              "backup-in   PCI      0000:3b:00.0\n"
              "backup-out  PCI      0000:3b:00.1\n"
              "\n"
              "edge      inside     outside     frames\n"
              "mc1-edge  clients    servers     VLAN 7\n"
              "mc1-edge  backup-in  backup-out  all\n"
              "mc2-edge  clients    servers     VLAN 8\n"
              "mc3-edge  clients    servers     all others\n"
              "\n"
              "workers         2\n"
              "mtu             9000 bytes\n"
              "user tags       200000 users\n"
              "transactions    150000\n"
              "fragments       8192 frames\n"
              "sources         131072 addresses\n"
              "state           /var/lib/kmsgate\n"
              "control socket  /run/kmsgate/control.sock\n"
              "table socket    /run/kmsgate/table.sock\n"
              "metrics         [::1]:9464\n"
              "signing key     /etc/kmsgate/keys/signing.key\n"
              "certificate     /etc/kmsgate/keys/signing.crt\n"
              "user            kmsgate\n"
              "link loss       reaches the partner within 50 ms\n"
              "memory          1024 MB without hugepages\n");
}

TEST(Describe, WhatIsNotSet) {
    const std::string text = describe(sound(least_and("sockets: {metrics: none}\n")));
    for (const std::string_view line :
         {"\nmetrics         none\n", "\nsigning key     none: KRRs are not signed\n",
          "\ncertificate     none\n", "\nuser            the one that starts it\n"})
        EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

}  // namespace
}  // namespace kmsgate::startup
