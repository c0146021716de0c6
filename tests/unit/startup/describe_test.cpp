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
              "streams         1000000 TCP connections of a worker, idle for 3600 s at most\n"
              "segments        65536 kept by a worker, a message for 20000 ms at most\n"
              "least TTL       5\n"
              "conflicts       take their TCP connection down\n"
              "state           /var/lib/kmsgate\n"
              "control socket  /run/kmsgate/control.sock\n"
              "table socket    /run/kmsgate/table.sock\n"
              "metrics         [::1]:9464\n"
              "signing key     /etc/kmsgate/keys/signing.key\n"
              "certificate     /etc/kmsgate/keys/signing.crt\n"
              "user            kmsgate\n"
              "link loss       reaches the partner within 50 ms\n"
              "memory          1024 MB without hugepages\n"
              "policy          /etc/kmsgate/policy.yaml\n"
              "events          all to /var/log/kmsgate/events.jsonl, at most 5000 a second\n"
              "audit           /var/log/kmsgate/audit.jsonl\n"
              "may read        kmsgate-view\n"
              "may operate     kmsgate-operate\n"
              "may admin       kmsgate-admin, alice\n");
}

TEST(Describe, WhatIsNotSet) {
    const std::string text = describe(sound(least_and("sockets: {metrics: none}\n")));
    for (const std::string_view line :
         {"\nmetrics         none\n", "\nsigning key     none: KRRs are not signed\n",
          "\ncertificate     none\n", "\nuser            the one that starts it\n",
          "\npolicy          as committed\n",
          "\nevents          refusals to subscribers only, at most 1000 a second\n",
          "\naudit           /state/audit.jsonl\n", "\nmay read        who can open the control socket\n",
          "\nmay admin       root and kmsgate-control's account\n"})
        EXPECT_NE(text.find(line), std::string::npos) << line << text;
}

TEST(Describe, NoEvents) {
    const std::string text = describe(sound(least_and("control: {events: {mode: none, file: syslog}}\n")));
    EXPECT_NE(text.find("\nevents          none\n"), std::string::npos) << text;
}

}  // namespace
}  // namespace kmsgate::startup
